"""Messages of the core in the language of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QPoint, Qt, QTimer, QTranslator
from PySide6.QtWidgets import QApplication, QInputDialog, QWidget
from pytestqt.qtbot import QtBot

import resources
from app.commands import mask as masking
from app.commands import open as opening
from app.dialogs.models import ModelsDialog
from app.document import OpenDocument
from app.i18n.core_messages import CONTEXT, localized
from app.messages import explained
from app.panels.classes import ClassRow
from app.panels.history import HistoryModel
from app.window.main_window import MainWindow
from imagest_core.damage.mask_io import read_mask
from imagest_core.errors import MaskError
from imagest_core.messages import LIST_OF_TWO, Message, joined
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.reader import open_painting
from imagest_core.project.document import Document
from imagest_core.project.operations.names import NAMES, operation_name
from imagest_core.project.operations.settings import set_notes
from scripts.collect_core_texts import LIST, listing, templates

Settle = Callable[[], None]


@pytest.fixture
def chinese(qapp: QCoreApplication) -> Iterator[None]:
    translator = QTranslator()
    assert translator.load(QLocale("zh_CN"), "imagest", "_", str(Path(resources.__file__).parent / "i18n"))
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


SAME_IN_CHINESE = {"{limits} {unit}"}


@pytest.mark.usefixtures("chinese")
def test_every_template_of_the_core_has_a_chinese_translation():
    untranslated = {text for text in templates() if QCoreApplication.translate(CONTEXT, text) == text}
    assert untranslated == SAME_IN_CHINESE


def test_the_list_for_lupdate_is_up_to_date():
    assert LIST.read_text(encoding="utf-8") == listing(), "call: make texts"


def test_the_collected_templates_are_those_of_errors_notes_and_operations():
    found = templates()
    assert "A damage class needs a name." in found  # raised as a plain text
    assert "The mask {path} is partly transparent: flatten it onto black first." in found
    assert "Kept as it is: {part}." in found  # from a table
    assert "style emphasis" in found  # label of a parameter
    assert "The selection contains no damage to fill: clear it, or select another part." in found
    assert set(NAMES.values()) <= set(found)


@pytest.mark.usefixtures("chinese")
def test_a_raised_error_is_shown_in_chinese(tmp_path: Path):
    with pytest.raises(MaskError) as raised:
        read_mask(tmp_path / "m.png", (4, 4))
    assert str(raised.value) == f"There is no mask file {tmp_path / 'm.png'}."
    assert explained(raised.value) == (f"没有蒙版文件 {tmp_path / 'm.png'}。", "")
    assert explained(MaskError("A damage class needs a name."))[0] != "A damage class needs a name."


@pytest.mark.usefixtures("chinese")
def test_a_message_inside_a_message_is_translated():
    inner = MaskError(Message("There is no mask file {path}.", path="m.png"))
    outer = MaskError(Message("The exported file can't be read: {reason}", reason=inner))
    assert str(outer) == "The exported file can't be read: There is no mask file m.png."
    assert localized(outer.message) == "无法读取导出的文件：没有蒙版文件 m.png。"
    note = WritingNote(Message("Page {number} of the file", number=2), "lost", Message("as it is damaged"))
    assert localized(note.sentence).endswith("文件的第 2 页，因其已损坏。")
    assert "Page" not in localized(note.sentence)
    both = joined([Message("its samples"), Message("its metadata")], LIST_OF_TWO)
    assert both == "its samples and also its metadata"
    assert not any(letter.isascii() and letter.isalpha() for letter in localized(both))


@pytest.mark.usefixtures("chinese")
def test_names_of_files_and_unknown_texts_are_not_translated():
    """A file may be called like a phrase of the core."""
    message = Message("There is no mask file {path}.", path="tiles")
    assert localized(message) == "没有蒙版文件 tiles。"
    assert localized("Nothing like this.") == "Nothing like this."
    assert localized(Message("{braces} without arguments")) == "{braces} without arguments"


@pytest.mark.usefixtures("chinese")
def test_every_operation_name_is_translated():
    arguments = {"engine": "x", "count": 59, "number": 7, "file": "x", "name": "x"}
    for key in NAMES:
        name = operation_name(key, **arguments)
        assert localized(name) != name, key
    assert localized(operation_name("accept_regions", count=59)) == "接受 59 个区域"


@pytest.mark.usefixtures("chinese")
def test_the_history_of_an_english_project_is_shown_in_chinese(
    window: MainWindow, scan: Path, tmp_path: Path, settle: Settle
):
    """Names are stored with ids, so the language of the window when they were made doesn't matter."""
    opening.open_path(window.context, scan)
    settle()
    masking.invert(window.context)
    settle()
    model = HistoryModel()
    model.show(window.context.document)
    assert model.data(model.index(0)) == "反转蒙版"
    assert window.context.document.document.history.done[-1].name == "Invert mask"


@pytest.mark.usefixtures("chinese")
def test_the_history_of_an_old_project_is_shown_in_chinese(
    window: MainWindow, scan: Path, tmp_path: Path, settle: Settle
):
    """Earlier versions stored English names, and those of the tools in the language of the window."""
    path = tmp_path / "old.imagest"
    with open_painting(scan) as painting, closing(Document.create(painting, path)) as document:
        for name in (
            "Edit notes",
            "Accept 59 regions",
            "Rename class to x",
            "Restore with imagest",
            "画笔",
        ):
            document.do(replace(set_notes(document.state, name), name=name))
    opening.open_path(window.context, path)
    settle()
    model = HistoryModel()
    model.show(window.context.document)
    shown = [model.data(model.index(line)) for line in range(model.rowCount())]
    assert shown == ["画笔", "用 imagest 修复", "类别重命名为 x", "接受 59 个区域", "编辑备注", "第一步之前"]
    assert window.context.document.undo()


@pytest.mark.usefixtures("chinese")
def test_classes_samples_and_the_own_model_are_named_in_chinese(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    rows = window.damage.findChildren(ClassRow)
    told = [
        text
        for row in rows
        for part in (row, *row.findChildren(QWidget))
        for text in (part.toolTip(), part.accessibleName())
    ]
    english = {item.name for item in opened.state.damage.classes}
    assert not [text for text in told if any(name in text for name in english)]
    assert "隐藏缺失" in told
    assert any("TIFF 标签" in text for text in told)
    window.status.point(5, 5)
    qtbot.waitUntil(lambda: "16 位" in window.status.samples.text())
    dialog = ModelsDialog(window.context, window)
    qtbot.addWidget(dialog)
    assert "随程序附带的网络" in dialog.details.text()


@pytest.mark.usefixtures("chinese")
def test_renaming_starts_with_the_name_that_is_shown(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    shown: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        shown.append(dialog.textValue())
        dialog.accept()

    QTimer.singleShot(100, look)
    row = window.damage.findChildren(ClassRow)[0]
    qtbot.mouseDClick(row, Qt.MouseButton.LeftButton, pos=QPoint(120, 8))
    assert shown == ["缺失"]
    assert opened.state.damage.class_of(1).name == "loss", "nothing was renamed"
