"""The directed spline: against the exact solution, and that it carries on what runs into the hole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.sparse.linalg import spsolve
from torch import Tensor

from imagest_core.restoration.inpainting.anisotropic_spline import (
    BENDING,
    GRAINY_BENDING,
    MOST,
    bending,
    directed_spline,
    tension,
)
from imagest_core.restoration.inpainting.spline import spline_torch


def folds(height: int, width: int, slant: float) -> Tensor:
    """A picture (1, 3, h, w) in 0–1 of soft folds that run along one direction."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    wave = np.sin(0.35 * (np.cos(slant) * columns + np.sin(slant) * rows))
    return torch.from_numpy(np.stack([0.5 + share * wave for share in (0.3, 0.2, -0.1)]))[None]


def loss(height: int, width: int) -> Tensor:
    """A hole (1, 1, h, w): a large loss in the middle and a scratch."""
    hole = torch.zeros(1, 1, height, width, dtype=torch.bool)
    hole[..., height // 3 : 2 * height // 3, width // 4 : 3 * width // 4] = True
    hole[..., 5 : height // 4, 9:12] = True
    return hole


def error(answer: Tensor, picture: Tensor, hole: Tensor) -> float:
    """RMS in the hole."""
    return float((answer - picture)[hole.expand_as(picture)].square().mean().sqrt())


def exact(picture: Tensor, hole: Tensor) -> np.ndarray:
    """The sparse system of the module's equation, solved directly; (h, w) of the first channel."""
    height, width = hole.shape[-2:]
    along, across, between = (
        sparse.diags(part.double().numpy().ravel())
        for part in tension((picture * ~hole).float(), hole.float())[0]
    )
    shift = {side: (sparse.eye(side - 1, side), sparse.eye(side - 1, side, 1)) for side in (height, width)}
    (top, bottom), (left, right) = shift[height], shift[width]
    falling = sparse.kron(bottom, right) - sparse.kron(top, left)
    rising = sparse.kron(bottom, left) - sparse.kron(top, right)
    pull = falling.T @ (along @ falling + between @ rising) + rising.T @ (across @ rising + between @ falling)
    down, over = (
        sparse.kron(bottom - top, sparse.eye(width)),
        sparse.kron(sparse.eye(height), right - left),
    )
    laplace = (down.T @ down + over.T @ over).tocsr()
    beta = float(bending((picture * ~hole).float(), hole.float()))
    operator = (pull + beta * laplace @ laplace).tocsr()
    lacks = hole[0, 0].numpy().ravel()
    answer = picture[0, 0].double().numpy().ravel().copy()
    rows = operator[np.flatnonzero(lacks)]
    known = rows[:, np.flatnonzero(~lacks)] @ answer[~lacks]
    answer[lacks] = spsolve(rows[:, np.flatnonzero(lacks)].tocsc(), -known)
    return answer.reshape(height, width)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (61, 78)])
def test_it_is_near_the_exact_solution(height: int, width: int) -> None:
    torch.manual_seed(0)
    picture, hole = folds(height, width, 0.5) + 0.1 * torch.rand(1, 3, height, width), loss(height, width)
    away = directed_spline(picture, hole)[0, 0].numpy() - exact(picture, hole)
    assert float(np.sqrt(np.mean(away**2))) < 1.0 / 255


@pytest.mark.parametrize("slant", [0.0, 0.5, 1.2, 2.2])
def test_folds_run_on_through_the_hole_whatever_their_direction(slant: float) -> None:
    picture, hole = folds(96, 96, slant), loss(96, 96)
    directed, plain = (fill(picture * ~hole, hole) for fill in (directed_spline, spline_torch))
    assert error(directed, picture, hole) < 0.5 * error(plain, picture, hole)


def test_without_a_direction_it_is_a_plain_spline() -> None:
    picture, hole = folds(64, 64, 0.5), loss(64, 64)
    plain = spline_torch(picture, hole)
    undirected, directed = directed_spline(picture, hole, power=0.0), directed_spline(picture, hole)
    assert error(undirected, plain, hole) < 0.3 * error(directed, plain, hole)


def test_the_tension_has_determinant_one_and_bounds() -> None:
    along, across, between = tension(folds(48, 48, 0.7), torch.zeros(1, 1, 48, 48))[0] * 2
    assert torch.allclose(along * across - between.square(), torch.ones_like(along), atol=1e-2)
    assert float((along + across).max()) <= 2 * np.cosh(MOST) + 1e-3


def test_turning_the_picture_turns_the_answer() -> None:
    picture, hole = folds(64, 64, 0.4), loss(64, 64)
    answer = directed_spline(picture, hole)
    turned = directed_spline(picture.rot90(1, (2, 3)), hole.rot90(1, (2, 3))).rot90(-1, (2, 3))
    assert error(answer, turned, hole) < 1.0 / 255


def test_known_samples_stay_and_what_is_under_the_mask_is_never_read() -> None:
    picture, hole = folds(50, 64, 0.4), loss(50, 64)
    blind = directed_spline(picture.masked_fill(hole, float("nan")), hole)
    assert torch.equal(blind, directed_spline(picture, hole))
    assert torch.equal(blind.masked_fill(hole, 0), picture.masked_fill(hole, 0))


def test_windows_of_a_batch_do_not_touch_each_other() -> None:
    torch.manual_seed(1)
    pictures, masks = torch.rand(3, 3, 40, 52), torch.rand(3, 1, 40, 52) < 0.3
    together = directed_spline(pictures, masks)
    alone = torch.cat([directed_spline(pictures[i : i + 1], masks[i : i + 1]) for i in range(3)])
    assert torch.allclose(together, alone, atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (2, 40), (3, 3), (300, 5), (17, 16)])
def test_small_and_narrow_pictures_are_filled(size: tuple[int, int]) -> None:
    picture = torch.full((1, 3, *size), 0.4)
    hole = torch.zeros(1, 1, *size, dtype=torch.bool)
    hole[..., size[0] // 2, size[1] // 2] = True
    nothing_known = bool(hole.all())
    answer = directed_spline(picture.masked_fill(hole, 9.0), hole)
    assert torch.allclose(answer, torch.full_like(answer, 0.0 if nothing_known else 0.4), atol=1e-4)


def test_with_nothing_known_the_fill_is_zero() -> None:
    assert not directed_spline(torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)).any()


def test_it_bends_less_by_grain_than_by_forms() -> None:
    picture, hole = folds(96, 96, 0.4), loss(96, 96)
    grain = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    both = torch.cat([picture, 0.5 + 0.1 * grain]) * ~hole
    found = bending(both, hole.float().expand(2, -1, -1, -1)).flatten().tolist()
    assert found == pytest.approx([BENDING, GRAINY_BENDING])
    assert bending(torch.zeros(1, 3, 2, 2), torch.ones(1, 1, 2, 2)).item() == BENDING
