"""Every control can be reached on a screen of 1280 × 720 logical pixels, at any scale factor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QMenu, QToolBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from screens import offscreen
from user import User

from app.benchmarks.reach import unreachable
from app.commands import decide as deciding
from app.commands import restore as restoring
from app.selection import Compare, ToolName
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.restoration.engines.registry import engine_names
from imagest_core.restoration.request import RestorationRequest

SIZE = 1280, 720


def all_reached(qtbot: QtBot, inside: QWidget, what: str) -> None:
    """Wait until everything in ``inside`` can be reached."""

    def check() -> None:
        assert unreachable(inside) == [], what

    qtbot.waitUntil(check, timeout=3_000)


def entries(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        yield from entries(action.menu()) if action.menu() is not None else (action,)


@pytest.fixture
def full(window: MainWindow, scan: Path, qtbot: QtBot) -> MainWindow:
    """The window with damage and a result, as large as the screen allows, at most 1280 × 720 px."""
    user = User(window, qtbot)
    window.resize(SIZE[0] - 16, SIZE[1] - 48)  # without the frame
    user.open(scan)
    user.mark(Box(50, 40, 30, 20))
    restoring.restore_all(window.context)
    user.settle()
    qtbot.wait(50)
    assert window.frameGeometry().width() <= SIZE[0]
    assert window.frameGeometry().height() <= SIZE[1]
    return window


def test_every_control_is_reached(full: MainWindow, qtbot: QtBot) -> None:
    context = full.context
    for tool in ToolName:
        context.selection.tool = tool
        all_reached(qtbot, full.options, tool)
    for part in (full.results, full.status):
        all_reached(qtbot, part, part.objectName())
    for name, dock in full.docks.items():
        dock.open(True)
        all_reached(qtbot, dock, name)
    full.docks["restore"].open(True)
    full.restore.fold.head.setChecked(True)
    for engine in engine_names():
        context.selection.request = RestorationRequest.of(engine, context=1.5)
        all_reached(qtbot, full.docks["restore"], engine)
    full.docks["damage"].open(True)
    for method in ("difference", "cracks", "losses"):
        full.damage.show_derive(method)
        all_reached(qtbot, full.docks["damage"], method)
    full.damage.fold.head.setChecked(False)
    full.docks["review"].open(True)
    deciding.next_unreviewed(context)
    all_reached(qtbot, full.docks["review"], "a region under review")
    for mode in Compare:
        context.selection.compare = mode
        all_reached(qtbot, full.area, mode)
    context.messages.warn("The file can’t be read: choose another. " * 6)
    all_reached(qtbot, full.banner, "a message")


def test_every_control_of_the_start_view_is_reached(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(SIZE[0] - 16, SIZE[1] - 48)
    all_reached(qtbot, window.welcome, "start")


def test_every_control_of_the_dialogs_is_reached(full: MainWindow, qtbot: QtBot) -> None:
    for name in ("settings", "shortcuts", "about", "export"):
        full.action(name).trigger()
        dialog = next(each for each in full.findChildren(QDialog) if each.isVisible())
        all_reached(qtbot, dialog, name)
        dialog.close()
        qtbot.waitUntil(lambda: not [each for each in full.findChildren(QDialog) if each.isVisible()])
    full.action("manual").trigger()
    manual = full.handlers.manual_help.manual
    assert manual is not None
    all_reached(qtbot, manual, "manual")
    manual.close()


def test_every_action_is_reached(full: MainWindow) -> None:
    """Each is in a menu whose title is visible and which is not higher than the screen."""
    bar, free = full.menuBar(), full.screen().availableGeometry()
    listed: set[QAction] = set()
    for title in bar.actions():
        assert bar.rect().contains(bar.actionGeometry(title)), title.text()
        assert title.menu().sizeHint().height() <= free.height(), title.text()
        listed |= set(entries(title.menu()))
    assert [name for name, action in full.actions_.all() if action not in listed] == []
    for tools in full.findChildren(QToolBar):
        more = tools.findChild(QToolButton, "qt_toolbar_ext_button")
        buttons = [tools.widgetForAction(action) for action in tools.actions() if not action.isSeparator()]
        whole = all(one.visibleRegion().boundingRect() == one.rect() for one in buttons)
        assert whole or more.isVisible(), tools.objectName()


@pytest.mark.skipif("IMAGEST_SMALL_SCREEN" in os.environ, reason="runs itself on a small screen")
@pytest.mark.parametrize("factor", [1.0, 1.25, 1.5, 2.0])
def test_every_control_is_reached_at_each_scale_factor(factor: float) -> None:
    """In a process of its own, as the screen is made when Qt starts."""
    words = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", __file__]
    screen = offscreen(round(SIZE[0] * factor), round(SIZE[1] * factor))
    result = subprocess.run(
        words,
        env=os.environ
        | {"QT_QPA_PLATFORM": screen, "QT_SCALE_FACTOR": str(factor), "IMAGEST_SMALL_SCREEN": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "4 passed, 4 skipped" in result.stdout, result.stdout[-4000:]
