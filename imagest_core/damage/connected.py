"""The one connected piece of damage, or of intact paint within damage, that a point lies in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box

_FIRST = 256

Piece = tuple[Box, Mask]
"""A box and the (h, w) bool of the piece's pixels in it."""


def damage_at(damage: DamageMap, x: int, y: int) -> Piece | None:
    """The damage connected (over edges or corners, across classes) to pixel (x, y); None if it is intact."""
    return _grow(damage, x, y, damage.box, inside=True)


def hole_at(damage: DamageMap, x: int, y: int, bounds: Box) -> Piece | None:
    """The intact pixels round (x, y) that damage encloses; None where they reach an edge of ``bounds``."""
    bounds = bounds.within(damage.box)
    found = _grow(damage, x, y, bounds, inside=False)
    if found is None or _reaches(*found, bounds):
        return None
    return found


def _grow(damage: DamageMap, x: int, y: int, bounds: Box, *, inside: bool) -> Piece | None:
    """Look in wider and wider boxes until the piece ends within one."""
    if not bounds.contains(Box(x, y, 1, 1)):
        return None
    margin = _FIRST
    while True:
        box = Box(x, y, 1, 1).expanded(margin).within(bounds)
        mask = _flood((damage.read(box) > 0) == inside, x - box.x, y - box.y, 8 if inside else 4)
        if not mask.any():
            return None
        if box == bounds or not _reaches(box, mask, box):
            return _tight(box, mask)
        margin *= 2


def _flood(alike: NDArray[np.bool_], x: int, y: int, neighbours: int) -> Mask:
    if not alike[y, x]:
        return np.zeros_like(alike)
    flooded = np.zeros((alike.shape[0] + 2, alike.shape[1] + 2), np.uint8)
    flags = neighbours | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    cv2.floodFill(alike.astype(np.uint8), flooded, (x, y), 1, flags=flags)
    return np.asarray(flooded[1:-1, 1:-1] == 1)


def _tight(box: Box, mask: Mask) -> Piece:
    inner = Box(*cv2.boundingRect(mask.astype(np.uint8)))
    return inner.moved(box.x, box.y), mask[inner.slices]


def _reaches(box: Box, mask: Mask, bounds: Box) -> bool:
    """Whether the piece touches an edge of ``bounds``."""
    return bool(
        (box.x == bounds.x and mask[:, 0].any())
        or (box.y == bounds.y and mask[0].any())
        or (box.right == bounds.right and mask[:, -1].any())
        or (box.bottom == bounds.bottom and mask[-1].any())
    )
