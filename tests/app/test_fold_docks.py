"""One step of the work is open at a time, and only the user opens another one; the headers show news."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QTabBar
from pytestqt.qtbot import QtBot

from app.commands import restore as restoring
from app.document import OpenDocument
from app.window.dock_column import TABBED_BELOW
from app.window.docks import TITLE_HEIGHT, Dock
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask


def opened_steps(window: MainWindow) -> set[str]:
    return {name for name, dock in window.docks.items() if dock.opened}


def mark(document: OpenDocument) -> None:
    after = document.state.damage.copy()
    after.write(Box(20, 20, 8, 8), np.ones((8, 8), np.uint8))
    document.do(change_mask(document.state.damage, after, "Brush stroke"))


def click(dock: Dock) -> None:
    QTest.mouseClick(dock.title_bar, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))


@pytest.fixture
def high(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> MainWindow:
    """The window as an accordion, whatever the screen."""
    window.resize(1300, TABBED_BELOW + 40)
    qtbot.waitUntil(lambda: not window.column.tabbed and window.docks["damage"].height() > 4 * TITLE_HEIGHT)
    return window


def test_opening_a_step_closes_the_others(high: MainWindow, qtbot: QtBot) -> None:
    assert opened_steps(high) == {"damage"}
    for name in ("review", "history", "style", "restore", "damage"):
        click(high.docks[name])
        assert opened_steps(high) == {name}
        qtbot.waitUntil(lambda name=name: high.docks[name].height() > 300)
        others = [dock for key, dock in high.docks.items() if key != name]
        qtbot.waitUntil(lambda others=others: all(dock.height() == TITLE_HEIGHT for dock in others))


def test_a_click_on_the_open_step_keeps_it_open(high: MainWindow) -> None:
    click(high.docks["damage"])
    assert opened_steps(high) == {"damage"}


def test_another_step_opens_when_the_open_one_is_hidden(high: MainWindow, qtbot: QtBot) -> None:
    click(high.docks["style"])
    high.docks["style"].toggleViewAction().trigger()
    qtbot.waitUntil(lambda: opened_steps(high) - {"style"} == {"damage"})


def test_no_step_opens_unasked(high: MainWindow, opened: OpenDocument, settle: Callable[[], None]) -> None:
    """The first damage and a finished restoration highlight a header; the open step stays."""
    click(high.docks["style"])
    mark(opened)
    assert opened_steps(high) == {"style"}
    assert high.docks["restore"].attracting
    assert high.docks["restore"].title_bar.note.text().startswith("●")
    click(high.docks["restore"])
    assert not high.docks["restore"].attracting
    restoring.restore_all(high.context)
    settle()
    assert opened_steps(high) == {"restore"}
    assert high.docks["review"].attracting
    assert "1 to review" in high.docks["review"].title_bar.note.text()
    click(high.docks["review"])
    assert not high.docks["review"].attracting
    assert high.docks["review"].title_bar.note.text() == "1 to review"


def test_highlight_is_removed_with_the_damage(high: MainWindow, opened: OpenDocument) -> None:
    mark(opened)
    opened.undo()
    assert not high.docks["restore"].attracting
    assert opened_steps(high) == {"damage"}


def test_every_open_step_scrolls_and_has_room(high: MainWindow, qtbot: QtBot) -> None:
    for dock in high.docks.values():
        click(dock)
        area = dock.findChild(QScrollArea)
        qtbot.waitUntil(lambda area=area: area.height() > 250)
        assert area.widgetResizable()


def test_a_chosen_tab_is_the_open_step(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> None:
    window.resize(1200, TABBED_BELOW - 100)
    qtbot.waitUntil(lambda: window.column.tabbed)
    qtbot.wait(50)
    mark(opened)
    assert opened_steps(window) == {"damage"}
    bar = next(bar for bar in window.findChildren(QTabBar) if bar.count() == len(window.docks))
    index = next(index for index in range(bar.count()) if bar.tabText(index).startswith("Restore"))
    assert bar.tabText(index).endswith("•")
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(index).center())
    qtbot.waitUntil(lambda: opened_steps(window) == {"restore"})
    assert bar.tabText(index) == "Restore"
    assert window.docks["restore"].toggleViewAction().text() == "Restore"
