"""Transfers between a grid and one of half its size, for NumPy arrays and torch tensors alike.

All functions take fields (n, c, h, w) and act on the last two axes. A coarse grid has ⌈h/2⌉ × ⌈w/2⌉ points.
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

Field = Any
"""A NumPy array or torch tensor (n, c, h, w), float32."""


def block_mean(field: Field) -> Field:
    """Mean of 2 × 2 samples; an odd side is padded with zeros."""
    field = _padded(_padded(field, -1, 0, field.shape[-1] % 2), -2, 0, field.shape[-2] % 2)
    rows = field[..., ::2, :] + field[..., 1::2, :]
    return (rows[..., ::2] + rows[..., 1::2]) * 0.25


def upsample(field: Field, height: int, width: int) -> Field:
    """Bilinear interpolation to twice the size, cropped to ``height`` × ``width``; edges are replicated."""
    return _doubled(_doubled(field, -2, height, edge=True), -1, width, edge=True)


def prolong(field: Field, height: int, width: int) -> Field:
    """Like :func:`upsample`, but 0 beyond the edges: the transpose of :func:`restrict`."""
    return _doubled(_doubled(field, -2, height, edge=False), -1, width, edge=False)


def restrict(field: Field) -> Field:
    """Sum at half the size, with bilinear weights: the transpose of :func:`prolong`."""
    return _restricted(_restricted(field, -2), -1)


def coarsen_cells(cells: Field) -> Field:
    """Values on the cells between grid points, (h − 1) × (w − 1), on the cells of the coarse grid."""
    return _coarse_cells(_coarse_cells(cells, -2), -1)


def _padded(field: Field, axis: int, before: int, after: int) -> Field:
    """``field`` with so many zeros before and after along ``axis``."""
    if not before and not after:
        return field
    xp = array_namespace(field)
    zero = xp.zeros_like(_slice(field, axis, 0, 1))
    return xp.concat([zero] * before + [field] + [zero] * after, axis=axis)


def _slice(field: Field, axis: int, start: int, stop: int | None, step: int = 1) -> Field:
    return field[..., start:stop:step, :] if axis == -2 else field[..., start:stop:step]


def _doubled(field: Field, axis: int, size: int, *, edge: bool) -> Field:
    """Linear interpolation to ``size`` ≤ 2 × samples along ``axis``."""
    xp = array_namespace(field)
    count = field.shape[axis]
    if edge:
        first, last = _slice(field, axis, 0, 1), _slice(field, axis, count - 1, None)
        extended = xp.concat([first, field, last], axis=axis)
    else:
        extended = _padded(field, axis, 1, 1)
    middle = 0.75 * field
    even = middle + 0.25 * _slice(extended, axis, 0, count)
    odd = middle + 0.25 * _slice(extended, axis, 2, None)
    shape = list(field.shape)
    shape[axis] = 2 * count
    fine = xp.reshape(xp.stack([even, odd], axis=-1 if axis == -1 else -2), tuple(shape))
    return _slice(fine, axis, 0, size)


def _restricted(field: Field, axis: int) -> Field:
    size = field.shape[axis]
    padded = _padded(field, axis, 1, 1 + size % 2)
    inner = _slice(padded, axis, 1, -1, 2) + _slice(padded, axis, 2, None, 2)
    outer = _slice(padded, axis, 0, -2, 2) + _slice(padded, axis, 3, None, 2)
    return 0.75 * inner + 0.25 * outer


def _coarse_cells(cells: Field, axis: int) -> Field:
    """¼, ½, ¼ of the cells around each point between two coarse grid points."""
    points = cells.shape[axis] + 1
    count = (points + points % 2) // 2 - 1
    if points % 2:
        xp = array_namespace(cells)
        cells = xp.concat([cells, _slice(cells, axis, cells.shape[axis] - 1, None)], axis=axis)
    middle = _slice(cells, axis, 1, 1 + 2 * count, 2)
    sides = _slice(cells, axis, 0, 2 * count, 2) + _slice(cells, axis, 2, 2 + 2 * count, 2)
    return 0.5 * middle + 0.25 * sides
