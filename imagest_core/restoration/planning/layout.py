"""The parts of a plan: window sizes, layers of damage, and tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from imagest_core.arrays import RegionIds
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.engines.base import Engine
from imagest_core.restoration.planning.grid import Grid, Ramp, ramps
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import RestorationRequest, ScalePolicy

STEP = 64
"""The sides of wider windows are multiples of this many working pixels."""


@dataclass(frozen=True)
class Layout:
    """The sizes of an engine's windows over a picture, in working pixels."""

    picture: Box
    side: int
    largest: int
    context: float
    policy: ScalePolicy = ScalePolicy.AUTO
    joined: int = 1

    @classmethod
    def of(cls, engine: Engine, request: RestorationRequest, picture: Box) -> Layout:
        """Return the layout that ``engine`` and ``request`` ask for."""
        sides = engine.window_sides(request)
        return cls(picture, sides.usual, sides.largest, request.context, request.scale, sides.joined)

    def core(self, side: int) -> int:
        """Return the size of the largest damage that fits a window of ``side`` with its context."""
        return max(int(side / (1 + self.context)), 1)

    def grid(self, side: int, scale: int = 1) -> Grid:
        """Return the grid of windows of this side at this scale."""
        return Grid(self.picture, side * scale, self.core(side) * scale)

    def side_for(self, size: float) -> int:
        """Return the side of a window for damage of ``size`` working pixels; at most the largest."""
        if size <= self.core(self.side):
            return self.side
        return min(self.largest, -(-int(size * (1 + self.context)) // STEP) * STEP)


@dataclass(frozen=True)
class Layer:
    """Damage that is planned together.

    ``number`` is its index in the plan; ``labels`` returns the region id of each pixel of a box, else 0.
    """

    number: int
    labels: Callable[[Box], RegionIds]
    tiles: tuple[Box, ...]


@dataclass(frozen=True)
class Task:
    """A window and the parts of ``layer`` that take its fill.

    Parameters
    ----------
    window
        The window to fill.
    layer
        Index of the layer.
    whole
        Ids of regions that take their whole fill from this window.
    cut
        Ids of regions that take the part inside ``cell`` from it.
    cell
        The cell, in native pixels.
    overlap
        Width in native pixels of the blend across the edge of ``cell``.
    refines
        Whether it refines the fill of coarser windows.
    paint
        Squares of paint from which a refining window may take texture.
    parts
        The tasks that were joined: their overlapping windows are filled together, on one canvas, which is
        ``window``. Empty for a single window.
    """

    window: Window
    layer: int
    whole: tuple[int, ...]
    cut: tuple[int, ...]
    cell: Box
    overlap: float
    refines: bool = False
    paint: tuple[Box, ...] = ()
    parts: tuple[Task, ...] = ()

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of its parts, or its only one."""
        return tuple(part.window for part in self.parts) or (self.window,)

    @property
    def is_refined(self) -> bool:
        """Whether finer windows refine it: all coarse windows are refined, and not shown themselves."""
        return self.window.scale > 1


@dataclass(frozen=True)
class Plan:
    """The tasks in the order in which their fills are assembled."""

    layers: tuple[Layer, ...]
    tasks: tuple[Task, ...]

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of all tasks and of their parts."""
        return tuple(window for task in self.tasks for window in task.windows)

    def weights(self, task: Task, part: Box, picture: Box) -> Ramp:
        """Return (h, w) weights in 0–1 of the fill of ``task`` at each native pixel of ``part``."""
        if task.parts:
            touching = [each for each in task.parts if each.window.box.touches(part)]
            nothing = np.zeros((part.height, part.width), np.float32)
            return sum((self.weights(each, part, picture) for each in touching), nothing)
        labels = self.layers[task.layer].labels(part)
        weights = np.isin(labels, task.whole).astype(np.float32)
        if task.cut:
            weights += np.isin(labels, task.cut) * ramps(task.cell, part, picture, task.overlap)
        return weights


def cells_of(layer: Layer, ids: Iterable[int], grid: Grid, progress: Progress) -> dict[int, set[int]]:
    """Map each cell that contains pixels of the regions ``ids`` to those regions."""
    region_ids = np.array(sorted(ids), np.int64)
    cells: dict[int, set[int]] = {}
    if not len(region_ids):
        return cells
    chosen = np.zeros(int(region_ids[-1]) + 2, np.bool_)
    chosen[region_ids] = True
    for tile in layer.tiles:
        progress.check()
        labels = layer.labels(tile).astype(np.int64)
        y, x = np.nonzero(chosen[np.minimum(labels, len(chosen) - 1)])
        pairs = np.unique(grid.numbers(x + tile.x, y + tile.y) * len(chosen) + labels[y, x])
        for number, region in zip(*np.divmod(pairs, len(chosen))):
            cells.setdefault(int(number), set()).add(int(region))
    return cells


def intact_share(dilated: DamageMap, box: Box) -> float:
    """Return the share of intact pixels in the part of ``box`` inside the picture."""
    inside = box.within(dilated.box)
    return 1 - np.count_nonzero(dilated.read(inside)) / inside.area


def grouped(tasks: Sequence[Task], pixels: int) -> Iterator[list[Task]]:
    """Yield runs of tasks with equal window shape and scale, at most about ``pixels`` working pixels each."""
    group: list[Task] = []
    for task in tasks:
        rows, columns = task.window.shape
        full = (len(group) + 1) * rows * columns > pixels
        if group and (full or not _same_size(group[0].window, task.window)):
            yield group
            group = []
        group.append(task)
    if group:
        yield group


def _same_size(first: Window, second: Window) -> bool:
    return first.shape == second.shape and first.scale == second.scale
