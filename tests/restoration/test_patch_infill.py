"""Holes filled with learned patches: the conditional mean, nothing outside the hole, structure goes on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from imagest_core.models.infill import GRAIN, UNKNOWN_MEAN, InfillConfig, PatchMixture, shape_of
from imagest_core.progress import Cancelled
from imagest_core.restoration.inpainting.spline import spline_torch
from imagest_core.restoration.patch_infill import InfillEffort, _depth, _Patches, infill
from imagest_core.training.infill import PatchFit

SIDE = 7


def stripes(height: int, width: int, slant: float) -> Tensor:
    """A colourful striped picture (3, h, w) in 0–1."""
    rows, columns = np.mgrid[:height, :width]
    wave = np.sin(0.9 * (rows * slant + columns * (1 - slant)))
    picture = np.stack([0.5 + 0.3 * wave, 0.4 + 0.2 * wave, 0.5 - 0.1 * wave])
    return torch.from_numpy(picture.astype(np.float32))


@pytest.fixture(scope="module")
def mixture() -> PatchMixture:
    """What patches of standing stripes look like, learned from them."""
    grey = stripes(96, 96, 0.0)[0].numpy()
    view = np.lib.stride_tricks.sliding_window_view(grey, (SIDE, SIDE)).reshape(-1, SIDE * SIDE)
    fit = PatchFit(shape_of(torch.from_numpy(view[::7].copy())), InfillConfig(SIDE, 2, 12))
    return fit.improved(fit.first())[0]


def prefilled(picture: Tensor, hole: Tensor) -> Tensor:
    """The spline's answer (3, h, w)."""
    return spline_torch(picture[None] * ~hole, hole[None, None].float())[0]


def test_two_rounds_are_one_round_twice(mixture: PatchMixture) -> None:
    """A patch whose component stays keeps its means; they must be what choosing it again would bring."""
    picture = stripes(48, 48, 0.2)
    hole = torch.zeros(48, 48, dtype=torch.bool)
    hole[12:36, 20:26] = True
    start, tables = prefilled(picture, hole), mixture.tables()
    patches = _Patches.over(hole, _depth(hole), 20.0, SIDE, 2)
    once = patches.answer(start, tables, 1, lambda: None)
    twice, again = (
        patches.answer(start, tables, 2, lambda: None),
        patches.answer(once, tables, 1, lambda: None),
    )
    assert not torch.allclose(once, twice, atol=1e-3)
    assert torch.allclose(twice, again, atol=1e-5)


def test_one_patch_is_the_conditional_mean_of_its_component(mixture: PatchMixture) -> None:
    picture = stripes(SIDE, SIDE, 0.0)
    hole = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    hole[2:5, 3] = True
    tables = mixture.tables()
    tables.offset[1:] = -1e9
    places = torch.arange(SIDE**2)[None]
    lacks = hole.reshape(1, -1)
    order = lacks.logical_not().to(torch.uint8).argsort(dim=1, stable=True)
    alone = _Patches((SIDE, SIDE), 0, places, order, lacks.sum(1))
    answer = alone.answer(picture, tables, 1, lambda: None)
    every = mixture.covariances()[0] + UNKNOWN_MEAN + GRAIN * torch.eye(SIDE**2)
    gone, there = lacks[0], ~lacks[0]
    flat = picture.reshape(3, -1).double()
    mean = flat[:, there].mean(1, keepdim=True)
    weights = torch.linalg.solve(every[there][:, there], every[there][:, gone])
    wanted = mean + (flat[:, there] - mean) @ weights
    assert torch.allclose(answer.reshape(3, -1)[:, gone].double(), wanted, atol=2e-3)
    assert torch.equal(answer.reshape(3, -1)[:, there], picture.reshape(3, -1)[:, there])


@pytest.mark.parametrize("slant", [0.0, 1.0])
def test_learned_stripes_go_on_through_a_crack_whichever_way_they_run(
    mixture: PatchMixture, slant: float
) -> None:
    picture = stripes(48, 60, slant)
    hole = torch.zeros(48, 60, dtype=torch.bool)
    hole[20:24, 8:50] = True
    hole[6:42, 28:31] = True
    spline = prefilled(picture, hole)
    filled = infill(spline, hole, [mixture.tables()])
    assert torch.equal(filled[:, ~hole], spline[:, ~hole])
    errors = [float((answer - picture)[:, hole].square().mean()) for answer in (spline, filled)]
    assert errors[1] < errors[0] / 4


@pytest.mark.parametrize("shape", [(5, 5), (3, 40), (64, 31)])
def test_any_shape_of_window_and_hole_is_filled(mixture: PatchMixture, shape: tuple[int, int]) -> None:
    picture = stripes(*shape, 0.3)
    hole = torch.zeros(shape, dtype=torch.bool)
    hole[1 : shape[0] - 1, 1 : shape[1] // 2 + 1] = True
    filled = infill(prefilled(picture, hole), hole, [mixture.tables()], InfillEffort((3, 2), 2))
    assert bool(filled.isfinite().all())
    assert torch.equal(filled[:, ~hole], prefilled(picture, hole)[:, ~hole])


def test_without_a_hole_nothing_changes(mixture: PatchMixture) -> None:
    picture = stripes(32, 32, 0.5)
    none = torch.zeros(32, 32, dtype=torch.bool)
    assert torch.equal(infill(picture, none, [mixture.tables()]), picture)


def test_the_same_again_to_the_bit(mixture: PatchMixture) -> None:
    picture = stripes(48, 48, 0.4)
    hole = torch.zeros(48, 48, dtype=torch.bool)
    hole[10:30, 12:20] = True
    first, second = (infill(prefilled(picture, hole), hole, [mixture.tables()]) for _ in range(2))
    assert torch.equal(first, second)


def test_a_cancel_is_heard(mixture: PatchMixture) -> None:
    def stop() -> None:
        raise Cancelled

    hole = torch.zeros(32, 32, dtype=torch.bool)
    hole[10:20, 10:20] = True
    with pytest.raises(Cancelled):
        infill(stripes(32, 32, 0.0), hole, [mixture.tables()], check=stop)
