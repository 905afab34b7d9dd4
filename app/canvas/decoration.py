"""The background around the picture and the pixel grid on it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.canvas.items import outward
from app.canvas.transforms import rotation_of, scale_of
from app.theme import SURROUNDS
from imagest_core.painting.geometry import Box

GRID_FROM = 8.0
"""Lowest zoom at which the pixel grid is drawn."""
_LINE = QColor(128, 128, 128, 110)
_SQUARE = 8
_CHECKER = "#8a8a8a", "#b4b4b4"
_Positions = NDArray[np.int64]


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
        exposed = option.exposedRect.intersected(self._box)
        if scale_of(painter.deviceTransform()) >= GRID_FROM and not exposed.isEmpty():
            draw_grid(painter, outward(exposed))


def draw_grid(painter: QPainter, part: Box) -> None:
    """Draw the borders of the pixels in ``part`` of the picture, one device pixel wide.

    A translucent line is blended pixel by pixel: many take tens of milliseconds. So the upright ones are
    drawn together, as one row of pixels that is repeated downwards, and the level ones as rectangles.
    """
    device = painter.deviceTransform()
    across, down = _borders(device, part)
    left, top = int(across[0]), int(down[0])
    width, height = int(across[-1]) - left + 1, int(down[-1]) - top + 1
    row = np.zeros(width, np.uint32)
    row[across - left] = _LINE.rgba()
    image = QImage(row.data, width, 1, 4 * width, QImage.Format.Format_ARGB32)
    brush = QBrush(image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))
    brush.setTransform(QTransform.fromTranslate(left, 0))
    painter.save()
    painter.setWorldTransform(device.inverted()[0] * painter.worldTransform())  # to device pixels
    painter.fillRect(QRectF(left, top, width, height), brush)
    for y in down.tolist():
        painter.fillRect(QRectF(left, y, width, 1), _LINE)
    painter.restore()


def _borders(device: QTransform, part: Box) -> tuple[_Positions, _Positions]:
    """Columns and rows of device pixels at the borders of the pixels of ``part``, in ascending order."""
    columns, rows = np.arange(part.x, part.right + 1), np.arange(part.y, part.bottom + 1)
    if rotation_of(device) % 180:
        across, down = device.m21() * rows, device.m12() * columns
    else:
        across, down = device.m11() * columns, device.m22() * rows
    return _nearest(across + device.dx()), _nearest(down + device.dy())


def _nearest(borders: NDArray[Any]) -> _Positions:
    """The nearest positions between two device pixels; pictures are drawn from there on."""
    return np.sort(np.floor(borders + 0.5).astype(np.int64))


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
