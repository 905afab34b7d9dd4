"""Draws, moves and resizes style references: rectangles on intact regions."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainterPath

from app.canvas.tools.base import Point, Pointer, Tool, ToolContext
from app.canvas.tools.outline import drawn_box
from imagest_core.painting.geometry import Box
from imagest_core.project.operations import Operation
from imagest_core.project.operations.settings import (
    add_style_region,
    move_style_region,
    remove_style_region,
)

_HANDLE = 8
"""Distance from a corner, in screen pixels, within which it can be dragged."""
_SMALLEST = 8


class StyleTool(Tool):
    """Draws, moves and resizes rectangles. Delete, or a click with Alt or Ctrl, removes one."""

    name: ClassVar[str] = "style"

    def __init__(self, canvas: ToolContext) -> None:
        super().__init__(canvas)
        self._grabbed: Box | None = None
        self._anchor: Point = (0, 0)
        self._moved: Box | None = None
        self._box = Box(0, 0, 0, 0)
        self._hovered: Box | None = None

    @property
    def _regions(self) -> tuple[Box, ...]:
        return self.canvas.document.state.style.regions

    def press(self, at: Pointer) -> None:
        if not self.writable:
            return
        self._grabbed, self._moved, self._anchor = None, None, at.point
        self._box = Box(*at.pixel, 0, 0)
        corner = self._corner_at(at)
        if corner is not None:
            self._grabbed, self._anchor = corner
        elif (region := self._region_at(at)) is not None:
            if at.alternative:
                self._remove(region)
                return
            self._grabbed = self._moved = region
        self.active = True

    def move(self, at: Pointer) -> None:
        if not self.active:
            return
        if self._moved is None:
            left, top, right, bottom = drawn_box(self._anchor, at.point)
            self._box = Box.spanning(left, top, right, bottom).within(self.canvas.document.state.box)
        else:
            self._box = self._moved_inside(
                self._moved.moved(round(at.x - self._anchor[0]), round(at.y - self._anchor[1]))
            )
        path = QPainterPath()
        path.addRect(QRectF(*self._box))
        self.canvas.show_draft(path)

    def _moved_inside(self, box: Box) -> Box:
        whole = self.canvas.document.state.box
        x = min(max(box.x, 0), whole.width - box.width)
        return box._replace(x=x, y=min(max(box.y, 0), whole.height - box.height))

    def release(self, at: Pointer) -> None:
        if not self.active:
            return
        self.active = False
        self.canvas.show_draft(QPainterPath())
        if min(self._box.width, self._box.height) < _SMALLEST:
            return
        state = self.canvas.document.state
        if self._grabbed is None:
            self._do(add_style_region(state, self._box))
        elif self._box != self._grabbed and self._grabbed in self._regions:
            self._do(move_style_region(state, self._regions.index(self._grabbed), self._box))

    def hover(self, at: Pointer) -> None:
        self._hovered = self._region_at(at)

    def key(self, key: Qt.Key) -> bool:
        if key not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) or self._hovered is None:
            return False
        if self.writable:
            self._remove(self._hovered)
        return True

    def _remove(self, region: Box) -> None:
        """Remove ``region`` if it still exists; undo may have removed it."""
        if region in self._regions:
            self._do(remove_style_region(self.canvas.document.state, self._regions.index(region)))

    def _do(self, operation: Operation) -> None:
        self._hovered = None
        self.canvas.context.do(operation)

    def _region_at(self, at: Pointer) -> Box | None:
        pixel = Box(*at.pixel, 1, 1)
        regions = [box for box in self._regions if box.contains(pixel)]
        return regions[-1] if regions else None

    def _corner_at(self, at: Pointer) -> tuple[Box, Point] | None:
        """The region with a corner at the pointer, and its opposite corner, which stays in place."""
        for box in reversed(self._regions):
            for x, other_x in ((box.x, box.right), (box.right, box.x)):
                for y, other_y in ((box.y, box.bottom), (box.bottom, box.y)):
                    if max(abs(at.x - x), abs(at.y - y)) * self.canvas.zoom <= _HANDLE:
                        return box, (other_x, other_y)
        return None
