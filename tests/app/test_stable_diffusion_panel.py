"""Stable Diffusion in the window: model, prompt, adapters, and a restoration with the real classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QScrollArea, QToolButton
from pytestqt.qtbot import QtBot
from test_restore_jobs import mark
from tiny_models import tiny_ip_adapter, tiny_lora, tiny_sd, tiny_single_file
from tiny_style import tiny_style_adapter

from app.commands import restore as restoring
from app.context import Context
from app.document import OpenDocument
from app.jobs.estimate import speed_key
from app.panels.engine_choice import entries
from app.panels.restore import RestorePanel
from app.widgets.parts import Amount
from app.window.main_window import MainWindow
from imagest_core.models.cache import loaded_models
from imagest_core.models.library import add_model, declare_few_steps
from imagest_core.painting.geometry import Box
from imagest_core.restoration.request import RestorationRequest


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    tiny_sd(folder / "first")
    tiny_sd(folder / "wide", family="sdxl")
    tiny_lora(folder / "brown.safetensors")
    tiny_lora(folder / "wide-brown.safetensors", family="sdxl")
    tiny_ip_adapter(folder / "pictures")
    yield folder
    loaded_models.clear()


@pytest.fixture
def library(made: Path, own_data: None) -> None:
    for name in ("first", "wide", "brown.safetensors", "wide-brown.safetensors", "pictures"):
        add_model(made / name, in_place=True)


@pytest.fixture
def panel(window: MainWindow, opened: OpenDocument, library: None) -> RestorePanel:
    window.docks["restore"].open(True)
    window.restore.fold.head.setChecked(True)
    return window.restore


def choose(panel: RestorePanel, key: str) -> None:
    panel.choices.engine_choice.show_request(panel.context.selection.request)
    box = panel.choices.engine
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())


def test_engine_and_model_are_one_choice(panel: RestorePanel, context: Context) -> None:
    choose(panel, "stable-diffusion/wide")
    request = context.selection.request
    assert (request.engine, request.get("model")) == ("stable-diffusion", "wide")
    assert panel.choices.engine.currentText().startswith("Stable Diffusion · ")
    choose(panel, "imagest")
    assert context.selection.request.get("model") == ""


def test_an_engine_without_a_model_is_not_offered(window: MainWindow, opened: OpenDocument) -> None:
    keys = [window.restore.choices.engine.itemData(i) for i in range(window.restore.choices.engine.count())]
    assert "imagest" in keys
    assert not [key for key in keys if key.startswith("stable-diffusion")]


def test_models_of_one_title_are_told_apart(panel: RestorePanel, tmp_path: Path) -> None:
    """The title of a file is its name on the disk it came from."""
    file = tiny_single_file(tmp_path / "model.safetensors")
    for name in ("old", "new"):
        add_model(file, name, in_place=True)
    texts = [entry.text for entry in entries() if entry.engine == "stable-diffusion"]
    assert {f"Stable Diffusion · {text}" for text in ("first", "model (old)", "model (new)")} < set(texts)
    assert len(set(texts)) == len(texts)


def test_no_row_moves_when_a_prompt_was_typed(panel: RestorePanel, context: Context, qtbot: QtBot) -> None:
    """The click that leaves the field would miss the button below it."""
    choose(panel, "stable-diffusion/first")
    prompt, quality = panel.choices.editor("prompt"), panel.choices.rows["quality"][1]
    qtbot.wait(20)
    before = quality.mapTo(panel, quality.rect().topLeft())
    prompt.field.setFocus()
    qtbot.keyClicks(prompt.field, "a red cloak")
    qtbot.keyClick(prompt.field, Qt.Key.Key_Return)
    qtbot.wait(20)
    assert context.selection.request.get("prompt") == "a red cloak"
    assert quality.mapTo(panel, quality.rect().topLeft()).y() == before.y()


def test_choosing_the_text_strength_begins_with_the_usual_one(panel: RestorePanel, context: Context) -> None:
    choose(panel, "stable-diffusion/first")
    declare_few_steps("brown", "lcm")
    automatic = panel.advanced.editors["guidance"].findChildren(QCheckBox)[0]
    for adapters, usual in (("", 7.5), ("brown", 1.0)):
        context.selection.request = context.selection.request.changed(adapters=adapters, prompt="sea")
        automatic.click()
        assert context.selection.request.get("guidance") == usual
        automatic.click()
        assert context.selection.request.get("guidance") is None


def test_a_model_that_is_missing_here_is_shown_as_such(panel: RestorePanel, context: Context) -> None:
    context.selection.request = RestorationRequest.of("stable-diffusion", model="elsewhere")
    assert panel.choices.engine.currentText() == "Stable Diffusion · elsewhere (not installed)"


def test_a_typed_prompt_is_used_and_offered_again(
    panel: RestorePanel, context: Context, qtbot: QtBot
) -> None:
    choose(panel, "stable-diffusion/first")
    prompt = panel.choices.editor("prompt")
    assert not panel.choices.rows["negative_prompt"][1].isEnabled()
    prompt.field.setFocus()
    qtbot.keyClicks(prompt.field, "a red cloak")
    assert context.selection.request.get("prompt") == ""
    qtbot.keyClick(prompt.field, Qt.Key.Key_Return)
    assert context.selection.request.get("prompt") == "a red cloak"
    assert panel.choices.rows["negative_prompt"][1].isEnabled()
    prompt.menu.aboutToShow.emit()
    assert [action.text() for action in prompt.menu.actions()] == ["a red cloak"]
    prompt.show_value("")
    prompt.menu.actions()[0].trigger()
    assert prompt.field.toPlainText() == "a red cloak"


def test_a_prompt_in_chinese_gets_a_note(panel: RestorePanel, qtbot: QtBot) -> None:
    choose(panel, "stable-diffusion/first")
    prompt = panel.choices.editor("prompt")
    prompt.field.setPlainText("红色 cloak")
    assert prompt.note.isVisibleTo(panel)
    assert "红色" in prompt.note.text()
    prompt.field.setPlainText("un manteau doré")
    assert not prompt.note.isVisibleTo(panel)


def test_a_few_step_adapter_says_its_preset(panel: RestorePanel, context: Context) -> None:
    choose(panel, "stable-diffusion/first")
    declare_few_steps("brown", "lcm")
    editor = panel.advanced.editors["adapters"]
    assert editor.preset.isHidden()
    editor.menu.aboutToShow.emit()
    actions = {action.text(): action for action in editor.menu.actions()}
    actions["brown  (lora, LCM)"].trigger()
    assert editor.preset.text() == "LCM adapter: lcm, 6 steps, text strength 1."
    assert not editor.preset.isHidden()
    context.selection.request = context.selection.request.changed(quality="draft", guidance=1.5)
    assert editor.preset.text() == "LCM adapter: lcm, 4 steps, text strength 1.5."
    assert speed_key(context.selection.request, "cpu").endswith("/lcm/cpu")
    context.selection.request = context.selection.request.changed(adapters="")
    assert editor.preset.isHidden()


def test_adapters_that_fit_are_offered_with_weights(panel: RestorePanel, context: Context) -> None:
    choose(panel, "stable-diffusion/first")
    editor = panel.advanced.editors["adapters"]
    editor.menu.aboutToShow.emit()
    actions = {action.text(): action for action in editor.menu.actions()}
    assert set(actions) == {"brown  (lora)", "pictures  (ip-adapter)"}
    assert panel.advanced.rows["style_strength"].isHidden()
    actions["pictures  (ip-adapter)"].trigger()
    assert context.selection.request.get("adapters") == "pictures"
    assert not panel.advanced.rows["style_strength"].isHidden()
    editor.show_value("pictures:-1.5")
    assert editor.findChildren(Amount)[-1].value == -1.5
    editor._weigh("pictures", 0.6)
    assert context.selection.request.get("adapters") == "pictures:0.6"
    remove = [b for b in editor.findChildren(QToolButton) if b.accessibleName() == "Leave out pictures"]
    remove[-1].click()
    assert context.selection.request.get("adapters") == ""


def test_nothing_of_the_panel_is_cut_off(panel: RestorePanel, window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1264, 672)
    choose(panel, "stable-diffusion/first")
    request = panel.context.selection.request
    panel.context.selection.request = request.changed(prompt="红色 cloak", adapters="brown:0.5,pictures")
    qtbot.wait(50)
    area = next(area for area in window.findChildren(QScrollArea) if area.isAncestorOf(panel.choices))
    for part in (panel.choices, panel.advanced):
        assert part.mapTo(area.viewport(), part.rect().topRight()).x() < area.viewport().width()


def test_detail_is_left_to_the_program_or_chosen(panel: RestorePanel, context: Context) -> None:
    choose(panel, "stable-diffusion/first")
    assert context.selection.request.get("detail") is None
    automatic = panel.advanced.editors["detail"].findChildren(type(panel.advanced.windows))[0]
    assert automatic.isChecked()
    automatic.click()
    assert context.selection.request.get("detail") == 1.0
    automatic.click()
    assert context.selection.request.get("detail") is None


def test_the_panel_says_how_much_memory_a_model_needs(
    panel: RestorePanel, opened: OpenDocument, qtbot: QtBot
) -> None:
    choose(panel, "stable-diffusion/first")
    mark(opened, Box(50, 40, 30, 20))
    qtbot.waitUntil(lambda: "GB of memory" in panel.footer.expected.text())
    assert "minutes a tile without a GPU" in panel.footer.expected.text()
    request = panel.context.selection.request
    panel.context.settings.note_speed(speed_key(request, "cpu"), 1e-4)
    panel.context.selection.request = request.changed(seed=1)
    qtbot.waitUntil(lambda: "the first run" not in panel.footer.expected.text())
    assert "minutes a tile" not in panel.footer.expected.text(), "the measured time says it better"


def test_a_missing_model_is_said_before_anything_starts(
    panel: RestorePanel, context: Context, opened: OpenDocument, qtbot: QtBot
) -> None:
    context.selection.request = RestorationRequest.of("stable-diffusion", model="elsewhere")
    mark(opened, Box(50, 40, 30, 20))
    qtbot.waitUntil(lambda: "elsewhere" in panel.footer.expected.text())


def test_a_restoration_with_text_and_variations(
    window: MainWindow,
    panel: RestorePanel,
    context: Context,
    opened: OpenDocument,
    qtbot: QtBot,
    settle: Callable[[], None],
) -> None:
    choose(panel, "stable-diffusion/first")
    context.selection.request = context.selection.request.changed(prompt="gold", steps=2, device="cpu")
    context.selection.variations = 2
    mark(opened, Box(50, 40, 20, 16))
    restoring.restore_all(context)
    settle()
    runs = opened.state.runs
    assert len(runs) == 2
    record = opened.run(max(runs)).content.record()
    assert '"prompt": "gold"' in record
    assert '"engine": "stable-diffusion"' in record


def test_style_adapters_are_listed(panel: RestorePanel, context: Context, made: Path) -> None:
    adapter = made / "adapter"
    if not adapter.exists():
        tiny_style_adapter(adapter)
    add_model(adapter, "umber", in_place=True)
    context.selection.request = RestorationRequest.of("imagest-sd", model="first")
    box = panel.choices.editor("style_adapter").box
    assert [box.itemData(index) for index in range(box.count())] == ["", "umber"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert context.selection.request.get("style_adapter") == "umber"
