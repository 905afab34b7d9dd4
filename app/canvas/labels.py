"""The damage at reduced levels, sparse, for drawing: a crack one pixel wide is seen from afar too. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.levels import at_level, native
from imagest_core.damage.map import TILE, DamageMap, TileKey
from imagest_core.painting.geometry import Box

Labels = NDArray[np.uint8]


class LabelLevels:
    """Labels of a damage map at levels 0 … ``levels`` − 1; a pixel of a level is the largest label in it.

    Hidden classes aren't there. :meth:`update` costs what has changed, not the size of the scan.
    """

    def __init__(self, levels: int) -> None:
        self.levels = levels
        self._tiles: list[dict[TileKey, Labels]] = [{} for _ in range(levels)]
        self._shown = np.arange(256, dtype=np.uint8)

    @property
    def any(self) -> bool:
        """Whether there is a label at all."""
        return bool(self._tiles[0])

    def show(self, damage: DamageMap) -> None:
        """Take over a whole map and what its classes say about visibility."""
        self._shown = np.arange(256, dtype=np.uint8)
        self._shown[[item.label for item in damage.classes if not item.visible]] = 0
        for tiles in self._tiles:
            tiles.clear()
        for box in damage.occupied():
            self.update(damage, box)

    def update(self, damage: DamageMap, box: Box) -> None:
        """The labels in ``box`` (native) may have changed."""
        for cell in box.within(damage.box).tiles(TILE):
            self._update_cell(damage, cell)

    def _update_cell(self, damage: DamageMap, cell: Box) -> None:
        """One tile: its labels, then the pixels of every coarser level they touch."""
        part = native(at_level(cell, self.levels - 1), self.levels - 1) if self.levels > 1 else cell
        part = part.within(_tile_of(cell))
        labels = self._shown[damage.read(part)]
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
        """(h, w) labels of ``part`` of a level; None where there is nothing."""
        found: Labels | None = None
        tiles = self._tiles[level]
        for cell in part.tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in tiles:
                if found is None:
                    found = np.zeros((part.height, part.width), np.uint8)
                inside = cell.moved(-key[0] * TILE, -key[1] * TILE)
                found[cell.moved(-part.x, -part.y).slices] = tiles[key][inside.slices]
        return found


def _tile_of(cell: Box) -> Box:
    return Box(cell.x // TILE * TILE, cell.y // TILE * TILE, TILE, TILE)


def _pooled(labels: Labels) -> Labels:
    """The largest of every 2 × 2 pixels; an odd last row or column counts for itself."""
    height, width = labels.shape
    if height % 2 or width % 2:
        labels = np.pad(labels, ((0, height % 2), (0, width % 2)))
    rows = np.maximum(labels[::2], labels[1::2])
    return np.maximum(rows[:, ::2], rows[:, 1::2])
