"""Where windows stand: inside the part of the screen that is free, whatever its size."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect, QSize
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

FRAME = QMargins(8, 40, 8, 8)
"""Room left for the frame that the system draws round a window; it is unknown before the window is shown."""


def free_area(window: QWidget) -> QRect:
    """Where the content of ``window`` may stand on its screen."""
    return window.screen().availableGeometry().marginsRemoved(FRAME)


def place(window: QWidget, wanted: QSize) -> None:
    """Give ``window`` the ``wanted`` size, or what fits, in the middle of its screen."""
    free = free_area(window)
    placed = QRect(free.topLeft(), wanted.boundedTo(free.size()))
    placed.moveCenter(free.center())
    window.setGeometry(placed)


def keep_inside(window: QWidget) -> None:
    """Shrink and move ``window`` so that all of it is on its screen; one that fills the screen stays."""
    if window.isMaximized() or window.isFullScreen():
        return
    free, now = free_area(window), window.geometry()
    placed = QRect(now.topLeft(), now.size().boundedTo(free.size()))
    placed.moveRight(min(placed.right(), free.right()))
    placed.moveBottom(min(placed.bottom(), free.bottom()))
    placed.moveLeft(max(placed.left(), free.left()))
    placed.moveTop(max(placed.top(), free.top()))
    if placed != now:
        window.setGeometry(placed)


class Dialog(QDialog):
    """A dialog that is never larger than the screen."""

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Stay on the screen."""
        super().showEvent(event)
        keep_inside(self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """What it says may need more room than there is."""
        super().resizeEvent(event)
        if self.isVisible():
            keep_inside(self)
