"""How deep damage is: the distance to the nearest intact pixel, tile by tile."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, Labels, TileKey, tile_box
from imagest_core.progress import Progress

REACH = 64
"""Distances up to here are exact; deeper ones are measured at a quarter of the scale, and so on."""
SHORT_REACH = 15
"""Tried first, since most damage is thin."""
COARSER = 4

Distances = NDArray[np.float32]


def deepest(damage: DamageMap, progress: Progress | None = None) -> dict[TileKey, Distances]:
    """Per tile of ``damage`` the (256, 256) float32 distance to the nearest intact pixel, in pixels.

    Exact (Euclidean) up to 64 px; to within 4 px up to 256 px, 16 px up to 1,024 px, and so on.
    What lies outside the picture counts as intact. Raises ``Cancelled``.
    """
    progress = progress or Progress()
    distances = {}
    for key in damage.tiles():
        progress.check()
        distances[key] = _near(damage, key)
    deep = [key for key, distance in distances.items() if distance.max() > REACH]
    if deep:
        coarse = _reduced(damage)
        coarser = deepest(coarse, progress)
        for key in deep:
            progress.check()
            distances[key] = _refined(distances[key], coarser, key)
    return distances


def _near(damage: DamageMap, key: TileKey) -> Distances:
    """Distances of a tile that are exact up to ``REACH``, and above it wherever they are not."""
    distance = _within(damage, key, SHORT_REACH)
    return distance if distance.max() <= SHORT_REACH else _within(damage, key, REACH)


def _within(damage: DamageMap, key: TileKey, reach: int) -> Distances:
    """Distances of a tile as far as the surroundings within ``reach`` tell."""
    damaged = (damage.read(tile_box(key).grown(reach + 1)) > 0).view(np.uint8)
    if damaged.all():
        return np.full((TILE, TILE), reach + 1, np.float32)
    whole = cv2.distanceTransform(damaged, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(whole[reach + 1 : -reach - 1, reach + 1 : -reach - 1])


def _refined(near: Distances, coarser: dict[TileKey, Distances], key: TileKey) -> Distances:
    """The same with what lies beyond reach taken from the map at a quarter of the scale."""
    above = coarser.get((key[0] // COARSER, key[1] // COARSER))
    if above is None:
        return np.minimum(near, REACH + COARSER)
    side = TILE // COARSER
    y, x = key[1] % COARSER * side, key[0] % COARSER * side
    part = above[y : y + side, x : x + side].repeat(COARSER, axis=0).repeat(COARSER, axis=1)
    return np.where(near > REACH, np.maximum(part * COARSER, REACH), near)


def _reduced(damage: DamageMap) -> DamageMap:
    """A quarter of the scale: damaged where all of 4 × 4 pixels are."""
    coarse = DamageMap(-(-damage.width // COARSER), -(-damage.height // COARSER))
    for key in damage.tiles():
        box = tile_box(key)
        quarter = type(box)(box.x // COARSER, box.y // COARSER, TILE // COARSER, TILE // COARSER)
        coarse.write(quarter, _all_damaged(damage.read(box)))
    return coarse


def _all_damaged(tile: Labels) -> Labels:
    side = TILE // COARSER
    blocks = (tile > 0).reshape(side, COARSER, side, COARSER)
    return np.asarray(blocks.all(axis=(1, 3)), np.uint8)
