"""Which windows fill which damage: the plan is a function of the mask, the engine and the context.

* Damage that fits a cell of the grid is filled by that cell's window; near regions share it.
* Compact damage that crosses cells, but fits a window, has a window of its own.
* Long thin damage (cracks) is cut at the cells, and the windows' fills are blended.
* What is too thick for that, like a loss from which cracks run out, is planned apart from its thin
  rest: in a window widened as far as the engine allows, else at a coarser scale, a power of two,
  over which finer windows are laid (:mod:`imagest_core.restoration.planning.multiscale`).

Time follows the damaged tiles, never the size of the scan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import Region, Regions, find_regions
from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.planning.grid import Grid
from imagest_core.restoration.planning.layout import Ids, Layer, Layout, Plan, Task, cells_of, share_known
from imagest_core.restoration.planning.multiscale import refined
from imagest_core.restoration.planning.thick_parts import thick_parts
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import ScalePolicy

COMPACT = 0.25
"""Thicker than this share of a core, damage that fits a window is not cut."""
CUTTABLE = 0.5
"""Up to this share of a core, damage can be cut: every window still sees both its rims."""
LEAST_KNOWN = 1 / 16
"""The share of intact pixels a window must show."""


def make_plan(dilated: DamageMap, regions: Regions, layout: Layout, progress: Progress | None = None) -> Plan:
    """Plan windows so that each pixel of ``dilated``, whose regions are ``regions``, is filled.

    Raises ``InputError`` where damage is too thick for the native scale asked for, and ``Cancelled``.
    """
    progress = progress or Progress()
    thin = _Draft(layout, Layer(0, regions.labels, tuple(dilated.occupied())), progress)
    split = thin.place_thin(regions, dilated)
    if not split:
        return Plan((thin.layer,), tuple(thin.tasks()))
    parts = thick_parts(dilated, regions, split, layout.core(layout.side) * CUTTABLE / 2, progress)
    rest = _without(regions.labels, parts)
    thin = _Draft(layout, Layer(0, rest, tuple(dilated.occupied())), progress)
    thin.place_thin(regions, dilated, frozenset(split))
    found = find_regions(parts, progress=progress)
    thick = _Draft(layout, Layer(1, found.labels, tuple(parts.occupied())), progress)
    thick.place_thick(found, dilated)
    large = thick.tasks()
    coarse = [task.window.region for task in large if task.window.scale > 1]
    if coarse and layout.policy is ScalePolicy.NATIVE:
        raise InputError(_too_thick(found.by_id(coarse[0]), layout))
    finer = refined(large, thick.layer, dilated, layout, progress)
    return Plan((thin.layer, thick.layer), (*thin.tasks(), *finer))


def _too_thick(region: Region, layout: Layout) -> str:
    return Message(
        "The damage at {x}, {y} is {thickness} pixels thick, more than this engine sees at "
        "the scan's own scale ({largest}); choose the automatic scale.",
        x=region.box.x,
        y=region.box.y,
        thickness=f"{region.thickness:.0f}",
        largest=layout.core(layout.largest),
    )


def _without(labels: Callable[[Box], Ids], parts: DamageMap) -> Callable[[Box], Ids]:
    """The same labels but for the pixels of ``parts``."""

    def rest(box: Box) -> Ids:
        return np.where(parts.read(box) > 0, np.int32(0), labels(box))

    return rest


@dataclass
class _Draft:
    """The tasks of one layer while they are collected."""

    layout: Layout
    layer: Layer
    progress: Progress
    shares: dict[tuple[int, Box, Box], tuple[set[int], set[int]]] = field(default_factory=dict)

    def tasks(self) -> list[Task]:
        """The tasks, sorted by scale and place."""
        made = []
        for (scale, box, cell), (whole, cut) in sorted(self.shares.items(), key=_by_place):
            window = Window(min(whole | cut), box, scale)
            overlap = max((box.width - self.layout.core(box.width // scale) * scale) / 4, 0.5)
            made.append(
                Task(window, self.layer.number, tuple(sorted(whole)), tuple(sorted(cut)), cell, overlap)
            )
        return made

    def place_thin(
        self, regions: Regions, dilated: DamageMap, split: frozenset[int] = frozenset()
    ) -> set[int]:
        """Place all that can be filled at native scale; the ids of regions too thick for it.

        The thin rest of regions in ``split`` is cut.
        """
        side, core = self.layout.side, self.layout.core(self.layout.side)
        grid, cut, thick = self.layout.grid(side), set(split), set()
        for region in regions:
            self.progress.check()
            size = max(region.box.width, region.box.height)
            if region.id in split or self._fits_cell(region, grid):
                continue
            if size <= core and region.thickness > core * COMPACT:
                self._give(1, grid.round(region.box), self.layout.picture, whole=region.id)
            elif size <= core or region.thickness <= core * CUTTABLE:
                cut.add(region.id)
            else:
                thick.add(region.id)
        return thick | self._cut(cut, grid, 1, dilated, split)

    def place_thick(self, parts: Regions, dilated: DamageMap) -> None:
        """Place what needs wider windows or a coarser scale."""
        cuts: dict[int, set[int]] = {}
        core = self.layout.core(self.layout.largest)
        for part in parts:
            scale, size = 1, max(part.box.width, part.box.height)
            while size > core * scale and part.thickness > core * scale * CUTTABLE:
                scale *= 2
            if size <= core * scale:
                self._own(part, scale)
            else:
                cuts.setdefault(scale, set()).add(part.id)
        while cuts:
            scale = min(cuts)
            blind = self._cut(cuts.pop(scale), self.layout.grid(self.layout.largest, scale), scale, dilated)
            for part in (parts.by_id(region) for region in sorted(blind)):
                if max(part.box.width, part.box.height) <= core * scale * 2:
                    self._own(part, scale * 2)
                else:
                    cuts.setdefault(scale * 2, set()).add(part.id)

    def _own(self, part: Region, scale: int) -> None:
        side = self.layout.side_for(max(part.box.width, part.box.height) / scale)
        box = self.layout.grid(side, scale).round(part.box)
        self._give(scale, box, self.layout.picture, whole=part.id)

    def _fits_cell(self, region: Region, grid: Grid) -> bool:
        """Give the region to the cell it lies in, if it does not reach far over its borders."""
        centre = (
            np.array([region.box.x + region.box.width // 2]),
            np.array([region.box.y + region.box.height // 2]),
        )
        number = int(grid.numbers(*centre)[0])
        if not grid.cell(number).expanded(grid.across.margin // 2).contains(region.box):
            return False
        self._give(1, grid.window(number), grid.cell(number), whole=region.id)
        return True

    def _cut(
        self, ids: set[int], grid: Grid, scale: int, dilated: DamageMap, always: frozenset[int] = frozenset()
    ) -> set[int]:
        """Cut the regions at the grid's cells; those are not cut, and returned, of which a window would see
        too little of the picture, unless they are among ``always``."""
        cells = cells_of(self.layer, ids, grid, self.progress)
        blind: set[int] = set()
        for number, inside in cells.items():
            self.progress.check()
            if share_known(dilated, grid.window(number)) < LEAST_KNOWN:
                blind |= inside - always
        for number, inside in cells.items():
            for region in inside - blind:
                self._give(scale, grid.window(number), grid.cell(number), cut=region)
        return blind

    def _give(self, scale: int, box: Box, cell: Box, whole: int = 0, cut: int = 0) -> None:
        wholes, cuts = self.shares.setdefault((scale, box, cell), (set(), set()))
        if whole:
            wholes.add(whole)
        if cut:
            cuts.add(cut)


def _by_place(item: tuple[tuple[int, Box, Box], object]) -> tuple[int, ...]:
    (scale, box, cell), _ = item
    return (scale, box.y, box.x, box.width, *cell)
