"""The background around the picture and the pixel grid on it."""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.canvas.transforms import scale_of
from app.theme import SURROUNDS

GRID_FROM = 8.0
"""Lowest zoom at which the pixel grid is drawn."""
_SQUARE = 8
_CHECKER = "#8a8a8a", "#b4b4b4"


def draw_surround(painter: QPainter, exposed: QRectF, picture: QRectF, kind: str) -> None:
    """Fill with neutral grey; ``checker`` adds a pattern that is visible through transparent pixels."""
    painter.fillRect(exposed, QColor(SURROUNDS.get(kind, SURROUNDS["mid"])))
    covered = exposed.intersected(picture)
    if kind == "checker" and not covered.isEmpty():
        device = painter.worldTransform().mapRect(covered)
        painter.save()
        painter.resetTransform()
        painter.fillRect(device, QBrush(_checker()))
        painter.restore()


class GridItem(QGraphicsItem):
    """The pixel grid of a picture, drawn above it and below all overlays."""

    def __init__(self) -> None:
        super().__init__()
        self._box = QRectF()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def set_box(self, box: QRectF) -> None:
        """Set the box of the picture."""
        self.prepareGeometryChange()
        self._box = box

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._box

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        zoom = scale_of(painter.worldTransform()) * painter.device().devicePixelRatioF()
        draw_grid(painter, option.exposedRect.intersected(self._box), zoom)


def draw_grid(painter: QPainter, exposed: QRectF, zoom: float) -> None:
    """Draw the borders of the pixels if the zoom is high enough."""
    if zoom < GRID_FROM or exposed.isEmpty():
        return
    pen = QPen(QColor(128, 128, 128, 110), 1)
    pen.setCosmetic(True)
    painter.setPen(pen)
    left, right = math.floor(exposed.left()), math.ceil(exposed.right())
    top, bottom = math.floor(exposed.top()), math.ceil(exposed.bottom())
    painter.drawLines([QLineF(x, top, x, bottom) for x in range(left, right + 1)])
    painter.drawLines([QLineF(left, y, right, y) for y in range(top, bottom + 1)])


@cache
def _checker() -> QPixmap:
    tile = QPixmap(2 * _SQUARE, 2 * _SQUARE)
    tile.fill(QColor(_CHECKER[0]))
    painter = QPainter(tile)
    painter.setPen(Qt.PenStyle.NoPen)
    for corner in (0, _SQUARE):
        painter.fillRect(corner, corner, _SQUARE, _SQUARE, QColor(_CHECKER[1]))
    painter.end()
    return tile
