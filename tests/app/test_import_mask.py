"""Importing a mask asks for the class of each part, shows it over the scan, and makes it visible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from user import User

from app.dialogs.import_mask import NEW, NOTHING, ImportMaskDialog, PartRow
from app.window.main_window import MainWindow
from imagest_core.project.operations.settings import show_class


@pytest.fixture
def user(window: MainWindow, scan: Path, qtbot: QtBot) -> Iterator[User]:
    made = User(window, qtbot)
    made.open(scan)
    yield made
    for dialog in window.findChildren(ImportMaskDialog):
        dialog.reject()


def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *colours: str) -> Path:
    """A black picture of the scan's size with a square of each colour, which the file dialog answers with."""
    samples = np.zeros((120, 160, 3), np.uint8)
    for number, colour in enumerate(colours):
        samples[10:20, 10 + 30 * number : 20 + 30 * number] = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    path = tmp_path / "marks.png"
    Image.fromarray(samples).save(path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    return path


def ask(user: User) -> ImportMaskDialog:
    user.act("import_mask")
    user.settle()
    return user.dialog(ImportMaskDialog)


def choose(row: PartRow, label: int) -> None:
    """Choose an entry with the keyboard."""
    row.classes.setFocus()
    QtBot.keyClick(row.classes, Qt.Key.Key_Home)
    for _ in range(row.classes.findData(label)):
        QtBot.keyClick(row.classes, Qt.Key.Key_Down)
    assert row.choice == label


def finish(user: User, dialog: ImportMaskDialog) -> None:
    user.click(dialog.go)
    user.settle()


def test_the_class_is_asked_for_and_nothing_is_marked_before(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path, monkeypatch, "#ffffff")
    dialog = ask(user)
    assert user.document.state.damage.empty
    (row,) = dialog.rows
    assert row.facts.text().startswith("100 px, 1 region")
    assert row.choice == 1, "the selected class is proposed"
    choose(row, 3)
    user.document.do(show_class(user.document.state, 3, False))
    user.act("mask_visible")
    finish(user, dialog)
    assert user.document.state.damage.counts() == {3: 100}
    assert user.document.state.damage.class_of(3).visible
    assert user.context.selection.mask_visible
    assert user.context.selection.label == 3
    assert user.said[-1].sentence == "Imported 100 px of damage from marks.png as: abrasion."
    user.act("undo")
    assert user.document.state.damage.empty


def test_the_import_can_be_cancelled(user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path, monkeypatch, "#ffffff")
    dialog = ask(user)
    QtBot.keyClick(dialog, Qt.Key.Key_Escape)
    user.settle()
    assert user.document.state.damage.empty
    assert not user.document.document.history.done


def test_the_preview_shows_the_mask_in_the_colour_of_its_class(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path, monkeypatch, "#ffffff")
    dialog = ask(user)
    before = dialog.picture.pixmap().toImage()
    choose(dialog.rows[0], 5)
    assert dialog.picture.pixmap().toImage() != before
    choose(dialog.rows[0], 1)
    assert dialog.picture.pixmap().toImage() == before


def test_each_colour_gets_its_class(user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path, monkeypatch, "#ff0000", "#00ff00", "#0000ff")
    dialog = ask(user)
    blue, green, red = dialog.rows
    assert [row.part.value for row in dialog.rows] == ["#0000ff", "#00ff00", "#ff0000"]
    assert all(row.choice == NEW for row in dialog.rows), "no class has these colours"
    for widget in (blue.classes, blue.name, blue.facts):
        assert widget.visibleRegion().boundingRect() == widget.rect(), "it is not cut off"
    choose(red, 2)
    choose(blue, NOTHING)
    green.name.setFocus()
    green.name.selectAll()
    QtBot.keyClicks(green.name, "mould")
    assert not red.name.isVisible()
    finish(user, dialog)
    damage = user.document.state.damage
    assert damage.counts() == {2: 100, 8: 100}
    assert (damage.class_of(8).name, damage.class_of(8).colour) == ("mould", "#00ff00")
    assert len(user.document.document.history.done) == 1
    user.act("undo")
    assert len(user.document.state.damage.classes) == 7


def test_incomplete_choices_are_refused_with_the_reason(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path, monkeypatch, "#ffffff")
    dialog = ask(user)
    choose(dialog.rows[0], NOTHING)
    assert not dialog.go.isEnabled()
    assert "at least one part" in dialog.answer.text()
    choose(dialog.rows[0], NEW)
    assert "Enter the name" in dialog.answer.text()
    QtBot.keyClicks(dialog.rows[0].name, "flaking")
    assert dialog.go.isEnabled()
    assert not dialog.answer.isVisible()


def test_dialog_closes_with_its_document(user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path, monkeypatch, "#ffffff")
    dialog = ask(user)
    user.window.action("close").trigger()
    QApplication.processEvents()
    assert not user.window.findChildren(ImportMaskDialog) or not dialog.isVisible()


def test_a_photograph_is_refused_and_a_later_import_removes_the_error(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scan: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(scan), ""))
    user.act("import_mask")
    user.settle()
    assert "has colours" in user.window.banner.sentence.text()
    picture(tmp_path, monkeypatch, "#ffffff")
    finish(user, ask(user))
    assert "Imported 100 px" in user.window.banner.sentence.text()
