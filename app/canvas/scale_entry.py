"""Asks how long a measured line is, where it was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainterPath
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QHBoxLayout, QLabel, QPushButton

from app.canvas.tools.base import Point
from imagest_core.project.operations.settings import calibrate

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

_LONGEST = 100_000.0
_DISTANCE = 16


class ScaleEntry(QFrame):
    """Shows the distance of two points; Enter makes the length typed the scale of the scan."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._points: tuple[Point, Point] = ((0, 0), (0, 0))
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.pixels = QLabel()
        self.length = QDoubleSpinBox()
        self.length.setRange(0.01, _LONGEST)
        self.length.setDecimals(2)
        self.length.setSuffix(" mm")
        self.length.setAccessibleName(self.tr("Length on the painting"))
        self.button = QPushButton(self.tr("Set scale"))
        self.button.clicked.connect(self._set)
        across = QHBoxLayout(self)
        across.setContentsMargins(8, 8, 8, 8)
        across.setSpacing(8)
        for widget in (self.pixels, self.length, self.button):
            across.addWidget(widget)
        self.hide()

    def ask(self, start: Point, end: Point) -> None:
        """Two points were measured."""
        self._points = start, end
        self.pixels.setText(self.tr("{0} px  =").format(f"{math.dist(start, end):.1f}"))
        self.length.setValue(self._known_length())
        self.adjustSize()
        self._settle(end)
        self.show()
        self.raise_()
        self.length.setFocus()
        self.length.selectAll()

    def _known_length(self) -> float:
        """By the scale there is; 10 mm where there is none."""
        (x, y), (other_x, other_y) = self._points
        scale = self._view.document.state.calibration
        if scale is None:
            return 10.0
        across = (other_x - x) / scale.resolution.px_per_mm_x
        return math.hypot(across, (other_y - y) / scale.resolution.px_per_mm_y)

    def _settle(self, end: Point) -> None:
        """Beside the second point, inside the view."""
        at = self._view.viewportTransform().map(QPointF(*end))
        room = self._view.rect().adjusted(8, 8, -8 - self.width(), -8 - self.height())
        x = min(max(round(at.x()) + _DISTANCE, room.left()), room.right())
        self.move(x, min(max(round(at.y()) + _DISTANCE, room.top()), room.bottom()))

    def _set(self) -> None:
        start, end = self._points
        state = self._view.document.state
        self._view.context.attempt(
            lambda: self._view.document.do(calibrate(state, start, end, self.length.value()))
        )
        self.dismiss()

    def dismiss(self) -> None:
        """Nothing is asked any more."""
        if self.isVisible():
            self.hide()
            self._view.draft(QPainterPath())
            self._view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter sets the scale, Esc leaves it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._set()
        elif event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)
