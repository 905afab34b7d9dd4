"""Tools that do not change the damage: hand, picker and ruler."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainterPath

from app.canvas.tools.base import Point, Pointer, Tool, ToolContext, polyline, snapped
from imagest_core.painting.geometry import Box


class Hand(Tool):
    """Pans the view; the canvas implements it."""

    name: ClassVar[str] = "pan"
    cursor = Qt.CursorShape.OpenHandCursor


class Picker(Tool):
    """Picks one pixel, for instance for the colour of the bare ground."""

    name = "pick"

    def press(self, at: Pointer) -> None:
        if self.canvas.document.state.box.contains(Box(*at.pixel, 1, 1)):
            self.canvas.context.selection.picked.emit(*at.pixel)


class Ruler(Tool):
    """Measures the distance of two points. Shift snaps to horizontal, vertical and diagonal lines."""

    name = "measure"

    def __init__(self, canvas: ToolContext) -> None:
        super().__init__(canvas)
        self._start: Point = (0, 0)

    def press(self, at: Pointer) -> None:
        self.active, self._start = True, at.point
        self.canvas.show_draft(QPainterPath())

    def move(self, at: Pointer) -> None:
        if self.active:
            self.canvas.show_draft(polyline([self._start, self._end(at)]))

    def release(self, at: Pointer) -> None:
        if not self.active:
            return
        self.active, end = False, self._end(at)
        if end != self._start:
            self.canvas.report_measurement(self._start, end)

    def leave(self) -> None:
        super().leave()
        self.canvas.show_draft(QPainterPath())

    def _end(self, at: Pointer) -> Point:
        return snapped(self._start, at.point) if at.shift else at.point
