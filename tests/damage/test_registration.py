from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from imagest_core.damage.detection.cracks import CrackParameters
from imagest_core.damage.detection.derive import DifferenceParameters
from imagest_core.damage.detection.difference_preview import DifferencePreview
from imagest_core.damage.detection.losses import LossParameters
from imagest_core.damage.detection.registration import Alignment
from imagest_core.damage.detection.registration_report import blend, checkerboard, placement
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting


def test_placement_describes_shift_rotation_and_scale():
    turn = np.vstack([cv2.getRotationMatrix2D((149.5, 99.5), -2.0, 1.1), [0, 0, 1]])
    turn[0, 2] += 5
    turn[1, 2] -= 3
    result = placement(Alignment(np.linalg.inv(turn), 1.0), Box(0, 0, 300, 200), Box(0, 0, 300, 200))
    assert (result.dx, result.dy) == pytest.approx((5, -3))
    assert result.degrees == pytest.approx(2.0)
    assert result.scale == pytest.approx(1.1)


def test_checkerboard_and_blend_darken_uncovered_pixels():
    clean, scan = np.full((8, 8, 3), 0.2, np.float32), np.full((8, 8, 3), 0.8, np.float32)
    clean[:, 6:] = np.nan
    squares = checkerboard(clean, scan, 4)
    assert squares[0, 0, 0] == pytest.approx(0.8)
    assert squares[0, 4, 0] == pytest.approx(0.2)
    assert squares[0, 7, 0] == pytest.approx(0.4)
    assert blend(clean, scan)[0, 0, 0] == pytest.approx(0.5)


def test_parameters_scale_with_the_reduction():
    cracks = CrackParameters(widest=9, shortest=8, dilate=2, min_area=40).reduced(2)
    assert (cracks.widest, cracks.shortest, cracks.dilate, cracks.min_area) == (2, 2.0, 1, 2)
    assert CrackParameters(widest=1).reduced(5).widest == 1
    losses = LossParameters(ground=(0.5, 0.5, 0.5), tolerance=6).reduced(1)
    assert (losses.ground, losses.tolerance, losses.opening) == ((0.5, 0.5, 0.5), 6, None)


def test_preview_reports_the_residual_and_marks_at_any_reduction(tmp_path: Path):
    rng = np.random.default_rng(3)
    work = cv2.GaussianBlur(rng.random((700, 900, 3), np.float32), (0, 0), 2)
    work = np.uint8(255 * (work - work.min()) / np.ptp(work))
    damaged = work[8:648, 12:852].copy()
    damaged[300:364, 400:496] = 255
    for name, picture in (("clean", work), ("scan", damaged)):
        tifffile.imwrite(tmp_path / f"{name}.tif", picture, photometric="rgb")
    with open_painting(tmp_path / "clean.tif") as clean, open_painting(tmp_path / "scan.tif") as scan:
        preview = DifferencePreview.of(clean, scan)
        assert not preview.alignment.identity
        assert preview.residual is not None
        assert preview.residual < 0.5
        parameters = DifferenceParameters()
        for level in (0, 2):
            mask = preview.preview_mask(preview.codes(scan.box, level), parameters, level)
            inside = (slice(304 >> level, 360 >> level), slice(404 >> level, 492 >> level))
            assert mask[inside].mean() > 0.98
            assert mask.mean() < 0.05
