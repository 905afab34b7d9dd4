"""The Restore panel: what can be chosen is what the engine has, and all of it lands in the request."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.canvas.overlay_pixels import Zones
from app.context import Context
from app.jobs.devices import Device, choices
from app.panels.restore import RestorePanel
from app.widgets.parts import Amount
from app.window.main_window import MainWindow
from imagest_core.restoration.engines.registry import engine_names, get_engine
from imagest_core.restoration.modes import Mode, Quality
from imagest_core.restoration.request import RestorationRequest, ScalePolicy
from imagest_core.restoration.used_parameters import possible_parameters

UNUSUAL = RestorationRequest.of(
    engine="imagest",
    mode=Mode.TEXTURED,
    quality=Quality.FINE,
    steps=21,
    scheduler="ddim",
    guidance=2.5,
    style_strength=0.4,
    detail=0.35,
    seed=2**40 + 7,
    variation=3,
    dilation=3,
    blend=9,
    context=1.25,
    scale=ScalePolicy.NATIVE,
    batch=6,
    device="cpu",
)


@pytest.fixture
def panel(window: MainWindow, opened) -> RestorePanel:
    window.docks["restore"].open(True)
    window.restore.fold.head.setChecked(True)
    return window.restore


def rows(panel: RestorePanel) -> dict[str, QWidget]:
    """Parameter → its row."""
    return panel.advanced.rows | {name: row[1] for name, row in panel.choices.rows.items()}


def there(panel: RestorePanel) -> set[str]:
    """The parameters that can be set."""
    return {name for name, row in rows(panel).items() if not row.isHidden() and row.isEnabledTo(panel)}


def test_only_what_the_engine_has_can_be_set(panel: RestorePanel, context: Context):
    context.selection.request = RestorationRequest.of("harmonic")
    assert there(panel) == {"dilation", "context", "scale"}
    assert panel.footer._named.isHidden()
    context.selection.request = RestorationRequest.of("imagest", mode=Mode.TEXTURED)
    assert {"seed", "variation", "steps", "scheduler", "style_strength", "guidance", "detail"} < there(panel)
    assert "prompt" not in there(panel)
    assert not panel.footer._named.isHidden()
    context.selection.request = RestorationRequest.of("imagest", mode=Mode.FAITHFUL)
    assert not there(panel) & {"seed", "steps", "scheduler", "detail", "quality"}
    assert "mode" in there(panel)


@pytest.mark.parametrize("name", engine_names())
def test_parameters_that_no_mode_uses_are_hidden(panel: RestorePanel, context: Context, name: str):
    context.selection.request = request = RestorationRequest.of(name)
    in_sight = {field for field, row in rows(panel).items() if not row.isHidden()}
    prompted = possible_parameters(request.changed(prompt="x")) if request.get("prompt") == "" else set()
    assert in_sight <= possible_parameters(request) | ({"negative_prompt"} & prompted)


def test_blending_is_offered_and_drawn_where_an_engine_leaves_the_rim_open(
    panel: RestorePanel, context: Context, window: MainWindow, monkeypatch: pytest.MonkeyPatch
):
    request = RestorationRequest.of("telea", blend=7)
    context.selection.request = request
    assert window.area.layers.mask.style.zones == Zones(request.dilation, 0)
    monkeypatch.setattr(type(get_engine("telea")), "matches_boundary", False)
    context.selection.request = request.changed(dilation=2)
    assert "blend" in there(panel)
    assert window.area.layers.mask.style.zones == Zones(2, 7)


def test_request_of_a_run_is_shown_completely(panel: RestorePanel, context: Context):
    context.selection.request = UNUSUAL
    advanced = panel.advanced
    assert context.selection.request == UNUSUAL
    assert advanced.seed.text() == str(UNUSUAL.seed)
    assert advanced.first.value() == 4
    assert (advanced.editors["steps"].value(), advanced.editors["batch"].value()) == (21, 6)
    assert advanced.editors["scheduler"].currentText().startswith("DDIM")
    assert advanced.editors["scale"].currentIndex() == 1
    shown = {name: amount.value for name, amount in advanced.editors.items() if isinstance(amount, Amount)}
    assert shown == {
        "style_strength": 0.4,
        "guidance": 2.5,
        "detail": 0.35,
        "dilation": 3,
        "blend": 9,
        "context": 1.25,
    }
    assert panel.choices.editor("quality").value == Quality.FINE
    assert panel.footer.device.currentData() == "cpu" or panel.footer.device.isHidden()


def test_every_control_sets_its_field_of_the_request(panel: RestorePanel, context: Context, qtbot: QtBot):
    context.selection.request = RestorationRequest.of("imagest")
    advanced = panel.advanced
    advanced.seed.setFocus()
    advanced.seed.selectAll()
    qtbot.keyClicks(advanced.seed, "987")
    qtbot.keyClick(advanced.seed, Qt.Key.Key_Return)
    advanced.first.setValue(2)
    advanced.editors["steps"].setValue(12)
    advanced.editors["scheduler"].setCurrentIndex(2)
    advanced.editors["scheduler"].activated.emit(2)
    advanced.editors["scale"].activated.emit(1)
    advanced.editors["batch"].setValue(2)
    for name, value in (("guidance", 1.5), ("style_strength", 0.5), ("detail", 0.25), ("dilation", 2)):
        advanced.editors[name].field.setValue(value)
    advanced.editors["context"].field.setValue(0.75)
    assert context.selection.request == RestorationRequest.of(
        engine="imagest",
        seed=987,
        variation=1,
        steps=12,
        scheduler="ddim",
        scale=ScalePolicy.NATIVE,
        batch=2,
        guidance=1.5,
        style_strength=0.5,
        detail=0.25,
        dilation=2,
        context=0.75,
    )


def test_another_quality_resets_custom_steps(panel: RestorePanel, context: Context):
    context.selection.request = UNUSUAL
    panel.choices.editor("quality").chosen.emit(Quality.DRAFT)
    found = [context.selection.request.get(name) for name in ("quality", "steps", "scheduler")]
    assert found == [Quality.DRAFT, None, None]


def test_prompt_of_another_engine_is_visible_and_can_be_removed(panel: RestorePanel, context: Context):
    context.selection.request = UNUSUAL.changed(prompt="a red cloak")
    assert "prompt" in there(panel)
    panel.advanced.editors["prompt"].clear()
    panel.advanced.editors["prompt"].editingFinished.emit()
    assert context.selection.request.get("prompt") == ""
    assert "prompt" not in there(panel)


def test_the_seed_is_kept_until_the_lock_is_opened(panel: RestorePanel, context: Context, qtbot: QtBot):
    context.selection.request = UNUSUAL
    qtbot.mouseClick(panel.advanced.lock, Qt.MouseButton.LeftButton)
    assert not context.selection.seed_locked
    qtbot.mouseClick(panel.advanced.dice, Qt.MouseButton.LeftButton)
    request = context.selection.request
    assert request.seed != UNUSUAL.seed
    assert request.variation == 0
    context.selection.seed_locked = True
    assert panel.advanced.lock.isChecked()


def test_the_device_is_chosen_where_there_is_a_choice_and_kept(panel: RestorePanel, context: Context):
    context.selection.request = RestorationRequest.of("imagest")
    panel._show_device(Device())
    assert panel.footer.device.isHidden()
    assert "cores" in panel.footer.hardware.text()
    panel._show_device(Device("NVIDIA Something", 20 << 10))
    assert not panel.footer.device.isHidden()
    assert panel.footer.hardware.text() == "NVIDIA Something · 20 GB free"
    panel.footer.device.setCurrentIndex(panel.footer.device.findData("cpu"))
    panel.footer.device.activated.emit(panel.footer.device.currentIndex())
    assert context.selection.request.device == "cpu"
    assert "cores" in panel.footer.hardware.text()
    assert context.settings.preferences.device == "cpu"
    context.settings.prefer(device="auto")
    assert context.selection.request.device == "auto"


def test_values_of_a_request_are_offered_even_if_unavailable():
    assert [key for key, _ in choices(Device(), "auto")] == ["auto"]
    assert [key for key, _ in choices(Device(), "cuda")] == ["auto", "cuda"]
    assert [key for key, _ in choices(Device(), "cpu")] == ["cpu"]
    assert [key for key, _ in choices(Device("GPU", 1), "cuda")] == ["auto", "cuda", "cpu"]
    assert (Device("GPU", 1).kind("auto"), Device("GPU", 1).kind("cpu")) == ("cuda", "cpu")
    assert Device().kind("auto") == "cpu"


def test_the_context_windows_are_shown_from_the_panel(panel: RestorePanel, window: MainWindow, qtbot: QtBot):
    panel.advanced.windows.setChecked(True)
    assert window.action("windows_visible").isChecked()
    window.action("windows_visible").trigger()
    assert not panel.advanced.windows.isChecked()


def test_the_fields_start_in_one_line(panel: RestorePanel, context: Context, qtbot: QtBot):
    context.selection.request = RestorationRequest.of("imagest")
    fields = (panel.presets.box, panel.choices.engine, panel.choices.editor("mode"))

    def starts() -> set[int]:
        return {field.mapToGlobal(QPoint(0, 0)).x() for field in fields}

    qtbot.waitUntil(lambda: all(field.isVisible() for field in fields))
    qtbot.waitUntil(lambda: len(starts()) == 1)


def test_the_buttons_for_hypotheses_are_equally_wide(window: MainWindow, qtbot: QtBot, opened):
    window.docks["review"].open(True)
    review = window.review
    review.body.show()
    review.card.hide()
    qtbot.waitUntil(lambda: review.hypotheses.isVisible() and review.refine.isVisible())
    assert review.hypotheses.width() == review.refine.width()
