"""Join the overlapping windows of a region, so that an engine can fill them together.

A region that is cut at the cells of a grid is filled by overlapping windows. Engines that denoise them
together get one canvas: the box around the windows. Canvases are bounded: the grid is divided into fixed
blocks of cells, and only windows of one block are joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from imagest_core.painting.geometry import Box, union
from imagest_core.restoration.planning.layout import Layout, Task
from imagest_core.restoration.planning.window import Window

ALIGNMENT = 64
"""Canvases begin and end at multiples of this many working px, so their latents lie on one grid."""


class _Block(NamedTuple):
    """What the windows of a canvas have in common, and their place in the grid of blocks."""

    scale: int
    side: int
    row: int
    column: int


def joined(tasks: Sequence[Task], layout: Layout) -> list[Task]:
    """Return ``tasks`` of one layer, with those joined that share a block and a cut region.

    The order is kept: a joined task stands where its first part stood.
    """
    if layout.joined < 2:
        return list(tasks)
    canvases: list[list[tuple[int, Task]]] = []
    entries = sorted(((_block(task, layout), number, task) for number, task in enumerate(tasks) if task.cut))
    for _, block in groupby(entries, key=lambda entry: entry[0]):
        canvases += _connected([(number, task) for _, number, task in block])
    canvases += [[(number, task)] for number, task in enumerate(tasks) if not task.cut]
    return [
        _join([task for _, task in canvas]) for canvas in sorted(canvases, key=lambda canvas: canvas[0][0])
    ]


def _block(task: Task, layout: Layout) -> _Block:
    """Return the block of a task whose windows lie on a grid: one core apart, except at the far edges."""
    box, scale = task.window.box, task.window.scale
    core = max(round(box.width - 4 * task.overlap), 1)
    row, column = -(-box.y // core), -(-box.x // core)
    return _Block(scale, box.width // scale, row // layout.joined, column // layout.joined)


def _connected(entries: list[tuple[int, Task]]) -> Iterator[list[tuple[int, Task]]]:
    """Yield the tasks that are connected by a region that they share."""
    groups: list[tuple[set[int], list[tuple[int, Task]]]] = []
    for entry in entries:
        regions, members = set(entry[1].cut), [entry]
        for other in [group for group in groups if group[0] & regions]:
            groups.remove(other)
            regions |= other[0]
            members += other[1]
        groups.append((regions, sorted(members, key=lambda member: member[0])))
    return (members for _, members in groups)


def _join(parts: list[Task]) -> Task:
    if len(parts) == 1:
        return parts[0]
    first, scale = parts[0], parts[0].window.scale
    step, around = ALIGNMENT * scale, union(part.window.box for part in parts)
    box = Box.spanning(
        around.x // step * step,
        around.y // step * step,
        -(-around.right // step) * step,
        -(-around.bottom // step) * step,
    )
    whole = tuple(sorted({region for part in parts for region in part.whole}))
    cut = tuple(sorted({region for part in parts for region in part.cut}))
    window, cell = Window(min(whole + cut), box, scale), union(part.cell for part in parts)
    return Task(window, first.layer, whole, cut, cell, first.overlap, first.refines, parts=tuple(parts))
