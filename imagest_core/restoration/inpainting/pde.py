"""Fills that solve a partial differential equation in the hole: harmonic, spline, anisotropic spline.

All three minimise one energy over the samples ``u`` of the hole, with the known samples held fixed,

    E(u) = ∫ ∇uᵀ M ∇u + β (Δu)²,     that is     −div(M ∇u) + β Δ²u = 0  in the hole,

and differ in the tension tensor M and the bending β (px²):

========================  =====================  ===========
fill                      M                      β
========================  =====================  ===========
:func:`harmonic`          identity               0
:func:`spline`            identity               2
:func:`anisotropic_spline`  structure tensor of    0.15–1
                          nearby intact paint
========================  =====================  ===========

The equation is solved by conjugate gradients with the additive multilevel preconditioner of Bramble, Pasciak
and Xu ("Parallel multilevel preconditioners", Math. Comp. 55, 1990), started from the solution on a grid of
half the size. The code runs on NumPy arrays and on torch tensors of any device; every picture of a batch is
solved by itself. Samples in the hole are never read: they may be NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from imagest_core.restoration.inpainting.anisotropy import bending_of, diagonal_differences, tension_of
from imagest_core.restoration.inpainting.grid_transfer import (
    Field,
    block_mean,
    coarsen_cells,
    prolong,
    restrict,
    upsample,
)

SPLINE_BENDING = 2.0
"""β of the isotropic spline: the best of 0.5 to 16 on simulated cracks and losses."""
COARSEST = 8
"""Side in px below which a grid is not coarsened further."""
ITERATIONS = 9
"""Conjugate gradient iterations on the finest grid…"""
COARSE_ITERATIONS = 4
"""…on those between…"""
COARSEST_ITERATIONS = 20
"""…and on the coarsest."""
MARGIN = 4
"""Known px kept around the hole when a picture is cropped to it; the stencil reaches 2 px."""


def harmonic(images: Field, masks: Field, iterations: int = ITERATIONS) -> Field:
    """Fill ``images`` (n, c, h, w) where ``masks`` (n, 1, h, w) is true with the harmonic surface.

    Solved in float32; the result has the dtype of ``images`` and their known samples unchanged. A picture
    with nothing known is filled with 0. NumPy arrays and torch tensors of any range are accepted.
    """
    return _fill(images, masks, lambda known, hole: (None, 0.0), iterations)


def spline(images: Field, masks: Field, iterations: int = ITERATIONS) -> Field:
    """Fill like :func:`harmonic`, with an isotropic spline under tension."""
    return _fill(images, masks, lambda known, hole: (None, SPLINE_BENDING), iterations)


def anisotropic_spline(
    images: Field, masks: Field, iterations: int = ITERATIONS, power: float | None = None
) -> Field:
    """Fill like :func:`harmonic`, with a spline whose tension follows the direction of nearby intact paint.

    ``power`` is the exponent of the structure tensor (default :data:`anisotropy.POWER`); 0 is isotropic.
    """

    def coefficients(known: Field, hole: Field) -> tuple[Field, Field]:
        tension = tension_of(known, hole) if power is None else tension_of(known, hole, power)
        return tension, bending_of(known, hole)

    if min(images.shape[-2:]) < 2:
        return spline(images, masks, iterations)
    return _fill(images, masks, coefficients, iterations)


def fill_image(
    solve: Callable[[Field, Field], Field], image: NDArray[np.float32], mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Fill one picture (h, w, c) under ``mask`` (h, w) with one of the fills of this module, in NumPy."""
    planes = np.ascontiguousarray(image.transpose(2, 0, 1), np.float32)[None]
    return np.ascontiguousarray(solve(planes, mask[None, None])[0].transpose(1, 2, 0))


def _fill(images: Field, masks: Field, coefficients: Any, iterations: int) -> Field:
    """Solve with the (tension, bending) that ``coefficients`` returns for the known samples and the hole."""
    xp = array_namespace(images)
    masks = masks if masks.dtype == xp.bool else masks >= 0.5
    if not bool(xp.any(masks)):
        return images
    hole = xp.astype(masks, xp.float32)
    known = xp.where(masks, xp.zeros_like(images), images)
    known = xp.astype(known, xp.float32)
    tension, bending = coefficients(known, hole)
    box = _box_around(masks)
    rows, columns = box
    if tension is not None:
        tension = tension[..., rows.start : rows.stop - 1, columns.start : columns.stop - 1]
    inside = (..., rows, columns)
    solved = _solve(known[inside], _levels(hole[inside], tension, bending), iterations)
    filled = xp.asarray(known, copy=True)
    filled[inside] = solved
    return xp.where(masks, xp.astype(filled, images.dtype), images)


def _box_around(masks: Field) -> tuple[slice, slice]:
    """Rows and columns of the batch's holes with :data:`MARGIN` known pixels around them."""
    xp = array_namespace(masks)
    slices = []
    for axis in (2, 3):
        other = tuple(i for i in range(4) if i != axis)
        at = xp.nonzero(xp.any(masks, axis=other))[0]
        first, last = int(at[0]), int(at[-1])
        slices.append(slice(max(first - MARGIN, 0), min(last + 1 + MARGIN, masks.shape[axis])))
    return slices[0], slices[1]


