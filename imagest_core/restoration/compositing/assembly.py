"""Putting the windows' fills together: smooth weights where they overlap, and the rim.

Tiles are finished as soon as no later window reaches them; what is kept follows the damaged pixels.
Fills are added in the order of the plan, so neither batches nor their order change a sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.damage.regions import Regions
from imagest_core.errors import ImagestError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.restoration.compositing.boundary import blend_boundary
from imagest_core.restoration.compositing.window_views import known_samples
from imagest_core.restoration.planning.layout import Plan, Task
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.result import Fill

Image = NDArray[np.float32]
RIM_CONTEXT = 4
"""Blend widths of known surroundings that are read round a tile for its rim."""


class Assembler:
    """Collects the fills of the tasks of ``plan``; ``blend``: pixels led over to the rim, 0 for none."""

    def __init__(
        self, painting: Painting, grown: DamageMap, regions: Regions, plan: Plan, blend: int
    ) -> None:
        self._painting, self._grown, self._regions = painting, grown, regions
        self._plan, self._blend = plan, blend
        shown = (task for task in plan.tasks if not task.under)
        self._waiting = Counter(key for task in shown for key in self._reached(task.window))
        self._open: dict[TileKey, _Tile] = {}
        self._done: dict[TileKey, Fill] = {}

    def add(self, task: Task, image: Image) -> None:
        """Take a window's picture (h, w, 3), in the order of the plan; coarse ones only lie under others."""
        if task.under:
            return
        for key in self._reached(task.window):
            cell = tile_box(key).within(self._grown.box)
            if key not in self._open:
                self._open[key] = _Tile(self._grown.read(cell) > 0)
            part = cell.within(task.window.box)
            weights = self._plan.weights(task, part, self._grown.box)
            if weights.any():
                colour = image[part.moved(-task.window.box.x, -task.window.box.y).slices]
                self._open[key].add(part.moved(-cell.x, -cell.y), colour, weights)
            self._waiting[key] -= 1
            if not self._waiting[key]:
                self._done[key] = self._finished(cell, self._open.pop(key))

    def fills(self) -> tuple[Fill, ...]:
        """All fills, once every task was added."""
        if len(self._done) != len(self._grown.tiles()):
            raise ImagestError("Part of the damage was planned into no window; please report this.")
        return tuple(self._done[key] for key in sorted(self._done, key=lambda key: key[::-1]))

    def _reached(self, window: Window) -> Iterator[TileKey]:
        tiles = self._grown.tiles()
        for cell in window.box.within(self._grown.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in tiles:
                yield key

    def _finished(self, cell: Box, tile: _Tile) -> Fill:
        if not (tile.weight > 0).all():
            raise ImagestError("Part of the damage was planned into no window; please report this.")
        values = tile.colours / tile.weight[:, None]
        if self._blend:
            values = self._blended(cell, tile.mask, values)
        labels = np.where(tile.mask, self._regions.labels(cell), 0)
        rows, columns = np.flatnonzero(tile.mask.any(1)), np.flatnonzero(tile.mask.any(0))
        tight = Box.spanning(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        box = tight.moved(cell.x, cell.y)
        return Fill(box, labels[tight.slices], values)

    def _blended(self, cell: Box, mask: NDArray[np.bool_], values: Image) -> Image:
        """The values of a tile's pixels, led over to the rim."""
        reach = RIM_CONTEXT * (self._blend + 1)
        around = cell.expanded(reach).within(self._grown.box)
        if self._grown.read(around).all():
            return values
        image, hole = known_samples(self._painting, self._grown, around)
        inner = cell.moved(-around.x, -around.y).slices
        fill, widths = np.zeros_like(image), np.zeros(hole.shape, np.float32)
        fill[inner][mask], widths[inner][mask] = values, self._blend
        return blend_boundary(fill, image, hole, widths)[inner][mask]


class _Tile:
    """Sums over the masked pixels of one tile, row by row."""

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        self.mask = mask
        count = int(np.count_nonzero(mask))
        self._index = np.cumsum(mask.ravel()).reshape(mask.shape) - 1
        self.colours = np.zeros((count, 3), np.float32)
        self.weight = np.zeros(count, np.float32)

    def add(self, part: Box, colour: Image, weights: Image) -> None:
        """Add ``colour`` (h, w, 3) with ``weights`` (h, w) in ``part`` of the tile."""
        used = (weights > 0) & self.mask[part.slices]
        at = self._index[part.slices][used]
        self.colours[at] += colour[used] * weights[used, None]
        self.weight[at] += weights[used]
