"""Select a rectangle, or a part with the lasso; Shift adds to the selection, Alt or Ctrl subtracts."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtGui import QPainterPath

from app.canvas.tools.base import Pointer
from app.canvas.tools.outline import Lasso, Rectangle
from app.commands import select as selecting
from app.selection import SelectMode


class _Selecting:
    """Selects what an outline encloses; a click removes the selection."""

    marks: ClassVar[bool] = False
    _mode = SelectMode.REPLACE

    def _begin(self, at: Pointer) -> bool:
        if at.shift:
            self._mode = SelectMode.ADD
        else:
            self._mode = SelectMode.SUBTRACT if at.alternative else SelectMode.REPLACE
        self.active, self._points = True, [at.point]
        return True

    def _finish(self) -> None:
        points, self._points, self.active = self._points, [], False
        self.canvas.show_draft(QPainterPath())  # type: ignore[attr-defined]
        selecting.select_outline(self.canvas.context, points, self._mode)  # type: ignore[attr-defined]


class SelectRectangle(_Selecting, Rectangle):
    """A rectangle from corner to corner."""

    name: ClassVar[str] = "select"

    def move(self, at: Pointer) -> None:
        # Shift adds to the selection here, so it doesn't make a square.
        super().move(Pointer(at.x, at.y, across=at.across))

    def release(self, at: Pointer) -> None:
        if self.active and at.point == self._points[0]:
            self.abandon()
            if self._mode is SelectMode.REPLACE:
                selecting.clear_selection(self.canvas.context)
            return
        super().release(at)


class SelectLasso(_Selecting, Lasso):
    """A freehand outline."""

    name: ClassVar[str] = "select_lasso"

    def release(self, at: Pointer) -> None:
        if self.active and len(self._points) < 3:
            self.abandon()
            if self._mode is SelectMode.REPLACE:
                selecting.clear_selection(self.canvas.context)
            return
        super().release(at)
