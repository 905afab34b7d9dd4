"""The PDE fills: comparison with exact solutions on NumPy and torch, and common properties."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from imagest_core.restoration.inpainting.anisotropy import (
    BENDING,
    GRAINY_BENDING,
    MAX_LOG_EIGENVALUE,
    bending_of,
    tension_of,
)
from imagest_core.restoration.inpainting.grid_transfer import prolong, restrict, upsample
from imagest_core.restoration.inpainting.pde import (
    SPLINE_BENDING,
    anisotropic_spline,
    fill_image,
    harmonic,
    spline,
)

Fill = Callable[..., Any]
FILLS = (harmonic, spline, anisotropic_spline)


def folds(height: int, width: int, slant: float) -> NDArray[np.float32]:
    """A picture (1, 3, h, w) in 0–1 of soft folds along one direction."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    wave = np.sin(0.35 * (np.cos(slant) * columns + np.sin(slant) * rows))
    return np.stack([0.5 + share * wave for share in (0.3, 0.2, -0.1)])[None].astype(np.float32)


def loss(height: int, width: int) -> NDArray[np.bool_]:
    """A hole (1, 1, h, w): a large loss in the middle and a scratch."""
    hole = np.zeros((1, 1, height, width), np.bool_)
    hole[..., height // 3 : 2 * height // 3, width // 4 : 3 * width // 4] = True
    hole[..., 5 : height // 4, 9:12] = True
    return hole


def rms(answer: Any, picture: Any, hole: Any) -> float:
    """RMS of the difference in the hole."""
    inside = np.broadcast_to(hole, answer.shape)
    return float(np.sqrt(np.mean((np.asarray(answer) - np.asarray(picture))[inside] ** 2)))


def exact(fill: Fill, picture: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The sparse system of the fill's equation, solved directly; (h, w) of the first channel."""
    height, width = hole.shape[-2:]
    shift = {side: (sparse.eye(side - 1, side), sparse.eye(side - 1, side, 1)) for side in (height, width)}
    (top, bottom), (left, right) = shift[height], shift[width]
    down = sparse.kron(bottom - top, sparse.eye(width))
    over = sparse.kron(sparse.eye(height), right - left)
    laplacian = (down.T @ down + over.T @ over).tocsr()
    if fill is anisotropic_spline:
        known, gate = (picture * ~hole).astype(np.float32), hole.astype(np.float32)
        along, across, mixed = (
            sparse.diags(part.astype(np.float64).ravel()) for part in tension_of(known, gate)[0]
        )
        falling = sparse.kron(bottom, right) - sparse.kron(top, left)
        rising = sparse.kron(bottom, left) - sparse.kron(top, right)
        tension = falling.T @ (along @ falling + mixed @ rising)
        tension = tension + rising.T @ (across @ rising + mixed @ falling)
        bending = float(bending_of(known, gate).item())
    else:
        tension, bending = laplacian, SPLINE_BENDING if fill is spline else 0.0
    operator = (tension + bending * laplacian @ laplacian).tocsr()
    lacks = hole[0, 0].ravel()
    answer = picture[0, 0].astype(np.float64).ravel().copy()
    rows = operator[np.flatnonzero(lacks)]
    answer[lacks] = spsolve(
        rows[:, np.flatnonzero(lacks)].tocsc(), -(rows[:, np.flatnonzero(~lacks)] @ answer[~lacks])
    )
    return answer.reshape(height, width)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize(("height", "width"), [(64, 64), (61, 78)])
def test_fill_is_near_the_exact_solution(fill: Fill, height: int, width: int) -> None:
    noise = np.random.default_rng(0).random((1, 3, height, width), np.float32)
    picture, hole = folds(height, width, 0.5) + 0.1 * noise, loss(height, width)
    difference = fill(picture, hole)[0, 0] - exact(fill, picture, hole)
    assert float(np.sqrt(np.mean(difference**2))) < 0.7 / 255


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(FILLS),
    st.integers(0, 99),
    st.integers(1, 70),
    st.integers(1, 70),
    st.floats(0.05, 0.95),
)
def test_numpy_and_torch_agree(fill: Fill, seed: int, height: int, width: int, share: float) -> None:
    random = np.random.default_rng(seed)
    picture, hole = (
        random.random((2, 3, height, width), np.float32),
        random.random((2, 1, height, width)) < share,
    )
    first = fill(picture, hole)
    second = fill(torch.from_numpy(picture), torch.from_numpy(hole))
    assert isinstance(second, torch.Tensor)
    assert np.abs(first - second.numpy()).max() < 2e-3
    assert np.array_equal(
        first[np.broadcast_to(~hole, first.shape)], picture[np.broadcast_to(~hole, first.shape)]
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.integers(1, 70), st.integers(1, 70), st.floats(0.05, 0.95))
def test_harmonic_fill_nearly_satisfies_the_maximum_principle(
    seed: int, height: int, width: int, share: float
) -> None:
    random = np.random.default_rng(seed)
    image, mask = random.random((height, width, 3), np.float32), random.random((height, width)) < share
    filled = fill_image(harmonic, image, mask)
    assert -0.1 < filled.min() <= filled.max() < 1.1


@pytest.mark.parametrize("fill", [harmonic, spline])
def test_a_ramp_is_continued(fill: Fill) -> None:
    ramp = np.repeat(np.linspace(-1, 2, 40, dtype=np.float32)[None, :, None], 40, 0).repeat(3, 2)
    hole = np.zeros((40, 40), bool)
    hole[12:25, 9:30] = True
    assert np.abs(fill_image(fill, ramp, hole) - ramp).max() < 5e-3


@pytest.mark.parametrize("fill", FILLS)
def test_samples_under_the_mask_are_not_read_and_known_samples_are_kept(fill: Fill) -> None:
    picture, hole = folds(50, 64, 0.4), loss(50, 64)
    blind = fill(np.where(hole, np.float32(np.nan), picture), hole)
    assert np.array_equal(blind, fill(picture, hole))
    assert np.array_equal(np.where(hole, 0, blind), np.where(hole, 0, picture))


@pytest.mark.parametrize("fill", FILLS)
def test_empty_and_full_masks(fill: Fill) -> None:
    picture = folds(20, 30, 0.4)
    assert not fill(picture, np.ones((1, 1, 20, 30), bool)).any()
    assert np.array_equal(fill(picture, np.zeros((1, 1, 20, 30), bool)), picture)


@pytest.mark.parametrize("fill", FILLS)
def test_windows_of_a_batch_are_independent(fill: Fill) -> None:
    generator = torch.Generator().manual_seed(4)
    images = torch.rand(3, 3, 33, 47, generator=generator)
    masks = torch.rand(3, 1, 33, 47, generator=generator) > 0.7
    together = fill(images, masks)
    alone = torch.cat([fill(images[i : i + 1], masks[i : i + 1]) for i in range(3)])
    assert torch.allclose(together, alone, atol=1e-4)


@pytest.mark.parametrize("fill", FILLS)
def test_result_keeps_dtype_and_known_samples(fill: Fill) -> None:
    images = torch.rand(1, 3, 16, 16, dtype=torch.bfloat16)
    masks = torch.zeros(1, 1, 16, 16)
    masks[..., 4:9, 4:9] = 1
    filled = fill(images, masks)
    assert filled.dtype == torch.bfloat16
    assert torch.equal(filled[..., :4, :], images[..., :4, :])


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (2, 40), (3, 3), (300, 5), (17, 16)])
def test_small_and_narrow_pictures_are_filled(fill: Fill, size: tuple[int, int]) -> None:
    picture = np.full((1, 3, *size), 0.4, np.float32)
    hole = np.zeros((1, 1, *size), np.bool_)
    hole[..., size[0] // 2, size[1] // 2] = True
    answer = fill(np.where(hole, np.float32(9), picture), hole)
    assert np.allclose(answer, 0.0 if hole.all() else 0.4, atol=1e-4)


def test_only_the_neighbourhood_of_the_hole_is_read() -> None:
    """Cost follows the damage: the hole's bounding box is solved, not the picture."""
    picture, hole = folds(400, 400, 0.4), np.zeros((1, 1, 400, 400), np.bool_)
    hole[..., 200:210, 190:215] = True
    far = picture.copy()
    far[..., :150, :] = 0
    assert np.array_equal(spline(picture, hole)[hole.repeat(3, 1)], spline(far, hole)[hole.repeat(3, 1)])


@pytest.mark.parametrize("slant", [0.0, 0.5, 1.2, 2.2])
def test_folds_continue_through_the_hole_in_any_direction(slant: float) -> None:
    picture, hole = folds(96, 96, slant), loss(96, 96)
    anisotropic, isotropic = (fill(picture, hole) for fill in (anisotropic_spline, spline))
    assert rms(anisotropic, picture, hole) < 0.5 * rms(isotropic, picture, hole)


def test_without_orientation_it_is_an_isotropic_spline() -> None:
    picture, hole = folds(64, 64, 0.5), loss(64, 64)
    isotropic = spline(picture, hole)
    undirected, directed = anisotropic_spline(picture, hole, power=0.0), anisotropic_spline(picture, hole)
    assert rms(undirected, isotropic, hole) < 0.3 * rms(directed, isotropic, hole)


def test_the_tension_has_determinant_one_and_bounds() -> None:
    along, across, mixed = tension_of(folds(48, 48, 0.7), np.zeros((1, 1, 48, 48), np.float32))[0] * 2
    assert np.allclose(along * across - mixed**2, 1, atol=1e-2)
    assert float((along + across).max()) <= 2 * np.cosh(MAX_LOG_EIGENVALUE) + 1e-3


def test_fill_commutes_with_rotation() -> None:
    picture, hole = folds(64, 64, 0.4), loss(64, 64)
    answer = anisotropic_spline(picture, hole)
    turned = anisotropic_spline(*(np.rot90(each, 1, (2, 3)).copy() for each in (picture, hole)))
    assert rms(answer, np.rot90(turned, -1, (2, 3)), hole) < 1.0 / 255


def test_orientation_follows_forms_rather_than_grain() -> None:
    picture, hole = folds(96, 96, 0.4), loss(96, 96)
    grain = np.random.default_rng(0).normal(size=(1, 3, 96, 96)).astype(np.float32)
    both = (np.concatenate([picture, 0.5 + 0.1 * grain]) * ~hole).astype(np.float32)
    found = bending_of(both, np.repeat(hole, 2, 0).astype(np.float32)).ravel().tolist()
    assert found == pytest.approx([BENDING, GRAINY_BENDING])


def test_edge_reaches_further_into_a_crack_than_with_the_harmonic_fill() -> None:
    columns = np.arange(64, dtype=np.float32)
    picture = (1 / (1 + np.exp(-(columns - 30) / 1.5)))[None].repeat(64, axis=0).astype(np.float32)
    hole = np.zeros((1, 1, 64, 64), np.bool_)
    hole[..., 27:32] = True
    errors = [rms(fill(picture[None, None], hole), picture[None, None], hole) for fill in (spline, harmonic)]
    assert errors[0] < errors[1]


@pytest.mark.parametrize(("height", "width"), [(8, 8), (7, 9), (1, 5)])
def test_prolongation_is_the_transpose_of_restriction(height: int, width: int) -> None:
    random = np.random.default_rng(1)
    fine = random.random((1, 1, height, width))
    coarse = random.random((1, 1, -(-height // 2), -(-width // 2)))
    assert np.vdot(prolong(coarse, height, width), fine) == pytest.approx(np.vdot(coarse, restrict(fine)))
    assert np.allclose(upsample(np.ones_like(coarse), height, width), 1)


def test_numpy_fills_do_not_import_torch() -> None:
    code = (
        "import sys, numpy as np; from imagest_core.restoration.inpainting import pde;"
        "pde.fill_image(pde.spline, np.zeros((9, 9, 3), np.float32), np.eye(9, dtype=bool));"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