@dataclass(frozen=True)
class _Level:
    """The operator on one grid.

    ``hole`` (n, 1, h, w) is 1 where it is solved; ``tension`` on the cells or None for the identity;
    ``inverse`` of the operator's diagonal in the hole.
    """

    hole: Field
    tension: Field | None
    bending: Field | float
    inverse: Field

    @classmethod
    def of(cls, hole: Field, tension: Field | None, bending: Field | float) -> _Level:
        return cls(hole, tension, bending, hole / _diagonal(hole, tension, bending))

    def coarsened(self) -> _Level | None:
        """Return the operator at half the size, where bending counts a quarter; None without a hole."""
        xp = array_namespace(self.hole)
        if max(self.hole.shape[-2:]) <= COARSEST or min(self.hole.shape[-2:]) < COARSEST // 2:
            return None
        hole = xp.astype(block_mean(1 - self.hole) == 0, self.hole.dtype)
        if not bool(xp.any(hole > 0)):
            return None
        tension = None if self.tension is None else coarsen_cells(self.tension)
        return _Level.of(hole, tension, self.bending / 4)


def _levels(hole: Field, tension: Field | None, bending: Field | float) -> tuple[_Level, ...]:
    """Operators from the finest grid on."""
    levels: list[_Level] = []
    level: _Level | None = _Level.of(hole, tension, bending)
    while level is not None:
        levels.append(level)
        level = level.coarsened()
    return tuple(levels)


def _solve(images: Field, levels: Sequence[_Level], iterations: int) -> Field:
    """Solve on the finest of ``levels``, started from the next coarser one; ``images`` are 0 in the hole."""
    xp = array_namespace(images)
    hole = levels[0].hole
    height, width = images.shape[-2:]
    if max(height, width) <= COARSEST or min(height, width) < COARSEST // 2:
        count = xp.sum(1 - hole, axis=(2, 3), keepdims=True)
        mean = xp.sum(images, axis=(2, 3), keepdims=True) / xp.clip(count, min=1)
        return _conjugate_gradients(images + hole * mean, levels, COARSEST_ITERATIONS)
    coarse = 4 * block_mean(images) / xp.clip(4 * block_mean(1 - hole), min=1)
    if len(levels) > 1:
        coarse = _solve(coarse, levels[1:], COARSE_ITERATIONS)
    return _conjugate_gradients(images + hole * upsample(coarse, height, width), levels, iterations)


def _conjugate_gradients(field: Field, levels: Sequence[_Level], iterations: int) -> Field:
    """Preconditioned conjugate gradients from ``field`` on."""
    level = levels[0]
    residual = -_operator(field, level) * level.hole
    correction = _precondition(residual, levels)
    direction, energy = correction, _inner(residual, correction)
    for _ in range(iterations):
        image = _operator(direction, level) * level.hole
        length = energy / _at_least(_inner(direction, image), 1e-20)
        field = field + length * direction
        residual = residual - length * image
        correction = _precondition(residual, levels)
        remaining = _inner(residual, correction)
        direction = correction + remaining / _at_least(energy, 1e-20) * direction
        energy = remaining
    return field


def _inner(one: Field, other: Field) -> Field:
    """Inner product of each channel, (n, c, 1, 1)."""
    return array_namespace(one).sum(one * other, axis=(2, 3), keepdims=True)


def _at_least(value: Field, least: float) -> Field:
    return array_namespace(value).clip(value, min=least)


def _precondition(residual: Field, levels: Sequence[_Level]) -> Field:
    """Sum of the diagonally scaled residuals of all grids (Bramble, Pasciak and Xu, 1990)."""
    finest, coarser = levels[0], levels[1:]
    correction = residual * finest.inverse
    if not coarser:
        return correction
    height, width = residual.shape[-2:]
    coarse = _precondition(restrict(residual) * coarser[0].hole, coarser)
    return correction + finest.hole * prolong(coarse, height, width)


def _operator(field: Field, level: _Level) -> Field:
    """``−div(M ∇u) + β Δ²u`` of ``field``, with mirrored edges."""
    laplacian = negative_laplacian(field)
    if level.tension is None:
        if isinstance(level.bending, float) and not level.bending:
            return laplacian
        return laplacian + level.bending * negative_laplacian(laplacian)
    falling, rising = diagonal_differences(field)
    first, second, mixed = (level.tension[:, i : i + 1] for i in range(3))
    along, across = first * falling + mixed * rising, second * rising + mixed * falling
    result = level.bending * negative_laplacian(laplacian)
    result[..., 1:, 1:] += along
    result[..., :-1, :-1] -= along
    result[..., 1:, :-1] += across
    result[..., :-1, 1:] -= across
    return result


def negative_laplacian(field: Field) -> Field:
    """−Δ of ``field`` by the five-point stencil with mirrored edges."""
    xp = array_namespace(field)
    result = xp.zeros_like(field)
    down = field[..., 1:, :] - field[..., :-1, :]
    result[..., 1:, :] += down
    result[..., :-1, :] -= down
    across = field[..., 1:] - field[..., :-1]
    result[..., 1:] += across
    result[..., :-1] -= across
    return result


def _diagonal(hole: Field, tension: Field | None, bending: Field | float) -> Field:
    """Return the diagonal of :func:`_operator`, away from the edges exact."""
    xp = array_namespace(hole)
    diagonal = xp.ones_like(hole) * (20.0 * bending)
    if tension is None:
        return diagonal + 4.0
    first, second = tension[:, 0:1], tension[:, 1:2]
    diagonal[..., 1:, 1:] += first
    diagonal[..., :-1, :-1] += first
    diagonal[..., 1:, :-1] += second
    diagonal[..., :-1, 1:] += second
    return diagonal
