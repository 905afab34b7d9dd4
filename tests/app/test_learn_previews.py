"""What a preview of a learned mask shows and hides, and what is offered afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from learning import LOSSES, PAINT, TRAIL, start, teach, wait_for, with_second_loss
from pytestqt.qtbot import QtBot

from app.context import Context
from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.damage.classes import CRACK, LOSS, OVERPAINT, PROTECTED
from imagest_core.damage.examples import INTACT
from imagest_core.damage.selection import Selection
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask

Settle = Callable[[], None]


@pytest.fixture
def scan(scan: Path) -> Path:
    """The scan with a second loss."""
    return with_second_loss(scan)


def drawn_classes(window: MainWindow) -> set[int]:
    """The classes of the mask that the canvas draws."""
    layers = window.area.view.layers
    assert layers is not None
    return set(np.flatnonzero(layers.mask.style.tint).tolist())


def test_protected_pixels_and_other_classes_stay_visible_in_a_preview(
    window: MainWindow, opened: OpenDocument, context: Context, qtbot: QtBot
):
    damage = opened.state.damage.copy()
    labels = damage.read(damage.box)
    labels[LOSSES[0]], labels[100:110, 5:40], labels[5:12, 120:150] = LOSS.label, PROTECTED.label, CRACK.label
    damage.write(damage.box, labels)
    opened.do(change_mask(opened.state.damage, damage, "Brush stroke"))
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    before = drawn_classes(window)
    start(window, opened)
    wait_for(qtbot, context)
    assert context.selection.mask_visible
    assert drawn_classes(window) == before - {LOSS.label}
    window.damage.derive.learn.correct.setChecked(False)
    qtbot.waitUntil(lambda: drawn_classes(window) == before, timeout=30_000)
    window.damage.derive.learn.correct.setChecked(True)
    qtbot.waitUntil(lambda: drawn_classes(window) != before, timeout=30_000)
    window.damage.fold.head.setChecked(False)
    assert drawn_classes(window) == before


def test_a_selection_limits_the_preview_and_names_the_button(
    window: MainWindow, opened: OpenDocument, context: Context, qtbot: QtBot, settle: Settle
):
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    start(window, opened)
    panel = window.damage.derive
    assert wait_for(qtbot, context).mask[80:100, 110:140].mean() > 0.8
    assert panel.apply_button.text() == "Apply to the whole scan"
    context.selection.within = Selection.of_box(Box(0, 0, 100, 120), opened.state.box)
    assert panel.apply_button.text() == "Apply to the selection"
    qtbot.waitUntil(lambda: not wait_for(qtbot, context).mask[:, 100:].any(), timeout=30_000)
    preview = wait_for(qtbot, context).mask
    assert preview[45:55, 55:75].all()
    panel.apply()
    settle()
    found = opened.state.damage.read(opened.state.box) > 0
    assert not found[:, 100:].any()
    assert found[45:55, 55:75].all()


def test_clean_rim_is_offered_after_learning(
    window: MainWindow, opened: OpenDocument, context: Context, qtbot: QtBot, settle: Settle, said: list
):
    teach(opened, (LOSS.label, TRAIL), (INTACT, PAINT))
    start(window, opened)
    wait_for(qtbot, context)
    context.selection.label = OVERPAINT.label
    window.damage.derive.apply()
    settle()
    last = next(each for each in reversed(said) if "Learned from strokes" in each.sentence)
    assert last.action is not None
    assert last.action.text == "Clean rim"


def test_suggested_styles_do_not_lie_over_the_strokes(window: MainWindow, opened: OpenDocument):
    suggestions = window.area.view.guides.suggestions
    assert suggestions.isVisible()
    start(window, opened)
    assert not suggestions.isVisible()
    window.damage.fold.head.setChecked(False)
    assert suggestions.isVisible()
