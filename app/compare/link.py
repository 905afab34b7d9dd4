"""Views that show the same place. The one that is moved leads; the others follow and are never asked back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QPainterPath

from app.canvas.view import CanvasView

_CROSS = 7
"""Half the size of the cross that marks the mouse in the other views, in screen pixels."""


class ViewLink(QObject):
    """Keeps ``views`` at one place and zoom; the first says where that is when sizes change."""

    def __init__(self, views: list[CanvasView], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views, self._leading = views, False
        for view in views:
            view.moved.connect(self._follower(view))
            view.hovered.connect(self._marker(view))

    def lead(self, leader: CanvasView) -> None:
        """Let all others go where ``leader`` is; their own moves on the way there lead nobody."""
        if self._leading or not leader.isVisible():
            return
        self._leading = True
        try:
            for view in self._views:
                if view is not leader and view.isVisible():
                    view.set_view(leader.position)
        finally:
            self._leading = False

    def _follower(self, view: CanvasView) -> Callable[[], None]:
        return lambda: self.lead(self._views[0] if view.resizing else view)

    def _marker(self, view: CanvasView) -> Callable[[float, float], None]:
        return lambda x, y: self._mark(view, x, y)

    def _mark(self, leader: CanvasView, x: float, y: float) -> None:
        """A cross where the mouse would be in the other views."""
        for view in self._views:
            if view is not leader:
                view.guides.linked_cursor.set_path(
                    _cross(x, y, _CROSS / view.zoom) if x >= 0 else QPainterPath()
                )


def _cross(x: float, y: float, size: float) -> QPainterPath:
    path = QPainterPath()
    path.moveTo(x - size, y)
    path.lineTo(x + size, y)
    path.moveTo(x, y - size)
    path.lineTo(x, y + size)
    return path
