"""Plan which windows fill which damage; the plan depends on the mask, the engine and the context only.

* Damage that fits a cell of the grid is filled by that cell's window; nearby regions share it.
* Compact damage that crosses cells but fits a window gets a window of its own.
* Long thin damage (cracks) is cut at the cells, and the fills of the windows are blended.
* Thicker damage, such as a loss with cracks running out of it, is planned separately from its thin parts:
  in a window as wide as the engine allows, or at a coarser scale, a power of two, which finer windows then
  refine (:mod:`imagest_core.restoration.planning.multiscale`).
* Engines that fill overlapping windows together get them joined
  (:mod:`imagest_core.restoration.planning.joining`).

The time depends on the damaged tiles, not on the size of the scan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from imagest_core.arrays import RegionIds
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import Region, Regions, find_regions
from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.planning.grid import Grid
from imagest_core.restoration.planning.joining import joined
from imagest_core.restoration.planning.layout import Layer, Layout, Plan, Task, cells_of, intact_share
from imagest_core.restoration.planning.multiscale import with_refinement
from imagest_core.restoration.planning.thick_parts import thick_parts
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import ScalePolicy

COMPACT = 0.25
"""Damage that fits a window is not cut if it is thicker than this share of a core."""
CUTTABLE = 0.5
"""Damage up to this thickness, as a share of a core, can be cut: each window still shows both its edges."""
MIN_INTACT_SHARE = 1 / 16
"""Minimum share of intact pixels in a window."""


def make_plan(dilated: DamageMap, regions: Regions, layout: Layout, progress: Progress | None = None) -> Plan:
    """Plan windows so that each pixel of ``dilated``, whose regions are ``regions``, is filled.

    Raises ``InputError`` if damage is too thick for the requested native scale, and ``Cancelled``.
    """
    progress = progress or Progress()
    thin = _Draft(layout, Layer(0, regions.labels, tuple(dilated.occupied())), progress)
    split = thin.place_thin(regions, dilated)
    if not split:
        return Plan((thin.layer,), tuple(joined(thin.tasks(), layout)))
    parts = thick_parts(dilated, regions, split, layout.core(layout.side) * CUTTABLE / 2, progress)
    thin_labels = _without(regions.labels, parts)
    thin = _Draft(layout, Layer(0, thin_labels, tuple(dilated.occupied())), progress)
    thin.place_thin(regions, dilated, frozenset(split))
    thick_regions = find_regions(parts, progress=progress)
    thick = _Draft(layout, Layer(1, thick_regions.labels, tuple(parts.occupied())), progress)
    thick.place_thick(thick_regions, dilated)
    large = thick.tasks()
    coarse = [task.window.region for task in large if task.window.scale > 1]
    if coarse and layout.policy is ScalePolicy.NATIVE:
        raise InputError(_too_thick(thick_regions.by_id(coarse[0]), layout))
    ordered = with_refinement(large, thick.layer, dilated, layout, progress)
    return Plan((thin.layer, thick.layer), (*joined(thin.tasks(), layout), *ordered))


def _too_thick(region: Region, layout: Layout) -> str:
    return Message(
        "The damage at {x}, {y} is {thickness} pixels thick, more than this engine sees at "
        "the scan's own scale ({largest}); choose the automatic scale.",
        x=region.box.x,
        y=region.box.y,
        thickness=f"{region.thickness:.0f}",
        largest=layout.core(layout.largest),
    )


def _without(labels: Callable[[Box], RegionIds], parts: DamageMap) -> Callable[[Box], RegionIds]:
    """Return the same labels, with 0 at the pixels of ``parts``."""

    def remaining(box: Box) -> RegionIds:
        return np.where(parts.read(box) > 0, np.int32(0), labels(box))

    return remaining


@dataclass
class _Draft:
    """Collects the tasks of one layer."""

    layout: Layout
    layer: Layer
    progress: Progress
    shares: dict[tuple[int, Box, Box], tuple[set[int], set[int]]] = field(default_factory=dict)

    def tasks(self) -> list[Task]:
        """Return the tasks, sorted by scale and position."""
        tasks = []
        for (scale, box, cell), (whole, cut) in sorted(self.shares.items(), key=_sort_key):
            window = Window(min(whole | cut), box, scale)
            overlap = max((box.width - self.layout.core(box.width // scale) * scale) / 4, 0.5)
            tasks.append(
                Task(window, self.layer.number, tuple(sorted(whole)), tuple(sorted(cut)), cell, overlap)
            )
        return tasks

    def place_thin(
        self, regions: Regions, dilated: DamageMap, split: frozenset[int] = frozenset()
    ) -> set[int]:
        """Place all damage that fits the native scale; return the ids of regions that are too thick.

        The thin parts of the regions in ``split`` are cut.
        """
        side, core = self.layout.side, self.layout.core(self.layout.side)
        grid, cut, thick = self.layout.grid(side), set(split), set()
        for region in regions:
            self.progress.check()
            size = max(region.box.width, region.box.height)
            if region.id in split or self._fits_cell(region, grid):
                continue
            if size <= core and region.thickness > core * COMPACT:
                self._place(1, grid.centered(region.box), self.layout.picture, whole=region.id)
            elif size <= core or region.thickness <= core * CUTTABLE:
                cut.add(region.id)
            else:
                thick.add(region.id)
        return thick | self._cut(cut, grid, 1, dilated, split)

    def place_thick(self, parts: Regions, dilated: DamageMap) -> None:
        """Place damage that needs wider windows or a coarser scale."""
        cuts: dict[int, set[int]] = {}
        core = self.layout.core(self.layout.largest)
        for part in parts:
            scale, size = 1, max(part.box.width, part.box.height)
            while size > core * scale and part.thickness > core * scale * CUTTABLE:
                scale *= 2
            if size <= core * scale:
                self._place_alone(part, scale)
            else:
                cuts.setdefault(scale, set()).add(part.id)
        while cuts:
            scale = min(cuts)
            blind = self._cut(cuts.pop(scale), self.layout.grid(self.layout.largest, scale), scale, dilated)
            for part in (parts.by_id(region) for region in sorted(blind)):
                if max(part.box.width, part.box.height) <= core * scale * 2:
                    self._place_alone(part, scale * 2)
                else:
                    cuts.setdefault(scale * 2, set()).add(part.id)

    def _place_alone(self, part: Region, scale: int) -> None:
        side = self.layout.side_for(max(part.box.width, part.box.height) / scale)
        box = self.layout.grid(side, scale).centered(part.box)
        self._place(scale, box, self.layout.picture, whole=part.id)

    def _fits_cell(self, region: Region, grid: Grid) -> bool:
        """Place the region in its cell if it does not reach far beyond the cell's edges."""
        centre = (
            np.array([region.box.x + region.box.width // 2]),
            np.array([region.box.y + region.box.height // 2]),
        )
        number = int(grid.numbers(*centre)[0])
        if not grid.cell(number).expanded(grid.across.margin // 2).contains(region.box):
            return False
        self._place(1, grid.window(number), grid.cell(number), whole=region.id)
        return True

    def _cut(
        self, ids: set[int], grid: Grid, scale: int, dilated: DamageMap, always: frozenset[int] = frozenset()
    ) -> set[int]:
        """Cut the regions at the cells of the grid.

        A region is not cut if one of its windows would contain too few intact pixels, unless it is in
        ``always``; the ids of such regions are returned.
        """
        cells = cells_of(self.layer, ids, grid, self.progress)
        blind: set[int] = set()
        for number, inside in cells.items():
            self.progress.check()
            if intact_share(dilated, grid.window(number)) < MIN_INTACT_SHARE:
                blind |= inside - always
        for number, inside in cells.items():
            for region in inside - blind:
                self._place(scale, grid.window(number), grid.cell(number), cut=region)
        return blind

    def _place(self, scale: int, box: Box, cell: Box, whole: int = 0, cut: int = 0) -> None:
        wholes, cuts = self.shares.setdefault((scale, box, cell), (set(), set()))
        if whole:
            wholes.add(whole)
        if cut:
            cuts.add(cut)


def _sort_key(item: tuple[tuple[int, Box, Box], object]) -> tuple[int, ...]:
    (scale, box, cell), _ = item
    return (scale, box.y, box.x, box.width, *cell)
