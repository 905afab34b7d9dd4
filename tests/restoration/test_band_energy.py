from __future__ import annotations

import cv2
import numpy as np
import pytest

from imagest_core.restoration.texture.band_energy import (
    MAX_GAIN,
    MAX_LOSS,
    MAX_REFERENCE_RATIO,
    TARGETS,
    BandTarget,
    _paint_energy,
    bandpass,
    grey,
    local_energy,
    match_band_energy,
    overall_energy,
    paint_energy,
)
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.restoration.texture.texture_transfer import REFINING_GAIN, TextureTransfer

BAND = (1.0, 2.0)
TARGET = next(target for target in TARGETS if target.band == BAND)


def grain(strength: np.ndarray | float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, (120, 120, 3)).astype(np.float32)
    return np.asarray(0.5 + strength * noise, np.float32)


def calm_and_lively() -> np.ndarray:
    """Strength of the grain: on the left a quarter of that on the right."""
    strength = np.full((120, 120, 1), 0.02, np.float32)
    strength[:, 60:] = 0.08
    return strength


@pytest.fixture
def band_hole() -> np.ndarray:
    """A loss across the smooth and the textured half."""
    mask = np.zeros((120, 120), np.bool_)
    mask[48:72, 10:110] = True
    return mask


def smooth(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., None], np.float32(0.5), picture)


def energy(picture: np.ndarray, part: tuple[slice, slice], band: tuple[float, float] = BAND) -> float:
    blurred = [cv2.GaussianBlur(picture, (0, 0), sigma) for sigma in band if sigma]
    bands = blurred[0] - blurred[1] if band[0] else picture - blurred[0]
    return float((bands @ np.array([0.299, 0.587, 0.114], np.float32))[part].std())


SMOOTH, TEXTURED = (slice(52, 68), slice(16, 44)), (slice(52, 68), slice(76, 104))


def test_band_energy_is_the_rms_and_zero_without_intact_paint(band_hole) -> None:
    picture = grain(0.05)
    whole = (slice(10, 110), slice(10, 110))
    assert overall_energy([(grey(picture), ~band_hole)], BAND) == pytest.approx(
        energy(picture, whole), rel=0.05
    )
    assert overall_energy([(grey(picture), np.zeros_like(band_hole))], BAND) == 0.0


def test_outline_hardly_raises_the_band_energy(band_hole) -> None:
    picture = grain(0.02)
    outlined = picture.copy()
    outlined[20:22] = 1.0
    plain, outlined_energy = (
        overall_energy([(grey(each), ~band_hole)], BAND) for each in (picture, outlined)
    )
    whole = (slice(10, 45), slice(10, 110))
    assert outlined_energy / plain < 0.5 * energy(outlined, whole) / energy(picture, whole)


def test_target_energy_follows_the_nearest_paint(band_hole) -> None:
    picture = grain(calm_and_lively())
    found = local_energy(grey(smooth(picture, band_hole)), band_hole, BAND, 8.0, far=1.0)
    assert found[TEXTURED].mean() / found[SMOOTH].mean() == pytest.approx(4, rel=0.2)


def test_without_paint_nearby_all_paint_defines_the_target() -> None:
    mask = np.ones((700, 700), np.bool_)
    mask[:, :8] = False
    found = local_energy(np.full((700, 700), 0.5, np.float32), mask, BAND, 5.0, far=0.25)
    assert found[350, 650] == pytest.approx(0.25, rel=0.01)
    assert found[350, 2] < 0.01


def test_energy_of_a_fill_matches_the_paint_on_each_side(band_hole) -> None:
    picture = grain(calm_and_lively())
    fill, sources = smooth(picture, band_hole), [Source(picture, ~band_hole)]
    for thick in (band_hole.astype(np.float32), np.zeros(band_hole.shape, np.float32)):
        after = TextureTransfer(sources).apply(fill, band_hole, thick)
        for part in (SMOOTH, TEXTURED):
            share = energy(after, part, (0.0, 1.0)) / energy(picture, part, (0.0, 1.0))
            assert 0.4 < share < 1.4


@pytest.mark.parametrize(("left", "gain"), [(0.2, MAX_GAIN), (6.0, -MAX_LOSS), (TARGET.thick, 0.0)])
def test_bands_are_scaled_towards_the_target_within_limits(band_hole, left, gain) -> None:
    picture = grain(0.02)
    fill = np.where(band_hole[..., None], 0.5 + left * (picture - 0.5), picture).astype(np.float32)
    usual = {TARGET: paint_energy(fill, band_hole, [Source(picture, ~band_hole)], chosen=False)[TARGET]}
    thick = band_hole.astype(np.float32)
    after = match_band_energy(fill, band_hole, thick, usual, 1.0)
    assert np.array_equal(after[~band_hole], fill[~band_hole])
    inside = (slice(52, 68), slice(16, 104))
    assert np.abs(after - fill - gain * bandpass(fill, BAND))[inside].mean() < 0.001
    assert np.sign(round(energy(after, inside) / energy(fill, inside), 1) - 1) == np.sign(gain)


def test_thin_damage_and_zero_strength_are_not_weakened(band_hole) -> None:
    picture = grain(0.02)
    fill = np.where(band_hole[..., None], 0.5 + 3 * (picture - 0.5), picture).astype(np.float32)
    usual = paint_energy(fill, band_hole, [Source(picture, ~band_hole)], chosen=False)
    thin, thick = np.zeros(band_hole.shape, np.float32), band_hole.astype(np.float32)
    assert np.array_equal(match_band_energy(fill, band_hole, thin, usual, 1.0), fill)
    none, some, most = (
        match_band_energy(fill, band_hole, thick, usual, strength) for strength in (0.0, 0.3, 0.9)
    )
    assert np.array_equal(none, fill)
    assert energy(fill, SMOOTH) > energy(some, SMOOTH) > energy(most, SMOOTH)


def test_refining_windows_strengthen_the_coarse_fill_less(band_hole) -> None:
    picture = grain(0.02)
    thick = band_hole.astype(np.float32)
    fill = np.where(band_hole[..., None], 0.5 + 0.3 * (picture - 0.5), picture).astype(np.float32)
    usual = paint_energy(fill, band_hole, [Source(picture, ~band_hole)], chosen=False)
    first, finer = (
        match_band_energy(fill, band_hole, thick, usual, 1.0, m) for m in (MAX_GAIN, REFINING_GAIN)
    )
    assert energy(fill, SMOOTH) < energy(finer, SMOOTH) < energy(first, SMOOTH)


@pytest.mark.parametrize(
    ("times", "counted"), [(1.5, 1.5), (6.0, MAX_REFERENCE_RATIO), (0.1, 1 / MAX_REFERENCE_RATIO)]
)
def test_chosen_reference_sets_the_overall_energy(band_hole, times, counted) -> None:
    picture = grain(calm_and_lively())
    fill, aim = smooth(picture, band_hole), BandTarget(BAND, near=8.0, thin=1.0, broad=1.0, thick=1.0)
    everywhere = np.ones(band_hole.shape, np.bool_)
    reference = [Source(0.5 + times * (picture - 0.5), everywhere)]
    greys = [(grey(each.image), each.intact) for each in reference]
    own, from_reference = (
        _paint_energy(grey(fill), band_hole, greys, aim, chosen) for chosen in (False, True)
    )
    for part in (SMOOTH, TEXTURED):
        assert from_reference[part].mean() / own[part].mean() == pytest.approx(counted, rel=0.15)
