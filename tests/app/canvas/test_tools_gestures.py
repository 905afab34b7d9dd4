"""What holds for gestures of any tool: keys and buttons in their middle, pens, and how they are given up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mouse import Mouse
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.navigation import ViewPosition
from app.canvas.view import CanvasView
from app.context import Context
from imagest_core.painting.geometry import Box

Names = Callable[[], list[str]]


@pytest.fixture
def brush(context: Context, view: CanvasView) -> Context:
    context.selection.tool, context.selection.brush_size = "brush", 20.0
    return context


def pen(view: CanvasView, kind: QEvent.Type, x: int, y: int, pressure: float) -> None:
    at, none = QPointF(x, y), Qt.KeyboardModifier.NoModifier
    device, left = QPointingDevice.primaryPointingDevice(), Qt.MouseButton.LeftButton
    there = view.viewport().mapToGlobal(at)
    event = QTabletEvent(kind, device, at, there, pressure, 0.0, 0.0, 0.0, 0.0, 0.0, none, left, left)
    QApplication.sendEvent(view.viewport(), event)


@pytest.mark.parametrize("tool", ["brush", "eraser", "lasso", "rectangle"])
def test_escape_cancels_the_current_drawing(
    tool: str, context, view, mouse, mark, document, names: Names
) -> None:
    mark(100, 100, 100, 100)
    before = document.state.damage.copy()
    context.selection.tool = tool
    mouse.press(120, 120)
    mouse.move(250, 150)
    mouse.move(250, 250)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    mouse.move(150, 260)
    mouse.release(150, 260)
    assert document.state.damage == before
    assert names() == ["Mark"]
    mouse.drag((300, 300), (340, 300), (340, 340))
    assert len(names()) == (1 if tool == "eraser" else 2), "the next gesture works"


def test_escape_cancels_the_wand_and_its_tolerance(context, view, mouse, document, qtbot: QtBot) -> None:
    context.selection.tool, context.selection.tolerance = "wand", 8.0
    mouse.press(600, 200)
    qtbot.waitUntil(lambda: view.tool.active and view.tool._mask is not None)
    mouse.move(700, 200)
    assert context.selection.tolerance > 8.0
    QTest.keyClick(view, Qt.Key.Key_Escape)
    mouse.release(700, 200)
    assert context.selection.tolerance == 8.0
    assert document.state.damage.empty


def test_escape_cancels_a_change_of_the_brush_size(brush, view, mouse) -> None:
    mouse.press(100, 100, alt=True)
    mouse.move(150, 100, alt=True)
    assert brush.selection.brush_size == pytest.approx(120)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    mouse.release(150, 100)
    assert brush.selection.brush_size == 20.0


def test_selecting_another_tool_cancels_the_stroke(brush, view, mouse, document, names: Names) -> None:
    mouse.press(100, 100)
    mouse.move(200, 100)
    brush.selection.tool = "pan"
    mouse.release(200, 100)
    assert document.state.damage.empty
    assert names() == []


def test_wand_erases_with_alt(context, view, mouse, mark, document, qtbot: QtBot) -> None:
    mark(90, 40, 80, 80)
    context.selection.tool = "wand"
    mouse.press(130, 80, alt=True)
    qtbot.waitUntil(lambda: view.tool._mask is not None)
    mouse.release(130, 80, alt=True)
    assert document.state.damage.count() == pytest.approx(80 * 80 - 60 * 60, rel=0.1)


def test_rectangle_erases_with_alt(context, view, mouse, mark, document) -> None:
    mark(100, 100, 100, 100)
    context.selection.tool = "rectangle"
    mouse.drag((100, 100), (150, 200), alt=True)
    assert document.state.damage.bounds() == Box(150, 100, 50, 100)


def test_shift_keeps_a_polygon_to_right_angles(context, view, mouse, document) -> None:
    context.selection.tool = "polygon"
    mouse.click(100, 100)
    mouse.click(200, 106, shift=True)
    mouse.click(194, 200, shift=True)
    mouse.click(104, 207, shift=True)
    QTest.keyClick(view, Qt.Key.Key_Return)
    found = document.state.damage.bounds()
    assert (found.x, found.y) == (100, 100)
    assert abs(found.width - 100) <= 1
    assert abs(found.height - 100) <= 1


def test_shift_keeps_the_ruler_straight(context, view, mouse, qtbot: QtBot) -> None:
    context.selection.tool = "measure"
    with qtbot.waitSignal(view.measured) as signal:
        mouse.drag((100, 100), (150, 104), (200, 108), shift=True)
    assert signal.args[1] == pytest.approx((200, 100), abs=0.5)


def test_stroke_continues_freely_when_shift_is_released(brush, view, mouse, label_at) -> None:
    mouse.press(100, 100)
    mouse.move(200, 110, shift=True)
    mouse.move(200, 200)
    mouse.release(200, 200)
    assert label_at(150, 100) == 1, "the straight part"
    assert label_at(200, 150) == 1, "the free part"
    assert label_at(150, 170) == 0


def test_higher_pen_pressure_draws_a_wider_stroke(brush, view, mouse, document) -> None:
    brush.selection.brush_size = 40.0
    pen(view, QEvent.Type.TabletPress, 100, 200, 0.25)
    mouse.press(100, 200)
    pen(view, QEvent.Type.TabletMove, 200, 200, 0.25)
    mouse.move(200, 200)
    pen(view, QEvent.Type.TabletMove, 400, 200, 1.0)
    mouse.move(400, 200)
    pen(view, QEvent.Type.TabletRelease, 400, 200, 0.0)
    mouse.release(400, 200)
    thin = document.state.damage.read(Box(120, 150, 1, 100)).astype(bool).sum()
    broad = document.state.damage.read(Box(390, 150, 1, 100)).astype(bool).sum()
    assert thin == 10
    assert broad == pytest.approx(40, abs=3)


def test_lightest_pen_pressure_still_draws(brush, view, mouse, document) -> None:
    pen(view, QEvent.Type.TabletPress, 100, 200, 0.001)
    mouse.drag((100, 200), (200, 200))
    assert document.state.damage.read(Box(100, 190, 100, 20)).any(axis=0).all()


def test_space_pans_between_strokes(brush, view, mouse, document) -> None:
    place = view.position
    QTest.keyPress(view, Qt.Key.Key_Space)
    mouse.drag((300, 300), (260, 280))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert view.position == ViewPosition(place.x + 40, place.y + 20, place.zoom)
    assert document.state.damage.empty


def test_wheel_zooms_at_the_cursor_during_a_stroke(brush, view, mouse, document) -> None:
    mouse.press(100, 100)
    before = view.to_picture(QPointF(100, 100))
    Mouse(view).wheel(100, 100, 120)
    assert (view.to_picture(QPointF(100, 100)) - before).manhattanLength() < 1
    mouse.release(100, 100)
    assert document.state.damage.bounds() == Box(90, 90, 20, 20)


def test_other_buttons_do_not_draw(brush, view, mouse, document) -> None:
    mouse.press(100, 100, Qt.MouseButton.RightButton)
    mouse.move(200, 100, down=False)
    mouse.release(200, 100, Qt.MouseButton.RightButton)
    assert document.state.damage.empty


def test_second_press_of_a_double_click_draws(brush, view, mouse, label_at) -> None:
    mouse.click(100, 100)
    mouse.double(100, 100)
    mouse.move(200, 100)
    mouse.release(200, 100)
    assert label_at(150, 100) == 1


def test_stroke_may_leave_the_picture_and_return(brush, view, mouse, document) -> None:
    mouse.drag((20, 20), (-50, 20), (-50, 60), (20, 60))
    found = document.state.damage.bounds()
    assert (found.x, found.y) == (0, 10)
    assert found.height == 60
