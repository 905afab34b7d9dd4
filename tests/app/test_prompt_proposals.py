"""Expanding the prompt in the window: proposals that are edited before they are used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from test_stable_diffusion_panel import choose
from tiny_language import tiny_gpt2
from tiny_models import tiny_sd

from app.context import Context
from app.document import OpenDocument
from app.panels.prompt_proposals import COUNT, PromptProposals
from app.panels.restore import RestorePanel
from app.window.main_window import MainWindow
from imagest_core.models.cache import loaded_models
from imagest_core.models.library import add_model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("made")
    tiny_sd(folder / "first")
    tiny_gpt2(folder / "gpt")
    yield folder
    loaded_models.clear()


@pytest.fixture
def panel(window: MainWindow, opened: OpenDocument, own_data: None, made: Path) -> RestorePanel:
    add_model(made / "first", in_place=True)
    window.docks["restore"].open(True)
    choose(window.restore, "stable-diffusion/first")
    return window.restore


def dialog_of(panel: RestorePanel) -> PromptProposals:
    shown = QApplication.activeModalWidget()
    assert isinstance(shown, PromptProposals)
    return shown


def test_without_a_language_model_the_button_says_what_to_add(panel: RestorePanel, made: Path) -> None:
    editor = panel.choices.editor("prompt")
    assert editor.expand.isVisible()
    assert not editor.expand.isEnabled()
    assert "add a language model" in editor.expand.toolTip()
    assert not panel.choices.editor("negative_prompt").expand.isVisibleTo(panel)
    add_model(made / "gpt", in_place=True)
    panel.choices.show_request(panel.context.selection.request)
    assert editor.expand.isEnabled()
    assert "longer texts" in editor.expand.toolTip()


def test_a_proposal_is_edited_before_it_is_used(
    panel: RestorePanel, context: Context, qtbot: QtBot, made: Path
) -> None:
    add_model(made / "gpt", in_place=True)
    panel.choices.show_request(context.selection.request)
    editor = panel.choices.editor("prompt")
    editor.field.setFocus()
    qtbot.keyClicks(editor.field, "a red cloak")
    qtbot.keyClick(editor.field, Qt.Key.Key_Return)
    qtbot.mouseClick(editor.expand, Qt.MouseButton.LeftButton)
    dialog = dialog_of(panel)
    assert not dialog.accept_text.isEnabled()
    qtbot.waitUntil(lambda: dialog.proposals.count() == COUNT, timeout=60_000)
    texts = [dialog.proposals.item(row).text() for row in range(COUNT)]
    assert all(text.startswith("a red cloak") for text in texts)
    assert context.selection.request.get("prompt") == "a red cloak", "nothing is used silently"
    qtbot.mouseClick(dialog.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.proposals.count() == 2 * COUNT, timeout=60_000)
    dialog.proposals.setCurrentRow(1)
    assert dialog.text.toPlainText() == texts[1]
    dialog.text.selectAll()
    qtbot.keyClicks(dialog.text, "a red cloak of silk")
    qtbot.mouseClick(dialog.accept_text, Qt.MouseButton.LeftButton)
    assert context.selection.request.get("prompt") == "a red cloak of silk"
    assert editor.field.toPlainText() == "a red cloak of silk"


def test_an_empty_prompt_is_explained_and_cancel_changes_nothing(
    panel: RestorePanel, context: Context, qtbot: QtBot, made: Path
) -> None:
    add_model(made / "gpt", in_place=True)
    panel.choices.show_request(context.selection.request)
    qtbot.mouseClick(panel.choices.editor("prompt").expand, Qt.MouseButton.LeftButton)
    dialog = dialog_of(panel)
    qtbot.waitUntil(lambda: "type a few words" in dialog.message.text(), timeout=60_000)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert context.selection.request.get("prompt") == ""
