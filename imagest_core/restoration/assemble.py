"""Putting the windows' fills together: smooth weights where they overlap, the scan's scale, the rim.

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
from imagest_core.painting.painting import Painting
from imagest_core.restoration.grid import ramps
from imagest_core.restoration.plan import Plan, Task
from imagest_core.restoration.result import Fill
from imagest_core.restoration.rim import lead_over
from imagest_core.restoration.view import known_samples
from imagest_core.restoration.window import Window

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
        self._waiting = Counter(key for task in plan.tasks for key in self._reached(task.window))
        self._open: dict[TileKey, _Tile] = {}
        self._done: dict[TileKey, Fill] = {}

    def add(self, task: Task, image: Image) -> None:
        """Take the fill ``image`` (h, w, 3) in the window's working pixels, in the order of the plan."""
        for key in self._reached(task.window):
            cell = tile_box(key).within(self._grown.box)
            if key not in self._open:
                self._open[key] = _Tile(self._grown.read(cell) > 0)
            part = cell.within(task.window.box)
            weights = self._weights(task, part)
            if weights.any():
                colour = native_part(image, task.window, part)
                self._open[key].add(part.moved(-cell.x, -cell.y), colour, weights, task.window.scale)
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

    def _weights(self, task: Task, part: Box) -> Image:
        labels = self._plan.layers[task.layer].labels(part)
        weights = np.isin(labels, task.whole).astype(np.float32)
        if task.cut:
            ramp = ramps(task.cell, part, self._grown.box, task.overlap)
            weights += np.isin(labels, task.cut) * ramp
        return weights

    def _finished(self, cell: Box, tile: _Tile) -> Fill:
        if not (tile.weight > 0).all():
            raise ImagestError("Part of the damage was planned into no window; please report this.")
        values = tile.colours / tile.weight[:, None]
        width = np.where(tile.scale > 1, np.maximum(tile.scale, self._blend), self._blend)
        if width.any():
            values = self._led_over(cell, tile.mask, values, width)
        labels = np.where(tile.mask, self._regions.labels(cell), 0)
        rows, columns = np.flatnonzero(tile.mask.any(1)), np.flatnonzero(tile.mask.any(0))
        tight = Box.spanning(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        box = tight.moved(cell.x, cell.y)
        return Fill(box, labels[tight.slices].copy(), values)

    def _led_over(self, cell: Box, mask: NDArray[np.bool_], values: Image, width: NDArray[np.int32]) -> Image:
        """The values of a tile's pixels, led over to the rim."""
        reach = RIM_CONTEXT * (int(width.max()) + 1)
        around = cell.grown(reach).within(self._grown.box)
        if self._grown.read(around).all():
            return values
        image, hole = known_samples(self._painting, self._grown, around)
        inner = cell.moved(-around.x, -around.y).slices
        fill, widths = np.zeros_like(image), np.zeros(hole.shape, np.float32)
        fill[inner][mask], widths[inner][mask] = values, width
        return lead_over(fill, image, hole, widths)[inner][mask]


class _Tile:
    """Sums over the masked pixels of one tile, row by row."""

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        self.mask = mask
        count = int(np.count_nonzero(mask))
        self._index = np.cumsum(mask.ravel()).reshape(mask.shape) - 1
        self.colours = np.zeros((count, 3), np.float32)
        self.weight = np.zeros(count, np.float32)
        self.scale = np.ones(count, np.int32)

    def add(self, part: Box, colour: Image, weights: Image, scale: int) -> None:
        """Add ``colour`` (h, w, 3) with ``weights`` (h, w) in ``part`` of the tile."""
        used = (weights > 0) & self.mask[part.slices]
        at = self._index[part.slices][used]
        self.colours[at] += colour[used] * weights[used, None]
        self.weight[at] += weights[used]
        self.scale[at] = np.maximum(self.scale[at], scale)


def native_part(image: Image, window: Window, part: Box) -> Image:
    """The native pixels ``part`` of a window's ``image``; bilinear if the window is coarse."""
    if window.scale == 1:
        return image[part.moved(-window.box.x, -window.box.y).slices]
    rows = _places(part.y - window.box.y, part.height, window.scale, image.shape[0])
    columns = _places(part.x - window.box.x, part.width, window.scale, image.shape[1])
    return _mix(_mix(image, *rows, axis=0), *columns, axis=1)


def _places(start: int, size: int, scale: int, most: int) -> tuple[NDArray[np.int64], Image]:
    """Of each native pixel the coarse pixel before its centre, and how far it lies beyond that."""
    centres = np.clip((np.arange(start, start + size) + 0.5) / scale - 0.5, 0, most - 1)
    before = np.minimum(centres.astype(np.int64), max(most - 2, 0))
    return before, (centres - before).astype(np.float32)


def _mix(image: Image, before: NDArray[np.int64], share: Image, axis: int) -> Image:
    after = np.minimum(before + 1, image.shape[axis] - 1)
    shares = share[:, None, None] if axis == 0 else share[None, :, None]
    first, second = np.take(image, before, axis), np.take(image, after, axis)
    return first + shares * (second - first)
