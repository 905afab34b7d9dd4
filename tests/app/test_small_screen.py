"""The window fits the screen it is on, whatever is done in it; so do its dialogs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QDialog, QTabBar, QWidget
from pytestqt.qtbot import QtBot
from screens import offscreen
from user import User

from app.context import Context
from app.dialogs.about import AboutDialog
from app.dialogs.export import ExportDialog
from app.dialogs.locate_scan import LocateScanDialog
from app.dialogs.settings import SettingsDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.document import ScanMissingError
from app.jobs.runner import Job
from app.settings import Settings
from app.window.dock_column import TABBED_BELOW
from app.window.main_window import MainWindow
from imagest_core.damage.classes import DamageClass
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.project.operations.settings import add_class

MOST = 1240, 660
"""What is left of 1280 × 720 px within the frame of a window."""
LONG = "/a/very/long/path" * 20


@pytest.fixture
def user(window: MainWindow, qtbot: QtBot) -> User:
    return User(window, qtbot)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def where(widget: QWidget) -> QRect:
    """Its place on the screen."""
    return QRect(widget.mapToGlobal(widget.rect().topLeft()), widget.size())


def check(window: MainWindow, what: str) -> None:
    """All of the window is on the screen, with the status line, and it could be smaller still."""
    free, least = window.screen().availableGeometry(), window.minimumSizeHint()
    assert free.contains(window.frameGeometry()), f"{what}: {window.frameGeometry()} is not within {free}"
    assert least.width() <= MOST[0], f"{what}: {least}"
    assert least.height() <= MOST[1], f"{what}: {least}"
    assert window.rect().contains(window.status.geometry()), what
    assert window.status.visibleRegion().boundingRect() == window.status.rect(), what


def test_the_window_stays_on_the_screen_with_cancel_in_sight(
    user: User, scan: Path, gate: threading.Event, qtbot: QtBot
) -> None:
    window, context = user.window, user.context
    check(window, "opened")
    user.open(scan)
    check(window, "a scan opened")
    user.mark(Box(50, 40, 30, 20))
    qtbot.wait(100)
    check(window, "a stroke")
    user.act("restore_all")
    user.settle()
    qtbot.wait(100)
    check(window, "a result")

    def wait(progress: Progress) -> None:
        progress.part(0.0, 1.0, "filling").set(0.5, 12, 30)
        gate.wait(20)

    context.jobs.submit(Job(f"Opening {LONG}", wait, lambda _: None))
    qtbot.waitUntil(window.status.job.isVisible)
    qtbot.wait(50)
    check(window, "a job")
    cancel = window.status.job.cancel
    assert window.screen().availableGeometry().contains(where(cancel))
    assert cancel.visibleRegion().boundingRect() == cancel.rect()
    gate.set()
    user.settle()


def test_the_window_stays_on_the_screen_with_every_panel_open(user: User, scan: Path, qtbot: QtBot) -> None:
    window, context = user.window, user.context
    user.open(scan)
    user.mark(Box(50, 40, 30, 20))
    user.document.do(add_class(user.document.state, DamageClass(9, "wax " * 40, "#8c6d31")))
    context.selection.label = 9
    for tool in ("brush", "wand", "example", "measure"):
        user.act(f"tool_{tool}")
        qtbot.wait(20)
        check(window, tool)
    context.messages.warn(f"{LONG} can’t be read: {LONG}")
    for method in ("difference", "cracks", "losses", "examples"):
        window.damage.show_derive(method)
        qtbot.wait(50)
        check(window, method)
    window.damage.fold.head.setChecked(False)
    window.restore.fold.head.setChecked(True)
    for dock in window.docks.values():
        dock.open(True)
    qtbot.wait(100)
    check(window, "all panels open")
    assert window.docks["damage"].findChild(QWidget, "class_row").width() < 360


def test_low_windows_have_tabs_and_high_ones_a_column(user: User, scan: Path, qtbot: QtBot) -> None:
    """Every panel is reached at any height, and its content is shown, folded or not."""
    window = user.window
    user.open(scan)
    window.docks["style"].hide()
    for height in (TABBED_BELOW - 100, TABBED_BELOW + 60, TABBED_BELOW - 60):
        window.resize(1200, height)
        low = window.height() < TABBED_BELOW
        qtbot.waitUntil(lambda low=low: window.column.tabbed == low)
        tabs = window.tabifiedDockWidgets(window.docks["damage"])
        assert len(tabs) == (3 if low else 0)
        assert window.docks["style"].isHidden(), "what was closed stays closed"
        if not low:
            break
        user.window.handlers.show_panel("history")
        qtbot.waitUntil(lambda: window.history.empty.visibleRegion().boundingRect().height() > 10)
        window.docks["history"].open(False)
        assert window.history.isVisible(), "a tab does not fold"
    window.reset_layout()
    qtbot.waitUntil(lambda: window.docks["style"].isVisible())
    assert window.column.tabbed == (window.height() < TABBED_BELOW)


def test_layout_of_a_tall_window_survives_a_low_one(
    user: User, scan: Path, settings: Settings, qtbot: QtBot
) -> None:
    window = user.window
    user.open(scan)
    window.resize(1200, TABBED_BELOW - 100)
    qtbot.waitUntil(lambda: window.column.tabbed)
    window.remember_layout()
    window.restoreState(settings.layout("state"), 1)
    assert not window.tabifiedDockWidgets(window.docks["damage"])


def test_marked_tabs_show_their_whole_names(user: User, scan: Path, qtbot: QtBot) -> None:
    window = user.window
    user.open(scan)
    window.resize(*MOST)
    qtbot.waitUntil(lambda: window.column.tabbed)
    for dock in window.docks.values():
        dock.attract(True)
    tabs = next(bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.count() > 3)
    assert sum(tabs.tabText(index).endswith("•") for index in range(tabs.count())) >= 3
    assert tabs.sizeHint().width() <= tabs.width()


def test_window_stored_on_a_larger_screen_is_moved_onto_this_one(
    context: Context, settings: Settings, qtbot: QtBot
) -> None:
    free = QWidget()
    qtbot.addWidget(free)
    free.setGeometry(500, 400, 3000, 2000)
    settings.remember_layout("geometry", free.saveGeometry())
    window = MainWindow(context)
    qtbot.addWidget(window, before_close_func=lambda _: None)
    window.show()
    check(window, "restored")


def test_dialogs_fit(user: User, scan: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window = user.window
    user.open(scan)
    missing = ScanMissingError(
        Path(LONG + ".imagest"), user.document.state.painting, f"{LONG} can’t be found."
    )
    for made in (
        ExportDialog(window.context, window),
        SettingsDialog(window.context, window),
        ShortcutsDialog(window),
        AboutDialog(window),
        LocateScanDialog(window.context, missing, window),
    ):
        made.open()
        if isinstance(made, ExportDialog):
            made.path.setText(LONG)
            made._show_answer(f"{LONG}\n{LONG} {LONG}\n{LONG}", "bad")
        qtbot.wait(50)
        free, least = window.screen().availableGeometry(), made.minimumSizeHint()
        assert free.contains(where(made)), type(made).__name__
        assert least.width() <= MOST[0], type(made).__name__
        assert least.height() <= MOST[1], type(made).__name__
        made.close()
    assert not [one for one in window.findChildren(QDialog) if one.isVisible()]


@pytest.mark.skipif("IMAGEST_SMALL_SCREEN" in os.environ, reason="runs itself on a small screen")
@pytest.mark.parametrize("factor", [1.0, 1.25])
def test_small_screen_tests_at_1280_by_720(factor: float) -> None:
    """The same in a process of its own, as the screen is made when Qt starts."""
    words = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", __file__]
    small = {"QT_QPA_PLATFORM": offscreen(1280, 720), "QT_SCALE_FACTOR": str(factor)}
    result = subprocess.run(
        words,
        env=os.environ | small | {"IMAGEST_SMALL_SCREEN": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "7 passed, 2 skipped" in result.stdout, result.stdout[-4000:]
