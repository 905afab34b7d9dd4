"""A finished restoration takes nothing out of the user's hands: it announces itself and waits for "Show"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from mouse import Mouse
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.canvas.navigation import ViewPosition
from app.commands import restore as restoring
from app.document import OpenDocument
from app.selection import Compare, DisplayedPicture, ToolName
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask

Settle = Callable[[], None]


@pytest.fixture
def marked(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> MainWindow:
    """A window with damage, its brush in use, zoomed in."""
    after = opened.state.damage.copy()
    after.write(Box(50, 40, 30, 20), np.ones((20, 30), np.uint8))
    opened.do(change_mask(opened.state.damage, after, "Brush stroke"))
    window.context.selection.tool = ToolName.BRUSH
    qtbot.wait(50)
    window.area.view.set_view(ViewPosition(80.0, 60.0, 3.0))
    return window


def state(window: MainWindow) -> tuple[object, ...]:
    """What the user has in hand: tool, mask, comparison, and the pixel under a point of the screen."""
    selection, viewport = window.context.selection, window.area.view.viewport()
    corner = viewport.mapTo(window, QPoint(0, 0))
    steps = tuple(name for name, dock in window.docks.items() if dock.opened)
    return (
        selection.tool,
        selection.mask_visible,
        selection.compare,
        selection.shown,
        window.area.view.zoom,
        window.area.view.to_picture(QPointF(80, 60)),
        QRect(corner, viewport.size()),
        steps,
    )


def test_finished_restoration_does_not_change_the_selection(marked: MainWindow, settle: Settle, qtbot: QtBot):
    before = state(marked)
    restoring.restore_all(marked.context)
    settle()
    qtbot.wait(50)
    assert state(marked) == before
    assert marked.banner.isVisible()
    assert marked.banner.sentence.text().startswith("Restored: 1 region")
    assert marked.context.selection.run == 1
    assert marked.results.accept.isVisible()


def test_stroke_continues_when_a_restoration_finishes(marked: MainWindow, settle: Settle, qtbot: QtBot):
    restoring.restore_all(marked.context)
    mouse, before = Mouse(marked.area.view), state(marked)
    x, y = (round(value) for value in marked.area.view.viewportTransform().map(QPointF(20, 20)).toTuple())
    mouse.press(x, y)
    mouse.move(x + 30, y + 30)
    settle()
    qtbot.wait(50)
    mouse.move(x + 60, y + 30)
    assert state(marked) == before
    assert not marked.context.document.state.runs
    mouse.release(x + 60, y + 30)
    qtbot.waitUntil(lambda: bool(marked.context.document.state.runs))
    qtbot.wait(50)
    assert state(marked) == before
    assert [entry.name for entry in marked.context.document.document.history.done][1].startswith("Brush")


def test_show_shows_the_result(marked: MainWindow, settle: Settle, qtbot: QtBot):
    restoring.restore_all(marked.context)
    settle()
    QTest.mouseClick(marked.banner.act, Qt.MouseButton.LeftButton)
    selection = marked.context.selection
    assert (selection.run, selection.tool, selection.compare) == (1, ToolName.PAN, Compare.SIDE)
    assert not selection.mask_visible
    assert not marked.banner.isVisible()


def test_the_result_is_shown_by_its_key(marked: MainWindow, settle: Settle, qtbot: QtBot):
    restoring.restore_all(marked.context)
    settle()
    qtbot.waitUntil(marked.action("show_result").isEnabled)
    marked.activateWindow()
    QTest.keyClick(marked.area.view, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert marked.context.selection.compare == Compare.SIDE


def test_a_region_under_review_stays_under_review(marked: MainWindow, settle: Settle):
    context = marked.context
    restoring.restore_all(context)
    settle()
    context.selection.region = 1
    restoring.restore_all(context)
    settle()
    assert (context.selection.run, context.selection.region) == (1, 1)
    QTest.mouseClick(marked.banner.act, Qt.MouseButton.LeftButton)
    assert (context.selection.run, context.selection.region) == (2, 0)


def test_a_clicked_thumbnail_is_shown_in_a_single_view(marked: MainWindow, settle: Settle):
    restoring.restore_all(marked.context)
    settle()
    thumb = next(one for one in marked.results.findChildren(QToolButton, "thumb") if "1" in one.text())
    QTest.mouseClick(thumb, Qt.MouseButton.LeftButton)
    selection = marked.context.selection
    assert (selection.compare, selection.shown) == (Compare.SINGLE, DisplayedPicture.RESTORED)
    assert selection.tool == ToolName.BRUSH
    assert not selection.mask_visible, "it would cover the result"


def test_the_mask_stays_over_a_chosen_result_if_the_user_wants_that(marked: MainWindow, settle: Settle):
    marked.context.settings.prefer(hide_mask_while_judging=False)
    restoring.restore_all(marked.context)
    settle()
    for name in ("previous_run", "next_unreviewed"):
        marked.action(name).trigger()
        assert marked.context.selection.mask_visible


@pytest.mark.parametrize("name", ["previous_run", "next_run", "next_unreviewed", "show_accepted"])
def test_what_is_looked_at_is_not_covered_by_the_mask(marked: MainWindow, settle: Settle, name: str):
    restoring.restore_all(marked.context)
    settle()
    marked.action(name).trigger()
    assert not marked.context.selection.mask_visible
    if name != "next_unreviewed":
        assert marked.context.selection.shown == DisplayedPicture.RESTORED


def test_a_review_that_is_finished_says_so(marked: MainWindow, settle: Settle, qtbot: QtBot):
    restoring.restore_all(marked.context)
    settle()
    assert "Next unreviewed" in marked.review.facts.text()
    marked.action("next_unreviewed").trigger()
    qtbot.waitUntil(marked.action("accept_region").isEnabled)
    marked.action("accept_region").trigger()
    assert marked.context.selection.region == 0
    assert (
        marked.review.facts.text()
        == "Every region is reviewed, here or in another result. The arrows show them again."
    )


def test_message_is_removed_when_the_document_closes(marked: MainWindow, settle: Settle):
    restoring.restore_all(marked.context)
    settle()
    assert marked.banner.isVisible()
    marked.context.document.document.flush()
    marked.action("close").trigger()
    assert not marked.banner.isVisible()
