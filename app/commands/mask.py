"""Edit the mask: invert, grow, shrink, clear, import, export, merge a derived mask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.commands.marking import may_mark, note_protected
from app.commands.previews import BEFORE_TILES
from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Job
from imagest_core.arrays import Mask
from imagest_core.damage import edits
from imagest_core.damage.connected import Component, damage_at, hole_at
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.damage.selection import Selection
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.outputs import FileKind, check_replaceable
from imagest_core.progress import Progress
from imagest_core.project.operations.mask import ChangeMask, change_mask, paint
from imagest_core.project.operations.names import operation_name

STEP = 1
"""Pixels by which a class grows or shrinks per command."""
MAX_SYNC_TILES = 24
"""Edits of at most this many tiles run in the window's thread, larger ones in the background."""

translate = QCoreApplication.translate

Edit = Callable[[DamageMap], DamageMap]
Pieces = Callable[[DamageMap], Iterable[tuple[Box, Mask]]]
"""Computes the pixels to mark from the current map."""


def edit(
    context: Context,
    name: Message,
    change: Edit,
    tiles: int,
    done: Callable[[], None] | None = None,
    *,
    label: int = 0,
    limited: bool = False,
) -> None:
    """Change the map of the open document as one undo step called ``name``, then call ``done``.

    ``label`` is the class that is marked (0 for none); it must exist when the change is applied. A
    ``limited`` change happens within the selection only, if there is one.
    ``tiles`` is the approximate number of tiles to process. A large change runs in the background on a
    snapshot, and again if the same tiles were painted in the meantime. A change that is requested during
    a stroke is applied after the stroke.
    """
    document, within = context.document, context.selection.within
    if limited and within is not None:
        change = _within(within, change)

    def apply() -> None:
        if context.document is document:
            _edit(context, name, change, tiles, done, label)

    if context.free:
        apply()
    else:
        context.when_free(apply)


def _within(within: Selection, change: Edit) -> Edit:
    """Return ``change``, limited to a selection."""
    return lambda damage: within.limited_change(damage, change(damage))


def _edit(
    context: Context, name: Message, change: Edit, tiles: int, done: Callable[[], None] | None, label: int
) -> None:
    document = context.document
    if document is None or not may_mark(context, label):
        return
    if tiles <= MAX_SYNC_TILES:
        context.attempt(lambda: _edit_now(context, document, name, change, done))
    else:
        before = document.state.damage.copy()

        def apply(operation: ChangeMask) -> None:
            if context.document is not document or not may_mark(context, label):
                return
            if _untouched(document.state.damage, before, operation):
                _finish(context, operation, done)
            else:
                edit(context, name, change, tiles, done, label=label)

        def compute() -> ChangeMask:
            return change_mask(before, change(before), name)

        def computed(operation: ChangeMask) -> None:
            context.when_free(lambda: apply(operation))

        failed = partial(context.messages.fail, topic="edit")
        context.background.submit(compute, computed, failed, priority=BEFORE_TILES)


def _edit_now(
    context: Context, document: OpenDocument, name: Message, change: Edit, done: Callable[[], None] | None
) -> None:
    damage = document.state.damage
    _finish(context, change_mask(damage, change(damage), name), done)


def _finish(context: Context, operation: ChangeMask, done: Callable[[], None] | None) -> None:
    if (not operation.patches or context.do(operation)) and done is not None:
        done()


def _untouched(now: DamageMap, before: DamageMap, operation: ChangeMask) -> bool:
    """Whether the tiles that an operation changes are the same as when it was computed."""
    current, old = now.tiles(), before.tiles()
    return all(current.get(patch.key) is old.get(patch.key) for patch in operation.patches)


def _damaged_tiles(context: Context) -> int:
    return len(context.document.state.damage.tiles()) if context.document is not None else 0


def _all_tiles(context: Context) -> int:
    return context.document.painting.box.area // TILE**2 if context.document is not None else 0


def invert(context: Context) -> None:
    """Swap damaged and intact pixels."""
    label = context.selection.label
    edit(
        context,
        operation_name("invert_mask"),
        lambda damage: edits.inverted(damage, label),
        _all_tiles(context),
        label=label,
        limited=True,
    )


def grow(context: Context) -> None:
    """Dilate the selected class by one pixel."""
    label = context.selection.label
    edit(
        context,
        operation_name("grow_class"),
        lambda damage: edits.dilated_class(damage, label, STEP),
        _damaged_tiles(context),
        label=label,
        limited=True,
    )


def shrink(context: Context) -> None:
    """Erode the selected class by one pixel."""
    label = context.selection.label
    edit(
        context,
        operation_name("shrink_class"),
        lambda damage: edits.eroded_class(damage, label, STEP),
        _damaged_tiles(context),
        label=label,
        limited=True,
    )


