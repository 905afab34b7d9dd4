"""Brush and eraser: round, sized in pixels of the picture, thinner under a light pen."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QCoreApplication, QPointF, Qt
from PySide6.QtGui import QPainterPath

from app.canvas.tools.base import Point, Pointer, Tool, ToolContext, polyline, snapped
from app.canvas.tools.painting import Marking
from imagest_core.damage.strokes import stroke_cells

LARGEST = 4000.0
_LIGHTEST = 0.15


class Brush(Tool):
    """Paints the chosen damage class. Shift keeps the stroke straight, and begins it where the last ended.

    Alt and a drag across change its size.
    """

    name: ClassVar[str] = "brush"
    cursor = Qt.CursorShape.BlankCursor
    marks = True

    def __init__(self, canvas: ToolContext) -> None:
        super().__init__(canvas)
        self._marking: Marking | None = None
        self._start: Point = (0, 0)
        self._last: Point = (0, 0)
        self._painted = 0.0
        self._ended: Point | None = None
        self._straight: Point | None = None
        self._sizing: tuple[float, float] | None = None
        self._at = Pointer(0, 0)

    @property
    def label(self) -> int:
        """What it paints."""
        return self.canvas.context.selection.label

    @property
    def title(self) -> str:
        """What the history calls it."""
        return QCoreApplication.translate("Tools", "Brush stroke")

    # Strokes

    def press(self, at: Pointer) -> None:
        self._at = at
        if at.alt:
            self._sizing = at.x, self.canvas.context.selection.brush_size
            self.active = True
        elif self.may_mark(self.label):
            self._begin(at)

    def _begin(self, at: Pointer) -> None:
        if not self.canvas.context.attempt(self._begin_marking):
            return
        self.active = True
        self._start = self._last = at.point
        self._painted = 0.0
        if at.shift and self._ended is not None:
            self._last = self._ended
        self._stroke(at.point, at.pressure)

    def _begin_marking(self) -> None:
        self._marking = Marking(self.canvas, self.label)

    def move(self, at: Pointer) -> None:
        self._at = at
        if self._sizing is not None:
            self._resize(at)
        elif self._marking is not None:
            self._follow(at)
        self._draw_ring()

    def _follow(self, at: Pointer) -> None:
        """Paint along, or only show the line where it is kept straight."""
        if at.shift:
            self._straight = snapped(self._start, at.point)
            self.canvas.show_draft(polyline([self._start, self._straight]))
            return
        self._settle(at)
        self._stroke(at.point, at.pressure)

    def _settle(self, at: Pointer) -> None:
        """Paint the straight line that was only shown."""
        if self._straight is not None:
            self._last, self._painted = self._start, 0.0
            self._stroke(self._straight, at.pressure)
            self._start, self._straight = self._straight, None
            self.canvas.show_draft(QPainterPath())

    def release(self, at: Pointer) -> None:
        self.active, self._sizing = False, None
        if self._marking is None:
            return
        self._settle(at)
        self._ended = self._last
        marking, self._marking = self._marking, None
        marking.keep(self.title)

    def _stroke(self, end: Point, pressure: float) -> None:
        assert self._marking is not None
        size = self.canvas.context.selection.brush_size * max(pressure, _LIGHTEST)
        clip = self.canvas.document.state.box
        self._marking.paint(stroke_cells(self._last, end, size, clip, painted=self._painted))
        self._last, self._painted = end, size

    def resume(self, at: Pointer) -> None:
        self._last, self._painted = at.point, 0.0

    def abandon(self) -> None:
        if self._sizing is not None:
            self.canvas.context.selection.brush_size = self._sizing[1]
        if self._marking is not None:
            self._marking.drop()
        self._marking, self._sizing, self._straight = None, None, None
        super().abandon()
        self._draw_ring()

    # Size

    def _resize(self, at: Pointer) -> None:
        assert self._sizing is not None
        start, size = self._sizing
        self.canvas.context.selection.brush_size = min(max(size + 2 * (at.x - start), 1.0), LARGEST)

    def hover(self, at: Pointer) -> None:
        self._at = at
        self._draw_ring()

    def brush_resized(self) -> None:
        """The size was changed elsewhere."""
        self._draw_ring()

    def _draw_ring(self) -> None:
        centre = self._at.x if self._sizing is None else self._sizing[0]
        radius = max(self.canvas.context.selection.brush_size / 2, 0.5)
        path = QPainterPath()
        path.addEllipse(QPointF(centre, self._at.y), radius, radius)
        self.canvas.show_cursor_outline(path)


class Eraser(Brush):
    """Takes damage away."""

    name = "eraser"

    @property
    def label(self) -> int:
        return 0

    @property
    def title(self) -> str:
        return QCoreApplication.translate("Tools", "Erase")
