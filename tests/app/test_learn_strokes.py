"""The Damage panel learns from strokes: live preview, corrections, the whole scan, and models."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from learning import LOSSES, PAINT, TRAIL, start, teach, wait_for, with_second_loss
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.context import Context
from app.document import OpenDocument
from app.selection import ExampleBrushMode, ToolName
from app.window.main_window import MainWindow
from imagest_core.damage.classes import CRACK, LOSS, PROTECTED
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.project.operations.mask import change_mask

Settle = Callable[[], None]


@pytest.fixture
def scan(scan: Path) -> Path:
    """The scan with a second loss."""
    return with_second_loss(scan)


def agreement(found: np.ndarray) -> float:
    truth = np.zeros(found.shape, np.bool_)
    for loss in LOSSES:
        truth[loss] = True
    return float((found & truth).sum() / (found | truth).sum())


def drag(window: MainWindow, *points: tuple[float, float]) -> None:
    """Paint with the left button through native points."""
    from PySide6.QtTest import QTest

    view = window.area.view
    places = [view.mapFromScene(x, y) for x, y in points]
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[0])
    for place in places[1:]:
        for step in (0.5, 1.0):
            middle = places[0] + (place - places[0]) * step
            QTest.mouseMove(view.viewport(), QPoint(middle))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[-1])


def test_strokes_painted_on_the_canvas_are_learned_and_previewed(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    selection = window.context.selection
    window.action("tool_example").trigger()
    panel = window.damage.derive
    assert panel.method == "examples"
    assert "Paint a few strokes" in panel.state.text()
    assert not panel.apply_button.isEnabled()
    selection.brush_size = 5.0
    drag(window, (54, 50), (76, 50))
    assert [each.label for each in opened.state.examples] == [LOSS.label]
    qtbot.waitUntil(lambda: "mark some intact paint" in panel.state.text(), timeout=30_000)
    assert not panel.apply_button.isEnabled()

    window.action("swap_tool").trigger()
    assert selection.example_mode == ExampleBrushMode.INTACT
    assert panel.learn.brush.value == "intact"
    drag(window, (10, 20), (100, 20))
    assert [each.label for each in opened.state.examples] == [LOSS.label, INTACT]
    proposal = wait_for(qtbot, window.context)
    assert proposal.mask[45:55, 55:75].all()
    assert panel.apply_button.isEnabled()
    assert "of the visible part is marked" in panel.state.text()
    assert "loss 1" in panel.learn.count.text()
    layers = window.area.view.layers
    assert layers.examples.labels.any
    assert opened.state.damage.empty, "a preview changes nothing"

    window.action("undo").trigger()
    assert len(opened.state.examples) == 1
    assert layers.example_map.counts().keys() == {LOSS.label}


def test_apply_marks_the_whole_scan_as_one_step(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    start(window, opened)
    wait_for(qtbot, window.context)
    panel = window.damage.derive
    panel.amounts["dilate"].value = 0
    qtbot.mouseClick(panel.apply_button, Qt.MouseButton.LeftButton)
    settle()
    found = opened.state.damage.read(opened.state.box)
    assert agreement(found == LOSS.label) > 0.8
    assert opened.state.damage_model is not None
    assert not opened.state.damage_model.name
    assert str(opened.document.history.done[-1].name) == "Derive from strokes"
    assert window.context.selection.tool != ToolName.EXAMPLE, "the mode has ended"
    assert not window.context.selection.examples_visible
    window.action("undo").trigger()
    assert opened.state.damage.empty
    assert opened.state.damage_model is None
    assert len(opened.state.examples) == 2


def test_several_classes_are_learned_at_once(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    teach(opened, (CRACK.label, (10.0, 112.0, 140.0, 112.0)))
    start(window, opened)
    proposal = wait_for(qtbot, window.context)
    assert proposal.labels is not None
    assert proposal.labels[50, 65] == LOSS.label
    assert proposal.labels[112, 70] == CRACK.label
    window.damage.derive.apply()
    settle()
    assert set(opened.state.damage.counts()) == {LOSS.label, CRACK.label}


def test_a_stroke_corrects_an_earlier_mask(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    damage = opened.state.damage.copy()
    labels = damage.read(damage.box)
    for loss in LOSSES:
        labels[loss] = LOSS.label
    labels[5:15, 5:60] = LOSS.label
    damage.write(damage.box, labels)
    opened.do(change_mask(opened.state.damage, damage, "Brush stroke"))
    teach(opened, (INTACT, (5.0, 10.0, 58.0, 10.0)))
    start(window, opened)
    learn = window.damage.derive.learn
    assert learn.correct.isVisibleTo(window.damage)
    wait_for(qtbot, window.context)
    assert LOSS.label in window.context.selection.previewed_labels, "the preview shows what will be the mask"
    window.damage.derive.apply()
    settle()
    found = opened.state.damage.read(opened.state.box) > 0
    assert agreement(found) > 0.8
    assert not found[9:12, 6:57].any()
    assert not window.context.selection.previewed_labels


def test_a_model_is_saved_and_used_at_once_without_strokes(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle, tmp_path: Path
):
    file = tmp_path / "plaster.safetensors"
    learn = window.damage.derive.learn
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    start(window, opened)
    wait_for(qtbot, window.context)
    learn.save(file)
    settle()
    assert file.stat().st_size > 1000
    qtbot.mouseClick(learn.clear_button, Qt.MouseButton.LeftButton)
    assert opened.state.examples == ()
    assert window.context.selection.proposal is None
    learn.load(file)
    settle()
    assert wait_for(qtbot, window.context).mask[45:55, 55:75].all()
    assert "plaster.safetensors" in learn.model_name.text()
    model = opened.state.damage_model
    window.damage.derive.apply()
    settle()
    assert agreement(opened.state.damage.read(opened.state.box) > 0) > 0.7
    assert opened.state.damage_model == model
    learn.forget_button.click()
    assert opened.state.damage_model is None


def test_a_file_that_is_no_model_is_refused(
    window: MainWindow, opened: OpenDocument, settle: Settle, said: list, scan: Path
):
    start(window, opened)
    window.damage.derive.learn.load(scan)
    settle()
    assert "isn't an intact" in str(said[-1].sentence)
    assert opened.state.damage_model is None


def test_strokes_survive_reopening(window: MainWindow, opened: OpenDocument, scan: Path, context: Context):
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    context.set_document(None)
    opened.close()
    again = OpenDocument.open_path(scan)
    context.set_document(again)
    assert [each.label for each in again.state.examples] == [LOSS.label, INTACT]
    assert again.example_map(again.state.examples).counts().keys() == {LOSS.label, INTACT}


def test_a_new_stroke_cancels_the_preview_before(opened: OpenDocument, context: Context, qtbot: QtBot):
    from app.commands.learning import LearnedPreview, Learner, Lesson

    shown: list[LearnedPreview] = []
    errors: list[Exception] = []
    learner = Learner(opened.painting, context.background, shown.append, errors.append)
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    strokes = opened.example_map(opened.state.examples)
    lessons = [Lesson(object(), strokes, None, None) for _ in range(4)]
    for lesson in lessons:
        learner.ask(lesson, {"threshold": 0.45}, opened.painting.box)
    qtbot.waitUntil(lambda: bool(shown), timeout=30_000)
    qtbot.wait(50)
    assert len(shown) == 1
    learner.ask(Lesson(object(), DamageMap(1, 1), None, None), {}, opened.painting.box)
    learner.cancel()
    qtbot.waitUntil(lambda: context.background.resting, timeout=30_000)
    qtbot.wait(50)
    assert not errors
    assert len(shown) == 1


def test_a_large_part_is_previewed_from_its_middle_to_all_of_it(
    opened: OpenDocument, context: Context, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    from app.commands import learning

    box = opened.painting.box
    monkeypatch.setattr(learning, "FINE_PIXELS", 10)
    monkeypatch.setattr(learning, "PREVIEW_PIXELS", (box.area // 16, box.area // 4, box.area // 2))
    shown: list[learning.LearnedPreview] = []
    errors: list[Exception] = []
    learner = learning.Learner(opened.painting, context.background, shown.append, errors.append)
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    lesson = learning.Lesson(object(), opened.example_map(opened.state.examples), None, None)
    learner.ask(lesson, {"threshold": 0.45}, box)
    qtbot.waitUntil(lambda: len(shown) == 3 or bool(errors), timeout=30_000)
    assert not errors
    assert [each.last for each in shown] == [False, False, True]
    assert all(each.partial for each in shown)
    assert all(more.box.contains(less.box) and more.box != less.box for less, more in pairwise(shown))
    learner.ask(lesson, {"threshold": 0.45}, shown[1].box)
    qtbot.waitUntil(lambda: len(shown) > 3 and shown[-1].last, timeout=30_000)
    assert shown[-1].box == shown[1].box
    assert not shown[-1].partial


def test_a_preview_of_the_middle_says_so_and_what_to_do(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    from app.commands import learning

    monkeypatch.setattr(learning, "FINE_PIXELS", 10)
    monkeypatch.setattr(learning, "PREVIEW_PIXELS", (opened.painting.box.area // 4,))
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    start(window, opened)
    panel = window.damage.derive
    qtbot.waitUntil(lambda: "of the middle of the view is marked" in panel.state.text(), timeout=30_000)
    assert f"“{panel.apply_button.text()}” marks it" in panel.state.text()


def test_losses_that_are_not_sure_propose_to_learn(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    from imagest_core.damage.detection import losses

    monkeypatch.setattr(losses, "MIN_CONFIDENCE", 1.1)
    window.context.selection.visible = opened.painting.box
    window.damage.show_derive("losses")
    panel = window.damage.derive
    qtbot.waitUntil(lambda: panel.learn_button.isVisibleTo(window.damage), timeout=30_000)
    qtbot.wait(20)
    assert panel.apply_button.width() >= panel.apply_button.sizeHint().width(), "its text is cut off"
    qtbot.mouseClick(panel.learn_button, Qt.MouseButton.LeftButton)
    assert panel.method == "examples"
    assert window.context.selection.tool == ToolName.EXAMPLE
    assert panel.learn_button.isHidden()
    window.damage.show_derive("cracks")
    assert window.context.selection.tool != ToolName.EXAMPLE


def test_applying_again_changes_nothing_and_stays_possible(
    window: MainWindow, opened: OpenDocument, context: Context, qtbot: QtBot, settle: Settle
):
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    start(window, opened)
    wait_for(qtbot, context)
    derive = window.damage.derive
    derive.apply()
    settle()
    first = opened.state.damage.copy()
    start(window, opened)
    wait_for(qtbot, context)
    assert derive.apply_button.isEnabled()
    window.damage.show_derive("examples")
    wait_for(qtbot, context)
    assert derive.apply_button.isEnabled()
    derive.apply()
    settle()
    assert opened.state.damage == first


def test_strokes_of_a_protected_class_and_outside_are_not_taken(
    window: MainWindow, opened: OpenDocument, context: Context, qtbot: QtBot, said: list
):
    start(window, opened)
    context.selection.label = PROTECTED.label
    drag(window, (60, 50), (76, 50))
    assert opened.state.examples == ()
    assert any("are no damage" in each.sentence for each in said)
    context.selection.label = LOSS.label
    drag(window, (-40, -40), (-20, -30))
    assert opened.state.examples == ()


def test_a_model_loaded_beside_strokes_says_that_they_go_first(
    window: MainWindow,
    opened: OpenDocument,
    context: Context,
    qtbot: QtBot,
    settle: Settle,
    said: list,
    tmp_path,
):
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    start(window, opened)
    wait_for(qtbot, context)
    learn = window.damage.derive.learn
    learn.save(tmp_path / "model.safetensors")
    settle()
    learn.load(tmp_path / "model.safetensors")
    settle()
    assert any("go before the model" in each.sentence for each in said)
