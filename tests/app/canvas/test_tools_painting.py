"""Each tool that marks damage, by real mouse events; a gesture is one step of the history."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.canvas.view import CanvasView
from app.context import Context
from app.document import OpenDocument
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.settings import lock_class

LabelAt = Callable[[int, int], int]
Names = Callable[[], list[str]]


@pytest.fixture
def brush(context: Context, view: CanvasView) -> Context:
    context.selection.tool, context.selection.brush_size, context.selection.label = "brush", 20.0, 2
    return context


def test_stroke_is_round_and_one_operation(brush, mouse, document, label_at: LabelAt, names: Names) -> None:
    mouse.drag((100, 200), (150, 200), (200, 200))
    damage = document.state.damage
    assert names() == ["Brush stroke"]
    assert damage.bounds() == Box(90, 190, 120, 20)
    assert label_at(150, 190) == label_at(150, 209) == 2
    assert label_at(91, 191) == 0  # the end is round
    assert damage.count() == pytest.approx(100 * 20 + np.pi * 100, rel=0.02)


def test_a_stroke_can_be_undone_and_redone(brush, mouse, document) -> None:
    mouse.drag((100, 200), (200, 200))
    after = document.state.damage.copy()
    document.undo()
    assert document.state.damage.empty
    document.redo()
    assert document.state.damage == after


def test_a_brush_of_one_pixel_leaves_no_gap(brush, mouse, document) -> None:
    brush.selection.brush_size = 1.0
    mouse.drag((10, 10), (60, 35), (61, 80))
    rows, columns = np.nonzero(document.state.damage.read(Box(0, 0, 100, 100)))
    assert set(range(10, 81)) == set(rows.tolist())
    assert set(range(10, 62)) == set(columns.tolist())


def test_wide_brush_paints_the_whole_band(brush, mouse, document) -> None:
    brush.selection.brush_size = 400.0
    mouse.drag((250, 200), (300, 200), (400, 200))
    damage = document.state.damage.read(document.state.box)
    y, x = np.mgrid[:400, :700] + 0.5
    along = np.clip(x, 250, 400)
    assert np.array_equal(damage > 0, (x - along) ** 2 + (y - 200) ** 2 <= 200**2)


def test_eraser_removes_damage(context, view, mouse, mark, names, label_at) -> None:
    mark(100, 100, 100, 100)
    context.selection.tool, context.selection.brush_size = "eraser", 30.0
    mouse.drag((150, 150), (160, 150))
    assert label_at(155, 150) == 0
    assert label_at(110, 110) == 1
    assert names() == ["Mark", "Erase"]


def test_escape_cancels_a_stroke(brush, mouse, view, document, mark, names) -> None:
    mark(100, 190, 50, 10)
    before = document.state.damage.copy()
    mouse.press(100, 200)
    mouse.move(300, 200)
    assert document.state.damage != before
    QTest.keyClick(view, Qt.Key.Key_Escape)
    mouse.release(300, 200)
    assert document.state.damage == before
    assert names() == ["Mark"]


def test_shift_keeps_the_stroke_straight(brush, mouse, document) -> None:
    mouse.drag((100, 200), (150, 204), (300, 215), shift=True)
    assert document.state.damage.bounds() == Box(90, 190, document.state.damage.bounds().width, 20)


def test_shift_starts_at_the_end_of_the_last_stroke(brush, mouse, label_at) -> None:
    mouse.click(100, 100)
    mouse.click(100, 300, shift=True)
    assert label_at(100, 200) == 2


def test_alt_drag_changes_the_size_and_paints_nothing(brush, mouse, document) -> None:
    mouse.drag((100, 100), (130, 100), alt=True)
    assert brush.selection.brush_size == pytest.approx(80)
    assert document.state.damage.empty


def test_other_classes_are_kept_by_default(brush, mouse, mark, label_at) -> None:
    mark(100, 190, 20, 20, label=1)
    mouse.drag((90, 200), (150, 200))
    assert label_at(110, 200) == 1
    brush.selection.overwrite_classes = True
    mouse.drag((90, 200), (150, 200))
    assert label_at(110, 200) == 2


def test_locked_classes_are_always_kept(brush, mouse, mark, document, label_at) -> None:
    mark(100, 190, 20, 20, label=1)
    document.do(lock_class(document.state, 1, True))
    brush.selection.overwrite_classes = True
    mouse.drag((90, 200), (150, 200))
    brush.selection.tool = "eraser"
    mouse.drag((90, 200), (150, 200))
    assert label_at(110, 200) == 1
    assert label_at(140, 200) == 0


def test_space_pans_during_a_stroke(brush, mouse, view, document, label_at) -> None:
    mouse.press(100, 200)
    mouse.move(120, 200)
    QTest.keyPress(view, Qt.Key.Key_Space)
    mouse.move(120, 200)
    mouse.move(60, 200)
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert document.state.damage.bounds().right == 130
    mouse.move(80, 200)
    mouse.release(80, 200)
    assert document.state.damage.bounds().right == 150
    assert view.position.x == pytest.approx(460)


def test_read_only_project_shows_the_reason(brush, mouse, document, qtbot: QtBot) -> None:
    document.document.read_only = "Somebody has it."
    with qtbot.waitSignal(brush.messages.said) as said:
        mouse.drag((100, 200), (150, 200))
    assert said.args[0].sentence == "Somebody has it."
    assert document.state.damage.empty


def test_lasso_marks_the_enclosed_area(context, view, mouse, document, names, label_at) -> None:
    context.selection.tool = "lasso"
    mouse.drag((100, 100), (200, 100), (200, 200), (100, 200))
    assert names() == ["Lasso"]
    assert label_at(150, 150) == 1
    assert document.state.damage.count() == pytest.approx(10000, rel=0.03)
    mouse.drag((120, 120), (180, 120), (180, 180), (120, 180), alt=True)
    assert label_at(150, 150) == 0
    assert label_at(110, 110) == 1


@pytest.mark.parametrize("tool", ["rectangle", "lasso", "polygon"])
@pytest.mark.parametrize("start", [(710, 20), (720, 410), (20, 410)])
def test_outline_outside_the_picture_marks_nothing(
    tool: str, start: tuple[int, int], context, view, mouse, document, names, said: list
) -> None:
    context.selection.tool = tool
    x, y = start
    corners = [(x, y), (x + 60, y), (x + 60, y + 60)]
    if tool == "polygon":
        for corner in corners:
            mouse.click(*corner)
        mouse.double(*corners[-1])
    else:
        mouse.drag(*corners)
    assert document.state.damage.empty
    assert names() == []
    assert not said


def test_rectangle_covers_whole_pixels(context, view, mouse, document) -> None:
    context.selection.tool = "rectangle"
    mouse.drag((100, 100), (150, 120))
    assert document.state.damage == _boxed(document, Box(100, 100, 50, 20))


def test_shift_makes_a_square(context, view, mouse, document) -> None:
    context.selection.tool = "rectangle"
    mouse.drag((100, 100), (150, 120), shift=True)
    assert document.state.damage == _boxed(document, Box(100, 100, 50, 50))


def _boxed(document: OpenDocument, box: Box) -> DamageMap:
    made = DamageMap(*document.state.box[2:])
    made.write(box, np.ones((box.height, box.width), np.uint8))
    return made


@pytest.mark.parametrize("close", ["enter", "double", "first"])
def test_a_polygon_is_closed(close, context, view, mouse, label_at, names) -> None:
    context.selection.tool = "polygon"
    for corner in ((100, 100), (300, 100), (200, 300)):
        mouse.click(*corner)
    if close == "enter":
        QTest.keyClick(view, Qt.Key.Key_Return)
    elif close == "double":
        mouse.double(200, 300)
    else:
        mouse.click(102, 101)
    assert names() == ["Polygon"]
    assert label_at(200, 200) == 1
    assert label_at(110, 200) == 0


def test_backspace_removes_a_corner_and_escape_cancels(context, view, mouse, names) -> None:
    context.selection.tool = "polygon"
    for corner in ((100, 100), (300, 100), (200, 300)):
        mouse.click(*corner)
    QTest.keyClick(view, Qt.Key.Key_Backspace)
    assert view.tool.active
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not view.tool.active
    assert names() == []


def test_wand_selects_similar_pixels(context, view, mouse, document, qtbot: QtBot, names) -> None:
    context.selection.tool = "wand"
    mouse.press(130, 80)
    qtbot.waitUntil(lambda: view.tool._wand is not None)
    mouse.release(130, 80)
    assert names() == ["Wand"]
    around = document.state.damage.bounds()
    assert abs(around.x - 100) <= 1
    assert abs(around.width - 60) <= 2


def test_the_selection_of_the_wand_is_widened(context, view, mouse, document, qtbot: QtBot) -> None:
    context.selection.tool = "wand"
    sizes = []
    for growth in (0, 6):
        context.selection.wand_growth = growth
        mouse.press(130, 80)
        qtbot.waitUntil(lambda: view.tool._wand is not None)
        mouse.release(130, 80)
        sizes.append(document.state.damage.bounds())
    step = sizes[0].x - sizes[1].x
    assert 4 <= step <= 8
    assert sizes[1] == sizes[0].expanded(step)


def test_the_wand_grows_with_the_drag(context, view, mouse, document, qtbot: QtBot) -> None:
    context.selection.tool, context.selection.tolerance = "wand", 8.0
    mouse.press(600, 200)
    qtbot.waitUntil(lambda: view.tool._mask is not None)
    first = view.tool._mask.sum()
    mouse.move(720, 200)
    assert view.tool._mask.sum() > 1.5 * first
    assert context.selection.tolerance == pytest.approx(16)
    mouse.release(720, 200)
    assert document.state.damage.count() == pytest.approx(2 * first, rel=0.2)


def test_wand_released_before_decoding_still_marks(context, view, mouse, qtbot, document) -> None:
    context.selection.tool = "wand"
    mouse.click(130, 80)
    qtbot.waitUntil(lambda: not document.state.damage.empty)


def test_fill_gives_a_region_another_class(context, view, mouse, mark, label_at, names) -> None:
    mark(100, 100, 300, 40, label=1)
    context.selection.tool, context.selection.label = "fill", 3
    mouse.click(150, 120)
    assert label_at(399, 139) == 3
    mouse.click(150, 120, alt=True)
    assert label_at(399, 139) == 0
    assert names() == ["Mark", "Change class of region", "Clear region"]


def test_fill_fills_a_hole(context, view, mouse, mark, label_at, qtbot) -> None:
    mark(100, 100, 50, 50)
    mark(110, 110, 30, 30, label=0)
    context.selection.tool = "fill"
    mouse.click(120, 120)
    assert label_at(120, 120) == 1
    with qtbot.waitSignal(context.messages.said):
        mouse.click(300, 300)
    assert label_at(300, 300) == 0
