"""Gestures on the whole mask: invert, grow, shrink, clear, import, take over a derived mask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.commands.marking import may_mark
from app.commands.previews import SOON
from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Job
from imagest_core.arrays import Mask
from imagest_core.damage import edits
from imagest_core.damage.connected import Component, damage_at, hole_at
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.outputs import FileKind, check_replaceable
from imagest_core.progress import Progress
from imagest_core.project.files import inputs_of
from imagest_core.project.operations.mask import ChangeMask, change_mask, paint

STEP = 1
"""Pixels by which a class grows or shrinks at a time."""
AT_ONCE = 24
"""So many tiles are changed while the window waits; more are a worker's."""

translate = QCoreApplication.translate

Edit = Callable[[DamageMap], DamageMap]
Cells = Callable[[DamageMap], Iterable[tuple[Box, Mask]]]
"""Pixels to mark, as they are found on a map."""


def edit(
    context: Context,
    name: str,
    change: Edit,
    tiles: int,
    done: Callable[[], None] | None = None,
    *,
    label: int = 0,
) -> None:
    """Change the map of the open document as one gesture called ``name``, then call ``done``.

    ``label``: the class that is marked, 0 for none; it must exist when the change is applied.
    ``tiles``: how many it looks at, about. A large change is made by a worker from a snapshot; where
    the same tiles were painted meanwhile it is made once more from what is there then. While a gesture
    is under way on the canvas it waits for the end of that.
    """
    document = context.document

    def apply() -> None:
        if context.document is document:
            _edit(context, name, change, tiles, done, label)

    if context.free:
        apply()
    else:
        context.when_free(apply)


def _edit(
    context: Context, name: str, change: Edit, tiles: int, done: Callable[[], None] | None, label: int
) -> None:
    document = context.document
    if document is None or not may_mark(context, label):
        return
    if tiles <= AT_ONCE:
        context.attempt(lambda: _change_now(context, document, name, change, done))
    else:
        before = document.state.damage.copy()

        def take(operation: ChangeMask) -> None:
            if context.document is not document or not may_mark(context, label):
                return
            if _untouched(document.state.damage, before, operation):
                _finish(context, operation, done)
            else:
                edit(context, name, change, tiles, done, label=label)

        def work() -> ChangeMask:
            return change_mask(before, change(before), name)

        def taken(operation: ChangeMask) -> None:
            context.when_free(lambda: take(operation))

        context.background.submit(work, taken, context.messages.fail, priority=SOON)


def _change_now(
    context: Context, document: OpenDocument, name: str, change: Edit, done: Callable[[], None] | None
) -> None:
    damage = document.state.damage
    _finish(context, change_mask(damage, change(damage), name), done)


def _finish(context: Context, operation: ChangeMask, done: Callable[[], None] | None) -> None:
    if (not operation.patches or context.do(operation)) and done is not None:
        done()


def _untouched(now: DamageMap, before: DamageMap, operation: ChangeMask) -> bool:
    """Whether the tiles an operation changes are still what it was made from."""
    there, then = now.tiles(), before.tiles()
    return all(there.get(patch.key) is then.get(patch.key) for patch in operation.patches)


def _damaged_tiles(context: Context) -> int:
    return len(context.document.state.damage.tiles()) if context.document is not None else 0


def _all_tiles(context: Context) -> int:
    return context.document.painting.box.area // TILE**2 if context.document is not None else 0


def invert(context: Context) -> None:
    """Exchange damage and intact."""
    label = context.selection.label
    edit(
        context, "Invert mask", lambda damage: edits.inverted(damage, label), _all_tiles(context), label=label
    )


def grow(context: Context) -> None:
    """Spread the chosen class by a pixel."""
    label = context.selection.label
    edit(
        context,
        "Grow class",
        lambda damage: edits.dilated_class(damage, label, STEP),
        _damaged_tiles(context),
        label=label,
    )


def shrink(context: Context) -> None:
    """Take the rim of the chosen class away."""
    label = context.selection.label
    edit(
        context,
        "Shrink class",
        lambda damage: edits.eroded_class(damage, label, STEP),
        _damaged_tiles(context),
        label=label,
    )


