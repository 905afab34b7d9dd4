"""Brush and lasso that reject a part of the result under review, by real mouse events."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mouse import Mouse
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.canvas.view import CanvasView
from app.context import Context
from app.document import OpenDocument
from imagest_core.painting.geometry import Box
from imagest_core.project.operations import results

Names = Callable[[], list[str]]
FILLED = Box(100, 100, 80, 60)


@pytest.fixture
def reviewed(context: Context, document: OpenDocument, view: CanvasView, make_run) -> Context:
    """A result is under review, and the brush that rejects is selected."""
    document.do(results.add_run(make_run(1, [FILLED], 7)))
    context.selection.run = 1
    context.selection.tool, context.selection.brush_size = "reject_brush", 20.0
    return context


def rejected(document: OpenDocument) -> int:
    part = document.state.rejected_parts.get(1)
    return 0 if part is None else part.count()


@pytest.mark.usefixtures("reviewed")
def test_only_filled_pixels_are_rejected_in_one_step(
    document: OpenDocument, mouse: Mouse, names: Names
) -> None:
    mouse.drag((60, 130), (120, 130))
    assert rejected(document) == pytest.approx(20 * 20 + 157, abs=12)
    assert document.state.rejected_parts[1].bounds().x == FILLED.x
    assert document.state.damage.empty
    assert names()[-1] == "Reject part of result 1"
    document.undo()
    assert rejected(document) == 0


@pytest.mark.usefixtures("reviewed")
def test_ctrl_restores_a_rejected_part(
    document: OpenDocument, mouse: Mouse, names: Names, view: CanvasView
) -> None:
    mouse.drag((110, 130), (160, 130))
    before = rejected(document)
    port, held = view.viewport(), Qt.KeyboardModifier.ControlModifier
    QTest.mousePress(port, Qt.MouseButton.LeftButton, held, QPoint(130, 130))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, held, QPoint(130, 130))
    assert before - rejected(document) == pytest.approx(314, abs=14)
    assert names()[-1] == "Take back part of result 1"


def test_the_overlay_shows_the_part_while_painting(
    reviewed: Context, document: OpenDocument, mouse: Mouse, view: CanvasView
) -> None:
    overlay = view.layers.rejected.labels
    mouse.press(120, 130)
    mouse.move(150, 130)
    assert overlay.any
    assert rejected(document) == 0
    QTest.keyClick(view, Qt.Key.Key_Escape)
    mouse.release(150, 130)
    assert not overlay.any
    assert rejected(document) == 0
    mouse.drag((120, 130), (150, 130))
    assert overlay.any
    reviewed.selection.tool = "pan"
    assert not overlay.any


def test_lasso(reviewed: Context, document: OpenDocument, mouse: Mouse) -> None:
    reviewed.selection.tool = "reject_lasso"
    mouse.drag((90, 90), (140, 90), (140, 130), (90, 130))
    assert document.state.rejected_parts[1].bounds() == Box(100, 100, 41, 31)
    mouse.drag((90, 90), (120, 90), (120, 130), (90, 130), alt=True)
    assert document.state.rejected_parts[1].bounds() == Box(121, 100, 20, 31)


def test_without_a_result_it_says_so(reviewed: Context, document: OpenDocument, mouse: Mouse) -> None:
    said: list = []
    reviewed.messages.said.connect(said.append)
    reviewed.selection.run = None
    for tool in ("reject_brush", "reject_lasso"):
        reviewed.selection.tool = tool
        mouse.drag((110, 130), (160, 130), (160, 150))
    assert ["Show a result first" in each.sentence for each in said] == [True, True]
    assert document.state.rejected_parts == {}


def test_undoing_the_result_returns_to_the_hand(reviewed: Context, document: OpenDocument) -> None:
    document.undo()
    assert reviewed.selection.tool == "pan"
