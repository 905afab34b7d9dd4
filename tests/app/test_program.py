"""The program as a whole: it ends in order, and changes its language and look while it is shown."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

import resources
from app import theme
from app.commands import mask as masking
from app.dialogs.settings import SettingsDialog
from app.jobs.runner import Job
from app.main import Program
from app.selection import Compare, ToolName
from app.window.main_window import MainWindow

RUN = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from app import main as program
from app.commands import mask as masking
from app.commands import restore as restoring
import resources

def when(window, there, then):
    timer = QTimer(window)
    def look():
        if there():
            timer.stop()
            then()
    timer.timeout.connect(look)
    timer.start(10)

def agree():
    asked = QApplication.activeModalWidget()
    yes = QMessageBox.ButtonRole.AcceptRole
    next(button for button in asked.buttons() if asked.buttonRole(button) == yes).click()

def drive(window, work, after):
    context = window.context
    def close():
        when(window, QApplication.activeModalWidget, agree)
        window.close()
    def leave():
        QTimer.singleShot(after, close)
    def restore():
        restoring.restore_all(context)
        when(window, lambda: context.jobs.busy, leave)
    def mark():
        masking.import_mask(context, resources.sample_mask())
        when(window, lambda: not context.document.state.damage.empty and not context.jobs.busy, restore)
    begin = mark if work == "job" else leave
    when(window, lambda: work == "idle" or context.document is not None, begin)

make = program.Program._create_window
def made(self):
    window = make(self)
    drive(window, sys.argv[1], int(sys.argv[2]))
    return window
program.Program._create_window = made
sys.exit(program.main(None if sys.argv[1] == "idle" else resources.sample_painting()))
"""
"""The real program, closed by its window after a while; what it asks before stopping a job is agreed to."""


def opened(program: Program, scan: Path, qtbot: QtBot) -> MainWindow:
    program.open(scan)
    qtbot.waitUntil(
        lambda: program.window.context.document is not None and not program.window.context.jobs.busy
    )
    return program.window


@pytest.mark.parametrize(
    ("work", "then"), [("idle", 0), ("idle", 200), ("open", 0), ("job", 0), ("job", 400)]
)
def test_closing_the_window_ends_the_program(work: str, then: int, tmp_path: Path):
    places = {name: str(tmp_path / name) for name in ("IMAGEST_DATA", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    asked = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, work, str(then)],
        env=os.environ | places,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = [line for line in asked.stderr.splitlines() if "propagateSizeHints" not in line]
    assert (asked.returncode, said) == (0, [])


def test_language_changes_at_once_and_the_document_stays_open(program: Program, scan: Path, qtbot: QtBot):
    old = opened(program, scan, qtbot)
    document = old.context.document.document
    masking.invert(old.context)
    old.context.selection.tool = ToolName.LASSO
    old.context.selection.compare = Compare.SWIPE
    old.docks["style"].open(False)
    old.area.view.zoom_to(3.0)
    old.action("settings").trigger()
    choice = next(
        box for box in old.findChild(SettingsDialog).findChildren(QComboBox) if box.findData("zh_CN") >= 0
    )
    choice.setCurrentIndex(choice.findData("zh_CN"))
    choice.activated.emit(choice.currentIndex())
    qtbot.waitUntil(lambda: program.window is not old)
    new = program.window
    assert new.docks["damage"].windowTitle() == "损伤"
    assert new.context.document.document is document
    assert not new.context.document.state.damage.empty
    assert new.context.selection.tool == ToolName.LASSO
    assert new.context.selection.compare == Compare.SWIPE
    assert not new.docks["style"].opened
    assert new.docks["damage"].opened
    assert new.findChild(SettingsDialog).isVisible()
    qtbot.waitUntil(lambda: new.area.view.zoom == pytest.approx(3.0))
    new.action("undo").trigger()
    assert new.context.document.state.damage.empty


def test_the_language_waits_for_a_running_job(program: Program, scan: Path, qtbot: QtBot):
    old = opened(program, scan, qtbot)
    done: list[bool] = []
    go = threading.Event()
    old.context.jobs.submit(Job("wait", lambda progress: go.wait(20), done.append))
    program._settings.prefer(language="zh_CN")
    qtbot.wait(50)
    assert program.window is old
    go.set()
    qtbot.waitUntil(lambda: program.window is not old)
    assert done == [True]


def test_theme_follows_the_settings_and_the_system(program: Program, monkeypatch: pytest.MonkeyPatch):
    program._settings.prefer(theme="dark")
    assert theme.roles() is theme.DARK
    program._settings.prefer(theme="system")
    for dark, scheme in ((True, Qt.ColorScheme.Dark), (False, Qt.ColorScheme.Light)):
        monkeypatch.setattr(theme, "system_is_dark", lambda dark=dark: dark)
        QGuiApplication.styleHints().colorSchemeChanged.emit(scheme)
        assert theme.roles() is (theme.DARK if dark else theme.LIGHT)
    program._settings.prefer(theme="dark")
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.roles() is theme.DARK, "a theme that was chosen stays"


def test_surround_and_its_menu_follow_the_settings(program: Program):
    program._settings.prefer(surround="black")
    assert program.window.context.selection.surround == "black"
    assert program.window.surrounds["black"].isChecked()
    program.window.surrounds["light"].trigger()
    assert program._settings.preferences.surround == "light"


def test_operator_is_recorded_in_open_and_new_projects(program: Program, scan: Path, qtbot: QtBot):
    window = opened(program, scan, qtbot)
    program._settings.prefer(operator="A. Restorer")
    assert window.context.document.state.operator == "A. Restorer"
    masking.invert(window.context)
    assert window.context.document.document.history.done[-1].operator == "A. Restorer"
    window.action("close").trigger()
    program.open(resources.sample_painting())
    qtbot.waitUntil(lambda: window.context.document is not None)
    assert window.context.document.state.operator == "A. Restorer"


def test_brush_follows_the_zoom_if_preferred(program: Program, scan: Path, qtbot: QtBot):
    window = opened(program, scan, qtbot)
    selection, view = window.context.selection, window.area.view
    view.zoom_to(1.0)
    selection.brush_size = 40.0
    view.zoom_to(2.0)
    assert selection.brush_size == 40.0
    program._settings.prefer(brush_follows_zoom=True)
    view.zoom_to(4.0)
    assert selection.brush_size == pytest.approx(20.0)
    view.zoom_to(1.0)
    assert selection.brush_size == pytest.approx(80.0)
    selection.brush_size = 2.0
    view.zoom_to(32.0)
    assert selection.brush_size == 1.0
    view.zoom_to(1.0)
    assert selection.brush_size == pytest.approx(2.0), "a brush that could not be smaller comes back"
