"""A small map of the whole picture with the part that is seen; a press on it goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.canvas.layer import Layer
from app.canvas.navigation import Place
from imagest_core.painting.geometry import Box

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

SIDE = 168
_DISTANCE = 16


class Overview(QWidget):
    """Lies in the lower right corner of a view, as long as not all of the picture is seen."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._layer: Layer | None = None
        self.setAccessibleName(self.tr("Overview map"))
        self.setToolTip(self.tr("Overview: press to go there"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_layer(self, layer: Layer | None) -> None:
        """Show another picture."""
        if self._layer is not None:
            self._layer.updated.disconnect(self._refresh)
        self._layer = layer
        if layer is not None:
            layer.updated.connect(self._refresh)
        self.follow()

    def _refresh(self) -> None:
        self.update()

    def follow(self) -> None:
        """The view has moved."""
        seen = self._view.visible_box() if self._layer is not None else Box(0, 0, 0, 0)
        wanted = self._layer is not None and not seen.contains(self._view.box)
        if wanted:
            self._settle()
            self.update()
        self.setVisible(wanted)

    def _settle(self) -> None:
        """Take the picture's shape, in the corner."""
        box = self._view.box
        scale = SIDE / max(box.width, box.height)
        size = QSize(max(round(box.width * scale), 8), max(round(box.height * scale), 8))
        area = self._view.viewport().geometry()
        corner = area.right() - size.width() - _DISTANCE, area.bottom() - size.height() - _DISTANCE
        self.setGeometry(*corner, size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The coarsest level, and a frame round what is seen."""
        if self._layer is None:
            return
        box, painter = self._view.box, QPainter(self)
        painter.fillRect(self.rect(), QColor("#555555"))
        scale = self.width() / box.width
        painter.save()
        painter.scale(scale, self.height() / box.height)
        self._layer.draw(painter, box, scale * self.devicePixelRatioF())
        painter.restore()
        seen = self._view.visible_rect().intersected(QRectF(*box))
        frame = QRectF(seen.x() * scale, seen.y() * scale, seen.width() * scale, seen.height() * scale)
        for colour, grown in (("#000000", 1), ("#ffffff", 0)):
            painter.setPen(QPen(QColor(colour), 1))
            painter.drawRect(frame.adjusted(-grown, -grown, grown - 1, grown - 1))
        painter.setPen(QPen(QColor("#222222"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go there."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go there."""
        self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        box = self._view.box
        x, y = event.position().x() / self.width(), event.position().y() / self.height()
        self._view.set_view(Place(x * box.width, y * box.height, self._view.zoom))
        event.accept()