def clear_class(context: Context) -> None:
    """Remove all damage of the selected class."""
    label = context.selection.label
    edit(
        context,
        operation_name("clear_class"),
        lambda damage: edits.cleared(damage, label),
        _damaged_tiles(context),
        label=label,
        limited=True,
    )


def clear_all(context: Context) -> None:
    """Remove all damage; protected areas stay."""
    edit(context, operation_name("clear_mask"), edits.cleared, _damaged_tiles(context), limited=True)


def merge_mask(
    context: Context, new: DamageMap, name: Message, done: Callable[[], None] | None = None
) -> None:
    """Mark the damage of ``new`` as the selected class; other classes stay unless overwriting is on."""
    label, overwrite = context.selection.label, context.selection.overwrite_classes

    def merge(damage: DamageMap) -> DamageMap:
        return edits.merged(damage, new, label, overwrite=overwrite)

    edit(context, name, merge, len(new.tiles()), done, label=label, limited=True)


def add_damage(
    context: Context, added: DamageMap, name: Message, label: int, done: Callable[[], None] | None = None
) -> None:
    """Mark the damage of ``added``, with its classes, where nothing is marked; ``label`` is the main one."""

    def add(damage: DamageMap) -> DamageMap:
        result = damage.copy()
        for cell in added.occupied():
            labels = damage.read(cell)
            result.write(cell, np.where(labels > 0, labels, added.read(cell)))
        return result

    edit(context, name, add, len(added.tiles()), done, label=label)


def mark(
    context: Context,
    pieces: Pieces,
    bounds: Box,
    label: int,
    name: Message,
    marked: Callable[[], None] | None = None,
) -> None:
    """Set ``label`` (0 erases) on the pixels of ``pieces``, within ``bounds``; then call ``marked``.

    Other classes stay unless overwriting is on; locked classes always stay.
    """
    overwrite, overlaps = context.selection.overwrite_classes, list[bool]()

    def change(damage: DamageMap) -> DamageMap:
        overlaps[:] = [edits.overlaps_protected(damage, pieces(damage), label)]
        return _painted(damage, pieces, label, overwrite)

    def done() -> None:
        if any(overlaps):
            note_protected(context)
        elif marked is not None:
            marked()

    edit(context, name, change, bounds.area // TILE**2, done, label=label)


def mark_region(context: Context, x: int, y: int, label: int, name: Message) -> None:
    """Set ``label`` (0 erases) on the connected damage at a pixel, whatever its classes."""

    def region(damage: DamageMap) -> Iterable[Component]:
        piece = damage_at(damage, x, y)
        return () if piece is None else (piece,)

    tiles = _damaged_tiles(context)
    edit(context, name, lambda damage: _painted(damage, region, label, True), tiles, label=label)


def fill_hole(
    context: Context, x: int, y: int, visible: Box, name: Message, on_missing: Callable[[], None]
) -> None:
    """Mark the hole at a pixel: intact pixels that damage encloses within ``visible``.

    Calls ``on_missing`` where there is no such hole.
    """
    label, overwrite = context.selection.label, context.selection.overwrite_classes
    holes: list[Component | None] = []

    def hole(damage: DamageMap) -> Iterable[Component]:
        holes[:] = [hole_at(damage, x, y, visible)]
        return [piece for piece in holes if piece is not None]

    def done() -> None:
        if holes == [None]:
            on_missing()

    edit(
        context,
        name,
        lambda damage: _painted(damage, hole, label, overwrite),
        visible.area // TILE**2,
        done,
        label=label,
    )


def _painted(damage: DamageMap, pieces: Pieces, label: int, overwrite: bool) -> DamageMap:
    """A copy of the map with ``label`` on the pixels of ``pieces``."""
    result = damage.copy()
    for box, mask in pieces(damage):
        paint(result, box, mask, label, overwrite=overwrite)
    return result


def export_mask(context: Context, path: Path) -> None:
    """Write all damage as a mask; an existing file is replaced, which the user has confirmed."""
    if (document := context.document) is None:
        return
    damage = document.document.committed_state.damage.copy()
    inputs = (document.painting.path, *document.document.files)

    def write(progress: Progress) -> None:
        from imagest_core.damage.mask_io import write_mask

        check_replaceable(path, FileKind.PICTURE)
        write_mask(damage, path, force=True, inputs=inputs)

    context.jobs.submit(
        Job(
            translate("Masking", "Writing the mask"),
            write,
            lambda _: context.messages.say(
                translate("Masking", "The mask was saved as {0}.").format(path), topic="export-mask"
            ),
            topic="export-mask",
        )
    )
