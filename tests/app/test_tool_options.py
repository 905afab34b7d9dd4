"""Options of the tools above the canvas, and second keys of commands."""

from __future__ import annotations

import pytest
from mouse import Mouse
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.view import CanvasView
from app.document import OpenDocument
from app.selection import ToolName
from app.window.main_window import MainWindow


def drag(view: CanvasView, *points: tuple[float, float], **held: bool) -> None:
    """Drag the mouse through native points."""
    places = [view.viewportTransform().map(QPointF(*point)).toPoint() for point in points]
    Mouse(view).drag(*((place.x(), place.y()) for place in places), **held)


def test_the_option_is_shown_for_area_tools_and_follows_its_key(
    window: MainWindow, opened: OpenDocument
) -> None:
    selection, effect = window.context.selection, window.options.effect
    for tool in (ToolName.RECTANGLE, ToolName.LASSO, ToolName.POLYGON, ToolName.WAND, ToolName.FILL):
        selection.tool = tool
        assert effect.isVisible(), tool
    selection.tool = ToolName.BRUSH
    assert not effect.isVisible()
    selection.tool = ToolName.RECTANGLE
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    QTest.keyClick(window.area.view, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    assert selection.subtracting
    assert effect.value == "subtract"
    QTest.mouseClick(effect.findChildren(type(effect._buttons["add"]))[0], Qt.MouseButton.LeftButton)
    assert not selection.subtracting
    assert not window.action("subtracting").isChecked()


@pytest.mark.parametrize("held", [Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier])
def test_a_class_grows_with_either_key(
    window: MainWindow, opened: OpenDocument, held: Qt.KeyboardModifier, qtbot: QtBot
) -> None:
    context = window.context
    context.selection.tool = ToolName.RECTANGLE
    drag(window.area.view, (40, 40), (60, 60))
    before = opened.state.damage.count()
    assert before > 0
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    qtbot.waitUntil(window.action("grow").isEnabled)
    QTest.keyClick(window.area.view, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier | held)
    qtbot.waitUntil(lambda: opened.state.damage.count() > before)
    QTest.keyClick(window.area.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier | held)
    qtbot.waitUntil(lambda: opened.state.damage.count() == before)


def test_the_shortcuts_dialog_lists_both_ways(window: MainWindow) -> None:
    from app.dialogs.shortcuts import ShortcutsDialog

    dialog = ShortcutsDialog(window)
    model = dialog.model
    keys = {model.index(row, 0).data(): model.index(row, 2).data() for row in range(model.rowCount())}
    dialog.deleteLater()
    assert keys["Grow class by 1 px"] == "Ctrl+Shift+Up, Ctrl+Alt+Up"
    assert keys["Shrink class by 1 px"] == "Ctrl+Shift+Down, Ctrl+Alt+Down"
    assert keys["Change the brush size by dragging"] == "Alt+Drag, Ctrl+Drag"
    assert keys["Larger brush"].startswith("]")


def test_the_growth_of_the_wand_is_typed(window: MainWindow, opened: OpenDocument) -> None:
    growth, selection = window.options.growth, window.context.selection
    selection.tool = ToolName.BRUSH
    assert not growth.isVisible()
    selection.tool = ToolName.WAND
    assert growth.isVisible()
    growth.selectAll()
    QTest.keyClicks(growth, "5")
    assert selection.wand_growth == 5
    selection.wand_growth = 2
    assert growth.text() == "+2 px"


def test_the_wand_can_compare_texture(window: MainWindow, opened: OpenDocument) -> None:
    selection, options = window.context.selection, window.options
    selection.tool = "wand"
    assert options.texture.isVisibleTo(options)
    options.texture.click()
    assert selection.wand_texture
    selection.wand_texture = False
    assert not options.texture.isChecked()
    selection.tool = "brush"
    assert not options.texture.isVisibleTo(options)


def test_the_growth_of_the_wand_is_not_cut(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> None:
    window.context.selection.tool = ToolName.WAND
    field = window.options.growth
    field.setValue(field.maximum())
    qtbot.wait(20)
    needed = field.fontMetrics().horizontalAdvance(field.text())
    assert field.lineEdit().width() >= needed + 8, "some pixels on either side"


def test_a_row_of_segments_has_a_line_at_its_left(window: MainWindow, opened: OpenDocument) -> None:
    window.context.selection.tool = ToolName.RECTANGLE
    window.context.selection.subtracting = True
    effect = window.options.effect
    QApplication.processEvents()
    picture = effect.grab().toImage()
    line, inside = (picture.pixelColor(x, picture.height() // 2).lightness() for x in (0, 3))
    assert line < inside - 20, "the frame of the first segment is cut off"
