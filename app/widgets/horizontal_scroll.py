"""A scroll area for one row of widgets."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QScrollArea


class HorizontalScrollArea(QScrollArea):
    """Scrolls along its row, also with an ordinary wheel."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Scroll by the vertical or the horizontal wheel, whichever was turned more."""
        turned = max(event.angleDelta().x(), event.angleDelta().y(), key=abs)
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - round(turned / 120 * 3 * bar.singleStep()))
        event.accept()
