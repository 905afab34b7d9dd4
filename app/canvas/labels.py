"""Sparse damage labels at reduced levels; a crack one pixel wide stays visible at any zoom. No Qt."""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Labels
from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.painting.geometry import Box

_DAMAGED = np.arange(256) > 0
MOST_LEVELS = 9
"""Number of levels at which a tile has at least one pixel."""


class LabelLevels:
    """Labels of a damage map at levels 0 … ``levels`` − 1; a reduced pixel has the largest label it covers.

    Hidden classes are left out. The cost of :meth:`update` depends on the changed area, not on the size
    of the scan.
    """

    def __init__(self, levels: int) -> None:
        if levels > MOST_LEVELS:
            raise ValueError(f"labels have at most {MOST_LEVELS} levels, not {levels}")
        self.levels = levels
        self._tiles: list[dict[TileKey, Labels]] = [{} for _ in range(levels)]
        self._visible_label = np.arange(256, dtype=np.uint8)

    @property
    def any(self) -> bool:
        """Whether any pixel is labelled."""
        return bool(self._tiles[0])

    def show(self, damage: DamageMap) -> None:
        """Replace all labels by those of ``damage`` whose class is visible."""
        self._visible_label = np.arange(256, dtype=np.uint8)
        self._visible_label[[item.label for item in damage.classes if not item.visible]] = 0
        for tiles in self._tiles:
            tiles.clear()
        for box in damage.occupied():
            self.update(damage, box)

    def update(self, damage: DamageMap, box: Box) -> None:
        """Read the labels in the native ``box`` again."""
        all_visible = bool(self._visible_label.all(where=_DAMAGED))
        for cell in box.within(damage.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            labels = damage.read(tile_box(key))
            self._write(key, labels if all_visible else cv2.LUT(labels, self._visible_label))

    def _write(self, key: TileKey, labels: Labels) -> None:
        """Write the (TILE, TILE) ``labels`` of a tile, and their maxima to the part of each coarser level."""
        column, row = key
        uniform = bool(labels.min() == labels.max())
        for level in range(self.levels):
            size, at = TILE >> level, (column >> level, row >> level)
            tile = self._tiles[level].get(at)
            if tile is None and (not uniform or labels.flat[0]):
                tile = self._tiles[level][at] = np.zeros((TILE, TILE), np.uint8)
            if tile is not None:
                x, y = (column % (1 << level)) * size, (row % (1 << level)) * size
                tile[y : y + size, x : x + size] = labels
            labels = labels[:1, :1] if uniform else _pooled(labels)

    def read(self, level: int, part: Box) -> Labels | None:
        """Return (h, w) labels of ``part`` of a level; None if all are zero."""
        labels: Labels | None = None
        tiles = self._tiles[level]
        for cell in part.tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in tiles:
                if labels is None:
                    labels = np.zeros((part.height, part.width), np.uint8)
                inside = cell.moved(-key[0] * TILE, -key[1] * TILE)
                labels[cell.moved(-part.x, -part.y).slices] = tiles[key][inside.slices]
        return labels


def _pooled(labels: Labels) -> Labels:
    """The maximum of every 2 × 2 pixels."""
    rows = np.maximum(labels[::2], labels[1::2])
    return np.maximum(rows[:, ::2], rows[:, 1::2])
