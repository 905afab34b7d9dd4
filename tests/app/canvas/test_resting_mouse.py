"""What marks the mouse follows the picture when it is zoomed, moved or rotated by keys."""

from __future__ import annotations

import pytest
from mouse import Mouse
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QTest

from app.canvas.navigation import ViewPosition
from app.canvas.view import CanvasView
from app.compare.area import CompareArea
from app.selection import Compare, ToolName

CROSS = 14
"""Screen pixels from end to end of the cross in the other view."""


def cross_on_screen(view: CanvasView) -> QRectF:
    cross = view.linked_cursor
    return cross.deviceTransform(view.viewportTransform()).mapRect(cross.path.boundingRect())


@pytest.mark.parametrize("zoom", [0.1, 1.0, 16.0])
def test_cross_in_the_other_view_keeps_its_size(area: CompareArea, context, qtbot, zoom: float) -> None:
    context.selection.compare = Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible() and area.second.width() > 300)
    area.view.set_view(ViewPosition(350, 200, 0.5))
    middle = area.view.viewport().rect().center()
    Mouse(area.view).move(middle.x(), middle.y(), down=False)
    area.view.zoom_to(zoom)
    drawn = cross_on_screen(area.second)
    assert (drawn.width(), drawn.height()) == pytest.approx((CROSS, CROSS), abs=0.01)


def test_cross_in_the_other_view_stays_opposite_the_mouse(area: CompareArea, context, qtbot) -> None:
    context.selection.compare = Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible() and area.second.width() > 300)
    area.view.set_view(ViewPosition(350, 200, 1.0))
    Mouse(area.view).move(150, 150, down=False)
    area.view.zoom_by(2)
    there = area.second.to_picture(cross_on_screen(area.second).center())
    here = area.view.to_picture(QPointF(150, 150))
    assert there.toTuple() == pytest.approx(here.toTuple(), abs=0.01)


def test_brush_outline_stays_around_the_mouse(view: CanvasView, context) -> None:
    context.selection.tool = ToolName.BRUSH
    mouse = Mouse(view)
    mouse.move(200, 100, down=False)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
        QTest.keyClick(view, key)
    view.zoom_by(1.5)
    view.rotate_to(90)
    outline = view.guides.cursor_outline.path.boundingRect().center()
    assert outline.toTuple() == pytest.approx(view.to_picture(QPointF(200, 100)).toTuple(), abs=0.5)


def test_position_is_reported_anew_when_the_picture_moves(view: CanvasView, qtbot) -> None:
    Mouse(view).move(200, 100, down=False)
    with qtbot.waitSignal(view.hovered) as told:
        QTest.keyClick(view, Qt.Key.Key_Left)
    assert told.args == pytest.approx(view.to_picture(QPointF(200, 100)).toTuple())


def test_nothing_is_marked_once_the_mouse_has_left(view: CanvasView, context, qtbot) -> None:
    context.selection.tool = ToolName.BRUSH
    Mouse(view).move(200, 100, down=False)
    view.leaveEvent(None)
    with qtbot.assertNotEmitted(view.hovered):
        view.zoom_by(2)
    assert view.guides.cursor_outline.path.isEmpty()
