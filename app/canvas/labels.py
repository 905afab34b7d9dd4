"""Sparse damage labels at reduced levels; a crack one pixel wide stays visible at any zoom. No Qt."""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Labels
from imagest_core.damage.map import TILE, DamageMap, TileKey
from imagest_core.painting.geometry import Box

_DAMAGED = np.arange(256) > 0
_INTACT = np.zeros((TILE, TILE), np.uint8)
MOST_LEVELS = 9
"""Number of levels at which a tile has at least one pixel."""


class LabelLevels:
    """Labels of a damage map at levels 0 … ``levels`` − 1; a reduced pixel has the largest label it covers.

    Hidden classes are left out. The cost of :meth:`update` depends on the changed area, not on the size
    of the scan. It reduces nothing: a level is brought up to date where and when it is read, so that a stroke
    touches only the level that is shown.
    """

    def __init__(self, levels: int) -> None:
        if levels > MOST_LEVELS:
            raise ValueError(f"labels have at most {MOST_LEVELS} levels, not {levels}")
        self.levels = levels
        self._tiles: list[dict[TileKey, Labels]] = [{} for _ in range(levels)]
        self._stale: list[set[TileKey]] = [set() for _ in range(levels)]
        """Native tiles whose part of each level is out of date; never any of level 0."""
        self._visible_label = np.arange(256, dtype=np.uint8)

    @property
    def any(self) -> bool:
        """Whether any pixel is labelled."""
        return bool(self._tiles[0])

    def show(self, damage: DamageMap) -> None:
        """Replace all labels by those of ``damage`` whose class is visible."""
        self._visible_label = np.arange(256, dtype=np.uint8)
        self._visible_label[[item.label for item in damage.classes if not item.visible]] = 0
        for tiles, stale in zip(self._tiles, self._stale, strict=True):
            tiles.clear()
            stale.clear()
        for box in damage.occupied():
            self.update(damage, box)
        for key, labels in self._tiles[0].items():
            for level in range(1, self.levels):
                labels = _halved(labels)
                self._store(level, key, labels)
        for stale in self._stale:
            stale.clear()

    def update(self, damage: DamageMap, box: Box) -> None:
        """Read the labels in the native ``box`` again."""
        all_visible = bool(self._visible_label.all(where=_DAMAGED))
        stored = damage.tiles()
        for cell in box.within(damage.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            labels = stored.get(key)
            if labels is not None and not all_visible:
                labels = cv2.LUT(labels, self._visible_label)
                labels = labels if labels.any() else None
            if labels is None and key not in self._tiles[0]:
                continue
            self._tiles[0][key] = _INTACT if labels is None else labels
            for stale in self._stale[1:]:
                stale.add(key)

    def _store(self, level: int, key: TileKey, labels: Labels) -> None:
        """Write the reduced ``labels`` of a native tile into its part of ``level``."""
        size, at = TILE >> level, (key[0] >> level, key[1] >> level)
        tile = self._tiles[level].get(at)
        if tile is None:
            if not labels.any():
                return
            tile = self._tiles[level][at] = np.zeros((TILE, TILE), np.uint8)
        x, y = (key[0] % (1 << level)) * size, (key[1] % (1 << level)) * size
        tile[y : y + size, x : x + size] = labels

    def _refresh(self, level: int, part: Box) -> None:
        """Bring ``part`` of a level up to date."""
        side = TILE >> level
        left, right = part.x // side, (part.right - 1) // side
        top, bottom = part.y // side, (part.bottom - 1) // side
        stale = self._stale[level]
        for key in [key for key in stale if left <= key[0] <= right and top <= key[1] <= bottom]:
            self._store(level, key, _reduced(self._tiles[0][key], level))
            stale.discard(key)

    def read(self, level: int, part: Box) -> Labels | None:
        """Return (h, w) labels of ``part`` of a level; None if all are zero."""
        labels: Labels | None = None
        tiles = self._tiles[level]
        if self._stale[level]:
            self._refresh(level, part)
        for cell in part.tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in tiles:
                if labels is None:
                    labels = np.zeros((part.height, part.width), np.uint8)
                inside = cell.moved(-key[0] * TILE, -key[1] * TILE)
                labels[cell.moved(-part.x, -part.y).slices] = tiles[key][inside.slices]
        return labels


def _halved(labels: Labels) -> Labels:
    """The maximum of every 2 × 2 pixels."""
    rows = np.maximum(labels[::2], labels[1::2])
    return np.maximum(rows[:, ::2], rows[:, 1::2])


def _reduced(labels: Labels, level: int) -> Labels:
    """The maximum of every 2^``level`` × 2^``level`` pixels; rows first, as they are contiguous."""
    for _ in range(level):
        labels = np.maximum(labels[::2], labels[1::2])
    for _ in range(level):
        labels = np.maximum(labels[:, ::2], labels[:, 1::2])
    return labels
