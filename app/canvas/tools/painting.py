"""Painting into the damage map as one gesture that can be committed or cancelled."""

from __future__ import annotations

from collections.abc import Iterable

from app.canvas.tools.base import ToolContext
from app.commands.marking import note_protected
from imagest_core.arrays import Mask
from imagest_core.damage.edits import overlaps_protected
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box, union
from imagest_core.project.operations.mask import check_label, paint

_MAX_BOXES = 64
"""Maximum number of boxes that are updated one by one."""


class Marking:
    """A gesture that paints labels; ends with :meth:`commit` or :meth:`cancel`.

    It is a transaction of the document: other operations wait for its end. ``label`` 0 erases. Locked
    classes are not overwritten, and other classes only if the user has chosen so. Raises ``ProjectError``
    and ``MaskError`` if it can't start.
    """

    def __init__(self, canvas: ToolContext, label: int, *, overwrite: bool = False) -> None:
        self._canvas, self._label = canvas, label
        self._overwrite = overwrite or canvas.context.selection.overwrite_classes
        document = canvas.document
        self._damage = document.state.damage
        check_label(self._damage, label)
        self._gesture = document.document.begin_gesture()
        self._touched = Box(0, 0, 0, 0)
        self._may_overlap = self._damage.any_protected
        self._overlapped = False

    def paint(self, cells: Iterable[tuple[Box, Mask]]) -> None:
        """Paint the label on these pixels and update the canvas."""
        if self._may_overlap and not self._overlapped:
            cells = list(cells)
            self._overlapped = overlaps_protected(self._damage, cells, self._label)
        boxes = [
            box
            for box, mask in cells
            if paint(self._damage, box, mask, self._label, overwrite=self._overwrite)
        ]
        self._touched = union((self._touched, *boxes))
        boxes = _joined(boxes)
        for box in boxes if len(boxes) <= _MAX_BOXES else [union(boxes)]:
            self._canvas.layers.labels_changed(box)

    def commit(self, name: Message) -> None:
        """Add the gesture to the history as one operation; if that is refused, nothing has changed."""
        if self._gesture.active and not self._canvas.context.attempt(lambda: self._gesture.commit(name)):
            self._canvas.layers.labels_changed(self._touched)
        elif self._overlapped:
            note_protected(self._canvas.context)

    def cancel(self) -> None:
        """Undo everything painted."""
        if self._gesture.active:
            self._gesture.cancel()
            self._canvas.layers.labels_changed(self._touched)


def _joined(boxes: list[Box]) -> list[Box]:
    """Join each box with its right neighbour if that follows in the list."""
    joined: list[Box] = []
    for box in boxes:
        last = joined[-1] if joined else None
        if last is not None and (last.y, last.height, last.right) == (box.y, box.height, box.x):
            joined[-1] = union((last, box))
        else:
            joined.append(box)
    return joined
