"""The colour difference between scan and restored picture as a map with a legend."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.canvas.picture import Picture
from imagest_core.painting.color.display import Pixels
from imagest_core.painting.geometry import Box

MAX_DELTA_E = 20.0
"""CIEDE2000 at the upper end of the legend."""
_BACKGROUND_LEVEL = 0.22


class DifferencePicture:
    """CIEDE2000 between two pictures, over a dimmed grey version of the first. No Qt."""

    def __init__(self, original: Picture, restored: Picture) -> None:
        self._original, self._restored = original, restored
        self.width, self.height, self.levels = original.width, original.height, original.levels

    def held(self, level: int) -> Pixels | None:
        """None: no level is kept in memory."""
        return None

    def make(self, level: int, part: Box) -> Pixels:
        """Compute ``part`` of a level."""
        before, after = (_part(picture, level, part) for picture in (self._original, self._restored))
        return coloured(before, after)


def _part(picture: Picture, level: int, part: Box) -> Pixels:
    held = picture.held(level)
    return picture.make(level, part) if held is None else held[part.slices].copy()


def coloured(before: Pixels, after: Pixels) -> Pixels:
    """Colour-code the difference of two (h, w, 4) pictures."""
    grey = cv2.cvtColor(before, cv2.COLOR_BGRA2GRAY)
    background = cv2.cvtColor((grey * _BACKGROUND_LEVEL).astype(np.uint8), cv2.COLOR_GRAY2BGRA)
    background[..., 3] = before[..., 3]
    changed = (before != after).any(axis=2)
    if changed.any():
        share = np.clip(delta_e(before[changed], after[changed]) / MAX_DELTA_E, 0, 1)
        colours = cv2.applyColorMap(
            np.rint(40 + 215 * share).astype(np.uint8)[:, None], cv2.COLORMAP_INFERNO
        )[:, 0]
        background[changed, :3] = colours
    return background


def delta_e(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n,) CIEDE2000 between (n, 4) pixels."""
    from skimage.color import deltaE_ciede2000

    lab = [
        cv2.cvtColor(np.ascontiguousarray(p[None, :, :3], np.float32) / np.float32(255), cv2.COLOR_BGR2Lab)
        for p in (before, after)
    ]
    return np.asarray(deltaE_ciede2000(*lab)[0])


@cache
def _ramp() -> QImage:
    """The colours of the map from left to right, one pixel high."""
    ramp = cv2.applyColorMap(np.linspace(40, 255, 216).astype(np.uint8)[None], cv2.COLORMAP_INFERNO)
    pixels = np.ascontiguousarray(ramp[..., ::-1])
    return QImage(pixels.data, 216, 1, 3 * 216, QImage.Format.Format_RGB888).copy()


class DifferenceLegend(QWidget):
    """The legend of a difference map: its colours from 0 to ``MAX_DELTA_E`` and above."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Legend of the difference map"))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(248, 56)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(24, 24, 24, 220))
        painter.drawImage(QRectF(16, 24, 216, 8), _ramp())
        painter.setPen(QColor("#e0e0e0"))
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.drawText(QRectF(16, 4, 216, 16), 0, self.tr("Difference, ΔE 2000"))
        ends = ((0, Qt.AlignmentFlag.AlignLeft), (MAX_DELTA_E / 2, Qt.AlignmentFlag.AlignHCenter))
        for value, align in (*ends, (MAX_DELTA_E, Qt.AlignmentFlag.AlignRight)):
            text = f"{value:.0f}" + (" +" if value == MAX_DELTA_E else "")
            painter.drawText(QRectF(16, 35, 216, 16), align, text)
        painter.end()
