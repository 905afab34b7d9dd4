"""Painting into the damage map, as one gesture that can be kept or abandoned."""

from __future__ import annotations

from collections.abc import Iterable

from app.canvas.tools.base import Bench
from imagest_core.damage.map import TILE, Mask
from imagest_core.painting.geometry import Box, union
from imagest_core.project.operations.mask import paint

_APART = 64
"""More painted tiles than this are shown as one."""


class Marking:
    """Labels painted since it was begun. Ends with :meth:`keep` or :meth:`drop`.

    ``label`` 0 erases. Locked classes stay, and so do others unless the user wants them painted over.
    """

    def __init__(self, bench: Bench, label: int, *, overwrite: bool = False) -> None:
        self._bench, self._label = bench, label
        self._overwrite = overwrite or bench.context.selection.overwrite_classes
        self._damage = bench.document.state.damage
        self._before = self._damage.copy()
        self._touched = Box(0, 0, 0, 0)

    def paint(self, cells: Iterable[tuple[Box, Mask]]) -> None:
        """Put the label on these pixels, and show it."""
        boxes = []
        for box, mask in cells:
            paint(self._damage, box, mask, self._label, overwrite=self._overwrite)
            boxes.append(box)
        self._touched = union((self._touched, *boxes))
        for box in boxes if len(boxes) <= _APART else [union(boxes)]:
            self._bench.sheet.touched(box)

    def keep(self, name: str) -> None:
        """Make it one step of the history; where that is refused it is as if it had never been."""
        document = self._bench.document
        if not self._bench.context.attempt(lambda: document.done(self._before, name)):
            self.drop()

    def drop(self) -> None:
        """Take everything back."""
        for cell in self._touched.within(self._damage.box).tiles(TILE):
            self._damage.write(cell, self._before.read(cell))
        self._bench.sheet.touched(self._touched)
