from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scans import damage_of, smooth_picture, write_scan

from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.restoration.compositing.window_views import view_of
from imagest_core.restoration.planning.window import Window


def test_native_view_is_zero_under_the_mask(tmp_path: Path) -> None:
    mask = np.zeros((50, 60), bool)
    mask[20:30, 20:30] = True
    with open_painting(write_scan(tmp_path / "scan.tif", smooth_picture(50, 60))) as painting:
        view = view_of(painting, damage_of(mask), Window(1, Box(10, 8, 32, 32)))
        assert np.array_equal(view.mask, mask[8:40, 10:42])
        assert not view.image[view.mask].any()
        assert np.array_equal(view.image[~view.mask], painting.read_working(Box(10, 8, 32, 32))[~view.mask])


def test_samples_and_damage_are_mirrored_beyond_the_picture(tmp_path: Path) -> None:
    mask = np.zeros((20, 12), bool)
    mask[18:, 2:5] = True
    with open_painting(write_scan(tmp_path / "scan.tif", smooth_picture(20, 12))) as painting:
        view = view_of(painting, damage_of(mask), Window(1, Box(0, 0, 32, 32)))
    assert np.array_equal(view.image[20:32], view.image[8:20][::-1])
    assert np.array_equal(view.mask[20:32], view.mask[8:20][::-1])
    assert np.array_equal(view.image[:, 12:24], view.image[:, :12][:, ::-1])


def test_coarse_view_averages_known_samples_only(tmp_path: Path) -> None:
    picture = smooth_picture(66, 70)
    mask = np.zeros((66, 70), bool)
    mask[16:32, 16:32] = mask[40, 40] = mask[63:, 40] = True
    with open_painting(write_scan(tmp_path / "scan.tif", picture)) as painting:
        view = view_of(painting, damage_of(mask), Window(1, Box(0, 0, 128, 128), 4))
        native = painting.read_working()
    assert view.image.shape == (32, 32, 3)
    assert view.mask[:16, :16].sum() == 16
    square, known = native[40:44, 40:44], ~mask[40:44, 40:44]
    assert view.image[10, 10] == pytest.approx(square[known].mean(0), abs=1e-6)
    assert view.image[16, 3] == pytest.approx(native[64:66, 12:16].reshape(-1, 3).mean(0), abs=1e-6)
