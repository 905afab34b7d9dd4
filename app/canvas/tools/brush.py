"""Round brush and eraser, sized in pixels of the picture; pen pressure scales the size."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath

from app.canvas.tools.base import Point, Pointer, Tool, ToolContext, polyline, snapped
from app.canvas.tools.painting import Marking
from imagest_core.damage.strokes import stroke_cells
from imagest_core.messages import Message
from imagest_core.project.operations.names import operation_name

LARGEST = 4000.0
_MIN_PRESSURE = 0.15


class Brush(Tool):
    """Paints the selected damage class. With Shift, strokes are straight and start where the last one ended.

    Dragging horizontally with Alt or Ctrl changes the size.
    """

    name: ClassVar[str] = "brush"
    cursor = Qt.CursorShape.BlankCursor
    marks = True

    def __init__(self, canvas: ToolContext) -> None:
        super().__init__(canvas)
        self._marking: Marking | None = None
        self._start: Point = (0, 0)
        self._last: Point = (0, 0)
        self._painted_size = 0.0
        self._last_end: Point | None = None
        self._straight_end: Point | None = None
        self._resize_start: tuple[Pointer, float] | None = None
        self._pointer = Pointer(0, 0)

    @property
    def label(self) -> int:
        """The class it paints; 0 erases."""
        return self.canvas.context.selection.label

    @property
    def title(self) -> Message:
        """Name of the operation in the history."""
        return operation_name("brush")

    # Strokes

    def press(self, at: Pointer) -> None:
        self._pointer = at
        if at.alternative:
            self._resize_start = at, self.canvas.context.selection.brush_size
            self.active = True
        elif self.may_mark(self.label):
            self._begin(at)

    def _begin(self, at: Pointer) -> None:
        if not self.canvas.context.attempt(self._begin_marking):
            return
        self.active = True
        self._start = self._last = at.point
        self._painted_size = 0.0
        if at.shift and self._last_end is not None:
            self._last = self._last_end
        self._stroke(at.point, at.pressure)

    def _begin_marking(self) -> None:
        self._marking = Marking(self.canvas, self.label)

    def move(self, at: Pointer) -> None:
        self._pointer = at
        if self._resize_start is not None:
            self._resize(at)
        elif self._marking is not None:
            self._paint_to(at)
        self._draw_outline()

    def _paint_to(self, at: Pointer) -> None:
        """Paint up to the pointer; with Shift, only show the straight line."""
        if at.shift:
            self._straight_end = snapped(self._start, at.point)
            self.canvas.show_draft(polyline([self._start, self._straight_end]))
            return
        self._paint_straight(at)
        self._stroke(at.point, at.pressure)

    def _paint_straight(self, at: Pointer) -> None:
        """Paint the straight line that was shown as a draft."""
        if self._straight_end is not None:
            self._last, self._painted_size = self._start, 0.0
            self._stroke(self._straight_end, at.pressure)
            self._start, self._straight_end = self._straight_end, None
            self.canvas.show_draft(QPainterPath())

    def release(self, at: Pointer) -> None:
        self.active, self._resize_start = False, None
        if self._marking is None:
            return
        self._paint_straight(at)
        self._last_end = self._last
        marking, self._marking = self._marking, None
        marking.commit(self.title)

    def _stroke(self, end: Point, pressure: float) -> None:
        assert self._marking is not None
        size = self.canvas.context.selection.brush_size * max(pressure, _MIN_PRESSURE)
        clip = self.canvas.document.state.box
        self._marking.paint(stroke_cells(self._last, end, size, clip, painted=self._painted_size))
        self._last, self._painted_size = end, size

    def resume(self, at: Pointer) -> None:
        self._last, self._painted_size = at.point, 0.0

    def abandon(self) -> None:
        if self._resize_start is not None:
            self.canvas.context.selection.brush_size = self._resize_start[1]
        if self._marking is not None:
            self._marking.cancel()
        self._marking, self._resize_start, self._straight_end = None, None, None
        super().abandon()
        self._draw_outline()

    # Size

    def _resize(self, at: Pointer) -> None:
        assert self._resize_start is not None
        start, size = self._resize_start
        self.canvas.context.selection.brush_size = min(
            max(size + 2 * (at.across - start.across), 1.0), LARGEST
        )

    def hover(self, at: Pointer) -> None:
        self._pointer = at
        self._draw_outline()

    def brush_resized(self) -> None:
        """Called after the brush size was changed elsewhere."""
        self._draw_outline()

    def _draw_outline(self) -> None:
        centre = self._pointer if self._resize_start is None else self._resize_start[0]
        radius = max(self.canvas.context.selection.brush_size / 2, 0.5)
        path = QPainterPath()
        path.addEllipse(QPointF(*centre.point), radius, radius)
        self.canvas.show_cursor_outline(path)


class Eraser(Brush):
    """Erases damage."""

    name = "eraser"

    @property
    def label(self) -> int:
        return 0

    @property
    def title(self) -> Message:
        return operation_name("erase")
