"""A job that ends between press and release: the stroke stays whole, and what the job brings comes after."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.canvas.view import CanvasView
from app.commands import mask as masking
from app.commands import restore as restoring
from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Job
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box

DERIVED = Box(0, 0, 200, 200)
"""40,000 px."""


@pytest.fixture
def derive(context: Context, document: OpenDocument, qtbot: QtBot) -> Callable[[], None]:
    """Derive a mask in the worker, as the panel does, and wait until the job has ended."""

    def derived() -> None:
        found = DamageMap(document.painting.width, document.painting.height)
        found.write(DERIVED, np.ones((200, 200), np.uint8))
        taken = lambda found: masking.merge_mask(context, found, "Derive losses")  # noqa: E731
        with qtbot.waitSignal(context.jobs.finished):
            context.jobs.submit(Job("Deriving", lambda _: found, taken))

    return derived


def start_stroke(context: Context) -> None:
    """A restoration of what is marked, sent to the worker."""
    restoring.restore_all(context)
    assert context.jobs.busy


def ended(context: Context, qtbot: QtBot) -> None:
    """Wait until the restoration has ended; its result is delivered in this thread, in between."""
    qtbot.waitUntil(lambda: not context.jobs.busy, timeout=20_000)


def test_mask_derived_during_a_stroke_is_a_separate_operation(
    context, view: CanvasView, mouse, document: OpenDocument, derive, names, qtbot: QtBot
) -> None:
    context.selection.tool, context.selection.brush_size = "brush", 20.0
    context.selection.label = 1
    mouse.press(300, 300)
    mouse.move(340, 300)
    derive()
    painted = document.state.damage.count()
    assert document.state.damage.read(DERIVED).sum() == 0
    mouse.move(360, 300)
    mouse.release(360, 300)
    assert names() == ["Brush stroke"]
    qtbot.waitUntil(lambda: len(names()) == 2)
    assert names() == ["Brush stroke", "Derive losses"]
    assert document.state.damage.count() > painted + DERIVED.area
    document.undo()
    assert 0 < document.state.damage.count() < 2000
    document.undo()
    assert document.state.damage.count() == 0


def test_stroke_over_derived_damage_loses_nothing(
    context, view: CanvasView, mouse, document: OpenDocument, derive, names, qtbot: QtBot
) -> None:
    context.selection.tool, context.selection.brush_size = "brush", 20.0
    context.selection.label = 2
    mouse.press(100, 100)
    derive()
    mouse.move(150, 100)
    mouse.release(150, 100)
    qtbot.waitUntil(lambda: len(names()) == 2)
    stroke = document.state.damage.count(2)
    document.undo()
    assert document.state.damage.count() == document.state.damage.count(2) <= stroke
    document.undo()
    assert document.state.damage.empty


@pytest.mark.parametrize("tool", ["brush", "eraser", "lasso", "rectangle", "polygon"])
def test_a_restoration_that_ends_during_a_gesture_waits_for_it(
    tool: str, context, view: CanvasView, mouse, mark, document: OpenDocument, names, qtbot: QtBot
) -> None:
    mark(60, 60, 30, 30, 3)
    context.selection.tool, context.selection.brush_size = tool, 20.0
    context.selection.overwrite_classes = True
    before = document.state.damage.copy()
    start_stroke(context)
    if tool == "polygon":
        for x, y in ((50, 50), (150, 50), (150, 150)):
            mouse.click(x, y)
    else:
        mouse.press(50, 50)
        mouse.move(100, 100)
        mouse.move(50, 100)
    ended(context, qtbot)
    assert context.selection.tool == tool
    assert view.tool.active
    assert not document.state.runs
    if tool == "polygon":
        mouse.click(50, 50)
    else:
        mouse.release(50, 100)
    assert len(names()) == 2
    assert document.state.damage != before
    qtbot.waitUntil(lambda: len(names()) == 3)
    assert names()[2] == "Restore with harmonic"
    assert context.selection.run in document.state.runs
    assert context.selection.tool == tool
    document.undo()
    document.undo()
    assert document.state.damage == before


def test_cancelled_gesture_runs_deferred_actions(
    context, view: CanvasView, mouse, mark, document: OpenDocument, derive, names, qtbot: QtBot
) -> None:
    mark(60, 60, 30, 30, 1)
    context.selection.tool, context.selection.brush_size = "brush", 20.0
    start_stroke(context)
    mouse.press(300, 300)
    mouse.move(340, 300)
    ended(context, qtbot)
    derive()
    view.tool.abandon()
    qtbot.waitUntil(lambda: len(names()) == 3)
    assert names() == ["Mark", "Restore with harmonic", "Derive losses"]
    assert document.state.damage.count() == DERIVED.area


def test_large_edit_during_a_stroke_uses_the_final_state(
    context, view: CanvasView, mouse, mark, document: OpenDocument, names, qtbot: QtBot, monkeypatch
) -> None:
    monkeypatch.setattr(masking, "MAX_SYNC_TILES", -1)
    mark(0, 0, 50, 50)
    context.selection.tool, context.selection.brush_size = "brush", 20.0
    masking.clear_all(context)
    mouse.press(300, 300)
    qtbot.wait(50)
    mouse.move(340, 300)
    assert document.state.damage.count() > 2500
    mouse.release(340, 300)
    qtbot.waitUntil(lambda: len(names()) == 3)
    assert names()[1:] == ["Brush stroke", "Clear mask"]
    document.undo()
    document.undo()
    assert document.state.damage.count() == 2500
