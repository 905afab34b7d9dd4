"""Gestures on the whole mask: invert, grow, shrink, clear, import, take over a derived mask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.jobs import Job
from imagest_core.damage import edits
from imagest_core.damage.map import DamageMap
from imagest_core.progress import Progress
from imagest_core.project.operations.mask import relabelled

STEP = 1
"""Pixels by which a class grows or shrinks at a time."""

translate = QCoreApplication.translate


def _edit(context: Context, name: str, change: Callable[[DamageMap], DamageMap]) -> None:
    """Change the map of the open document as one gesture called ``name``."""
    if context.document is not None:
        before = context.document.state.damage
        operation = relabelled(before, change(before), name)
        if operation.patches:
            context.do(operation)


def invert(context: Context) -> None:
    """Exchange damage and intact."""
    label = context.selection.label
    _edit(context, "Invert mask", lambda damage: edits.inverted(damage, label))


def grow(context: Context) -> None:
    """Spread the chosen class by a pixel."""
    label = context.selection.label
    _edit(context, "Grow class", lambda damage: edits.grown_class(damage, label, STEP))


def shrink(context: Context) -> None:
    """Take the rim of the chosen class away."""
    label = context.selection.label
    _edit(context, "Shrink class", lambda damage: edits.shrunk_class(damage, label, STEP))


def clear_class(context: Context) -> None:
    """No damage of the chosen class any more."""
    label = context.selection.label
    _edit(context, "Clear class", lambda damage: edits.cleared(damage, label))


def clear_all(context: Context) -> None:
    """No damage any more."""
    _edit(context, "Clear mask", edits.cleared)


def take_over(context: Context, found: DamageMap, name: str) -> None:
    """Mark what was ``found`` as the chosen class; other classes stay unless they may be painted over."""
    label, overwrite = context.selection.label, context.selection.overwrite_classes
    _edit(context, name, lambda damage: edits.merged(damage, found, label, overwrite=overwrite))


def import_mask(context: Context, path: Path) -> None:
    """Mark what the mask file at ``path`` marks."""
    if (document := context.document) is None:
        return
    size = document.painting.width, document.painting.height

    def read(progress: Progress) -> DamageMap:
        from imagest_core.damage.io import read_mask

        return read_mask(path, size)

    def taken(found: DamageMap) -> None:
        if context.document is document:
            take_over(context, found, f"Import {path.name}")
            context.messages.say(
                translate("Masking", "{0} px of damage imported from {1}.").format(
                    f"{found.count():,}", path.name
                )
            )

    context.jobs.submit(Job(translate("Masking", "Reading the mask"), read, taken))


def export_mask(context: Context, path: Path) -> None:
    """Write the mask of all classes that are filled."""
    if (document := context.document) is None:
        return
    damage = document.state.damage.copy()

    def write(progress: Progress) -> None:
        from imagest_core.damage.io import write_mask

        write_mask(damage, path)

    context.jobs.submit(
        Job(
            translate("Masking", "Writing the mask"),
            write,
            lambda _: context.messages.say(translate("Masking", "The mask is in {0}.").format(path)),
        )
    )
