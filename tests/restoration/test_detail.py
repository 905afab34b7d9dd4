from __future__ import annotations

import numpy as np
import pytest

from imagest_core.restoration.detail import DetailParameters, Source, split, transfer_detail
from imagest_core.restoration.texture import LESS, MOST, share_of_sample

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


def test_the_fill_gets_grain_like_the_paint_round_it(hole) -> None:
    picture = grainy()
    fill = smooth_fill(picture, hole)
    answer = transfer_detail(fill, hole, [Source(picture, ~hole)])
    core = (slice(36, 60), slice(36, 60))
    added = (answer - fill)[core]
    assert 0.6 < added.std() / 0.05 < 1.2
    assert abs(added.mean()) < 0.01


def test_known_samples_stay_and_detail_fades_in_from_the_rim(hole) -> None:
    picture = grainy()
    fill = smooth_fill(picture, hole)
    added = transfer_detail(fill, hole, [Source(picture, ~hole)]) - fill
    assert not added[~hole].any()
    assert np.abs(added[30, 30:66]).mean() < 0.6 * np.abs(added[48, 34:62]).mean()


def test_the_strength_scales_what_is_added(hole) -> None:
    picture = grainy()
    fill, sources = smooth_fill(picture, hole), [Source(picture, ~hole)]
    full, half = (transfer_detail(fill, hole, sources, strength=s) - fill for s in (1.0, 0.5))
    assert np.allclose(half, full / 2, atol=1e-6)


def test_samples_that_are_not_intact_lend_nothing(hole) -> None:
    picture = grainy()
    spoilt = np.where(hole[..., None], np.float32(99), picture)
    fill = smooth_fill(picture, hole)
    one, other = (transfer_detail(fill, hole, [Source(p, ~hole)]) for p in (picture, spoilt))
    assert np.array_equal(one, other)


def test_without_a_whole_intact_patch_nothing_is_added() -> None:
    everywhere = np.ones((40, 40), np.bool_)
    fill = np.full((40, 40, 3), 0.5, np.float32)
    assert transfer_detail(fill, everywhere, [Source(fill, ~everywhere)]) is fill


def test_a_split_adds_up_and_ignores_holes(hole) -> None:
    picture = grainy()
    low, detail = split(picture, ~hole, 2.0)
    assert np.allclose((low + detail)[~hole], picture[~hole], atol=1e-6)
    again, _ = split(np.where(hole[..., None], np.float32(7), picture), ~hole, 2.0)
    assert np.allclose(low, again)


def test_two_runs_give_the_same_bytes(hole) -> None:
    picture = grainy()
    fill = smooth_fill(picture, hole)
    parameters = DetailParameters(sigma=1.6, patch=7, stride=4)
    one, two = (transfer_detail(fill, hole, [Source(picture, ~hole)], parameters) for _ in range(2))
    assert np.array_equal(one, two)


def test_a_crack_shows_no_sample_and_a_loss_shows_it_whole() -> None:
    mask = np.zeros((120, 120), np.bool_)
    mask[10:17] = True
    assert not share_of_sample(mask).any()
    mask[40:100, 30:90] = True
    share = share_of_sample(mask)
    assert share[70, 60] == pytest.approx(MOST - LESS, abs=1e-3), "deep in a large loss it is shown less"
    smaller = np.zeros((120, 120), np.bool_)
    smaller[40:80, 30:70] = True
    assert share_of_sample(smaller)[60, 50] == pytest.approx(MOST, abs=1e-3)
    assert not share[10:17].any()
    assert not share[~mask].any()


def test_damage_at_the_edge_counts_as_going_on_there() -> None:
    mask = np.zeros((80, 80), np.bool_)
    mask[:, :12] = True
    assert share_of_sample(mask)[40, 0] > 0
