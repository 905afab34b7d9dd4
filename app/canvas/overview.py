"""A small map of the whole picture that outlines the visible part; clicking it moves the view."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QTransform
from PySide6.QtWidgets import QWidget

from app.canvas.layer import PictureLayer
from app.canvas.navigation import NavigableView, ViewPosition
from app.canvas.transforms import scale_of
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
        area = self._view.viewport().size()
        size = QSize(self._view.box.width, self._view.box.height)
        if size.isEmpty():
            return QSize(0, 0)
        if self._view.rotation % 180:
            size.transpose()
        scale = min(
            SIDE / max(size.width(), size.height()),
            SHARE * area.width() / size.width(),
            SHARE * area.height() / size.height(),
        )
        return QSize(max(round(size.width() * scale), 8), max(round(size.height() * scale), 8))

    def _from_picture(self) -> QTransform:
        """The transform from native pixels to pixels of the map."""
        box, rotation = self._view.box, self._view.rotation
        across, down = self.width(), self.height()
        if rotation % 180:
            across, down = down, across
        turned = QTransform.fromTranslate(self.width() / 2, self.height() / 2).rotate(rotation)
        scaled = turned.scale(across / box.width, down / box.height)
        return scaled.translate(-box.width / 2, -box.height / 2)

    def _update_geometry(self, size: QSize) -> None:
        area = self._view.viewport().geometry()
        corner = area.right() - size.width() - _MARGIN, area.bottom() - size.height() - _MARGIN
        self.setGeometry(*corner, size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._layer is None:
            return
        box, painter = self._view.box, QPainter(self)
        painter.fillRect(self.rect(), QColor("#555555"))
        transform = self._from_picture()
        painter.save()
        painter.setTransform(transform, True)
        self._layer.draw(painter, box, scale_of(transform) * self.devicePixelRatioF())
        painter.restore()
        frame = transform.mapRect(self._view.visible_rect().intersected(QRectF(*box)))
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
        inverse, _ = self._from_picture().inverted()
        at = inverse.map(event.position())
        self._view.set_view(ViewPosition(at.x(), at.y(), self._view.zoom))
        event.accept()
