"""Opening and closing repeatedly leaves no objects or threads."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import alive
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from user import User

from app.context import Context
from app.dialogs.about import AboutDialog
from app.dialogs.export import ExportDialog
from app.dialogs.settings import SettingsDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box

TIMES = 5


def work_and_close(scan: Path, settings: Path, qtbot: QtBot) -> None:
    """A short session: open, mark, restore, look, accept, close the window."""
    kept = Settings(QSettings(str(settings), QSettings.Format.IniFormat))
    user = User(MainWindow(Context(kept)), qtbot)
    user.window.show()
    qtbot.waitExposed(user.window)
    user.open(scan)
    user.choose("Engine", "harmonic")
    user.mark(Box(48, 38, 34, 24))
    user.act("restore_all")
    user.settle()
    for mode in ("swipe", "blink", "difference", "single"):
        user.act(mode)
    user.act("accept_run")
    user.act("settings")
    user.dialog(SettingsDialog).close()
    user.act("export")
    user.dialog(ExportDialog).close()
    user.window.close()
    user.context.deleteLater()
    user.window.deleteLater()


Count = tuple[Counter[str], int, int]


def counted() -> Count:
    """Living objects of the program's own classes, widgets, threads."""
    alive.settle()
    return alive.objects(), len(alive.widgets()), len(alive.threads())


def counted_again(before: Count) -> Count:
    """The same, once everything that is being deleted is gone."""
    end = time.monotonic() + alive.PATIENCE
    while (found := counted()) != before and time.monotonic() < end:
        time.sleep(0.02)
    return found


def test_a_closed_window_leaves_no_objects(scan: Path, tmp_path: Path, qtbot: QtBot) -> None:
    before = counted()
    work_and_close(scan, tmp_path / "first.ini", qtbot)
    assert counted_again(before) == before
    native = alive.native_threads()
    for number in range(1, TIMES):
        work_and_close(scan, tmp_path / f"{number}.ini", qtbot)
    assert counted_again(before) == before
    assert alive.native_threads() <= native


def test_closed_documents_leave_no_objects(user: User, scan: Path) -> None:
    """In one window that stays open."""

    def once() -> None:
        user.open(scan)
        user.context.selection.brush_size = 12.0
        user.act("tool_brush")
        user.draw((30, 30), (60, 40))
        user.act("side")
        user.act("single")
        user.act("close")

    once()
    user.settle()
    before = counted()
    for _ in range(TIMES):
        once()
    user.settle()
    assert counted_again(before) == before


@pytest.mark.parametrize(
    ("name", "kind"), [("settings", SettingsDialog), ("shortcuts", ShortcutsDialog), ("about", AboutDialog)]
)
def test_a_closed_dialog_is_deleted(user: User, name: str, kind: type[QDialog]) -> None:
    def once() -> None:
        user.act(name)
        user.dialog(kind).close()

    before = counted()
    for _ in range(TIMES):
        once()
    assert counted_again(before) == before
