"""What a plan is made of: the measures of windows, layers of damage, and tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.engines.base import Engine
from imagest_core.restoration.planning.grid import Grid, Ramp, ramps
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import RestorationRequest, ScalePolicy

Ids = NDArray[np.int32]

STEP = 64
"""Wider windows come in multiples of this many working pixels."""


@dataclass(frozen=True)
class Layout:
    """The measures of an engine's windows over a picture, in working pixels."""

    picture: Box
    side: int
    largest: int
    context: float
    policy: ScalePolicy = ScalePolicy.AUTO

    @classmethod
    def of(cls, engine: Engine, request: RestorationRequest, picture: Box) -> Layout:
        """What ``engine`` and ``request`` ask for."""
        return cls(picture, engine.window, engine.largest, request.context, request.scale)

    def core(self, side: int) -> int:
        """The widest damage that a window of ``side`` shows with its context."""
        return max(int(side / (1 + self.context)), 1)

    def grid(self, side: int, scale: int = 1) -> Grid:
        """The grid of windows of this side at this scale."""
        return Grid(self.picture, side * scale, self.core(side) * scale)

    def side_for(self, size: float) -> int:
        """The side of the window that ``size`` working pixels of damage need; at most the largest."""
        if size <= self.core(self.side):
            return self.side
        return min(self.largest, -(-int(size * (1 + self.context)) // STEP) * STEP)


@dataclass(frozen=True)
class Layer:
    """Damage planned together, the plan's layer ``number``: ``labels`` gives each pixel of a box the id of
    its region, else 0."""

    number: int
    labels: Callable[[Box], Ids]
    tiles: tuple[Box, ...]


@dataclass(frozen=True)
class Task:
    """A window and what of ``layer`` its fill is used for: regions ``whole``, or ``cut`` at ``cell``.

    ``over``: it refines what coarser windows made, with texture from the squares ``paint``, too.
    """

    window: Window
    layer: int
    whole: tuple[int, ...]
    cut: tuple[int, ...]
    cell: Box
    overlap: float
    over: bool = False
    paint: tuple[Box, ...] = ()

    @property
    def under(self) -> bool:
        """Whether finer windows go over it: all that is coarse is refined, and not shown by itself."""
        return self.window.scale > 1


@dataclass(frozen=True)
class Plan:
    """The tasks in the order in which their fills are put together."""

    layers: tuple[Layer, ...]
    tasks: tuple[Task, ...]

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of all tasks."""
        return tuple(task.window for task in self.tasks)

    def weights(self, task: Task, part: Box, picture: Box) -> Ramp:
        """(h, w) in 0–1: how much each native pixel of ``part`` takes of the fill of ``task``."""
        labels = self.layers[task.layer].labels(part)
        weights = np.isin(labels, task.whole).astype(np.float32)
        if task.cut:
            weights += np.isin(labels, task.cut) * ramps(task.cell, part, picture, task.overlap)
        return weights


def cells_of(layer: Layer, ids: Iterable[int], grid: Grid, progress: Progress) -> dict[int, set[int]]:
    """For each cell that holds a pixel of the regions ``ids``: which of them."""
    wanted = np.array(sorted(ids), np.int64)
    cells: dict[int, set[int]] = {}
    if not len(wanted):
        return cells
    chosen = np.zeros(int(wanted[-1]) + 2, np.bool_)
    chosen[wanted] = True
    for tile in layer.tiles:
        progress.check()
        labels = layer.labels(tile).astype(np.int64)
        y, x = np.nonzero(chosen[np.minimum(labels, len(chosen) - 1)])
        pairs = np.unique(grid.numbers(x + tile.x, y + tile.y) * len(chosen) + labels[y, x])
        for number, region in zip(*np.divmod(pairs, len(chosen))):
            cells.setdefault(int(number), set()).add(int(region))
    return cells


def share_known(dilated: DamageMap, box: Box) -> float:
    """The share of the pixels of ``box`` in the picture that are intact."""
    inside = box.within(dilated.box)
    return 1 - np.count_nonzero(dilated.read(inside)) / inside.area
