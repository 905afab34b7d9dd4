"""A scale bar on the canvas, in pixels or, where the scale of the scan is known, in units of length."""

from __future__ import annotations

import math
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.canvas.navigation import NavigableView
from imagest_core.painting.resolution import Resolution

LONGEST = 200
"""Largest length of the bar in screen pixels."""
SHARE = 0.35
"""Largest share of the width of the view."""
_HEIGHT, _PADDING, _INSET = 30, 8, 12
_UNITS = ((1000.0, "m"), (10.0, "cm"), (1.0, "mm"), (0.0, "µm"))


class Length(NamedTuple):
    """A round length: its text, and its length on the screen in pixels."""

    text: str
    pixels: float


def round_length(longest: float, zoom: float, px_per_mm: float | None) -> Length:
    """The largest length of 1, 2 or 5 × 10ⁿ that is at most ``longest`` screen pixels.

    ``zoom``: screen pixels per native pixel. Without ``px_per_mm`` it is a length in native pixels.
    """
    unit = zoom if px_per_mm is None else zoom * px_per_mm
    largest = longest / unit
    power = 10.0 ** math.floor(math.log10(largest))
    value = next(step for step in (5, 2, 1) if step * power <= largest * (1 + 1e-9)) * power
    if px_per_mm is None:
        value = max(value, 1.0)
    return Length(_px_text(value) if px_per_mm is None else _length_text(value), value * unit)


def _px_text(pixels: float) -> str:
    return f"{round(pixels)} px"


def _length_text(millimetres: float) -> str:
    size, name = next(unit for unit in _UNITS if millimetres >= unit[0] * (1 - 1e-9))
    return f"{millimetres / (size or 0.001):.6g} {name}"


class ScaleBar(QWidget):
    """Sits in the lower left corner of ``view``, ``raised_by`` pixels above the edge."""

    def __init__(self, view: NavigableView) -> None:
        super().__init__(view)
        self._view = view
        self._resolution: Resolution | None = None
        self._wanted, self._raised_by = False, 0
        self.length = Length("", 0.0)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_visible(self, visible: bool) -> None:
        """Show or hide the bar; without a picture it stays hidden."""
        self._wanted = visible
        self.update_bar()

    def set_resolution(self, resolution: Resolution | None) -> None:
        """Set the scale of the scan; None measures in pixels."""
        self._resolution = resolution
        self.update_bar()

    def raise_by(self, pixels: int) -> None:
        """Leave room for something below the bar."""
        self._raised_by = pixels
        self.update_bar()

    def update_bar(self) -> None:
        """Choose the length after the view has moved."""
        shown = self._wanted and not self._view.box.empty
        if shown:
            area = self._view.viewport().geometry()
            longest = min(LONGEST, SHARE * area.width())
            self.length = round_length(
                longest, self._view.zoom / self._view.devicePixelRatioF(), self._px_per_mm()
            )
            text = self.fontMetrics().horizontalAdvance(self.length.text)
            width = max(round(self.length.pixels), text) + 2 * _PADDING
            bottom = area.bottom() - _INSET - self._raised_by
            self.setGeometry(area.x() + _INSET, bottom - _HEIGHT, width, _HEIGHT)
            self.setAccessibleName(self.tr("Scale bar: {0}").format(self.length.text))
            self.update()
        self.setVisible(shown)

    def _px_per_mm(self) -> float | None:
        """The resolution along the horizontal of the screen."""
        if self._resolution is None:
            return None
        upright = self._view.rotation % 180 == 0
        return self._resolution.px_per_mm_x if upright else self._resolution.px_per_mm_y

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(24, 24, 24, 200))
        painter.setPen(QColor("#e8e8e8"))
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        area = QRectF(self.rect()).adjusted(_PADDING, 2, -_PADDING, -10)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.length.text)
        y, right = self.height() - 7, _PADDING + round(self.length.pixels)
        painter.fillRect(_PADDING, y, right - _PADDING, 2, QColor("#ffffff"))
        for x in (_PADDING, right - 1):
            painter.fillRect(x, y - 3, 1, 8, QColor("#ffffff"))
        painter.end()