def clear_class(context: Context) -> None:
    """No damage of the chosen class any more."""
    label = context.selection.label
    edit(
        context,
        "Clear class",
        lambda damage: edits.cleared(damage, label),
        _damaged_tiles(context),
        label=label,
    )


def clear_all(context: Context) -> None:
    """No damage any more."""
    edit(context, "Clear mask", edits.cleared, _damaged_tiles(context))


def take_over(context: Context, found: DamageMap, name: str, done: Callable[[], None] | None = None) -> None:
    """Mark what was ``found`` as the chosen class; other classes stay unless they may be painted over."""
    label, overwrite = context.selection.label, context.selection.overwrite_classes

    def merge(damage: DamageMap) -> DamageMap:
        return edits.merged(damage, found, label, overwrite=overwrite)

    edit(context, name, merge, len(found.tiles()), done, label=label)


def mark(context: Context, cells: Cells, reach: Box, label: int, name: str) -> None:
    """Put ``label`` (0 erases) on the pixels of ``cells``, which are made where they are needed; they lie
    within ``reach``. Other classes stay unless they may be painted over, locked ones always."""
    overwrite = context.selection.overwrite_classes
    edit(
        context,
        name,
        lambda damage: _painted(damage, cells, label, overwrite),
        reach.area // TILE**2,
        label=label,
    )


def mark_region(context: Context, x: int, y: int, label: int, name: str) -> None:
    """Put ``label`` (0 erases) on the whole region of damage round a pixel, whatever its classes."""

    def region(damage: DamageMap) -> Iterable[Component]:
        piece = damage_at(damage, x, y)
        return () if piece is None else (piece,)

    tiles = _damaged_tiles(context)
    edit(context, name, lambda damage: _painted(damage, region, label, True), tiles, label=label)


def fill_hole(context: Context, x: int, y: int, seen: Box, name: str, nothing: Callable[[], None]) -> None:
    """Mark the intact pixels round one that damage encloses within ``seen``; call ``nothing`` for none."""
    label, overwrite = context.selection.label, context.selection.overwrite_classes
    found: list[Component | None] = []

    def hole(damage: DamageMap) -> Iterable[Component]:
        found[:] = [hole_at(damage, x, y, seen)]
        return [piece for piece in found if piece is not None]

    def told() -> None:
        if found == [None]:
            nothing()

    edit(
        context,
        name,
        lambda damage: _painted(damage, hole, label, overwrite),
        seen.area // TILE**2,
        told,
        label=label,
    )


def _painted(damage: DamageMap, cells: Cells, label: int, overwrite: bool) -> DamageMap:
    """A map with ``label`` on the pixels of ``cells``."""
    made = damage.copy()
    for box, mask in cells(damage):
        paint(made, box, mask, label, overwrite=overwrite)
    return made


def import_mask(context: Context, path: Path) -> None:
    """Mark what the mask file at ``path`` marks."""
    if (document := context.document) is None:
        return
    size = document.painting.width, document.painting.height

    def read(progress: Progress) -> DamageMap:
        from imagest_core.damage.mask_io import read_mask

        return read_mask(path, size)

    def taken(found: DamageMap) -> None:
        if context.document is document:
            told = translate("Masking", "{0} px of damage imported from {1}.").format(
                f"{found.count():,}", path.name
            )
            take_over(context, found, f"Import {path.name}", lambda: context.messages.say(told))

    context.jobs.submit(Job(translate("Masking", "Reading the mask"), read, taken))


def export_mask(context: Context, path: Path) -> None:
    """Write all damage as a mask; the user has agreed to replacing what is there."""
    if (document := context.document) is None:
        return
    damage = document.document.committed_state.damage.copy()
    inputs = (document.painting.path, *inputs_of(document.document))

    def write(progress: Progress) -> None:
        from imagest_core.damage.mask_io import write_mask

        check_replaceable(path, FileKind.PICTURE)
        write_mask(damage, path, force=True, inputs=inputs)

    context.jobs.submit(
        Job(
            translate("Masking", "Writing the mask"),
            write,
            lambda _: context.messages.say(translate("Masking", "The mask is in {0}.").format(path)),
        )
    )
