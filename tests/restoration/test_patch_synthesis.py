"""Patch synthesis: uses intact paint only, agrees with the smooth fill, depends on the seed."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from imagest_core.arrays import Image, Mask
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.texture.patch_search import Source, nearest
from imagest_core.restoration.texture.patch_synthesis import Level, SynthesisParameters, synthesize

SIDE = 96


@pytest.fixture
def picture() -> Image:
    """Return slanted strokes, dark above and light below."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    strokes = 0.12 * np.sin(0.9 * (rows + 0.6 * columns))
    return np.stack([0.3 + 0.4 * (rows > SIDE // 2) + strokes] * 3, axis=2).astype(np.float32)


@pytest.fixture
def hole() -> Mask:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[32:64, 30:66] = True
    return mask


def smooth(picture: Image, hole: Mask) -> Image:
    """A smooth fill: light and dark without strokes."""
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), 6.0), np.float32)
    return np.where(hole[..., None], blurred, picture)


def test_strokes_continue_into_a_smooth_fill(picture: Image, hole: Mask) -> None:
    fill = smooth(picture, hole)
    dilated = synthesize(fill, hole, [Source(picture, ~hole)])
    detail = [each - cv2.GaussianBlur(each, (0, 0), 4.0) for each in (picture, fill, dilated)]
    truth, flat, found = (each[hole].std() for each in detail)
    assert flat < 0.4 * truth
    assert found == pytest.approx(truth, rel=0.25)


def test_result_agrees_with_the_smooth_fill(picture: Image, hole: Mask) -> None:
    dilated = synthesize(smooth(picture, hole), hole, [Source(picture, ~hole)])
    low = [cv2.GaussianBlur(each, (0, 0), 4.0)[hole] for each in (picture, dilated)]
    assert float(np.abs(low[0] - low[1]).mean()) < 0.05, "dark above, light below"


def test_known_samples_are_kept(picture: Image, hole: Mask) -> None:
    fill = smooth(picture, hole)
    assert np.array_equal(synthesize(fill, hole, [Source(picture, ~hole)])[~hole], fill[~hole])


def test_result_uses_only_intact_paint(picture: Image, hole: Mask) -> None:
    fill = smooth(picture, hole)
    spoilt = np.where(hole[..., None], np.float32(9), picture)
    one, other = (synthesize(fill, hole, [Source(each, ~hole)]) for each in (picture, spoilt))
    assert np.array_equal(one, other)
    assert one[hole].min() >= picture[~hole].min() - 1e-5
    assert one[hole].max() <= picture[~hole].max() + 1e-5


def test_reference_determines_the_texture(picture: Image, hole: Mask) -> None:
    fill = smooth(picture, hole)
    coarse = np.asarray(cv2.resize(picture, None, fx=2, fy=2)[:SIDE, :SIDE], np.float32)
    own, transferred = (
        synthesize(fill, hole, [Source(each, np.ones_like(hole))]) for each in (picture, coarse)
    )
    fine = [(each - cv2.GaussianBlur(each, (0, 0), 1.5))[hole].std() for each in (own, transferred)]
    assert fine[1] < 0.7 * fine[0]


def test_deep_damage_adds_a_level_with_larger_patches() -> None:
    less = SynthesisParameters(strides=(1, 2), rounds=(3, 2), candidates=(500, 900), contrast=2.5)
    more = less.deeper()
    assert (more.strides, more.rounds, more.candidates) == ((1, 1, 2), (3, 3, 2), (500, 500, 900))
    assert more.contrast > less.contrast
    assert (less.side, more.side) == (7, 9)


def test_coherence_of_neighbours_is_preferred_up_to_a_limit(picture: Image, hole: Mask) -> None:
    random, p = np.random.default_rng(5), SynthesisParameters(coherence=0.5)
    grain = picture + random.normal(0, 0.1, picture.shape).astype(np.float32)
    level = Level.of(smooth(grain, hole), hole, [Source(grain, ~hole)], p, 2)
    known = random.normal(0, 1, level.paint.features.shape).astype(np.float32)
    level = replace(level, paint=replace(level.paint, features=known))
    queries = random.normal(0, 1, (len(level.grid), known.shape[2])).astype(np.float32)
    centres = level.paint.centres
    index, distance = nearest(queries, known[centres[:, 0], centres[:, 1]])
    first = centres[index]
    then, farther = level.coherent(queries, first, distance)

    def together(chosen: np.ndarray) -> float:
        has = level.neighbors[0] >= 0
        above = level.neighbors[0][has]
        steps = chosen[has] - chosen[above]
        return float((steps == level.grid[has] - level.grid[above]).all(1).mean())

    assert together(first) < 0.01
    assert together(then) > 3 * together(first) + 0.02
    assert np.allclose(farther, ((queries - known[then[:, 0], then[:, 1]]) ** 2).sum(1), rtol=1e-3)
    assert (farther <= distance / p.coherence + 1e-3).all()


def test_result_is_determined_by_the_seed(picture: Image, hole: Mask) -> None:
    fill, rng = smooth(picture, hole), np.random.default_rng(0)
    grain = rng.normal(0, 0.1, picture.shape).astype(np.float32)
    sources = [Source(picture + grain, ~hole)]
    one, same, other = (synthesize(fill, hole, sources, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("shape", [(9, 40), (5, 5), (33, 17)])
def test_too_little_intact_paint_keeps_the_fill(shape: tuple[int, int]) -> None:
    fill = np.full((*shape, 3), 0.5, np.float32)
    mask = np.ones(shape, np.bool_)
    assert np.allclose(synthesize(fill, mask, [Source(fill, ~mask)]), fill)


def test_cancellation_is_checked(picture: Image, hole: Mask) -> None:
    progress = Progress(cancelled=lambda: True)
    with pytest.raises(Cancelled):
        synthesize(smooth(picture, hole), hole, [Source(picture, ~hole)], progress=progress)


def test_rounds_do_not_flatten_the_texture(hole: Mask) -> None:
    grain = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 1, (SIDE, SIDE)), (0, 0), 1.2)
    picture = np.stack([0.5 + 0.08 * grain / grain.std()] * 3, axis=2).astype(np.float32)
    fill = np.where(hole[..., None], np.float32(0.5), picture)
    inside = (slice(36, 60), slice(34, 62))
    truth, weak, textured = (
        float(each[inside].std())
        for each in (
            picture,
            synthesize(fill, hole, [Source(picture, ~hole)], SynthesisParameters(contrast=1.0)),
            synthesize(fill, hole, [Source(picture, ~hole)]),
        )
    )
    assert weak < 0.6 * truth
    assert textured == pytest.approx(truth, rel=0.35)


def test_blurred_edge_is_sharpened_where_the_paint_has_sharp_edges(hole: Mask) -> None:
    dark_and_light = np.where(np.arange(SIDE)[:, None, None] > SIDE // 2, 0.7, 0.3)
    picture = np.broadcast_to(dark_and_light, (SIDE, SIDE, 3)).astype(np.float32)
    fill = smooth(picture, hole)
    blurred, sharp = (
        np.abs(np.diff(each, axis=0))[38:58, 40:56].max(0).mean()
        for each in (fill, synthesize(fill, hole, [Source(picture, ~hole)]))
    )
    assert blurred < 0.1
    assert sharp > 0.3


def test_numpy_and_torch_agree(picture: Image, hole: Mask) -> None:
    fill, sources = smooth(picture, hole), [Source(picture, ~hole)]
    one = synthesize(fill, hole, sources)
    other = synthesize(fill, hole, sources, device=torch.device("cpu"))
    assert np.abs(one - other)[hole].mean() < 0.01
