"""A small map of the whole picture that outlines the visible part; clicking it moves the view."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.canvas.layer import PictureLayer
from app.canvas.navigation import NavigableView, ViewPosition
from imagest_core.painting.geometry import Box

SIDE = 168
"""Largest length of the longer side in screen pixels."""
SHARE = 0.28
"""Largest share of the width and the height of the view."""
SMALLEST = 64
"""Length of the longer side, in screen pixels, below which the map is hidden."""
_MARGIN = 16


class Overview(QWidget):
    """Sits in the lower right corner of ``view`` while part of the picture is out of sight."""

    def __init__(self, view: NavigableView) -> None:
        super().__init__(view)
        self._view = view
        self._layer: PictureLayer | None = None
        self.setAccessibleName(self.tr("Overview map"))
        self.setToolTip(self.tr("Overview: click to move the view there"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_layer(self, layer: PictureLayer | None) -> None:
        """Show another picture, or none."""
        if self._layer is not None:
            self._layer.updated.disconnect(self._repaint)
        self._layer = layer
        if layer is not None:
            layer.updated.connect(self._repaint)
        self.view_moved()

    def _repaint(self) -> None:
        self.update()

    def view_moved(self) -> None:
        """Update the outline after the view has moved.

        Hide where all of the picture is visible, and in views that are too small for a map.
        """
        visible = self._view.visible_box() if self._layer is not None else Box(0, 0, 0, 0)
        size = self._map_size()
        needed = self._layer is not None and not visible.contains(self._view.box)
        needed = needed and max(size.width(), size.height()) >= SMALLEST
        if needed:
            self._update_geometry(size)
            self.update()
        self.setVisible(needed)

    def _map_size(self) -> QSize:
        """Size of the map: limited by ``SIDE`` and by a share of the view."""
        box, area = self._view.box, self._view.viewport().size()
        if box.empty:
            return QSize(0, 0)
        scale = min(
            SIDE / max(box.width, box.height),
            SHARE * area.width() / box.width,
            SHARE * area.height() / box.height,
        )
        return QSize(max(round(box.width * scale), 8), max(round(box.height * scale), 8))

    def _update_geometry(self, size: QSize) -> None:
        area = self._view.viewport().geometry()
        corner = area.right() - size.width() - _MARGIN, area.bottom() - size.height() - _MARGIN
        self.setGeometry(*corner, size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._layer is None:
            return
        box, painter = self._view.box, QPainter(self)
        painter.fillRect(self.rect(), QColor("#555555"))
        scale = self.width() / box.width
        painter.save()
        painter.scale(scale, self.height() / box.height)
        self._layer.draw(painter, box, scale * self.devicePixelRatioF())
        painter.restore()
        visible = self._view.visible_rect().intersected(QRectF(*box))
        frame = QRectF(
            visible.x() * scale, visible.y() * scale, visible.width() * scale, visible.height() * scale
        )
        for colour, outset in (("#000000", 1), ("#ffffff", 0)):
            painter.setPen(QPen(QColor(colour), 1))
            painter.drawRect(frame.adjusted(-outset, -outset, outset - 1, outset - 1))
        painter.setPen(QPen(QColor("#222222"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._center_view(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._center_view(event)

    def _center_view(self, event: QMouseEvent) -> None:
        box = self._view.box
        x, y = event.position().x() / self.width(), event.position().y() / self.height()
        self._view.set_view(ViewPosition(x * box.width, y * box.height, self._view.zoom))
        event.accept()
