"""Suggesting a style reference: intact regions with texture, near the damage."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.style.border import border
from imagest_core.style.check import any_in_cells, touches_damage

Floats = NDArray[np.float32]

GROWTH = 3
"""Regions keep clear of damage grown by this much (px), the most a restoration grows it."""
WORKING_SIDE = 1024
SIDES = (32, 256)
STEPS = 8
"""Regions are tried at every eighth of their side."""
NEAR = 2.0
"""Nearness falls to a third at this many sides from the damage."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def suggest_regions(
    painting: Painting,
    damage: DamageMap,
    count: int = 3,
    side: int | None = None,
    progress: Progress | None = None,
) -> tuple[Box, ...]:
    """Up to ``count`` squares of ``side`` px that may serve as style, the best first.

    They don't touch the damage, of any class, grown by 3 px, nor each other, nor the calm ground round a
    painting that the scan shows. The same picture and damage always give the same squares: what the window
    shows is found by this, and so is what a restoration takes. ``side`` of ``None`` is a quarter of the
    picture's shorter side, 32–256 px, and is halved until anything that large is intact. Fewer, or none,
    where the picture leaves no room. Large scans are judged at a reduced level. Raises ``Cancelled``.
    """
    progress = progress or Progress()
    shortest = min(painting.width, painting.height)
    side = min(side or max(SIDES[0], min(shortest // 4, SIDES[1])), shortest)
    level = _working_level(painting)
    grown = damage.dilated(GROWTH, progress)
    progress.check()
    ground = _ground(painting, level)
    taken, texture = _taken(grown, level) | ground.border, ground.texture
    while side >= 1 << level:
        progress.check()
        found = _best(painting.box, grown, taken, texture, count, side, level)
        if found or side < SIDES[0]:
            return found
        side //= 2
    return ()


def keeps_clear(region: Box, damage: DamageMap) -> bool:
    """Whether ``region`` is as far from ``damage`` as those that are suggested."""
    return not touches_damage(region, damage, GROWTH)


@dataclass(frozen=True, eq=False)
class Ground:
    """What of a picture (h, w), at a reduced level, decides besides the damage."""

    border: NDArray[np.bool_]
    texture: Floats


_grounds: WeakKeyDictionary[Painting, Ground] = WeakKeyDictionary()
"""Kept while a painting is open: its damage changes with every stroke, its picture never does."""


def _ground(painting: Painting, level: int) -> Ground:
    known = _grounds.get(painting)
    if known is None:
        picture = painting.read_working(level=level)
        known = _grounds[painting] = Ground(border(picture), _texture(picture))
    return known


def _working_level(painting: Painting) -> int:
    level = 0
    while max(painting.width, painting.height) >> level > WORKING_SIDE:
        level += 1
    return level


def _taken(damage: DamageMap, level: int) -> NDArray[np.bool_]:
    """(h, w) bool at a reduced level (at most 8): the pixels that hold any damage."""
    scale = 1 << level
    taken = np.zeros((-(-damage.height // scale), -(-damage.width // scale)), np.bool_)
    for box in damage.occupied():
        cells = any_in_cells(damage.read(box) > 0, scale)
        y, x = box.y // scale, box.x // scale
        taken[y : y + cells.shape[0], x : x + cells.shape[1]] |= cells
    return taken


def _texture(rgb: Floats) -> Floats:
    """(h, w) strength of fine structure: the gradient of luma, little enough of it for edges not to win."""
    luma = np.asarray(rgb @ LUMA, np.float32)
    strength = np.hypot(cv2.Sobel(luma, -1, 1, 0, ksize=3), cv2.Sobel(luma, -1, 0, 1, ksize=3))
    return np.asarray(np.sqrt(strength), np.float32)


def _best(
    picture: Box,
    damage: DamageMap,
    taken: NDArray[np.bool_],
    texture: Floats,
    count: int,
    side: int,
    level: int,
) -> tuple[Box, ...]:
    corners = _corners(picture, side, level)
    reduced = max(side >> level, 1)
    free = _sums(taken.astype(np.float64), corners, reduced) == 0
    corners = corners[free]
    if not len(corners):
        return ()
    scores = _scores(taken, texture, corners, reduced)
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
    """(n, 2) rows and columns, at the level, of the upper left corners that are tried."""
    step = max((side >> level) // STEPS, 1)
    rows = np.arange(0, ((picture.height - side) >> level) + 1, step)
    columns = np.arange(0, ((picture.width - side) >> level) + 1, step)
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)


def _scores(taken: NDArray[np.bool_], texture: Floats, corners: NDArray[np.int64], side: int) -> Floats:
    """Texture, as far as it is not more than usual, times nearness to the damage."""
    strength = _sums(texture.astype(np.float64), corners, side) / side**2
    enough = np.minimum(strength / max(float(np.median(strength)), 1e-6), 1.0) ** 2
    away = cv2.distanceTransform((~taken).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    rows, columns = np.minimum(corners + side // 2, np.array(taken.shape) - 1).T
    nearness = np.exp(-away[rows, columns] / (NEAR * side)) if taken.any() else np.ones(len(corners))
    return np.asarray(enough * nearness, np.float32)


def _sums(plane: NDArray[np.float64], corners: NDArray[np.int64], side: int) -> NDArray[np.float64]:
    """The sum of ``plane`` over the square at each corner."""
    table = np.pad(plane.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    top, left = corners.T
    bottom = np.minimum(top + side, plane.shape[0])
    right = np.minimum(left + side, plane.shape[1])
    return np.asarray(table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left])
