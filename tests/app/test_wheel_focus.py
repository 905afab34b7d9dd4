"""The wheel scrolls a panel: it changes a field only while that has the focus."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QApplication, QComboBox, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.settings import SettingsDialog
from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.restoration.request import RestorationRequest

FIELDS = QAbstractSlider, QAbstractSpinBox, QComboBox


def turn(widget: QWidget, notches: int = -1) -> None:
    """Turn the wheel over the middle of ``widget``, as the window system reports it."""
    at = QPointF(widget.mapTo(widget.window(), widget.rect().center()))
    QTest.wheelEvent(widget.window().windowHandle(), at, QPoint(0, 120 * notches))
    QApplication.processEvents()


def fields(inside: QWidget) -> list[QWidget]:
    """Everything in sight with a value that the wheel could change."""
    return [
        one
        for one in inside.findChildren(QWidget)
        if isinstance(one, FIELDS) and one.isEnabled() and not one.visibleRegion().isEmpty()
    ]


def value(field: QWidget) -> object:
    for name in ("currentIndex", "value"):
        if hasattr(field, name):
            return getattr(field, name)()
    raise AssertionError(field)


@pytest.fixture
def advanced(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> QWidget:
    """The parameters of a restoration, unfolded."""
    for name, dock in window.docks.items():
        dock.open(name == "restore")
    window.restore.fold.head.setChecked(True)
    QApplication.processEvents()
    window.docks["restore"].raise_()
    return window.restore


def test_the_wheel_changes_no_parameter_without_focus(advanced: QWidget, window: MainWindow) -> None:
    window.area.view.setFocus()
    found = fields(advanced)
    assert {type(field).__name__ for field in found} >= {"NarrowComboBox", "QSlider", "QDoubleSpinBox"}
    before = [value(field) for field in found]
    request = window.context.selection.request
    for field in found:
        turn(field)
        turn(field, 2)
    assert [value(field) for field in found] == before
    assert window.context.selection.request == request


def test_the_wheel_changes_nothing_in_other_panels(window: MainWindow, opened: OpenDocument) -> None:
    """The brush size above the canvas, and the parameters that derive a mask."""
    window.area.view.setFocus()
    window.context.selection.tool = "brush"
    window.damage.show_derive("cracks")
    QApplication.processEvents()
    for part in (window.options, window.damage):
        found = fields(part)
        assert found
        before = [value(field) for field in found]
        for field in found:
            turn(field, 2)
        assert [value(field) for field in found] == before


def test_wheel_scrolls_the_panel_instead(advanced: QWidget, window: MainWindow) -> None:
    window.context.selection.request = RestorationRequest()
    window.resize(1000, 560)
    QApplication.processEvents()
    window.docks["restore"].raise_()
    QApplication.processEvents()
    area = advanced.parentWidget().parentWidget()
    assert isinstance(area, QScrollArea)
    bar = area.verticalScrollBar()
    assert bar.maximum() > 0
    before = bar.value()
    turn(next(field for field in fields(advanced) if isinstance(field, QComboBox)))
    assert bar.value() > before


def test_wheel_changes_the_focused_field(advanced: QWidget, window: MainWindow, qtbot: QtBot) -> None:
    spin = next(field for field in fields(advanced) if isinstance(field, QAbstractSpinBox))
    window.activateWindow()
    spin.setFocus()
    qtbot.waitUntil(spin.hasFocus)
    before = value(spin)
    turn(spin, 1)
    assert value(spin) != before


@pytest.mark.parametrize("choice", [0, 1, 2, 3])
def test_wheel_changes_no_preference(window: MainWindow, opened: OpenDocument, choice: int) -> None:
    window.handlers.settings()
    dialog = next(one for one in QApplication.topLevelWidgets() if isinstance(one, SettingsDialog))
    before = window.context.settings.preferences
    boxes = dialog.findChildren(QComboBox)
    boxes[choice - 1].setFocus()
    turn(boxes[choice])
    assert window.context.settings.preferences == before
    dialog.reject()
