"""Which pixels a stroke or a drawn outline covers, tile by tile of the damage map."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.map import TILE
from imagest_core.painting.geometry import Box

Point = tuple[float, float]
"""x, y in px; pixel (0, 0) reaches from 0 to 1 and has its middle at 0.5."""

_SHIFT = 4
_SNAPPED = 3.0


def stroke_cells(
    start: Point, end: Point, diameter: float, clip: Box, *, painted: float = 0.0
) -> Iterator[tuple[Box, Mask]]:
    """The pixels whose middle lies within half a ``diameter`` of the line, as (box, (h, w) mask).

    ``painted``: the diameter of the disc round ``start`` that is painted already; tiles it covers are
    left out, so that a broad brush costs its rim. Thin strokes begin and end in pixels' middles, so
    that they have no gaps.
    """
    if diameter < _SNAPPED:
        start, end = _middle(start), _middle(end)
    radius = max(diameter, 1.0) / 2
    for cell in _reach(start, end, radius).within(clip).tiles(TILE):
        if not _covered(cell, start, painted / 2):
            mask = _near_line(cell, start, end, radius)
            if mask.any():
                yield cell, mask


def polygon_cells(points: Sequence[Point], clip: Box) -> Iterator[tuple[Box, Mask]]:
    """The pixels inside a closed outline (even-odd), as (box, (h, w) mask)."""
    if len(points) < 3:
        return
    corners = np.array(points, np.float64) - 0.5
    for cell in outline_box(points).within(clip).tiles(TILE):
        mask = np.zeros((cell.height, cell.width), np.uint8)
        local = np.rint((corners - (cell.x, cell.y)) * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(mask, [local], 1, cv2.LINE_8, _SHIFT)
        if mask.any():
            yield cell, mask.astype(np.bool_)


def outline_box(points: Sequence[Point]) -> Box:
    """The box round a closed outline of at least one point."""
    corners = np.array(points, np.float64) - 0.5
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    return Box.spanning(int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1)


def enlarged_cells(mask: Mask, part: Box, level: int, clip: Box) -> Iterator[tuple[Box, Mask]]:
    """A (h, w) ``mask`` of ``part`` of a level as (box, mask) of native pixels, its outline smoothed."""
    scale, padded = 1 << level, np.pad(mask.astype(np.float32), 1, mode="edge")
    around = Box(part.x * scale, part.y * scale, part.width * scale, part.height * scale)
    for cell in around.within(clip).tiles(TILE):
        piece = _piece(padded, cell.moved(-around.x, -around.y), scale)
        if piece.any():
            yield cell, piece


def _piece(padded: NDArray[np.float32], cell: Box, scale: int) -> Mask:
    """``cell`` of the enlarged mask, which has a border of one coarse pixel."""
    left, top = cell.x // scale, cell.y // scale
    right, bottom = -(-cell.right // scale), -(-cell.bottom // scale)
    coarse = padded[top : bottom + 2, left : right + 2]
    if not coarse.any():
        return np.zeros((cell.height, cell.width), np.bool_)
    size = coarse.shape[1] * scale, coarse.shape[0] * scale
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR if scale > 1 else cv2.INTER_NEAREST)
    inside = Box(cell.x - (left - 1) * scale, cell.y - (top - 1) * scale, cell.width, cell.height)
    return np.asarray(fine[inside.slices] > 0.5)


def _middle(point: Point) -> Point:
    return math.floor(point[0]) + 0.5, math.floor(point[1]) + 0.5


def _reach(start: Point, end: Point, radius: float) -> Box:
    return Box.spanning(
        math.floor(min(start[0], end[0]) - radius),
        math.floor(min(start[1], end[1]) - radius),
        math.ceil(max(start[0], end[0]) + radius),
        math.ceil(max(start[1], end[1]) + radius),
    )


def _covered(cell: Box, centre: Point, radius: float) -> bool:
    """Whether a disc covers all of ``cell``."""
    across = max(abs(cell.x - centre[0]), abs(cell.right - centre[0]))
    down = max(abs(cell.y - centre[1]), abs(cell.bottom - centre[1]))
    return math.hypot(across, down) <= radius


SHORTEST = 1e-12
"""The square of a length in px under which a stroke is a dot."""


def _near_line(cell: Box, start: Point, end: Point, radius: float) -> Mask:
    x: NDArray[np.float32] = np.arange(cell.x, cell.right, dtype=np.float32) + np.float32(0.5 - start[0])
    y: NDArray[np.float32] = np.arange(cell.y, cell.bottom, dtype=np.float32) + np.float32(0.5 - start[1])
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    if length < SHORTEST:
        return np.asarray(x**2 + (y**2)[:, None] <= radius**2)
    along = np.clip(x * np.float32(dx / length) + (y * np.float32(dy / length))[:, None], 0, 1)
    distance = (x - along * np.float32(dx)) ** 2 + (y[:, None] - along * np.float32(dy)) ** 2
    return np.asarray(distance <= np.float32(radius**2))
