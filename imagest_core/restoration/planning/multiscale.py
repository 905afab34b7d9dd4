"""Finer windows over damage that had to be solved coarser: tile by tile, down to the scan's own scale.

What is too large for a window is first filled as a whole, at a scale at which it fits. Then windows at half
that scale are laid over it, and so on until native. Each is shown what the coarser ones made, and adds what
they could not see (:mod:`imagest_core.restoration.compositing.coarse_fill`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.planning.grid import Grid
from imagest_core.restoration.planning.layout import Layer, Layout, Task, cells_of, share_known
from imagest_core.restoration.planning.window import Window

MARGIN = 32
"""Working px of a finer window round its cell."""
SQUARE = 128
"""Side in working px of the squares of intact paint that a finer window may take texture from."""
SQUARES = 6
"""At most so many of them, the nearest."""
INTACT = 0.75
"""The share of such a square that has to be intact."""
TRIED = 1000
"""Squares looked at for one window at most, from the nearest on."""


def refined(
    tasks: Sequence[Task], layer: Layer, dilated: DamageMap, layout: Layout, progress: Progress
) -> list[Task]:
    """``tasks`` of one ``layer``, the coarsest first, and finer ones over the same damage down to native.

    Raises ``Cancelled``.
    """
    scale = max((task.window.scale for task in tasks), default=1)
    coarse: set[int] = set()
    ordered: list[Task] = []
    while scale >= 1:
        own = [task for task in tasks if task.window.scale == scale]
        ordered += [*own, *_over(coarse, layer, dilated, layout, scale, progress)]
        coarse |= {region for task in own for region in (*task.whole, *task.cut)}
        scale //= 2
    return ordered


def _over(
    regions: set[int], layer: Layer, dilated: DamageMap, layout: Layout, scale: int, progress: Progress
) -> Iterator[Task]:
    """Windows at ``scale`` over ``regions``, cut at the cells of a grid."""
    side = layout.largest
    margin = min(MARGIN, side // 8)
    grid = Grid(layout.picture, side * scale, (side - 2 * margin) * scale)
    for number, inside in sorted(cells_of(layer, regions, grid, progress).items()):
        progress.check()
        window, cell = Window(min(inside), grid.window(number), scale), grid.cell(number)
        paint = tuple(paint_near(dilated, cell.within(window.box), scale))
        yield Task(window, layer.number, (), tuple(sorted(inside)), cell, margin * scale / 2, True, paint)


def paint_near(dilated: DamageMap, cell: Box, scale: int) -> Iterator[Box]:
    """Squares of mostly intact paint, the nearest to the middle of ``cell`` first; they lie on a fixed grid,
    so windows beside each other share them."""
    side = SQUARE * scale
    columns, rows = dilated.width // side, dilated.height // side
    y, x = np.mgrid[:rows, :columns].reshape(2, -1)
    middle = (cell.x + cell.width / 2) / side, (cell.y + cell.height / 2) / side
    away = np.hypot(x + 0.5 - middle[0], y + 0.5 - middle[1])
    found = 0
    for index in np.argsort(away, kind="stable")[:TRIED].tolist():
        square = Box(int(x[index]) * side, int(y[index]) * side, side, side)
        if share_known(dilated, square) >= INTACT:
            yield square
            found += 1
        if found == SQUARES:
            return
