"""The spline under tension: against the exact solution, and what any pre-fill must do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.sparse.linalg import spsolve

from imagest_core.restoration.inpainting.harmonic import harmonic_torch
from imagest_core.restoration.inpainting.spline import BENDING, spline_torch

RNG = np.random.default_rng(3)


def rough(side: int) -> np.ndarray:
    """Smoothed noise, (side, side) in about 0–1."""
    import cv2

    return cv2.GaussianBlur(RNG.normal(0.5, 3.0, (side, side)), (0, 0), 5).astype(np.float32)


def loss(side: int) -> np.ndarray:
    mask = np.zeros((side, side), np.bool_)
    mask[10:13, 4:-4] = True
    mask[24:54, 20:48] = True
    return mask


def filled(picture: np.ndarray, mask: np.ndarray, cycles: int = 2) -> np.ndarray:
    batch = torch.from_numpy(picture)[None, None]
    return spline_torch(batch, torch.from_numpy(mask)[None, None], cycles)[0, 0].numpy()


def exact(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The sparse system of the module's equation, solved directly."""
    side = picture.shape[0]
    steps = sparse.diags([-np.ones(side - 1), np.ones(side - 1)], [0, 1], shape=(side - 1, side))
    ends = sparse.eye(side)
    across, down = sparse.kron(ends, steps), sparse.kron(steps, ends)
    laplace = (across.T @ across + down.T @ down).tocsr()
    operator = laplace + BENDING * laplace @ laplace
    hole, known = np.flatnonzero(mask), np.flatnonzero(~mask)
    answer = picture.astype(np.float64).ravel().copy()
    rows = operator[hole]
    answer[hole] = spsolve(rows[:, hole].tocsc(), -(rows[:, known] @ answer[known]))
    return answer.reshape(picture.shape)


@pytest.mark.parametrize("side", [64, 77])
def test_it_is_near_the_exact_solution(side: int) -> None:
    picture, mask = rough(side), loss(side)
    error = (filled(picture, mask) - exact(picture, mask))[mask]
    assert float(np.sqrt(np.mean(error**2))) < 2.0 / 255


def test_corrections_bring_large_losses_nearer() -> None:
    picture, mask = rough(128), np.zeros((128, 128), np.bool_)
    mask[16:112, 16:112] = True
    true = exact(picture, mask)
    errors = [float(np.abs(filled(picture, mask, cycles) - true)[mask].mean()) for cycles in (0, 2)]
    assert errors[1] < 0.6 * errors[0]


def test_known_samples_stay_and_a_ramp_is_continued() -> None:
    ramp = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(64, axis=0)
    mask = loss(64)
    answer = filled(np.where(mask, np.float32(9), ramp), mask)
    assert np.array_equal(answer[~mask], ramp[~mask])
    assert np.abs(answer - ramp).max() < 4 / 255


def test_it_carries_an_edge_further_into_a_crack_than_the_membrane() -> None:
    columns = np.arange(64, dtype=np.float32)
    picture = (1 / (1 + np.exp(-(columns - 30) / 1.5)))[None].repeat(64, axis=0).astype(np.float32)
    mask = np.zeros((64, 64), np.bool_)
    mask[:, 27:32] = True
    batch, hole = torch.from_numpy(picture)[None, None], torch.from_numpy(mask)[None, None]
    membrane = harmonic_torch(batch, hole, 24)[0, 0].numpy()
    errors = [np.abs(fill - picture)[mask].mean() for fill in (filled(picture, mask), membrane)]
    assert errors[0] < errors[1]


def test_windows_of_a_batch_do_not_touch_each_other() -> None:
    pictures = torch.from_numpy(RNG.random((3, 3, 40, 52), np.float32))
    masks = torch.from_numpy(RNG.random((3, 1, 40, 52)) < 0.3)
    together = spline_torch(pictures, masks)
    alone = torch.cat([spline_torch(pictures[i : i + 1], masks[i : i + 1]) for i in range(3)])
    assert torch.allclose(together, alone, atol=1e-6)


def test_with_nothing_known_the_fill_is_zero() -> None:
    assert not spline_torch(torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)).any()
