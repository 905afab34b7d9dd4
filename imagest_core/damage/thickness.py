"""Distance of damaged pixels to the nearest intact one, tile by tile."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from imagest_core.arrays import Image, Labels
from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.progress import Progress

REACH = 64
"""Image up to here (px) are exact; larger ones are measured at a quarter of the scale, recursively."""
SHORT_REACH = 15
"""Tried first, since most damage is thin."""
COARSER = 4


class Depths:
    """Image to the nearest intact pixel, computed per tile on demand.

    Exact (Euclidean) up to 64 px; within 4 px up to 256 px, within 16 px up to 1,024 px, and so on. Pixels
    outside the image count as intact. Raises ``Cancelled`` when a tile is requested.
    """

    def __init__(self, damage: DamageMap, progress: Progress | None = None) -> None:
        self._damage, self._progress = damage, progress or Progress()
        self._coarser: Depths | None = None
        self._cache: dict[TileKey, Image] = {}

    def of(self, key: TileKey) -> Image | None:
        """Return (256, 256) float32 distances in px of the tile ``key``, or None if nothing is damaged."""
        if key not in self._damage.tiles():
            return None
        self._progress.check()
        exact = _near_distances(self._damage, key)
        if exact.max() <= REACH:
            return exact
        if self._coarser is None:
            self._coarser = Depths(_reduce(self._damage), self._progress)
        return _merge_coarse(exact, self._coarser._cached((key[0] // COARSER, key[1] // COARSER)), key)

    def _cached(self, key: TileKey) -> Image | None:
        """Return the distances of a tile from the cache: 16 tiles of the finer scale request it."""
        if key not in self._cache:
            distances = self.of(key)
            if distances is None:
                return None
            self._cache[key] = distances
        return self._cache[key]


def _near_distances(damage: DamageMap, key: TileKey) -> Image:
    """Return distances of a tile, exact up to ``REACH`` and above it elsewhere."""
    distance = _distances_within(damage, key, SHORT_REACH)
    return distance if distance.max() <= SHORT_REACH else _distances_within(damage, key, REACH)


def _distances_within(damage: DamageMap, key: TileKey, reach: int) -> Image:
    """Return distances of a tile as far as the surroundings within ``reach`` determine them."""
    damaged = (damage.read(tile_box(key).expanded(reach + 1)) > 0).view(np.uint8)
    if damaged.all():
        return np.full((TILE, TILE), reach + 1, np.float32)
    whole = np.zeros(damaged.shape, np.float32)
    part = _with_border(cv2.boundingRect(damaged), damaged.shape)
    whole[part] = cv2.distanceTransform(damaged[part], cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return whole[reach + 1 : -reach - 1, reach + 1 : -reach - 1]


def _with_border(rectangle: Sequence[int], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the slices of all damage and the intact pixels next to it, which alone determine distances."""
    x, y, width, height = rectangle
    return (
        slice(max(y - 1, 0), min(y + height + 1, shape[0])),
        slice(max(x - 1, 0), min(x + width + 1, shape[1])),
    )


def _merge_coarse(exact: Image, coarse: Image | None, key: TileKey) -> Image:
    """Replace distances beyond ``REACH`` by those of the tile ``coarse`` at a quarter of the scale."""
    if coarse is None:
        return np.minimum(exact, REACH + COARSER)
    side = TILE // COARSER
    y, x = key[1] % COARSER * side, key[0] % COARSER * side
    part = coarse[y : y + side, x : x + side].repeat(COARSER, axis=0).repeat(COARSER, axis=1)
    return np.where(exact > REACH, np.maximum(part * COARSER, REACH), exact)


def _reduce(damage: DamageMap) -> DamageMap:
    """Reduce the map to a quarter: a pixel is damaged if all of its 4 × 4 pixels are."""
    coarse = DamageMap(-(-damage.width // COARSER), -(-damage.height // COARSER))
    for key in damage.tiles():
        box = tile_box(key)
        coarse_box = type(box)(box.x // COARSER, box.y // COARSER, TILE // COARSER, TILE // COARSER)
        coarse.write(coarse_box, _all_damaged(damage.read(box)))
    return coarse


def _all_damaged(tile: Labels) -> Labels:
    side = TILE // COARSER
    blocks = (tile > 0).reshape(side, COARSER, side, COARSER)
    return np.asarray(blocks.all(axis=(1, 3)), np.uint8)
