from __future__ import annotations

import math

import numpy as np
import pytest

from imagest_core.arrays import Image8, Mask
from imagest_core.errors import MaskError
from imagest_core.evaluation.metrics import (
    METRICS,
    band_energies,
    colour_difference,
    gradient_energy,
    measure,
    octaves,
    psnr,
    ssim,
    whole_picture,
)


def flat(level: int, side: int = 32) -> Image8:
    return np.full((side, side, 3), level, np.uint8)


def stripes(amplitude: int, period: int = 2, side: int = 48) -> Image8:
    columns = np.where(np.arange(side) // (period // 2) % 2, amplitude, -amplitude)
    return np.broadcast_to((128 + columns)[None, :, None], (side, side, 3)).astype(np.uint8)


def all_of(picture: Image8) -> Mask:
    return np.ones(picture.shape[:2], bool)


def test_the_truth_itself_scores_best(picture: Image8, mask: Mask) -> None:
    values = measure(picture, picture, mask)
    assert tuple(values) == METRICS
    assert values["psnr"] == math.inf
    assert values["gmsd"] == values["de2000"] == 0
    ones = [values[name] for name in ("ssim", "haarpsi", "energy", "band1", "band2", "band3")]
    assert ones == pytest.approx([1] * 6, abs=1e-5)


def test_psnr_of_a_constant_offset() -> None:
    assert psnr(flat(110), flat(100), all_of(flat(0))) == pytest.approx(20 * math.log10(255 / 10))


def test_psnr_weights_channels_equally() -> None:
    fill = flat(100)
    fill[..., 2] += 30
    assert psnr(fill, flat(100), all_of(fill)) == pytest.approx(10 * math.log10(3 * (255 / 30) ** 2))


def test_values_in_the_mask_ignore_samples_outside(picture: Image8, mask: Mask) -> None:
    fill = np.where(mask[..., None], picture // 2, picture).astype(np.uint8)
    elsewhere = fill.copy()
    elsewhere[-4:] = 0
    for value in (psnr, colour_difference, gradient_energy):
        assert value(fill, picture, mask) == value(elsewhere, picture, mask)


def test_ssim_of_two_flat_pictures() -> None:
    ours, theirs, guard = 100 / 255, 150 / 255, 0.01**2
    expected = (2 * ours * theirs + guard) / (ours**2 + theirs**2 + guard)
    assert ssim(flat(100), flat(150), all_of(flat(0))) == pytest.approx(expected, abs=1e-6)


def test_ssim_weighs_a_gaussian_window_of_eleven_pixels() -> None:
    """One different sample changes the map within five pixels of it, and nowhere else."""
    fill = flat(100)
    fill[16, 16] = 200
    near, far = np.zeros((32, 32), bool), np.ones((32, 32), bool)
    near[16, 21], far[11:22, 11:22] = True, False
    assert ssim(fill, flat(100), near) < 1
    assert ssim(fill, flat(100), far) == pytest.approx(1, abs=1e-12)


def test_half_the_contrast_is_half_the_energy() -> None:
    truth, fill = stripes(80, period=4), stripes(40, period=4)
    assert gradient_energy(fill, truth, all_of(truth)) == pytest.approx(0.5)
    assert band_energies(fill, truth, all_of(truth)) == pytest.approx([0.5] * 3)


def test_bands_part_fine_from_coarse() -> None:
    fine, coarse = ([np.square(band).mean() for band in octaves(stripes(60, period))] for period in (2, 16))
    assert fine[0] > 50 * fine[2]
    assert coarse[2] > coarse[0]


def test_bands_add_up_to_all_that_the_coarsest_blur_takes_away(picture: Image8) -> None:
    import cv2

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)
    assert sum(octaves(picture)) == pytest.approx(grey - cv2.GaussianBlur(grey, (0, 0), 4.0))


def test_a_flat_fill_has_no_energy_and_a_flat_truth_no_share(picture: Image8) -> None:
    plain, everywhere = flat(90, len(picture)), all_of(picture)
    assert gradient_energy(plain, picture, everywhere) == 0
    assert band_energies(plain, picture, everywhere) == pytest.approx([0] * 3, abs=1e-12)
    assert math.isnan(gradient_energy(picture, plain, everywhere))


def test_damage_of_two_pixels_width_has_no_gradient_energy(picture: Image8) -> None:
    thin = np.zeros(picture.shape[:2], bool)
    thin[20:22] = True
    assert math.isnan(gradient_energy(picture, picture, thin))
    assert not math.isnan(measure(picture // 2, picture, thin)["band1"])


def test_the_picture_edge_does_not_erode_the_mask(picture: Image8) -> None:
    """Two rows at the edge are measured: the outer one borders on nothing intact."""
    at_edge = np.zeros(picture.shape[:2], bool)
    at_edge[:2] = True
    assert gradient_energy(picture, picture, at_edge) == 1


def test_black_and_white_differ_by_a_hundred() -> None:
    assert colour_difference(flat(0), flat(255), all_of(flat(0))) == pytest.approx(100, abs=0.01)


def test_haarpsi_falls_and_gmsd_rises_with_the_damage(picture: Image8) -> None:
    little, much = picture.copy(), picture.copy()
    little[20:24, 20:24], much[10:34, 10:34] = 0, 0
    first, second = whole_picture(little, picture), whole_picture(much, picture)
    assert 1 > first["haarpsi"] > second["haarpsi"]
    assert 0 < first["gmsd"] < second["gmsd"]


def test_an_empty_mask_and_unequal_sizes_are_refused(picture: Image8, mask: Mask) -> None:
    with pytest.raises(MaskError, match="empty"):
        measure(picture, picture, np.zeros_like(mask))
    with pytest.raises(MaskError, match="same size"):
        measure(picture[:-1], picture, mask)
