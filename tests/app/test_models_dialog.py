"""The models dialog lists, adds, checks, removes and downloads models."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hub_server import Hub, running_hub
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from pytestqt.qtbot import QtBot
from tiny_models import tiny_lora, tiny_single_file

from app.commands import open as opening
from app.context import Context
from app.dialogs import models as dialogs
from app.dialogs.download_model import DownloadDialog
from app.dialogs.models import ModelsDialog
from app.document import OpenDocument
from app.jobs.runner import Job
from app.window.main_window import MainWindow
from imagest_core.models import requirements
from imagest_core.models.library import add_model, find_installed


@pytest.fixture
def dialog(qtbot: QtBot, context: Context) -> Iterator[ModelsDialog]:
    """The dialog, shown offscreen."""
    made = ModelsDialog(context)
    made.open()
    yield made
    made.close()
    qtbot.waitUntil(lambda: not context.jobs.busy)


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    return tiny_lora(tmp_path / "files" / "brush strokes.safetensors")


def rows(dialog: ModelsDialog) -> list[list[str]]:
    items = [dialog.tree.topLevelItem(number) for number in range(dialog.tree.topLevelItemCount())]
    return [[item.text(column) for column in range(item.columnCount())] for item in items if item]


def select(dialog: ModelsDialog, name: str) -> None:
    (item,) = dialog.tree.findItems(name, Qt.MatchFlag.MatchExactly)
    dialog.tree.setCurrentItem(item)


def finish(qtbot: QtBot, dialog: ModelsDialog | DownloadDialog) -> None:
    qtbot.waitUntil(lambda: not dialog.busy)


def test_the_menu_opens_the_list(window: MainWindow):
    window.action("models").trigger()
    (dialog,) = window.findChildren(ModelsDialog)
    (row,) = rows(dialog)
    assert row[:3] == ["embedded", "Imagest network", "inpainting, style"]
    assert not dialog.remove.isEnabled(), "it belongs to the program"
    assert "free on the disk" in dialog.space.text()
    dialog.close()


def test_a_dropped_file_is_added(dialog: ModelsDialog, lora: Path, qtbot: QtBot):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(lora))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    dialog.dragEnterEvent(enter)
    assert enter.isAccepted()
    dialog.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))
    finish(qtbot, dialog)
    assert dialog.message.text() == "brush-strokes was added."
    assert dialog.selected_name == "brush-strokes"
    assert rows(dialog)[1][1] == "LoRA"
    dialog.add(lora)
    finish(qtbot, dialog)
    assert dialog.selected_name == "brush-strokes-2", "a name in use gets a number"


def test_a_model_in_place_is_removed_after_a_question(dialog: ModelsDialog, tmp_path: Path, qtbot: QtBot):
    path = tiny_single_file(tmp_path / "model.safetensors")
    dialog.in_place.setChecked(True)
    dialog.add(path)
    finish(qtbot, dialog)
    assert rows(dialog)[1][1] == "Diffusion model (Stable Diffusion 1)"
    assert rows(dialog)[1][4] == "in place"
    dialog.remove.click()
    assert dialog.question.text() == "Remove model? Its files stay where they are."
    dialog.keep.click()
    assert not dialog.confirm.isVisible()
    dialog.remove.click()
    dialog.confirm.click()
    assert len(rows(dialog)) == 1
    assert path.is_file()


def test_a_damaged_model_is_reported(dialog: ModelsDialog, lora: Path, qtbot: QtBot):
    add_model(lora, "mine")
    dialog.refresh("mine")
    dialog.check.click()
    finish(qtbot, dialog)
    assert dialog.message.text() == "All files of mine are intact."
    path = find_installed("mine").path
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    dialog.check.click()
    finish(qtbot, dialog)
    assert "was changed or damaged" in dialog.message.text()
    assert dialog.message.objectName() == "bad"


def test_dialog_refuses_files_that_are_no_models(
    dialog: ModelsDialog, tmp_path: Path, qtbot: QtBot, said: list
):
    (tmp_path / "x.ckpt").write_bytes(b"\x80\x02")
    dialog.add(tmp_path / "x.ckpt")
    finish(qtbot, dialog)
    assert "is pickled" in dialog.message.text()
    assert not said, "not also in the window"


def test_missing_files_and_a_small_machine_are_shown(
    dialog: ModelsDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tiny_single_file(tmp_path / "model.safetensors")
    add_model(path, "big", in_place=True)
    monkeypatch.setattr(requirements, "machine_memory", lambda: 1_000_000_000)
    dialog.refresh("big")
    assert "needs about 2 GB of memory, but this computer has 1 GB" in dialog.note.text()
    path.unlink()
    dialog.refresh("big")
    assert rows(dialog)[1][4] == "files missing"
    assert not dialog.note.isVisible()


def test_a_waiting_job_can_be_cancelled(dialog: ModelsDialog, context: Context, lora: Path, qtbot: QtBot):
    import threading

    go = threading.Event()
    context.jobs.submit(Job("other", lambda _: go.wait(5), lambda _: None))
    dialog.add(lora)
    assert "starts when the running job ends" in dialog.message.text()
    assert dialog.cancel.isVisible()
    dialog.cancel.click()
    assert dialog.message.text() == "Cancelled."
    go.set()
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert len(rows(dialog)) == 1


def test_closing_the_dialog_cancels_its_job(context: Context, lora: Path, qtbot: QtBot):
    dialog = ModelsDialog(context)
    dialog.open()
    dialog.add(lora)
    dialog.close()
    qtbot.waitUntil(lambda: not context.jobs.busy)


# Downloading


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    folder = tmp_path / "hub"
    tiny_lora(folder / "lora.safetensors")
    (folder / "LICENSE.md").write_text("You may do this and that.")
    with running_hub({"a/lora": folder}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield server


def test_a_model_is_downloaded_after_its_licence_was_shown(
    dialog: ModelsDialog, hub: Hub, qtbot: QtBot, context: Context
):
    dialog.fetch.click()
    (download,) = dialog.findChildren(DownloadDialog)
    assert not download.start.isEnabled()
    download.repository.setText("a/lora")
    download.look_up.click()
    finish(qtbot, download)
    assert download.licence.toPlainText() == "You may do this and that."
    assert "Licence: creativeml-openrail-m" in download.summary.text()
    assert not any("lora.safetensors" in path for path, _ in hub.requests)
    download.start.click()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 2)
    assert dialog.message.text() == "lora was added."
    assert find_installed("lora").origin.startswith("a/lora@")
    qtbot.waitUntil(lambda: not context.jobs.busy)


def test_failed_lookup_is_explained(dialog: ModelsDialog, hub: Hub, qtbot: QtBot):
    dialog.fetch.click()
    (download,) = dialog.findChildren(DownloadDialog)
    download.repository.setText("a/other")
    download.look_up.click()
    finish(qtbot, download)
    assert "There is no a/other on the hub" in download.message.text()
    assert not download.start.isEnabled()
    download.close()


def test_opening_and_the_list_of_models_use_no_network(
    window: MainWindow, scan: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    opening.open_path(window.context, scan)
    qtbot.waitUntil(lambda: window.context.document is not None)
    window.action("models").trigger()
    (dialog,) = window.findChildren(ModelsDialog)
    dialog.check.click()
    finish(qtbot, dialog)
    assert dialog.message.text() == "All files of embedded are intact."
    dialog.close()


def test_every_kind_has_a_name():
    from imagest_core.models.identity import ModelKind

    assert set(dialogs.KINDS) == {str(kind) for kind in ModelKind}


def test_the_kind_of_a_few_step_lora_is_chosen(dialog: ModelsDialog, lora: Path, tmp_path: Path):
    add_model(lora, "brown")
    add_model(tiny_single_file(tmp_path / "sd.safetensors"), "sd", in_place=True)
    dialog.refresh("sd")
    assert dialog.few_steps.isHidden()
    select(dialog, "brown")
    assert not dialog.few_steps.isHidden()
    assert dialog.few_steps.currentData() == "none"
    dialog.few_steps.setCurrentIndex(dialog.few_steps.findData("lightning"))
    dialog.few_steps.activated.emit(dialog.few_steps.currentIndex())
    assert find_installed("brown").identity.details["few_steps"] == "lightning"
    assert dialog.selected_name == "brown"
    assert rows(dialog)[1][2] == "Lightning"


def test_the_buttons_stay_under_the_pointer(dialog: ModelsDialog, lora: Path, qtbot: QtBot):
    qtbot.waitExposed(dialog)
    places = [dialog.add_file.geometry(), dialog.remove.geometry()]
    dialog.add(lora)
    qtbot.waitUntil(dialog.bar.isVisible)
    qtbot.wait(10)
    assert [dialog.add_file.geometry(), dialog.remove.geometry()] == places
    finish(qtbot, dialog)
    qtbot.wait(10)
    assert [dialog.add_file.geometry(), dialog.remove.geometry()] == places
    at = dialog.remove.mapTo(dialog, dialog.remove.rect().center())
    for _ in range(2):
        qtbot.mouseClick(dialog.childAt(at), Qt.MouseButton.LeftButton)
        qtbot.wait(10)
        assert dialog.childAt(at) is dialog.remove
    assert dialog.confirm.isVisible()
    assert len(rows(dialog)) == 2, "a second click at the same place removes nothing"


def test_an_added_model_is_offered_at_once(
    window: MainWindow, opened: OpenDocument, tmp_path: Path, qtbot: QtBot
):
    box = window.restore.choices.engine_choice.box

    def engines() -> list[str]:
        return [box.itemData(place) for place in range(box.count())]

    assert not [key for key in engines() if key.startswith("stable-diffusion")]
    dialog = ModelsDialog(window.context, window)
    dialog.open()
    dialog.add(tiny_single_file(tmp_path / "made.safetensors"))
    finish(qtbot, dialog)
    assert "stable-diffusion/made" in engines()
    select(dialog, "made")
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.confirm, Qt.MouseButton.LeftButton)
    assert not [key for key in engines() if key.startswith("stable-diffusion")]
    dialog.close()
