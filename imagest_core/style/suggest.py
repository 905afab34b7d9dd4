"""Suggest style references: textured, intact regions near the damage."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.style.check import any_per_block, touches_damage
from imagest_core.style.scan_border import scan_border

DILATION = 3
"""Suggested regions avoid damage dilated by this many px, the largest dilation of a restoration."""
WORKING_SIDE = 1024
SIDES = (32, 256)
STEPS_PER_SIDE = 8
"""Candidates are placed at every eighth of their side."""
NEARNESS_SCALE = 2.0
"""The nearness score falls to 1/e at this many sides from the damage."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def suggest_regions(
    painting: Painting,
    damage: DamageMap,
    count: int = 3,
    side: int | None = None,
    progress: Progress | None = None,
) -> tuple[Box, ...]:
    """Return up to ``count`` square regions of ``side`` px that can serve as style, best first.

    The regions avoid damage of any class dilated by 3 px, each other, and the uniform border of the scan.
    They depend on the image and the damage only, so the window and a restoration get the same regions.
    Large scans are evaluated at a reduced level.

    Parameters
    ----------
    side
        Side in px. By default a quarter of the image's shorter side, 32–256 px, halved until a region of
        that size is intact.

    Raises
    ------
    Cancelled
        The user cancelled.
    """
    progress = progress or Progress()
    shortest = min(painting.width, painting.height)
    side = min(side or max(SIDES[0], min(shortest // 4, SIDES[1])), shortest)
    level = _working_level(painting)
    dilated = damage.dilated(DILATION, progress)
    progress.check()
    features = _features(painting, level)
    occupied, texture = _occupied_cells(dilated, level) | features.scan_border, features.texture
    while side >= 1 << level:
        progress.check()
        regions = _select_regions(painting.box, dilated, occupied, texture, count, side, level)
        if regions or side < SIDES[0]:
            return regions
        side //= 2
    return ()


def is_clear_of(region: Box, damage: DamageMap) -> bool:
    """Return whether ``region`` keeps the distance from ``damage`` that suggested regions keep."""
    return not touches_damage(region, damage, DILATION)


@dataclass(frozen=True, eq=False)
class PaintingFeatures:
    """Features of an image (h, w), at a reduced level, that don't depend on the damage."""

    scan_border: Mask
    texture: Image


_cache: WeakKeyDictionary[Painting, PaintingFeatures] = WeakKeyDictionary()
"""Features of open paintings: the damage changes with every brush stroke, the image doesn't."""


def _features(painting: Painting, level: int) -> PaintingFeatures:
    cached = _cache.get(painting)
    if cached is None:
        picture = painting.read_working(level=level)
        cached = _cache[painting] = PaintingFeatures(scan_border(picture), _texture(picture))
    return cached


def _working_level(painting: Painting) -> int:
    level = 0
    while max(painting.width, painting.height) >> level > WORKING_SIDE:
        level += 1
    return level


def _occupied_cells(damage: DamageMap, level: int) -> Mask:
    """Return (h, w) bool at a reduced level (at most 8): the pixels that contain damage."""
    scale = 1 << level
    occupied = np.zeros((-(-damage.height // scale), -(-damage.width // scale)), np.bool_)
    for box in damage.occupied():
        cells = any_per_block(damage.read(box) > 0, scale)
        y, x = box.y // scale, box.x // scale
        occupied[y : y + cells.shape[0], x : x + cells.shape[1]] |= cells
    return occupied


def _texture(rgb: Image) -> Image:
    """Return the strength (h, w) of fine structure: the square root of the luma gradient.

    The square root keeps strong edges from dominating.
    """
    luma = np.asarray(rgb @ LUMA, np.float32)
    strength = np.hypot(cv2.Sobel(luma, -1, 1, 0, ksize=3), cv2.Sobel(luma, -1, 0, 1, ksize=3))
    return np.asarray(np.sqrt(strength), np.float32)


def _select_regions(
    picture: Box,
    damage: DamageMap,
    occupied: Mask,
    texture: Image,
    count: int,
    side: int,
    level: int,
) -> tuple[Box, ...]:
    corners = _corners(picture, side, level)
    reduced = max(side >> level, 1)
    is_free = _window_sums(occupied.astype(np.float64), corners, reduced) == 0
    corners = corners[is_free]
    if not len(corners):
        return ()
    scores = _scores(occupied, texture, corners, reduced)
    boxes = (
        Box(int(x) << level, int(y) << level, side, side)
        for y, x in corners[np.argsort(-scores, kind="stable")]
    )
    chosen: list[Box] = []
    for box in boxes:
        if len(chosen) == count:
            break
        fits = picture.contains(box) and not touches_damage(box, damage)
        if fits and not any(box.touches(other) for other in chosen):
            chosen.append(box)
    return tuple(chosen)


def _corners(picture: Box, side: int, level: int) -> NDArray[np.int64]:
    """Return rows and columns (n, 2), at the level, of the upper left corners of all candidates."""
    step = max((side >> level) // STEPS_PER_SIDE, 1)
    rows = np.arange(0, ((picture.height - side) >> level) + 1, step)
    columns = np.arange(0, ((picture.width - side) >> level) + 1, step)
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)


def _scores(occupied: Mask, texture: Image, corners: NDArray[np.int64], side: int) -> Image:
    """Return texture, capped at its median, times nearness to the damage."""
    strength = _window_sums(texture.astype(np.float64), corners, side) / side**2
    texture_score = np.minimum(strength / max(float(np.median(strength)), 1e-6), 1.0) ** 2
    distance = cv2.distanceTransform((~occupied).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    rows, columns = np.minimum(corners + side // 2, np.array(occupied.shape) - 1).T
    nearness = (
        np.exp(-distance[rows, columns] / (NEARNESS_SCALE * side))
        if occupied.any()
        else np.ones(len(corners))
    )
    return np.asarray(texture_score * nearness, np.float32)


def _window_sums(plane: NDArray[np.float64], corners: NDArray[np.int64], side: int) -> NDArray[np.float64]:
    """Return the sum of ``plane`` over the square at each corner."""
    table = np.pad(plane.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    top, left = corners.T
    bottom = np.minimum(top + side, plane.shape[0])
    right = np.minimum(left + side, plane.shape[1])
    return np.asarray(table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left])
