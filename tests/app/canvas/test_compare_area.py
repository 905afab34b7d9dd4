"""Original and restored against each other."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.canvas.navigation import ViewPosition
from app.canvas.view import CanvasView
from app.compare.area import Caption, CompareArea
from app.context import Context
from app.selection import Compare, DisplayedPicture
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.decisions import accept, reconsider
from imagest_core.project.operations.results import add_run

HOLE = Box(300, 200, 40, 40)
DARK, FILLED = (47, 47, 47), (156, 156, 156)  # 12000 and 40000 of 65535


@pytest.fixture
def run(area, document, make_run):
    made = make_run(1, [HOLE], 40000)
    document.do(add_run(made))
    return made


def colour(view: CanvasView, x: float, y: float) -> tuple[int, int, int]:
    """What a view shows at a native point."""
    at = view.viewportTransform().map(QPointF(x + 0.5, y + 0.5))
    shot: QImage = view.viewport().grab().toImage()
    return shot.pixelColor(int(at.x()), int(at.y())).getRgb()[:3]


def test_the_original_is_shown_first(area, run) -> None:
    assert colour(area.view, 320, 220) == DARK


def test_q_shows_the_accepted_fills(area, run, document, context, qtbot) -> None:
    document.do(accept(document.state, run, [1]))
    context.selection.flip()
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == FILLED)
    assert colour(area.view, 290, 190) == DARK
    context.selection.flip()
    assert colour(area.view, 320, 220) == DARK


def test_run_under_review_is_shown_before_it_is_accepted(area, run, context, qtbot) -> None:
    context.selection.shown = DisplayedPicture.RESTORED
    assert colour(area.view, 320, 220) == DARK
    context.selection.run = 1
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == FILLED)
    context.selection.run = None
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == DARK)


def test_undoing_a_decision_restores_the_original(area, run, document, context, qtbot) -> None:
    context.selection.shown = DisplayedPicture.RESTORED
    document.do(accept(document.state, run, [1]))
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == FILLED)
    document.do(reconsider(document.state, run, [1]))
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == DARK)


def test_tab_shows_the_original_while_held(area, run, context, qtbot) -> None:
    context.selection.run, context.selection.shown = 1, DisplayedPicture.RESTORED
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == FILLED)
    QTest.keyPress(area.view, Qt.Key.Key_Tab)
    assert colour(area.view, 320, 220) == DARK
    QTest.keyRelease(area.view, Qt.Key.Key_Tab)
    assert colour(area.view, 320, 220) == FILLED


def test_q_swaps_the_sides_but_not_the_single_view(area, run, context, qtbot) -> None:
    context.selection.run, context.selection.compare = 1, Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible() and colour(area.second, 320, 220) == FILLED)
    assert area.restored_view is area.second
    context.selection.flip()
    assert (colour(area.view, 320, 220), colour(area.second, 320, 220)) == (FILLED, DARK)
    assert area.restored_view is area.view
    context.selection.compare = Compare.SWIPE
    area.view.set_view(ViewPosition(320, 220, 4.0))
    assert (colour(area.view, 305, 225), colour(area.view, 335, 225)) == (FILLED, DARK)
    context.selection.flip()
    assert (colour(area.view, 305, 225), colour(area.view, 335, 225)) == (DARK, FILLED)
    context.selection.compare = Compare.SINGLE
    assert colour(area.view, 320, 220) == DARK
    assert area.restored_view is area.view


def test_q_swaps_the_blink_order(area, run, context, qtbot) -> None:
    context.selection.run, context.selection.compare = 1, Compare.BLINK
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == FILLED)
    area._blink_timer.stop()
    context.selection.flip()
    assert colour(area.view, 320, 220) == DARK
    context.selection.flip()
    assert colour(area.view, 320, 220) == FILLED


@pytest.mark.parametrize("swapped", [False, True])
def test_tab_shows_the_original_on_both_sides(area, run, context, qtbot, swapped) -> None:
    context.selection.run, context.selection.compare = 1, Compare.SIDE
    context.selection.swapped = swapped
    qtbot.waitUntil(lambda: area.second.isVisible() and colour(area.restored_view, 320, 220) == FILLED)
    QTest.keyPress(area.view, Qt.Key.Key_Tab)
    assert area.second.isVisible()
    assert (colour(area.view, 320, 220), colour(area.second, 320, 220)) == (DARK, DARK)
    QTest.keyRelease(area.view, Qt.Key.Key_Tab)
    assert colour(area.restored_view, 320, 220) == FILLED


def test_tab_works_from_the_curtain_too(area, run, context, qtbot) -> None:
    context.selection.run, context.selection.compare = 1, Compare.SWIPE
    area.view.set_view(ViewPosition(320, 220, 4.0))
    qtbot.waitUntil(lambda: colour(area.view, 335, 225) == FILLED)
    QTest.keyPress(area.curtain, Qt.Key.Key_Tab)
    assert colour(area.view, 335, 225) == DARK
    QTest.keyRelease(area.curtain, Qt.Key.Key_Tab)
    assert colour(area.view, 335, 225) == FILLED


def test_only_the_leading_view_has_an_overview(area, run, context, qtbot) -> None:
    context.selection.compare = Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible())
    area.view.set_view(ViewPosition(320, 220, 8.0))
    assert area.view.overview.isVisible()
    assert not area.second.overview.isVisible()


def test_side_by_side_views_show_the_same_position(area, run, context, qtbot) -> None:
    context.selection.run, context.selection.compare = 1, Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible() and colour(area.second, 320, 220) == FILLED)
    assert colour(area.view, 320, 220) == DARK
    area.view.set_view(ViewPosition(320, 220, 3.0))
    assert area.second.position == pytest.approx(area.view.position, abs=0.5)
    area.second.pan(31, -17)
    assert area.view.position == pytest.approx(area.second.position, abs=0.5)


def test_position_is_kept_when_the_second_view_appears(area, run, context, qtbot) -> None:
    area.view.set_view(ViewPosition(320, 220, 3.0))
    context.selection.compare = Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible() and area.second.width() > 300)
    assert area.view.position == pytest.approx((320, 220, 3.0), abs=0.5)
    assert area.second.position == pytest.approx(area.view.position, abs=0.5)


def test_following_view_does_not_move_the_leader(area, run, context, qtbot) -> None:
    context.selection.compare = Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible())
    moves: list[CanvasView] = []
    area.view.moved.connect(lambda: moves.append(area.view))
    area.second.moved.connect(lambda: moves.append(area.second))
    for step in range(40):
        area.view.zoom_by(1.07 if step % 2 else 0.95, QPointF(37, 211))
        area.view.pan(3, 1)
    leading = area.view.position
    assert moves.count(area.view) == moves.count(area.second) == 80
    area.second.set_view(area.second.position)
    assert area.view.position == pytest.approx(leading, abs=1.0)


def test_curtain_shows_the_original_on_the_left(area, run, context, qtbot) -> None:
    context.selection.run, context.selection.compare = 1, Compare.SWIPE
    area.view.set_view(ViewPosition(320, 220, 4.0))
    qtbot.waitUntil(lambda: colour(area.view, 335, 225) == FILLED)
    assert colour(area.view, 305, 225) == DARK
    area.curtain.move_to(0.0)
    assert colour(area.view, 305, 225) == FILLED
    QTest.mousePress(area.curtain, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(area.curtain, Qt.MouseButton.LeftButton)
    QTest.keyClick(area.curtain, Qt.Key.Key_Right)
    assert area.curtain.share == pytest.approx(0.02)


def test_blink_mode_alternates(area, run, context, qtbot) -> None:
    context.selection.run, context.selection.compare = 1, Compare.BLINK
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == FILLED)
    qtbot.waitUntil(lambda: colour(area.view, 320, 220) == DARK)
    context.selection.compare = Compare.SINGLE
    assert not area._blink_timer.isActive()


def test_difference_map_is_bright_at_changes(area, run, context, qtbot) -> None:
    context.selection.run, context.selection.compare = 1, Compare.DIFFERENCE
    qtbot.waitUntil(lambda: max(colour(area.view, 320, 220)) > 200)
    qtbot.waitUntil(lambda: max(colour(area.view, 200, 220)) < 20)
    assert area.legend.isVisible()


def test_the_restored_picture_is_right_at_every_level(area, run, context, document, qtbot) -> None:
    context.selection.run, context.selection.shown = 1, DisplayedPicture.RESTORED
    qtbot.waitUntil(lambda: not area.restored.busy and not area.restored._stale)
    picture = area.restored.picture
    whole = picture.make(0, document.painting.box)
    for level in range(picture.levels):
        held = picture.held(level)
        assert held is not None
        step = 1 << level
        expected = whole[: 400 // step * step, : 700 // step * step].reshape(
            400 // step, step, 700 // step, step, 4
        )
        shown = held[: 400 // step, : 700 // step].astype(float)
        assert np.abs(shown - expected.mean(axis=(1, 3))).max() <= 1.5


def test_another_document_resets_the_area(area, run, context, document, qtbot) -> None:
    context.selection.run, context.selection.compare = 1, Compare.SIDE
    area.set_document(None)
    assert area.layers is None
    area.set_document(document)
    qtbot.waitUntil(lambda: area.layers.complete)
    qtbot.waitUntil(lambda: colour(area.second, 320, 220) == FILLED)


def test_caption_follows_the_result(area, run, context, document) -> None:
    context.selection.compare = Compare.SIDE
    name = area._captions[area.second]
    assert name.text() == "Restored: nothing yet"
    context.selection.run = 1
    assert name.text() == "Restored, under review"
    context.selection.run = None
    assert name.text() == "Restored: nothing yet"
    document.do(accept(document.state, run, [1]))
    assert name.text() == "Restored"


def test_captions_are_below_a_message(area: CompareArea, context: Context) -> None:
    context.selection.compare = Compare.SIDE
    captions = area.view.findChild(Caption), area.second.findChild(Caption)
    before = [caption.y() for caption in captions]
    area.keep_below(40)
    assert [caption.y() for caption in captions] == [y + 40 for y in before]
    area.keep_below(0)
    assert [caption.y() for caption in captions] == before
