"""Assemble the fills of all windows: smooth weights where they overlap, blending at the boundary.

A tile is finished as soon as no later window reaches it, so memory follows the damaged pixels. Fills are
added in the order of the plan, so batch sizes don't change any sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.damage.regions import Regions
from imagest_core.errors import ImagestError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.restoration.compositing.boundary import blend_boundary
from imagest_core.restoration.compositing.window_views import known_samples
from imagest_core.restoration.fill import Fill
from imagest_core.restoration.planning.layout import Plan, Task
from imagest_core.restoration.planning.window import Window

BOUNDARY_CONTEXT = 4
"""Known surroundings read around a tile for blending, in multiples of the blend width."""


class Assembler:
    """Collects the fills of the tasks of ``plan``, blended over ``blend`` px at the boundary (0: not)."""

    def __init__(
        self, painting: Painting, dilated: DamageMap, regions: Regions, plan: Plan, blend: int
    ) -> None:
        self._painting, self._dilated, self._regions = painting, dilated, regions
        self._plan, self._blend = plan, blend
        visible = (task for task in plan.tasks if not task.is_refined)
        self._waiting = Counter(key for task in visible for key in self._damaged_tiles(task.window))
        self._open: dict[TileKey, _Tile] = {}
        self._done: dict[TileKey, Fill] = {}

    def add(self, task: Task, image: Image) -> None:
        """Add a window's picture (h, w, 3), in the order of the plan; refined windows are skipped."""
        if task.is_refined:
            return
        for key in self._damaged_tiles(task.window):
            cell = tile_box(key).within(self._dilated.box)
            if key not in self._open:
                self._open[key] = _Tile(self._dilated.read(cell) > 0)
            part = cell.within(task.window.box)
            weights = self._plan.weights(task, part, self._dilated.box)
            if weights.any():
                colour = image[part.moved(-task.window.box.x, -task.window.box.y).slices]
                self._open[key].add(part.moved(-cell.x, -cell.y), colour, weights)
            self._waiting[key] -= 1
            if not self._waiting[key]:
                self._done[key] = self._fill(cell, self._open.pop(key))

    def fills(self) -> tuple[Fill, ...]:
        """Return all fills, once every task was added."""
        if len(self._done) != len(self._dilated.tiles()):
            raise ImagestError("Some damage is not covered by any tile; please report this.")
        return tuple(self._done[key] for key in sorted(self._done, key=lambda key: key[::-1]))

    def _damaged_tiles(self, window: Window) -> Iterator[TileKey]:
        tiles = self._dilated.tiles()
        for cell in window.box.within(self._dilated.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in tiles:
                yield key

    def _fill(self, cell: Box, tile: _Tile) -> Fill:
        if not (tile.weight > 0).all():
            raise ImagestError("Some damage is not covered by any tile; please report this.")
        values = tile.colours / tile.weight[:, None]
        if self._blend:
            values = self._blended(cell, tile.mask, values)
        labels = np.where(tile.mask, self._regions.labels(cell), 0)
        rows, columns = np.flatnonzero(tile.mask.any(1)), np.flatnonzero(tile.mask.any(0))
        tight = Box.spanning(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        box = tight.moved(cell.x, cell.y)
        return Fill(box, labels[tight.slices], values)

    def _blended(self, cell: Box, mask: Mask, values: Image) -> Image:
        """Blend the values of a tile's pixels with the intact paint at the boundary."""
        margin = BOUNDARY_CONTEXT * (self._blend + 1)
        around = cell.expanded(margin).within(self._dilated.box)
        if self._dilated.read(around).all():
            return values
        image, hole = known_samples(self._painting, self._dilated, around)
        inner = cell.moved(-around.x, -around.y).slices
        fill, widths = np.zeros_like(image), np.zeros(hole.shape, np.float32)
        fill[inner][mask], widths[inner][mask] = values, self._blend
        return blend_boundary(fill, image, hole, widths)[inner][mask]


class _Tile:
    """Weighted sums over the masked pixels of one tile, in row order."""

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        count = int(np.count_nonzero(mask))
        self._index = np.cumsum(mask.ravel()).reshape(mask.shape) - 1
        self.colours = np.zeros((count, 3), np.float32)
        self.weight = np.zeros(count, np.float32)

    def add(self, part: Box, colour: Image, weights: Image) -> None:
        """Add ``colour`` (h, w, 3) with ``weights`` (h, w) to ``part`` of the tile."""
        used = (weights > 0) & self.mask[part.slices]
        at = self._index[part.slices][used]
        self.colours[at] += colour[used] * weights[used, None]
        self.weight[at] += weights[used]
