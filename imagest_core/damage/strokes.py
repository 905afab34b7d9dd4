"""Pixels covered by a brush stroke or a polygon, tile by tile of the damage map."""

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
"""x, y in px; pixel (0, 0) spans 0 to 1 and has its centre at 0.5."""

_SHIFT = 4
_SNAP_DIAMETER = 3.0


def stroke_cells(
    start: Point, end: Point, diameter: float, clip: Box, *, painted: float = 0.0
) -> Iterator[tuple[Box, Mask]]:
    """Iterate over the pixels within half a ``diameter`` of a line as (box, (h, w) bool mask).

    Strokes thinner than 3 px start and end at pixel centres, so that they have no gaps.

    Parameters
    ----------
    start, end
        Ends of the line, x, y in px.
    diameter
        Brush diameter in px.
    clip
        Bounds of the result.
    painted
        Diameter of the disc around ``start`` that is already painted. Tiles with nothing beyond it are
        skipped, so that a large brush costs only the outline of its front.
    """
    if diameter < _SNAP_DIAMETER:
        start, end = _pixel_center(start), _pixel_center(end)
    radius = max(diameter, 1.0) / 2
    for cell in _bounding_box(start, end, radius).within(clip).tiles(TILE):
        if _is_covered(cell, start, painted / 2) or (painted >= diameter and _is_behind(cell, start, end)):
            continue
        center = cell.x + cell.width / 2, cell.y + cell.height / 2
        distance, reach = _distance(center, start, end), math.hypot(cell.width, cell.height) / 2
        if distance + reach <= radius:
            yield cell, np.ones((cell.height, cell.width), np.bool_)
        elif distance <= radius + reach:
            mask = _within_radius(cell, start, end, radius)
            if mask.any():
                yield cell, mask


def polygon_cells(points: Sequence[Point], clip: Box) -> Iterator[tuple[Box, Mask]]:
    """Iterate over the pixels inside a closed polygon (even-odd) as (box, (h, w) mask)."""
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
    """Return the bounding box of a polygon with at least one point."""
    corners = np.array(points, np.float64) - 0.5
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    return Box.spanning(int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1)


def enlarged_cells(mask: Mask, part: Box, level: int, clip: Box) -> Iterator[tuple[Box, Mask]]:
    """Enlarge a (h, w) ``mask`` of ``part`` of a pyramid level as (box, mask) of native pixels.

    The outline is smoothed.
    """
    scale, padded = 1 << level, np.pad(mask.astype(np.float32), 1, mode="edge")
    around = Box(part.x * scale, part.y * scale, part.width * scale, part.height * scale)
    for cell in around.within(clip).tiles(TILE):
        mask_part = _enlarged_part(padded, cell.moved(-around.x, -around.y), scale)
        if mask_part.any():
            yield cell, mask_part


def _enlarged_part(padded: NDArray[np.float32], cell: Box, scale: int) -> Mask:
    """Return ``cell`` of the enlarged mask; ``padded`` has a border of one coarse pixel."""
    left, top = cell.x // scale, cell.y // scale
    right, bottom = -(-cell.right // scale), -(-cell.bottom // scale)
    coarse = padded[top : bottom + 2, left : right + 2]
    if not coarse.any():
        return np.zeros((cell.height, cell.width), np.bool_)
    size = coarse.shape[1] * scale, coarse.shape[0] * scale
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR if scale > 1 else cv2.INTER_NEAREST)
    inside = Box(cell.x - (left - 1) * scale, cell.y - (top - 1) * scale, cell.width, cell.height)
    return np.asarray(fine[inside.slices] > 0.5)


def _pixel_center(point: Point) -> Point:
    return math.floor(point[0]) + 0.5, math.floor(point[1]) + 0.5


def _bounding_box(start: Point, end: Point, radius: float) -> Box:
    return Box.spanning(
        math.floor(min(start[0], end[0]) - radius),
        math.floor(min(start[1], end[1]) - radius),
        math.ceil(max(start[0], end[0]) + radius),
        math.ceil(max(start[1], end[1]) + radius),
    )


