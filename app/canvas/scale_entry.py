"""A field on the canvas that asks for the length of a measured line."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QGraphicsView, QHBoxLayout, QLabel, QPushButton

from app.widgets.parts import guard_wheel
from imagest_core.painting.resolution import Resolution
from imagest_core.project.state import Point

_LONGEST = 100_000.0
_DEFAULT_LENGTH = 10.0
_DISTANCE = 16


class ScaleEntry(QFrame):
    """Shows the distance of two points in pixels and asks for their distance in millimetres.

    ``confirmed(start, end, millimetres)`` on Enter; ``dismissed()`` whenever the field closes.
    """

    confirmed = Signal(object, object, float)
    dismissed = Signal()

    def __init__(self, view: QGraphicsView) -> None:
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
        guard_wheel(self.length)
        self.length.setAccessibleName(self.tr("Length on the painting"))
        self.button = QPushButton(self.tr("Set scale"))
        self.button.clicked.connect(self._confirm)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self.pixels, self.length, self.button):
            layout.addWidget(widget)
        self.hide()

    def ask(self, start: Point, end: Point, resolution: Resolution | None) -> None:
        """Ask for the distance of two native points; ``resolution`` gives the proposed length."""
        self._points = start, end
        self.pixels.setText(self.tr("{0} px  =").format(f"{math.dist(start, end):.1f}"))
        self.length.setValue(_DEFAULT_LENGTH if resolution is None else _length(start, end, resolution))
        self.adjustSize()
        self._move_beside(end)
        self.show()
        self.raise_()
        self.length.setFocus()
        self.length.selectAll()

    def _move_beside(self, end: Point) -> None:
        """Move next to the second point, inside the view."""
        at = self._view.viewportTransform().map(QPointF(*end))
        area = self._view.rect().adjusted(8, 8, -8 - self.width(), -8 - self.height())
        x = min(max(round(at.x()) + _DISTANCE, area.left()), area.right())
        self.move(x, min(max(round(at.y()) + _DISTANCE, area.top()), area.bottom()))

    def _confirm(self) -> None:
        self.confirmed.emit(*self._points, self.length.value())
        self.dismiss()

    def dismiss(self) -> None:
        """Close the field."""
        if self.isVisible():
            self.hide()
            self.dismissed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter sets the scale, Esc closes the field."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._confirm()
        elif event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)


def _length(start: Point, end: Point, resolution: Resolution) -> float:
    """The distance of two points in millimetres."""
    across = (end[0] - start[0]) / resolution.px_per_mm_x
    return math.hypot(across, (end[1] - start[1]) / resolution.px_per_mm_y)
