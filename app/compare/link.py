"""Keeps several views at the same position: the one that the user moves leads, the others follow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from app.canvas.navigation import NavigableView
from imagest_core.painting.geometry import Box


class ViewLink(QObject):
    """Keeps ``views`` at one position and zoom; the first one leads when sizes change."""

    def __init__(self, views: Sequence[NavigableView], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views, self._leading = views, False
        for view in views:
            view.moved.connect(self._follower(view))
            view.hovered.connect(self._marker(view))

    def lead(self, leader: NavigableView) -> None:
        """Move all other visible views to the position of ``leader``, ignoring the signals they emit."""
        if self._leading or not leader.isVisible():
            return
        self._leading = True
        try:
            for view in self._views:
                if view is not leader and view.isVisible():
                    view.rotate_to(leader.rotation)
                    view.set_view(leader.position)
        finally:
            self._leading = False

    def _follower(self, view: NavigableView) -> Callable[[], None]:
        return lambda: self.lead(self._views[0] if view.resizing else view)

    def _marker(self, view: NavigableView) -> Callable[[float, float], None]:
        return lambda x, y: self._mark(view, x, y)

    def _mark(self, leader: NavigableView, x: float, y: float) -> None:
        """Draw a cross at the position of the mouse in the other views, on the picture only."""
        inside = leader.box.contains(Box(math.floor(x), math.floor(y), 1, 1))
        for view in self._views:
            if view is leader:
                continue
            if inside:
                view.linked_cursor.show_at(x, y)
            else:
                view.linked_cursor.set_boxes(())
