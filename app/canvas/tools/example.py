"""The brush for example strokes: on damage of the selected class, on intact paint, or to erase strokes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.canvas.tools.base import Point, Pointer, ToolContext
from app.canvas.tools.brush import Brush
from app.canvas.tools.painting import Marking
from app.selection import ExampleBrushMode
from imagest_core.arrays import Mask
from imagest_core.damage.examples import ERASED, INTACT, ExampleStroke
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.examples import add_example


class ExampleMarking(Marking):
    """A stroke in progress; the project gets it as a line when it ends."""

    def __init__(self, canvas: ToolContext, label: int, width: float) -> None:
        self._canvas, self._label, self._width = canvas, label, width
        self._preview = canvas.layers.example_map.copy()
        self.line: list[Point] = []
        self._inside = False

    def paint(self, cells: Iterable[tuple[Box, Mask]]) -> None:
        """Show the stroke."""
        for box, mask in cells:
            self._inside = self._inside or bool(mask.any())
            labels = self._preview.read(box)
            self._preview.write(box, np.where(mask, np.uint8(self._label), labels))
            self._canvas.layers.examples.update(self._preview, box)

    def commit(self, name: Message) -> None:
        """Add the stroke to the project as one operation, unless it lies outside the picture."""
        if not self._inside:
            return
        document, stroke = self._canvas.document, ExampleStroke.along(self._label, self._width, self.line)
        if not self._canvas.context.do(lambda state: add_example(state, stroke)):
            document.examples_changed.emit()

    def cancel(self) -> None:
        """Show the strokes without this one."""
        self._canvas.layers.reload_examples()


class ExampleBrush(Brush):
    """Paints example strokes; the pressure of a pen has no influence."""

    name: ClassVar[str] = "example"
    marks = False

    @property
    def label(self) -> int:
        mode = self.canvas.context.selection.example_mode
        other = {ExampleBrushMode.INTACT: INTACT, ExampleBrushMode.ERASE: ERASED}
        return other.get(ExampleBrushMode(mode), self.canvas.context.selection.label)

    def may_mark(self, label: int) -> bool:
        """Whether the project can be changed, and ``label`` is no protected class."""
        document = self.canvas.document
        if bool(document.state.damage.protected_labels()[label]):
            self.canvas.context.messages.say(
                QCoreApplication.translate(
                    "Tools", "Protected pixels are no damage: choose a class of damage, or Intact paint."
                ),
                topic="protected",
            )
            return False
        return self.writable

    def _begin(self, at: Pointer) -> None:
        self.canvas.context.selection.examples_visible = True
        super()._begin(at)

    def _begin_marking(self) -> None:
        size = self.canvas.context.selection.brush_size
        self._marking = ExampleMarking(self.canvas, self.label, size)

    def _stroke(self, end: Point, pressure: float) -> None:
        assert isinstance(self._marking, ExampleMarking)
        if not self._marking.line:
            self._marking.line.append(self._last)
        self._marking.line.append(end)
        super()._stroke(end, 1.0)
