"""Multiscale planning: finer windows that refine a coarse fill, down to the native scale.

Damage that is too large for a window is first filled as a whole, at a scale at which it fits. Windows at half
that scale then refine it, and so on down to the native scale. Each starts with the coarser fill and adds the
detail that the coarser windows could not resolve (:mod:`imagest_core.restoration.compositing.coarse_fill`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.planning.grid import Grid
from imagest_core.restoration.planning.joining import joined
from imagest_core.restoration.planning.layout import Layer, Layout, Task, cells_of, intact_share
from imagest_core.restoration.planning.window import Window

MARGIN = 32
"""Margin in working px of a finer window around its cell."""
SQUARE = 128
"""Side in working px of the squares of intact paint that a finer window may take texture from."""
MAX_SQUARES = 6
"""Maximum number of these squares; the nearest are used."""
MIN_INTACT_SHARE = 0.75
"""Minimum share of intact pixels in such a square."""
MAX_CANDIDATES = 1000
"""Maximum number of squares examined for one window, nearest first."""


def with_refinement(
    tasks: Sequence[Task], layer: Layer, dilated: DamageMap, layout: Layout, progress: Progress
) -> list[Task]:
    """Return the ``tasks`` of one ``layer``, coarsest first, with finer tasks that refine them.

    Raises ``Cancelled``.
    """
    scale = max((task.window.scale for task in tasks), default=1)
    coarse: set[int] = set()
    ordered: list[Task] = []
    while scale >= 1:
        own = joined([task for task in tasks if task.window.scale == scale], layout)
        finer = _refining_tasks(coarse, layer, dilated, layout, scale, progress)
        ordered += [*own, *joined(list(finer), layout)]
        coarse |= {region for task in own for region in (*task.whole, *task.cut)}
        scale //= 2
    return ordered


def _refining_tasks(
    regions: set[int], layer: Layer, dilated: DamageMap, layout: Layout, scale: int, progress: Progress
) -> Iterator[Task]:
    """Yield tasks at ``scale`` that refine ``regions``, cut at the cells of a grid."""
    side = layout.largest
    margin = min(MARGIN, side // 8)
    grid = Grid(layout.picture, side * scale, (side - 2 * margin) * scale)
    for number, inside in sorted(cells_of(layer, regions, grid, progress).items()):
        progress.check()
        window, cell = Window(min(inside), grid.window(number), scale), grid.cell(number)
        paint = tuple(nearby_paint(dilated, cell.within(window.box), scale))
        yield Task(window, layer.number, (), tuple(sorted(inside)), cell, margin * scale / 2, True, paint)


def nearby_paint(dilated: DamageMap, cell: Box, scale: int) -> Iterator[Box]:
    """Yield squares of mostly intact paint, those nearest to the centre of ``cell`` first.

    They lie on a fixed grid, so adjacent windows share them.
    """
    side = SQUARE * scale
    columns, rows = dilated.width // side, dilated.height // side
    y, x = np.mgrid[:rows, :columns].reshape(2, -1)
    centre = (cell.x + cell.width / 2) / side, (cell.y + cell.height / 2) / side
    distances = np.hypot(x + 0.5 - centre[0], y + 0.5 - centre[1])
    count = 0
    for index in np.argsort(distances, kind="stable")[:MAX_CANDIDATES].tolist():
        square = Box(int(x[index]) * side, int(y[index]) * side, side, side)
        if intact_share(dilated, square) >= MIN_INTACT_SHARE:
            yield square
            count += 1
        if count == MAX_SQUARES:
            return
