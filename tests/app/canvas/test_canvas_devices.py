"""Pens and touch pads."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication

from imagest_core.painting.geometry import Box


def pen(view, kind: QEvent.Type, x: int, y: int, pressure: float) -> None:
    at = QPointF(x, y)
    event = QTabletEvent(
        kind,
        QPointingDevice.primaryPointingDevice(),
        at,
        view.viewport().mapToGlobal(at),
        pressure,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        Qt.KeyboardModifier.NoModifier,
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
    )
    QApplication.sendEvent(view.viewport(), event)


def test_light_pen_pressure_draws_a_thin_stroke(view, context, document, mouse) -> None:
    context.selection.tool, context.selection.brush_size = "brush", 40.0
    pen(view, QEvent.Type.TabletPress, 100, 100, 0.5)
    mouse.drag((100, 100), (200, 100))
    assert document.state.damage.bounds() == Box(90, 90, 120, 20)
    pen(view, QEvent.Type.TabletRelease, 200, 100, 0.0)
    mouse.drag((100, 200), (200, 200))
    assert document.state.damage.read(Box(100, 181, 1, 1))[0, 0] == 1


def test_pinch_zooms_at_the_fingers(view) -> None:
    before, at = view.to_picture(QPointF(300, 200)), QPointF(300, 200)
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        at,
        at,
        view.viewport().mapToGlobal(at),
        0.5,
        QPointF(),
    )
    QApplication.sendEvent(view.viewport(), event)
    assert view.zoom == pytest.approx(1.5)
    assert (view.to_picture(at) - before).manhattanLength() < 2
