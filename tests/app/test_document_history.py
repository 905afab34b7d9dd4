"""Undo and the history list: a fresh document has nothing to undo, and entries follow the language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from user import User

from app.commands import mask as masking
from app.commands import open as opening
from app.main import Program
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.damage import edits
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.names import operation_name
from imagest_core.project.storage.check import check_project

Settle = Callable[[], None]


@pytest.fixture
def program(qapp: QApplication, settings: Settings) -> Iterator[Program]:
    settings.prefer(language="en")
    created = Program(qapp, settings)
    created.window.show()
    yield created
    created.end()


START = "Before the first step"


def history(window: MainWindow) -> list[str]:
    """The entries of the History panel as they are displayed, latest first."""
    model = window.history.model
    return [model.data(model.index(row)) for row in range(model.rowCount())]


def test_a_fresh_document_has_nothing_to_undo(window: MainWindow, scan: Path, qtbot: QtBot):
    window.context.settings.prefer(operator="A. Restorer")
    user = User(window, qtbot)
    user.open(scan)
    assert not window.action("undo").isEnabled()
    assert history(window) == []
    assert user.document.state.operator == "A. Restorer"
    masking.invert(window.context)
    assert window.action("undo").isEnabled()
    user.press("Ctrl+Z")
    assert not window.action("undo").isEnabled()
    assert window.action("redo").isEnabled()


def test_undo_belongs_to_the_shown_document(window: MainWindow, scan: Path, settle: Settle, qtbot: QtBot):
    user = User(window, qtbot)
    user.open(scan)
    masking.invert(window.context)
    opening.open_sample(window.context)
    user.shown()
    assert not window.action("undo").isEnabled()
    window.action("close").trigger()
    assert not window.action("undo").isEnabled()


def test_a_reopened_project_can_undo_its_stored_history(
    window: MainWindow, scan: Path, tmp_path: Path, qtbot: QtBot
):
    window.context.settings.prefer(operator="A. Restorer")
    user = User(window, qtbot)
    user.open(scan)
    opening.save_as(window.context, tmp_path / "work.imagest")
    opening.close(window.context)
    user.open(tmp_path / "work.imagest")
    assert not window.action("undo").isEnabled(), "saving is no step"
    masking.invert(window.context)
    opening.close(window.context)
    user.open(tmp_path / "work.imagest")
    assert window.action("undo").isEnabled()
    window.action("undo").trigger()
    assert user.document.state.damage.empty
    assert not window.action("undo").isEnabled()
    assert window.action("redo").isEnabled()
    opening.close(window.context)
    assert check_project(tmp_path / "work.imagest").lines


def test_history_follows_the_language(program: Program, scan: Path, qtbot: QtBot):
    program.open(scan)
    qtbot.waitUntil(lambda: program.window.context.document is not None)
    context = program.window.context
    damage = context.document.state.damage
    name = operation_name("import_mask", file="old.png")
    context.document.do(change_mask(damage, edits.inverted(damage, 1), name))
    masking.clear_all(context)
    assert history(program.window) == ["Clear mask", "Import old.png", START]
    before = program.window
    context.settings.prefer(language="zh_CN")
    qtbot.waitUntil(lambda: program.window is not before)
    shown = history(program.window)
    assert shown[0] == "清除蒙版"
    assert "old.png" in shown[1]
    assert not shown[1].startswith("Import")
    opening.close(program.window.context)
    program.open(scan)
    qtbot.waitUntil(lambda: program.window.context.document is not None)
    assert history(program.window) == shown, "the stored names are translated, too"
    program.window.context.settings.prefer(language="en")
    qtbot.waitUntil(lambda: history(program.window) == ["Clear mask", "Import old.png", START])


def test_a_click_in_the_history_goes_back(window: MainWindow, scan: Path, qtbot: QtBot):
    user = User(window, qtbot)
    user.open(scan)
    masking.invert(window.context)
    masking.clear_all(window.context)
    window.handlers.show_panel("history")
    view = window.history.list
    qtbot.waitUntil(view.isVisible)
    place = view.visualRect(window.history.model.index(1)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not user.document.state.damage.empty
    assert window.history.model.undone == 1


def test_a_click_in_the_history_goes_back_to_the_start(window: MainWindow, scan: Path, qtbot: QtBot):
    user = User(window, qtbot)
    user.open(scan)
    masking.invert(window.context)
    masking.clear_all(window.context)
    window.handlers.show_panel("history")
    view, model = window.history.list, window.history.model
    qtbot.waitUntil(view.isVisible)
    assert history(window)[-1] == START
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(model.index(2)).center())
    assert user.document.state.damage.empty
    assert (user.names(), model.undone) == ([], 2)
    assert view.currentIndex().row() == 2
    qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert user.names() == ["Invert mask"]
    assert view.currentIndex().row() == 1, "the keys go on from here"
