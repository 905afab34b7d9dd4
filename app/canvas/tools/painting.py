"""Painting into the damage map, as one gesture that can be kept or abandoned."""

from __future__ import annotations

from collections.abc import Iterable

from app.canvas.tools.base import ToolContext
from imagest_core.arrays import Mask
from imagest_core.painting.geometry import Box, union
from imagest_core.project.operations.mask import check_label, paint

_APART = 64
"""More painted tiles than this are shown as one."""


class Marking:
    """Labels painted since it was begun. Ends with :meth:`keep` or :meth:`drop`.

    It is a transaction of the document: whatever else is done meanwhile waits for its end. ``label`` 0
    erases. Locked classes stay, and so do others unless the user wants them painted over. Raises
    ``ProjectError`` and ``MaskError`` where it can't begin.
    """

    def __init__(self, canvas: ToolContext, label: int, *, overwrite: bool = False) -> None:
        self._canvas, self._label = canvas, label
        self._overwrite = overwrite or canvas.context.selection.overwrite_classes
        document = canvas.document
        self._damage = document.state.damage
        check_label(self._damage, label)
        self._gesture = document.document.begin_gesture()
        self._touched = Box(0, 0, 0, 0)

    def paint(self, cells: Iterable[tuple[Box, Mask]]) -> None:
        """Put the label on these pixels, and show it."""
        boxes = []
        for box, mask in cells:
            paint(self._damage, box, mask, self._label, overwrite=self._overwrite)
            boxes.append(box)
        self._touched = union((self._touched, *boxes))
        for box in boxes if len(boxes) <= _APART else [union(boxes)]:
            self._canvas.layers.touched(box)

    def keep(self, name: str) -> None:
        """Make it one step of the history; where that is refused it is as if it had never been."""
        if self._gesture.open and not self._canvas.context.attempt(lambda: self._gesture.commit(name)):
            self._canvas.layers.touched(self._touched)

    def drop(self) -> None:
        """Take everything back."""
        if self._gesture.open:
            self._gesture.cancel()
            self._canvas.layers.touched(self._touched)
