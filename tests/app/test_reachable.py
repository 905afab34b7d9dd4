"""Every control can be reached on a screen of 1280 × 720 logical pixels, at any scale factor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QScrollArea, QToolBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from screens import offscreen
from user import User

from app.commands import restore as restoring
from app.selection import ToolName
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.restoration.engines.registry import engine_names
from imagest_core.restoration.request import RestorationRequest

SIZE = 1280, 720


def controls(inside: QWidget) -> Iterator[QWidget]:
    """The visible widgets that take the focus or a click; parts of others, such as a field's, aside."""
    for widget in inside.findChildren(QWidget):
        own = not widget.objectName().startswith("qt_")
        if own and widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            yield widget


def hidden_part(widget: QWidget) -> str:
    """What of ``widget`` can't be seen, after scrolling to it; "" if nothing."""
    area = parent_area(widget)
    if area is not None and area is not widget:
        area.ensureWidgetVisible(widget, 0, 24)
        QApplication.processEvents()
    seen = widget.visibleRegion().boundingRect()
    room = widget.rect() if area is None else widget.rect().intersected(area.viewport().rect())
    screen = widget.screen().availableGeometry()
    if area is not None and area.widget().width() > area.viewport().width():
        return f"{area.accessibleName()}: wider than its place"
    cut = seen.width() < room.width() or seen.height() < min(room.height(), 24)
    outside = not screen.contains(widget.mapToGlobal(seen.center()))
    if not cut and not outside:
        return ""
    name = widget.accessibleName() or widget.objectName() or getattr(widget, "text", str)()
    return f"{type(widget).__name__} {name!r}: {seen} of {widget.rect()}"


def parent_area(widget: QWidget) -> QScrollArea | None:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent


def unreachable(inside: QWidget) -> list[str]:
    return [part for part in map(hidden_part, controls(inside)) if part]


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
    assert "2 passed, 4 skipped" in result.stdout, result.stdout[-4000:]
