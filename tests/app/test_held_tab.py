"""Tab compares while it is held, wherever the focus is, except in text fields."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.compare.held_tab import HOLD_AFTER
from app.document import OpenDocument
from app.window.main_window import MainWindow


@pytest.fixture
def focused(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    """Give a widget the focus in the active window."""
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)

    def focus(widget: QWidget) -> QWidget:
        widget.setFocus()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is widget)
        return widget

    return focus


def press(window: MainWindow) -> None:
    """Press Tab in the native window, which passes it to the widget that has the focus."""
    QTest.keyPress(window.windowHandle(), Qt.Key.Key_Tab)


def release(window: MainWindow) -> None:
    QTest.keyRelease(window.windowHandle(), Qt.Key.Key_Tab)


def test_tab_on_the_canvas_compares_at_once(window: MainWindow, focused) -> None:
    focused(window.area.view)
    press(window)
    assert window.area.tab.held
    release(window)
    assert not window.area.tab.held


def test_tab_held_in_a_panel_compares_and_keeps_the_focus(window: MainWindow, focused, qtbot: QtBot) -> None:
    widget = focused(_focusable(window))
    press(window)
    qtbot.waitUntil(lambda: window.area.tab.held, timeout=HOLD_AFTER * 8)
    assert QApplication.focusWidget() is widget
    release(window)
    assert not window.area.tab.held
    assert QApplication.focusWidget() is widget


def test_a_short_tab_in_a_panel_moves_the_focus(window: MainWindow, focused, qtbot: QtBot) -> None:
    widget = focused(_focusable(window))
    press(window)
    release(window)
    assert QApplication.focusWidget() is not widget
    qtbot.wait(HOLD_AFTER + 50)
    assert not window.area.tab.held


def test_tab_in_a_text_field_is_left_alone(window: MainWindow, focused, qtbot: QtBot) -> None:
    field = QLineEdit(window.damage)
    field.show()
    focused(field)
    press(window)
    assert QApplication.focusWidget() is not field
    release(window)
    qtbot.wait(HOLD_AFTER + 50)
    assert not window.area.tab.held


def test_losing_the_focus_ends_the_comparison(window: MainWindow, focused, qtbot: QtBot) -> None:
    widget = focused(_focusable(window))
    press(window)
    qtbot.waitUntil(lambda: window.area.tab.held, timeout=HOLD_AFTER * 8)
    widget.clearFocus()
    assert not window.area.tab.held
    release(window)
    press(window)
    qtbot.waitUntil(lambda: window.area.tab.held, timeout=HOLD_AFTER * 8)
    release(window)
    assert not window.area.tab.held


def _focusable(window: MainWindow) -> QWidget:
    """A button of a panel."""
    found = window.damage.findChildren(QPushButton)
    return next(one for one in found if one.isVisible() and one.isEnabled())
