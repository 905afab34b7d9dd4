"""Sparse damage labels at reduced levels; a crack one pixel wide stays visible at any zoom. No Qt."""

from __future__ import annotations

import numpy as np

from app.levels import at_level, native
from imagest_core.arrays import Labels
from imagest_core.damage.map import TILE, DamageMap, TileKey
from imagest_core.painting.geometry import Box


class LabelLevels:
    """Labels of a damage map at levels 0 … ``levels`` − 1; a reduced pixel has the largest label it covers.

    Hidden classes are left out. The cost of :meth:`update` depends on the changed area, not on the size
    of the scan.
    """

    def __init__(self, levels: int) -> None:
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
        for cell in box.within(damage.box).tiles(TILE):
            self._update_cell(damage, cell)

    def _update_cell(self, damage: DamageMap, cell: Box) -> None:
        """Update one tile and the pixels of every coarser level that it touches."""
        part = native(at_level(cell, self.levels - 1), self.levels - 1) if self.levels > 1 else cell
        part = part.within(_tile_of(cell))
        labels = self._visible_label[damage.read(part)]
        for level in range(self.levels):
            self._write(level, at_level(part, level), labels)
            if level + 1 < self.levels:
                labels = _pooled(labels)

    def _write(self, level: int, part: Box, labels: Labels) -> None:
        tiles, key = self._tiles[level], (part.x // TILE, part.y // TILE)
        tile = tiles.get(key)
        if tile is None:
            if not labels.any():
                return
            tile = tiles[key] = np.zeros((TILE, TILE), np.uint8)
        tile[part.moved(-key[0] * TILE, -key[1] * TILE).slices] = labels

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


def _tile_of(cell: Box) -> Box:
    return Box(cell.x // TILE * TILE, cell.y // TILE * TILE, TILE, TILE)


def _pooled(labels: Labels) -> Labels:
    """The maximum of every 2 × 2 pixels; an odd last row or column is padded with zeros."""
    height, width = labels.shape
    if height % 2 or width % 2:
        labels = np.pad(labels, ((0, height % 2), (0, width % 2)))
    rows = np.maximum(labels[::2], labels[1::2])
    return np.maximum(rows[:, ::2], rows[:, 1::2])
