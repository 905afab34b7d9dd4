"""Changed parameters show it and can be reset; presets; what a newly opened painting starts with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QInputDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.commands import open as opening
from app.context import Context
from app.panels.reset import Reset
from app.panels.restore import RestorePanel
from app.settings import Settings
from app.start_request import default_request
from app.window.main_window import MainWindow
from imagest_core.restoration.modes import Mode, Quality
from imagest_core.restoration.request import RestorationRequest

Settle = Callable[[], None]
TEXTURED = RestorationRequest.of("imagest", mode=Mode.TEXTURED)


@pytest.fixture
def panel(window: MainWindow, opened) -> RestorePanel:
    window.resize(1440, 1600)
    window.docks["restore"].open(True)
    window.restore.fold.head.setChecked(True)
    window.context.selection.request = TEXTURED
    return window.restore


def click(button: QAbstractButton, qtbot: QtBot) -> None:
    qtbot.waitUntil(button.isVisible)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def resets(panel: RestorePanel) -> dict[str, Reset]:
    return panel.choices.resets | panel.advanced.resets


def changed(panel: RestorePanel) -> set[str]:
    """The parameters that are marked."""
    return {
        name
        for name, reset in resets(panel).items()
        if not reset.mark.isHidden() and not reset.button.isHidden()
    }


def test_every_parameter_is_marked_and_reset_alone(panel: RestorePanel, context: Context, qtbot: QtBot):
    values = {
        "quality": Quality.FINE,
        "seed": 7,
        "variation": 2,
        "steps": 21,
        "scheduler": "ddim",
        "style_strength": 0.4,
        "guidance": 2.5,
        "detail": 0.3,
        "dilation": 3,
        "context": 1.5,
        "batch": 4,
    }
    start = changed(panel)
    assert start <= {"mode"}
    context.selection.request = TEXTURED.changed(**values)
    assert changed(panel) == start | set(values)
    assert panel.fold.head.text().endswith("10 changed")
    for name in values.keys() - {"quality"}:
        click(resets(panel)[name].button, qtbot)
        assert context.selection.request.get(name) == TEXTURED.get(name)
        assert name not in changed(panel)
    assert changed(panel) == start | {"quality"}
    click(resets(panel)["quality"].button, qtbot)
    assert context.selection.request == TEXTURED


def test_reset_button_does_not_shrink_other_widgets(panel: RestorePanel, context: Context, qtbot: QtBot):
    """Nothing moves when a parameter is changed."""

    def places() -> list[tuple[QPoint, int]]:
        rows: list[QWidget] = [*panel.advanced.editors.values(), panel.choices.editor("quality")]
        return [(row.mapTo(panel, QPoint(0, 0)), row.width()) for row in rows if row.isVisible()]

    qtbot.wait(20)
    before = places()
    context.selection.request = TEXTURED.changed(style_strength=0.4, context=1.5, quality=Quality.FINE)
    qtbot.wait(20)
    assert places() == before


def test_the_number_of_variations_is_marked_and_reset(panel: RestorePanel, context: Context, qtbot: QtBot):
    panel.advanced.variations.setValue(3)
    assert "variation" in changed(panel)
    click(panel.advanced.resets["variation"].button, qtbot)
    assert context.selection.variations == 1
    assert "variation" not in changed(panel)


def test_all_parameters_are_reset(panel: RestorePanel, context: Context, qtbot: QtBot):
    context.selection.request = RestorationRequest.of("harmonic", context=1.5)
    context.selection.variations = 3
    assert panel.presets.box.currentIndex() == -1
    click(panel.presets.reset_all, qtbot)
    assert context.selection.request == default_request(context.settings)
    assert context.selection.variations == 1
    assert changed(panel) == set()
    assert panel.presets.box.currentText() == "Default"
    assert not panel.presets.reset_all.isEnabled()


def choose(panel: RestorePanel, name: str) -> None:
    """Choose a preset by the keyboard."""
    box = panel.presets.box
    box.setFocus()
    index = box.findText(name)
    assert index >= 0
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(index):
        QTest.keyClick(box, Qt.Key.Key_Down)
    box.activated.emit(box.currentIndex())


def test_a_preset_is_saved_loaded_and_deleted(
    panel: RestorePanel, context: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    own = TEXTURED.changed(style_strength=0.4, guidance=2.0)
    context.selection.request = own
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" Soft ", True))
    panel.presets.save.trigger()
    assert panel.presets.current == "Soft"
    assert RestorationRequest.from_plain(settings.presets["Soft"]) == own

    panel.presets.reset()
    choose(panel, "Soft")
    assert context.selection.request == own

    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Cancel)
    panel.presets.delete.trigger()
    assert "Soft" in settings.presets
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    panel.presets.delete.trigger()
    assert "Soft" not in settings.presets
    assert context.selection.request == own, "the parameters stay"
    assert panel.presets.box.currentIndex() == -1


def test_a_preset_is_replaced_only_after_a_question(
    panel: RestorePanel, context: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    settings.save_preset("Soft", TEXTURED.to_plain())
    context.selection.request = TEXTURED.changed(guidance=2.0)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Soft", True))
    for answer in (QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Yes):
        monkeypatch.setattr(QMessageBox, "question", lambda *_, answer=answer: answer)
        panel.presets.save.trigger()
        guidance = RestorationRequest.from_plain(settings.presets["Soft"]).get("guidance")
        assert guidance == (2.0 if answer == QMessageBox.StandardButton.Yes else TEXTURED.get("guidance"))


def test_a_preset_of_an_unknown_engine_is_refused(
    panel: RestorePanel, context: Context, settings: Settings, said: list
):
    settings.save_preset("Future", {"engine": "future", "parameters": {}})
    before = context.selection.request
    choose(panel, "Future")
    assert context.selection.request == before
    assert "Future" in said[-1].sentence


def test_another_painting_starts_with_the_defaults(
    window: MainWindow, scan: Path, tmp_path: Path, settle: Settle
):
    """Parameters stay with their painting: nothing carries over, and nothing is lost."""
    context, other = window.context, tmp_path / "other.tif"
    shutil.copyfile(scan, other)
    context.settings.start_with("")
    opening.open_path(context, scan)
    settle()
    assert context.selection.request == default_request(context.settings)
    own = context.selection.request = TEXTURED.changed(style_strength=0.3, seed=5)
    context.selection.variations = 4
    other.write_bytes(scan.read_bytes() + b"\0")
    opening.open_path(context, other)
    settle()
    assert context.document.painting.path == other
    assert context.selection.request == default_request(context.settings)
    assert context.selection.variations == 1
    opening.open_path(context, scan)
    settle()
    assert context.selection.request == own


def test_a_preset_can_be_the_start(window: MainWindow, scan: Path, settle: Settle):
    context, presets = window.context, window.restore.presets
    context.settings.save_preset("Soft", TEXTURED.changed(style_strength=0.3).to_plain())
    opening.open_sample(context)
    settle()
    choose(window.restore, "Soft")
    presets.start.trigger()
    assert presets.start.isChecked()
    opening.open_path(context, scan)
    settle()
    assert context.selection.request.get("style_strength") == 0.3
    presets.start.trigger()
    assert context.settings.start_preset == ""
