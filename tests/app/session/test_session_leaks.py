"""Opening and closing again and again leaves no more objects and threads than doing it once."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import alive
import pytest
from hands import Hands
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

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
    hands = Hands(MainWindow(Context(kept)), qtbot)
    hands.window.show()
    qtbot.waitExposed(hands.window)
    hands.open(scan)
    hands.choose("Engine", "harmonic")
    hands.mark(Box(48, 38, 34, 24))
    hands.act("restore_all")
    hands.settle()
    for mode in ("swipe", "blink", "difference", "single"):
        hands.act(mode)
    hands.act("accept_run")
    hands.act("settings")
    hands.dialog(SettingsDialog).close()
    hands.act("export")
    hands.dialog(ExportDialog).close()
    hands.window.close()
    hands.context.deleteLater()
    hands.window.deleteLater()


Count = tuple[Counter[str], int, int]


def counted() -> Count:
    """Objects of the program's own classes, widgets, threads that live."""
    alive.settle()
    return alive.objects(), len(alive.widgets()), len(alive.threads())


def counted_again(before: Count) -> Count:
    """The same later, as soon as all that goes has gone."""
    end = time.monotonic() + alive.PATIENCE
    while (found := counted()) != before and time.monotonic() < end:
        time.sleep(0.02)
    return found


def test_a_window_that_was_closed_leaves_nothing(scan: Path, tmp_path: Path, qtbot: QtBot) -> None:
    before = counted()
    work_and_close(scan, tmp_path / "first.ini", qtbot)
    assert counted_again(before) == before
    native = alive.native_threads()
    for number in range(1, TIMES):
        work_and_close(scan, tmp_path / f"{number}.ini", qtbot)
    assert counted_again(before) == before
    assert alive.native_threads() <= native


def test_documents_that_were_closed_leave_nothing(hands: Hands, scan: Path) -> None:
    """In one window that stays open."""

    def once() -> None:
        hands.open(scan)
        hands.context.selection.brush_size = 12.0
        hands.act("tool_brush")
        hands.draw((30, 30), (60, 40))
        hands.act("side")
        hands.act("single")
        hands.act("close")

    once()
    hands.settle()
    before = counted()
    for _ in range(TIMES):
        once()
    hands.settle()
    assert counted_again(before) == before


@pytest.mark.parametrize(
    ("name", "kind"), [("settings", SettingsDialog), ("shortcuts", ShortcutsDialog), ("about", AboutDialog)]
)
def test_a_dialog_that_was_closed_is_gone(hands: Hands, name: str, kind: type[QDialog]) -> None:
    def once() -> None:
        hands.act(name)
        hands.dialog(kind).close()

    before = counted()
    for _ in range(TIMES):
        once()
    assert counted_again(before) == before
