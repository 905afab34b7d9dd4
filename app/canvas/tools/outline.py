"""Lasso, polygon and rectangle: mark the enclosed area, or erase it."""

from __future__ import annotations

import math
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainterPath

from app.canvas.tools.base import Point, Pointer, Tool, ToolContext, polyline, snapped
from app.commands import mask as masking
from imagest_core.damage.strokes import outline_box, polygon_cells
from imagest_core.messages import Message
from imagest_core.project.operations.names import operation_name

_NEAR = 8
"""Distance from the first corner, in screen pixels, within which a click closes a polygon."""


class Outline(Tool):
    """Collects an outline and marks or erases the area it encloses."""

    marks = True

    def __init__(self, canvas: ToolContext) -> None:
        super().__init__(canvas)
        self._points: list[Point] = []
        self._erases = False

    def _begin(self, at: Pointer) -> bool:
        erases = self.erases(at)
        if not self.may_mark(0 if erases else self.canvas.context.selection.label):
            return False
        self.active, self._points, self._erases = True, [at.point], erases
        return True

    def _show(self, points: list[Point] | None = None) -> None:
        self.canvas.show_draft(polyline(self._points if points is None else points, closed=True))

    def _finish(self) -> None:
        points, self._points, self.active = self._points, [], False
        self.canvas.show_draft(QPainterPath())
        context, whole = self.canvas.context, self.canvas.document.state.box
        label = 0 if self._erases else context.selection.label
        bounds = outline_box(points).within(whole)
        masking.mark(context, lambda _: polygon_cells(points, whole), bounds, label, self.title)

    def abandon(self) -> None:
        self._points = []
        super().abandon()

    @property
    def title(self) -> Message:
        """Name of the operation in the history."""
        return operation_name("outline")


class Lasso(Outline):
    """A freehand outline."""

    name: ClassVar[str] = "lasso"

    def press(self, at: Pointer) -> None:
        self._begin(at)

    def move(self, at: Pointer) -> None:
        if self.active and self._moved(at):
            self._points.append(at.point)
            self._show()

    def _moved(self, at: Pointer) -> bool:
        """Whether the pointer has moved by at least one screen pixel."""
        x, y = self._points[-1]
        return max(abs(at.x - x), abs(at.y - y)) * self.canvas.zoom >= 1

    def release(self, at: Pointer) -> None:
        if self.active:
            self._finish()

    @property
    def title(self) -> Message:
        return operation_name("lasso")


class Rectangle(Outline):
    """A rectangle from corner to corner; Shift makes it a square."""

    name = "rectangle"

    def press(self, at: Pointer) -> None:
        self._begin(at)

    def move(self, at: Pointer) -> None:
        if self.active:
            self._points = _corners(self._points[0], _squared(self._points[0], at))
            self._show()

    def release(self, at: Pointer) -> None:
        if self.active:
            self.move(at)
            self._points = _outward(self._points)
            self._finish()

    @property
    def title(self) -> Message:
        return operation_name("rectangle")


class Polygon(Outline):
    """A polygon, corner by corner. A double click, Enter or a click on the first corner closes it.

    Backspace removes the last corner. Shift snaps edges to horizontal, vertical and diagonal lines.
    """

    name = "polygon"

    def press(self, at: Pointer) -> None:
        if not self.active:
            self._begin(at)
        elif self._closes(at):
            self._finish()
            return
        else:
            self._points.append(self._next(at))
        self._show()

    def hover(self, at: Pointer) -> None:
        if self.active:
            self._show([*self._points, self._next(at)])

    def move(self, at: Pointer) -> None:
        self.hover(at)

    def double(self, at: Pointer) -> None:
        if self.active and len(self._points) > 2:
            self._finish()

    def key(self, key: Qt.Key) -> bool:
        if not self.active:
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        elif key == Qt.Key.Key_Backspace:
            self._remove_last()
        else:
            return False
        return True

    def _remove_last(self) -> None:
        self._points.pop()
        if self._points:
            self._show()
        else:
            self.abandon()

    def _next(self, at: Pointer) -> Point:
        return snapped(self._points[-1], at.point) if at.shift else at.point

    def _closes(self, at: Pointer) -> bool:
        x, y = self._points[0]
        return len(self._points) > 2 and max(abs(at.x - x), abs(at.y - y)) * self.canvas.zoom <= _NEAR

    @property
    def title(self) -> Message:
        return operation_name("polygon")


def _squared(start: Point, at: Pointer) -> Point:
    if not at.shift:
        return at.point
    dx, dy = at.x - start[0], at.y - start[1]
    side = max(abs(dx), abs(dy))
    return start[0] + (side if dx >= 0 else -side), start[1] + (side if dy >= 0 else -side)


def _corners(start: Point, end: Point) -> list[Point]:
    return [start, (end[0], start[1]), end, (start[0], end[1])]


def _outward(points: list[Point]) -> list[Point]:
    """Corners at the centres of the outermost pixels that the rectangle touches."""
    box = drawn_box(points[0], points[2] if len(points) > 2 else points[0])
    left, top, right, bottom = box
    return _corners((left + 0.5, top + 0.5), (right - 0.5, bottom - 0.5))


def drawn_box(start: Point, end: Point) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the whole pixels between two corners; at least one pixel."""
    left, right = sorted((start[0], end[0]))
    top, bottom = sorted((start[1], end[1]))
    return (
        math.floor(left),
        math.floor(top),
        max(math.ceil(right), math.floor(left) + 1),
        max(math.ceil(bottom), math.floor(top) + 1),
    )
