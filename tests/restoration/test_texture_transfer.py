from __future__ import annotations

import cv2
import numpy as np
import pytest

from imagest_core.restoration.texture.band_energy import FINEST, MAX_GAIN, grey, overall_energy
from imagest_core.restoration.texture.depth_masks import (
    MAX_SAMPLE_WEIGHT,
    broad_mask,
    deep_mask,
    sample_weight,
    thick_mask,
)
from imagest_core.restoration.texture.detail_transfer import split, transfer_detail
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.restoration.texture.texture_transfer import MAX_OUTLIER, TextureTransfer, coarse_part

RNG = np.random.default_rng(0)


def grainy(side: int = 96) -> np.ndarray:
    """A smooth ramp with fine grain of standard deviation 0.05."""
    ramp = np.linspace(0.2, 0.8, side, dtype=np.float32)
    grain = RNG.normal(0, 0.05, (side, side, 3)).astype(np.float32)
    return ramp[:, None, None] + grain


@pytest.fixture
def hole() -> np.ndarray:
    mask = np.zeros((96, 96), np.bool_)
    mask[30:66, 30:66] = True
    return mask


def smooth_fill(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    ramp = np.linspace(0.2, 0.8, 96, dtype=np.float32)[:, None, None]
    return np.where(mask[..., None], ramp, picture).astype(np.float32)


def added_texture(
    fill: np.ndarray, mask: np.ndarray, picture: np.ndarray, strength: float = 1.0, seed: int = 0
):
    """What is added under the mask where damage counts as thick everywhere."""
    everywhere = mask.astype(np.float32)
    return TextureTransfer([Source(picture, ~mask)], strength).apply(fill, mask, everywhere, seed) - fill


def energy(added: np.ndarray, fine: float, coarse: float) -> float:
    grey = np.asarray(added @ np.array([0.299, 0.587, 0.114], np.float32))
    blurred = [cv2.GaussianBlur(grey, (0, 0), s) if s else grey for s in (fine, coarse)]
    return float((blurred[0] - blurred[1])[33:63, 33:63].std())


def test_band_energy_in_thick_damage_matches_intact_paint(hole) -> None:
    picture = grainy()
    added = added_texture(smooth_fill(picture, hole), hole, picture)
    for band in ((0.0, 1.0), (1.0, 2.0)):
        intact = overall_energy([(grey(picture), ~hole)], band)
        assert energy(added, *band) == pytest.approx(intact, rel=0.4)
    assert abs(added[33:63, 33:63].mean()) < 0.015


def test_finest_band_in_thin_damage_reaches_its_share_of_the_intact_energy(hole) -> None:
    picture = grainy()
    fill, sources = smooth_fill(picture, hole), [Source(picture, ~hole)]
    added = TextureTransfer(sources).apply(fill, hole, np.zeros(hole.shape, np.float32)) - fill
    aimed = FINEST.broad * overall_energy([(grey(each.image), each.intact) for each in sources], FINEST.band)
    assert energy(added, *FINEST.band) == pytest.approx(aimed, rel=0.2)


def test_cracks_have_no_isolated_dots() -> None:
    picture = grainy()
    cracks = np.zeros((96, 96), np.bool_)
    cracks[8:90:12], cracks[:, 8:90:12] = True, True
    cracks = cv2.dilate(cracks.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0
    fill = np.where(cracks[..., None], cv2.GaussianBlur(picture, (0, 0), 4.0), picture)
    sources, thin = [Source(picture, ~cracks)], np.zeros(cracks.shape, np.float32)
    added = TextureTransfer(sources).apply(fill, cracks, thin) - fill
    usual = FINEST.thin * overall_energy([(grey(each.image), each.intact) for each in sources], FINEST.band)
    inside = np.abs(added[cracks])
    assert 0.15 * usual < inside.mean() < usual
    assert inside.max() < 1.5 * MAX_OUTLIER * usual * (1 + MAX_GAIN)


def test_existing_texture_is_not_added_twice(hole) -> None:
    picture = grainy()
    ends = [fill + added_texture(fill, hole, picture) for fill in (smooth_fill(picture, hole), picture)]
    energies = [(end - cv2.GaussianBlur(end, (0, 0), 4.0))[36:60, 36:60].std() for end in ends]
    assert energies[1] == pytest.approx(energies[0], rel=0.25)
    thin, sources = np.zeros(hole.shape, np.float32), [Source(picture, ~hole)]
    fills = (smooth_fill(picture, hole), picture)
    smooth, textured = (
        np.abs(TextureTransfer(sources).apply(fill, hole, thin) - fill)[hole].mean() for fill in fills
    )
    assert textured < 0.5 * smooth


def test_thin_damage_gets_only_the_finest_band(hole) -> None:
    picture = grainy()
    fill = smooth_fill(picture, hole)
    sources = [Source(picture, ~hole)]
    thin = TextureTransfer(sources).apply(fill, hole, np.zeros(hole.shape, np.float32)) - fill
    blurred = [
        cv2.GaussianBlur(x, (0, 0), 2.0)[36:60, 36:60].std()
        for x in (thin, added_texture(fill, hole, picture))
    ]
    assert blurred[0] < 0.6 * blurred[1]


def test_known_samples_are_kept_and_detail_fades_in_from_the_boundary(hole) -> None:
    picture = grainy()
    added = added_texture(smooth_fill(picture, hole), hole, picture)
    assert not added[~hole].any()
    assert np.abs(added[30, 30:66]).mean() < 0.75 * np.abs(added[48, 34:62]).mean()


def test_zero_strength_adds_nothing(hole) -> None:
    picture = grainy()
    assert not added_texture(smooth_fill(picture, hole), hole, picture, strength=0.0).any()


def test_seed_changes_the_patches(hole) -> None:
    picture = grainy()
    fill = smooth_fill(picture, hole)
    one, same, other = (added_texture(fill, hole, picture, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert np.abs(one - other).max() > 0.01


def test_damaged_samples_are_not_used_as_source(hole) -> None:
    picture = grainy()
    spoilt = np.where(hole[..., None], np.float32(99), picture)
    fill = smooth_fill(picture, hole)
    one, other = (transfer_detail(fill, hole, [Source(p, ~hole)]) for p in (picture, spoilt))
    assert one is not None
    assert np.array_equal(one, other)


def test_nothing_is_added_without_a_complete_intact_patch() -> None:
    everywhere = np.ones((40, 40), np.bool_)
    fill = np.full((40, 40, 3), 0.5, np.float32)
    for thick in (np.zeros, np.ones):
        answer = TextureTransfer([Source(fill, ~everywhere)]).apply(
            fill, everywhere, thick((40, 40), np.float32)
        )
        assert np.array_equal(answer, fill)


def test_bands_sum_to_the_picture_and_ignore_holes(hole) -> None:
    picture = grainy()
    low, detail = split(picture, ~hole, 2.0)
    assert np.allclose((low + detail)[~hole], picture[~hole], atol=1e-6)
    again, _ = split(np.where(hole[..., None], np.float32(7), picture), ~hole, 2.0)
    assert np.allclose(low, again)


def test_sampled_weight_is_zero_in_cracks_and_the_share_in_losses() -> None:
    mask = np.zeros((120, 120), np.bool_)
    mask[10:17] = True
    assert not sample_weight(mask).any()
    mask[40:100, 30:90] = True
    share = sample_weight(mask)
    assert share[70, 60] == pytest.approx(MAX_SAMPLE_WEIGHT, abs=1e-3)
    assert thick_mask(share)[70, 60] == pytest.approx(1.0, abs=1e-2)
    assert not thick_mask(share)[10:17].any()
    assert not share[10:17].any()
    assert not share[~mask].any()


def test_stroke_is_broad_and_crack_is_not() -> None:
    mask = np.zeros((80, 80), np.bool_)
    mask[10:15], mask[40:49] = True, True
    broad = broad_mask(mask)
    assert not broad[10:15].any()
    assert broad[44].min() > 0.9
    assert not broad[~mask].any()


def test_only_the_middle_of_a_large_loss_is_deep() -> None:
    mask = np.zeros((160, 160), np.bool_)
    mask[20:60, 20:60] = True
    assert not deep_mask(mask).any()
    mask[80:150, 70:150] = True
    deep = deep_mask(mask)
    assert deep[115, 110] > 0.9
    assert deep[40, 40] < 1e-3


def test_coarse_texture_is_added_deep_in_a_large_loss() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (160, 160, 3)).astype(np.float32)
    blots = np.asarray(cv2.GaussianBlur(noise, (0, 0), 5.0), np.float32)
    nowhere, left = np.zeros((160, 160), np.float32), np.zeros((160, 160), np.float32)
    left[:, :80] = 1
    everywhere, deeper = blots - coarse_part(blots, nowhere), blots - coarse_part(blots, left)
    assert np.array_equal(deeper[:, 80:], everywhere[:, 80:])
    assert deeper[:, :80].std() > 1.3 * everywhere[:, :80].std()


def test_damage_at_the_edge_continues_outside_the_picture() -> None:
    mask = np.zeros((80, 80), np.bool_)
    mask[:, :12] = True
    assert sample_weight(mask)[40, 0] > 0
