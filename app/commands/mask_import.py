"""Import a mask image: read it, let the user choose the classes, and mark its damage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from app.commands.marking import may_mark, rim_action
from app.context import Context
from app.document import OpenDocument
from app.i18n.class_names import class_name
from app.jobs.runner import Job
from imagest_core.damage.classes import DamageClass
from imagest_core.damage.map import DamageMap, Labels
from imagest_core.damage.mask_parts import MaskParts
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.mask_import import Targets, import_operation, proposed_targets
from imagest_core.project.operations.group import OperationGroup
from imagest_core.project.state import State

PREVIEW_SIDE = 360
"""Approximate longer side of the preview in px."""

translate = QCoreApplication.translate


@dataclass(frozen=True, eq=False)
class MaskPreviewed:
    """A mask that was read, and a small picture: (h, w, 3) working colour and (h, w) numbers of its parts."""

    parts: MaskParts
    rgb: NDArray[np.float32]
    numbers: Labels


def import_mask(
    context: Context, path: Path, choose: Callable[[MaskPreviewed], object] | None = None
) -> None:
    """Read the mask at ``path``, then call ``choose``; without it the proposed classes are used."""
    if (document := context.document) is None:
        return
    painting = document.painting

    def read(progress: Progress) -> MaskPreviewed:
        from imagest_core.damage.mask_parts import read_mask_parts

        return previewed(painting, read_mask_parts(path, (painting.width, painting.height)))

    def done(preview: MaskPreviewed) -> None:
        if context.document is not document:
            return
        if choose is not None:
            choose(preview)
        else:
            targets = proposed_targets(preview.parts, document.state, context.selection.label)
            apply_import(context, preview.parts, targets, overwrite=context.selection.overwrite_classes)

    context.jobs.submit(Job(translate("Masking", "Reading the mask"), read, done, topic="mask"))


def previewed(painting: Painting, parts: MaskParts) -> MaskPreviewed:
    """Render a small picture of the scan and the mask."""
    level = 0
    while max(painting.width, painting.height) >> level > 2 * PREVIEW_SIDE and level < painting.levels - 1:
        level += 1
    rgb = painting.read_working(level=level)
    return MaskPreviewed(parts, rgb, reduced_labels(parts.damage, rgb.shape[1], rgb.shape[0]))


def reduced_labels(damage: DamageMap, width: int, height: int) -> Labels:
    """Return (``height``, ``width``) labels; a pixel is damaged if any of those that it covers is."""
    out = np.zeros((height, width), np.uint8)
    for cell in damage.occupied():
        labels = damage.read(cell)
        rows, columns = np.nonzero(labels)
        y = np.minimum((rows + cell.y) * height // damage.height, height - 1)
        x = np.minimum((columns + cell.x) * width // damage.width, width - 1)
        out[y, x] = labels[rows, columns]
    return out


def apply_import(context: Context, parts: MaskParts, targets: Targets, *, overwrite: bool) -> None:
    """Mark the parts as their classes as one undo step, and show mask and classes."""
    if (document := context.document) is None or not may_mark(context, 0):
        return
    before = document.document.committed_state.copy()

    def work(progress: Progress) -> OperationGroup:
        return import_operation(before, parts, targets, overwrite=overwrite)

    def done(operation: OperationGroup) -> None:
        context.when_free(lambda: finish(operation))

    def finish(operation: OperationGroup) -> None:
        if context.document is not document:
            return
        wanted = (
            operation
            if _unchanged(document.state, before)
            else lambda state: import_operation(state, parts, targets, overwrite=overwrite)
        )
        if context.do(wanted):
            _report(context, document, parts, targets)

    context.jobs.submit(Job(translate("Masking", "Importing the mask"), work, done, topic="mask"))


def _unchanged(state: State, before: State) -> bool:
    tiles, old = state.damage.tiles(), before.damage.tiles()
    same = tiles.keys() == old.keys() and all(tile is old[key] for key, tile in tiles.items())
    return same and state.damage.classes == before.damage.classes


def _report(context: Context, document: OpenDocument, parts: MaskParts, targets: Targets) -> None:
    chosen: dict[int, DamageClass] = {item.label: item for item in targets.values() if item is not None}
    context.selection.mask_visible = True
    if context.selection.label not in chosen:
        context.selection.label = next(iter(chosen))
    pixels = sum(part.pixels for part in parts.parts if targets.get(part.number) is not None)
    names = ", ".join(class_name(item) for item in chosen.values())
    sentence = translate("Masking", "Imported {0} px of damage from {1} as: {2}.")
    text = sentence.format(f"{pixels:,}", parts.path.name, names)
    filled = [label for label, item in chosen.items() if item.filled]
    action = rim_action(context, filled[0]) if filled else None
    context.messages.say(text, topic="mask", action=action)
