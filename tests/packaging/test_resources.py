"""What ships: the sample is what the documentation says it is."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

import resources
from imagest_core.damage.mask_io import check_mask_usable, read_mask
from imagest_core.painting.reader import open_painting


def test_the_sample_is_a_scan_as_museums_make_them():
    with open_painting(resources.sample_painting()) as painting:
        assert (painting.width, painting.height, painting.depth, painting.channels) == (1200, 900, 16, 3)
        assert painting.resolution is not None
        assert painting.resolution.px_per_mm_x == pytest.approx(300 / 25.4)
        assert painting.profile is not None
        assert painting.notes == ()


def test_the_sample_is_coded_in_a_wide_colour_space():
    with open_painting(resources.sample_painting()) as painting:
        green = np.zeros((1, 1, 3), np.uint16)
        green[..., 1] = 65535
        working = painting._space.to_working(green.astype(np.float32) / 65535)
    assert working[0, 0, 0] < -0.2, "the purest green of AdobeRGB lies far outside sRGB"


def test_the_mask_fits_the_sample():
    with tifffile.TiffFile(resources.sample_painting()) as file:
        height, width = file.pages.first.shape[:2]
    damage = check_mask_usable(read_mask(resources.sample_mask(), (width, height)))
    assert 0.05 < damage.count() / (width * height) < 0.15


def test_outside_the_mask_the_damaged_painting_is_the_clean_one():
    with (
        open_painting(resources.sample_painting()) as painting,
        open_painting(resources.sample_clean()) as clean,
    ):
        damaged, intact = painting.read_working(), clean.read_working()
        mask = read_mask(resources.sample_mask(), (painting.width, painting.height)).fill_mask(painting.box)
    difference = np.abs(np.clip(damaged, 0, 1) - intact).mean(axis=2)
    assert difference[~mask].mean() < 0.015
    assert difference[mask].mean() > 0.08


def test_a_missing_resource_is_named():
    with pytest.raises(FileNotFoundError, match="sample/nothing"):
        resources.resource("sample", "nothing")
