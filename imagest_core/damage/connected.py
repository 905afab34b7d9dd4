"""Connected components at a point: one piece of damage, or intact paint enclosed by damage."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box

_FIRST_MARGIN = 256

Component = tuple[Box, Mask]
"""A box and the (h, w) bool mask of the component's pixels in it."""


def damage_at(damage: DamageMap, x: int, y: int) -> Component | None:
    """Return the 8-connected damage of any class at pixel (x, y), or None if it is intact.

    At a protected pixel it is the protected area.
    """
    pixel = Box(x, y, 1, 1)
    protected = bool(damage.box.contains(pixel) and damage.protected_mask(pixel).any())
    alike = damage.protected_labels() == protected
    alike[0] = False
    return _find_component(damage, x, y, damage.box, alike, 8)


def hole_at(damage: DamageMap, x: int, y: int, bounds: Box) -> Component | None:
    """Return the intact pixels at (x, y) enclosed by damage, or None if they reach an edge of ``bounds``."""
    bounds = bounds.within(damage.box)
    component = _find_component(damage, x, y, bounds, np.arange(256) == 0, 4)
    if component is None or _touches_edge(*component, bounds):
        return None
    return component


def _find_component(
    damage: DamageMap, x: int, y: int, bounds: Box, alike: NDArray[np.bool_], connectivity: int
) -> Component | None:
    """Search pixels whose label is ``alike`` in growing boxes until the component fits inside one."""
    if not bounds.contains(Box(x, y, 1, 1)):
        return None
    margin = _FIRST_MARGIN
    while True:
        box = Box(x, y, 1, 1).expanded(margin).within(bounds)
        mask = _flood(alike[damage.read(box)], x - box.x, y - box.y, connectivity)
        if not mask.any():
            return None
        if box == bounds or not _touches_edge(box, mask, box):
            return _crop(box, mask)
        margin *= 2


def _flood(candidates: NDArray[np.bool_], x: int, y: int, connectivity: int) -> Mask:
    if not candidates[y, x]:
        return np.zeros_like(candidates)
    flooded = np.zeros((candidates.shape[0] + 2, candidates.shape[1] + 2), np.uint8)
    flags = connectivity | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    cv2.floodFill(candidates.astype(np.uint8), flooded, (x, y), 1, flags=flags)
    return np.asarray(flooded[1:-1, 1:-1] == 1)


def _crop(box: Box, mask: Mask) -> Component:
    inner = Box(*cv2.boundingRect(mask.astype(np.uint8)))
    return inner.moved(box.x, box.y), mask[inner.slices]


def _touches_edge(box: Box, mask: Mask, bounds: Box) -> bool:
    """Return whether the component touches an edge of ``bounds``."""
    return bool(
        (box.x == bounds.x and mask[:, 0].any())
        or (box.y == bounds.y and mask[0].any())
        or (box.right == bounds.right and mask[:, -1].any())
        or (box.bottom == bounds.bottom and mask[-1].any())
    )
