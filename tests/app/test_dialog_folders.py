"""File dialogs start beside the scan, or where this document's files were chosen last."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot
from user import User

from app.commands import open as opening
from app.dialogs.export import ExportDialog
from app.dialogs.locate_scan import LocateScanDialog
from app.folders import start_folder
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box


class FileDialogs:
    """Answers file dialogs; ``started`` lists where they started."""

    def __init__(self) -> None:
        self.answer, self.started = "", list[Path]()

    def __call__(self, parent: object, title: str, start: str, *rest: object, **options: object) -> tuple:
        self.started.append(Path(start))
        return self.answer, ""


@pytest.fixture
def dialogs(monkeypatch: pytest.MonkeyPatch) -> FileDialogs:
    answering = FileDialogs()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answering)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", answering)
    return answering


@pytest.fixture
def user(window: MainWindow, scan: Path, qtbot: QtBot, tmp_path: Path) -> Iterator[User]:
    for purpose in ("open", "project", "mask", "donor", "clean", "export"):
        (tmp_path / "other").mkdir(exist_ok=True)
        window.context.settings.remember_folder(purpose, tmp_path / "other" / "x.tif")
    made = User(window, qtbot)
    made.open(scan)
    made.mark(Box(50, 40, 30, 20))
    yield made
    for dialog in window.findChildren(ExportDialog):
        dialog.reject()


def ask(user: User, name: str) -> None:
    if name == "clean":
        user.window.damage.derive.clean.ask()
    elif name == "export":
        user.act("export")
        dialog = user.dialog(ExportDialog)
        browse = next(each for each in dialog.findChildren(QPushButton) if each.text() == "Choose…")
        QtBot.mouseClick(browse, Qt.MouseButton.LeftButton)
    else:
        user.act(name)
    user.settle()


DIALOGS = ("save_as", "import_mask", "export_mask", "donor", "clean", "export")


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_starts_beside_the_scan(user: User, dialogs: FileDialogs, scan: Path, name: str) -> None:
    ask(user, name)
    (start,) = dialogs.started
    assert scan.parent in (start, start.parent)


@pytest.mark.parametrize("name", ["donor", "export_mask"])
def test_a_dialog_starts_where_this_document_was_last(
    user: User, dialogs: FileDialogs, scan: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "far").mkdir()
    dialogs.answer = str(tmp_path / "far" / "new.png")
    ask(user, name)
    ask(user, name)
    assert tmp_path / "far" in (dialogs.started[1], dialogs.started[1].parent)
    dialogs.answer = ""
    opening.save_as(user.context, tmp_path / "work.imagest")
    ask(user, name)
    assert tmp_path / "far" in (dialogs.started[2], dialogs.started[2].parent), "also under another name"
    opening.open_sample(user.context)
    user.shown()
    purpose = "donor" if name == "donor" else "mask"
    assert start_folder(user.context, purpose) == user.document.painting.path.parent, "another document"


def test_a_folder_that_is_gone_or_not_writable_is_not_proposed(
    user: User, tmp_path: Path, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    folders = {"mask": str(gone)}
    user.context.settings.remember(user.document.remembered_path, folders=folders)
    assert start_folder(user.context, "mask") == scan.parent
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert start_folder(user.context, "mask", writing=True) == tmp_path / "other"
    assert start_folder(user.context, "mask") == scan.parent


def test_browsing_starts_with_the_name_as_typed(
    user: User, dialogs: FileDialogs, scan: Path, tmp_path: Path
) -> None:
    user.act("export")
    dialog = user.dialog(ExportDialog)
    browse = next(each for each in dialog.findChildren(QPushButton) if each.text() == "Choose…")
    for typed in ("mine.tif", "/", "no-such-folder/mine.tif"):
        dialog.path.setText(typed)
        QtBot.mouseClick(browse, Qt.MouseButton.LeftButton)
    default = scan.parent / "scan-restored.tif"
    assert dialogs.started == [scan.parent / "mine.tif", default, scan.parent / "mine.tif"]


def test_a_missing_scan_is_searched_where_it_was(
    user: User, dialogs: FileDialogs, scan: Path, tmp_path: Path
):
    project = tmp_path / "far" / "work.imagest"
    project.parent.mkdir()
    opening.save_as(user.context, project)
    opening.close(user.context)
    (tmp_path / "far" / "away").mkdir()
    scan.rename(tmp_path / "far" / "away" / "renamed.tif")
    opening.open_path(user.context, project)
    user.settle()
    dialog = user.dialog(LocateScanDialog)
    user.click(dialog.choose_button)
    assert dialogs.started == [scan.parent]
    dialog.reject()
