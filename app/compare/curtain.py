"""The curtain between original and restored, moved by its handle."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.canvas.view import CanvasView

_WIDTH = 32
_STEP = 0.02


class Curtain(QWidget):
    """Splits a view at ``share`` (0–1) of its width; the mouse and arrow keys move it: ``moved(share)``."""

    moved = Signal(float)

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view, self.share = view, 0.5
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(self.tr("Curtain between original and restored"))
        self.hide()

    def update_geometry(self) -> None:
        """Move to the current position in the view."""
        area = self._view.viewport().geometry()
        self.setGeometry(
            round(area.x() + self.share * area.width()) - _WIDTH // 2, area.y(), _WIDTH, area.height()
        )

    def move_to(self, share: float) -> None:
        """Move the curtain to ``share`` of the width."""
        self.share = min(max(share, 0.0), 1.0)
        self.update_geometry()
        self.moved.emit(self.share)

    def right(self) -> QRectF:
        """The area right of the curtain in native pixels."""
        area = QRectF(self._view.viewport().rect())
        return self._view.to_picture_rect(area.adjusted(area.width() * self.share, -1, 1, 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            x = self.mapTo(self._view, event.position().toPoint()).x()
            self.move_to((x - self._view.viewport().x()) / self._view.viewport().width())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Left: -_STEP, Qt.Key.Key_Right: _STEP}.get(Qt.Key(event.key()))
        if step is None:
            event.ignore()
        else:
            self.move_to(self.share + step)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, x = QPainter(self), _WIDTH / 2
        for colour, width in (("#000000", 3), ("#ffffff", 1)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor("#202020"), 1))
        painter.setBrush(QColor("#f2f2f2"))
        middle = QPointF(x, self.height() / 2)
        painter.drawEllipse(middle, 12, 12)
        painter.setPen(QPen(QColor("#202020"), 1.5))
        for side in (-1, 1):
            tip = middle + QPointF(side * 7, 0)
            painter.drawLine(tip, tip + QPointF(-side * 4, -4))
            painter.drawLine(tip, tip + QPointF(-side * 4, 4))
        painter.end()
