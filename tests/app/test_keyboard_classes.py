"""Damage classes are chosen, renamed and changed by keys alone, and the focus stays where it is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QInputDialog, QWidget
from pytestqt.qtbot import QtBot

from app.document import OpenDocument
from app.panels.classes import ClassRow
from app.window.main_window import MainWindow
from imagest_core.damage.classes import DamageClass, Policy
from imagest_core.project.operations.settings import add_class


@pytest.fixture
def rows(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> list[ClassRow]:
    """The rows of the list, in an active window whose Damage panel is open."""
    window.handlers.show_panel("damage")
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and window.damage.classes.isVisible())
    return [row for row in window.damage.findChildren(ClassRow) if row.isVisible()]


def part(row: ClassRow, name: str) -> QAbstractButton:
    return next(one for one in row.findChildren(QAbstractButton) if name in one.accessibleName())


def test_arrow_keys_choose_the_class(window: MainWindow, rows: list[ClassRow], qtbot: QtBot):
    rows[0].setFocus(Qt.FocusReason.TabFocusReason)
    assert rows[0].hasFocus()
    for _ in range(2):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    assert window.context.selection.label == rows[2].item.label
    assert rows[2].hasFocus()
    for _ in range(3):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up)
    assert window.context.selection.label == rows[0].item.label
    assert [row for row in rows if row.focusPolicy() & Qt.FocusPolicy.TabFocus] == [rows[0]]


def test_enter_renames_the_class(rows: list[ClassRow], opened: OpenDocument, qtbot: QtBot):
    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        dialog.setTextValue("lacuna")
        dialog.accept()

    rows[0].setFocus(Qt.FocusReason.TabFocusReason)
    QTimer.singleShot(100, answer)
    qtbot.keyClick(rows[0], Qt.Key.Key_Return)
    assert opened.state.damage.class_of(1).name == "lacuna"


@pytest.mark.parametrize("name", ["crack: fill", "Hide", "Lock"])
def test_what_was_pressed_keeps_the_focus(
    window: MainWindow, rows: list[ClassRow], opened: OpenDocument, qtbot: QtBot, name: str
):
    pressed = part(rows[1], name)
    pressed.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(pressed, Qt.Key.Key_Space)
    item = opened.state.damage.class_of(2)
    assert (item.policy, item.visible, item.locked) != (Policy.FILL, True, False)
    assert QApplication.focusWidget() is pressed
    window.action("undo").trigger()
    assert part(rows[1], name) is pressed


def test_tab_visits_the_rows_in_their_order(window: MainWindow, rows: list[ClassRow], opened: OpenDocument):
    order: list[QWidget] = []
    at = window.nextInFocusChain()
    while at is not window:
        if window.damage.isAncestorOf(at) and at.focusPolicy() & Qt.FocusPolicy.TabFocus and at.isVisible():
            order.append(at)
        at = at.nextInFocusChain()
    places = [order.index(one) for row in rows for one in order if row.isAncestorOf(one)]
    assert places == list(range(places[0], places[0] + 1 + 4 * len(rows))), "one row takes the focus, too"


def test_the_row_of_a_class_that_was_undone_changes_nothing(
    window: MainWindow, rows: list[ClassRow], opened: OpenDocument
):
    opened.do(add_class(opened.state, DamageClass(40, "soot", "#8c6d31")))
    row = next(row for row in window.damage.findChildren(ClassRow) if row.item.label == 40)
    window.action("undo").trigger()
    assert not row.isVisible()
    assert row not in window.damage.classes._rows.values()
    before = opened.state.damage.classes
    for pressed in row.findChildren(QAbstractButton):
        pressed.click()
    assert opened.state.damage.classes == before