def _is_covered(cell: Box, centre: Point, radius: float) -> bool:
    """Return whether a disc covers all of ``cell``."""
    across = max(abs(cell.x - centre[0]), abs(cell.right - centre[0]))
    down = max(abs(cell.y - centre[1]), abs(cell.bottom - centre[1]))
    return math.hypot(across, down) <= radius


MIN_LENGTH_SQUARED = 1e-12
"""Strokes with a squared length (px²) below this are drawn as a dot."""


def _is_behind(cell: Box, start: Point, end: Point) -> bool:
    """Return whether ``start`` is the nearest point of the line for all of ``cell``."""
    return _range_along(cell, start, end)[1] <= 0


def _distance(point: Point, start: Point, end: Point) -> float:
    """Return the distance of ``point`` from a line between two points."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    x, y, length = point[0] - start[0], point[1] - start[1], dx * dx + dy * dy
    along = min(max((x * dx + y * dy) / length, 0.0), 1.0) if length >= MIN_LENGTH_SQUARED else 0.0
    return math.hypot(x - along * dx, y - along * dy)


def _within_radius(cell: Box, start: Point, end: Point, radius: float) -> Mask:
    """Return (h, w) bool: pixels of ``cell`` whose centre is within ``radius`` of the line."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    low, high = _range_along(cell, start, end)
    if length < MIN_LENGTH_SQUARED or high <= 0:
        x, y = _offsets(cell, start)
        return np.asarray(x**2 <= np.float32(radius**2) - y**2)
    if low >= length:
        x, y = _offsets(cell, end)
        return np.asarray(x**2 <= np.float32(radius**2) - y**2)
    x, y = _offsets(cell, start)
    if low >= 0 and high <= length:
        return np.asarray(np.abs(x * np.float32(dy) - y * np.float32(dx)) <= radius * math.sqrt(length))
    first, last = _spans(y[:, 0].astype(np.float64), dx, dy, radius)
    return np.asarray((x >= first[:, None]) & (x <= last[:, None]))


def _spans(
    y: NDArray[np.float64], dx: float, dy: float, radius: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the first and last x of each row ``y`` within ``radius`` of the line from (0, 0) to (dx, dy).

    The area is convex: two discs and the rectangle between them. Empty rows get (inf, -inf).
    """
    first, last = np.full(len(y), np.inf), np.full(len(y), -np.inf)
    for x, height in ((0.0, y), (dx, y - dy)):
        half = np.sqrt(np.maximum(radius * radius - height * height, 0))
        inside = np.abs(height) <= radius
        np.minimum(first, x - half, out=first, where=inside)
        np.maximum(last, x + half, out=last, where=inside)
    end, across = np.array((dx, dy)), np.array((-dy, dx)) * (radius / math.hypot(dx, dy))
    corners = np.array((across, -across, end - across, end + across))
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        share = (y - y0) / (y1 - y0)
        x, crossed = x0 + share * (x1 - x0), (share >= 0) & (share <= 1)
        np.minimum(first, x, out=first, where=crossed)
        np.maximum(last, x, out=last, where=crossed)
    return first.astype(np.float32), last.astype(np.float32)


def _range_along(cell: Box, start: Point, end: Point) -> tuple[float, float]:
    """Return the least and the largest projection of ``cell`` on the line, in px² from ``start``."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    across = sorted(((cell.x - start[0]) * dx, (cell.right - start[0]) * dx))
    down = sorted(((cell.y - start[1]) * dy, (cell.bottom - start[1]) * dy))
    return across[0] + down[0], across[1] + down[1]


def _offsets(cell: Box, origin: Point) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the (w,) x and (h, 1) y of pixel centres relative to ``origin``."""
    x = np.arange(cell.x, cell.right, dtype=np.float32) + np.float32(0.5 - origin[0])
    y = np.arange(cell.y, cell.bottom, dtype=np.float32) + np.float32(0.5 - origin[1])
    return x, y[:, None]
