"""How deep damage is: the distance to the nearest intact pixel, tile by tile."""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Image, Labels
from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.progress import Progress

REACH = 64
"""Distances up to here are exact; deeper ones are measured at a quarter of the scale, and so on."""
SHORT_REACH = 15
"""Tried first, since most damage is thin."""
COARSER = 4


class Depths:
    """The distance to the nearest intact pixel in the tiles of ``damage``, measured when asked for.

    Exact (Euclidean) up to 64 px; to within 4 px up to 256 px, 16 px up to 1,024 px, and so on.
    What lies outside the picture counts as intact. Raises ``Cancelled`` when asked.
    """

    def __init__(self, damage: DamageMap, progress: Progress | None = None) -> None:
        self._damage, self._progress = damage, progress or Progress()
        self._coarser: Depths | None = None
        self._kept: dict[TileKey, Image] = {}

    def of(self, key: TileKey) -> Image | None:
        """(256, 256) float32 px of the tile ``key``; None where nothing is damaged."""
        if key not in self._damage.tiles():
            return None
        self._progress.check()
        near = _near(self._damage, key)
        if near.max() <= REACH:
            return near
        if self._coarser is None:
            self._coarser = Depths(_reduced(self._damage), self._progress)
        return _refined(near, self._coarser._once((key[0] // COARSER, key[1] // COARSER)), key)

    def _once(self, key: TileKey) -> Image | None:
        """The same, kept: 16 tiles of the finer scale ask for it."""
        if key not in self._kept:
            found = self.of(key)
            if found is None:
                return None
            self._kept[key] = found
        return self._kept[key]


def _near(damage: DamageMap, key: TileKey) -> Image:
    """Distances of a tile that are exact up to ``REACH``, and above it wherever they are not."""
    distance = _within(damage, key, SHORT_REACH)
    return distance if distance.max() <= SHORT_REACH else _within(damage, key, REACH)


def _within(damage: DamageMap, key: TileKey, reach: int) -> Image:
    """Distances of a tile as far as the surroundings within ``reach`` tell."""
    damaged = (damage.read(tile_box(key).expanded(reach + 1)) > 0).view(np.uint8)
    if damaged.all():
        return np.full((TILE, TILE), reach + 1, np.float32)
    whole = cv2.distanceTransform(damaged, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(whole[reach + 1 : -reach - 1, reach + 1 : -reach - 1])


def _refined(near: Image, above: Image | None, key: TileKey) -> Image:
    """The same with what lies beyond reach taken from the tile ``above`` at a quarter of the scale."""
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
