from __future__ import annotations

import numpy as np
import pytest

from imagest_core.arrays import Image8, Mask
from imagest_core.evaluation.metrics import band_energies
from imagest_core.evaluation.noise import with_grain


@pytest.fixture
def smooth(picture: Image8) -> Image8:
    import cv2

    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.uint8)


def test_grain_brings_the_fine_energy_and_leaves_the_rest(
    smooth: Image8, picture: Image8, mask: Mask
) -> None:
    noisy = with_grain(smooth, picture, mask, mask, seed=1)
    assert band_energies(noisy, picture, mask)[0] == pytest.approx(1, abs=0.05)
    assert np.array_equal(noisy[~mask], smooth[~mask])


def test_grain_is_neutral_and_repeats(mask: Mask, picture: Image8) -> None:
    grey = np.full_like(picture, 128)
    noisy = with_grain(grey, picture, mask, mask, seed=1)
    assert np.ptp(noisy, axis=2).max() == 0
    assert np.array_equal(noisy, with_grain(grey, picture, mask, mask, seed=1))
    assert not np.array_equal(noisy, with_grain(grey, picture, mask, mask, seed=2))


def test_fill_with_enough_energy_is_unchanged(smooth: Image8, picture: Image8, mask: Mask) -> None:
    assert np.array_equal(with_grain(picture, smooth, mask, mask), picture)
