"""Keeps windows inside the available area of their screen."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect, QSize
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

FRAME = QMargins(8, 40, 8, 8)
"""Margins for the window frame; its size is unknown before the window is shown."""


def available_area(window: QWidget) -> QRect:
    """The area of the screen that the content of ``window`` may cover."""
    return window.screen().availableGeometry().marginsRemoved(FRAME)


def place(window: QWidget, size: QSize) -> None:
    """Give ``window`` this ``size``, or the largest that fits, at the centre of its screen."""
    available = available_area(window)
    placed = QRect(available.topLeft(), size.boundedTo(available.size()))
    placed.moveCenter(available.center())
    window.setGeometry(placed)


def keep_inside(window: QWidget) -> None:
    """Shrink and move ``window`` onto its screen; maximized and full-screen windows stay as they are."""
    if window.isMaximized() or window.isFullScreen():
        return
    available, current = available_area(window), window.geometry()
    placed = QRect(current.topLeft(), current.size().boundedTo(available.size()))
    placed.moveRight(min(placed.right(), available.right()))
    placed.moveBottom(min(placed.bottom(), available.bottom()))
    placed.moveLeft(max(placed.left(), available.left()))
    placed.moveTop(max(placed.top(), available.top()))
    if placed != current:
        window.setGeometry(placed)


class Dialog(QDialog):
    """A dialog that is never larger than the screen. F1 opens its ``help_page`` of the manual."""

    help_page = "start"

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Trigger the action of the main window that opens the manual."""
        if not event.matches(QKeySequence.StandardKey.HelpContents):
            super().keyPressEvent(event)
            return
        root: QWidget = self
        while (parent := root.parentWidget()) is not None:
            root = parent
        action = root.findChild(QAction, "manual")
        if isinstance(action, QAction):
            action.trigger()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        keep_inside(self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self.isVisible():
            keep_inside(self)
