"""A label that cuts long text."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QToolTip

from app.theme import GRID


class ElidedLabel(QLabel):
    """A line of text that ends in … if it does not fit; the tooltip then shows all of it."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Width of a few letters, whatever the text."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), 4 * GRID), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the elided text."""
        area = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter = QPainter(self)
        self.style().drawItemText(
            painter, area, self.alignment(), self.palette(), self.isEnabled(), text, self.foregroundRole()
        )
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Show the full text as a tooltip if it is cut."""
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        if cut and isinstance(event, QHelpEvent) and not self.toolTip():
            QToolTip.showText(event.globalPos(), self.text(), self)
            return True
        return super().event(event)
