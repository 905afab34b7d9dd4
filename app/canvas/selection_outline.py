"""The moving outline of the selection."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import QObject, QPointF, QTimer
from PySide6.QtGui import QPainterPath, QPolygonF

from app.canvas.items import LineItem
from imagest_core.damage.selection import Selection
from imagest_core.painting.geometry import Box

INTERVAL = 400
"""Milliseconds between two steps of the dashes."""
MAX_SIDE = 2048
"""Longest side (px) of the mask from which the outline is traced; larger selections are reduced."""


class SelectionOutline(QObject):
    """Draws a selection as ``item`` and moves its dashes."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.item = LineItem("#ffffff")
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self._step)

    @property
    def moving(self) -> bool:
        """Whether the dashes move."""
        return self._timer.isActive()

    def show(self, selection: Selection | None) -> None:
        """Outline ``selection``; None removes the outline."""
        self.item.set_path(QPainterPath() if selection is None else outline_path(selection))
        self._timer.stop() if selection is None else self._timer.start()

    def _step(self) -> None:
        self.item.shift_dashes()


def outline_path(selection: Selection) -> QPainterPath:
    """Return the borders of the selected pixels in native pixels."""
    box = selection.box
    scale = max(-(-max(box.width, box.height) // MAX_SIDE), 1)
    mask = _reduced(selection, box, scale)
    # Twice the size, so that the corners of pixels are pixels, too.
    doubled = np.pad(mask, 1).repeat(2, axis=0).repeat(2, axis=1)
    outlines, _ = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    path = QPainterPath()
    for outline in outlines:
        corners = np.ceil((outline[:, 0, :] - 1) / 2 - 0.5) * scale + (box.x, box.y)
        path.addPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in corners]))
        path.closeSubpath()
    return path


def _reduced(selection: Selection, box: Box, scale: int) -> np.ndarray:
    """Return the mask of ``box``, every ``scale``-th pixel, read in rows of tiles."""
    rows = [
        selection.mask.read(Box(box.x, y, box.width, 1))[:, ::scale] for y in range(box.y, box.bottom, scale)
    ]
    return np.concatenate(rows)
