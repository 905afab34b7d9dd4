"""Tools used by keyboard in the real window, where the same keys are shortcuts."""

from __future__ import annotations

import pytest
from mouse import Mouse
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from user import User

from app.selection import ToolName

KEYS = {
    "H": ToolName.PAN,
    "B": ToolName.BRUSH,
    "E": ToolName.ERASER,
    "L": ToolName.LASSO,
    "P": ToolName.POLYGON,
    "R": ToolName.RECTANGLE,
    "W": ToolName.WAND,
    "G": ToolName.FILL,
    "S": ToolName.STYLE,
    "M": ToolName.MEASURE,
}


def test_every_tool_has_a_shortcut(at_work: User) -> None:
    for key, tool in reversed(KEYS.items()):
        at_work.press(key)
        assert at_work.context.selection.tool == tool
        assert at_work.window.action(f"tool_{tool}").isChecked()
        assert at_work.view.tool.name == tool


def test_x_swaps_brush_and_eraser_and_brackets_size_them(at_work: User) -> None:
    selection = at_work.context.selection
    at_work.press("B")
    selection.brush_size = 20.0
    at_work.draw((20, 90), (60, 90))
    painted = (at_work.labels() > 0).sum()
    at_work.press("X")
    assert selection.tool == ToolName.ERASER
    at_work.press("[")
    assert selection.brush_size == 17
    at_work.draw((20, 90), (60, 90))
    assert 0 < (at_work.labels() > 0).sum() < painted / 4
    at_work.press("X")
    assert selection.tool == ToolName.BRUSH
    at_work.press("]")
    assert selection.brush_size == 20


@pytest.mark.parametrize("keys", ["Ctrl+Z", "Ctrl+Return", "E", "X", "Ctrl+Shift+A"])
def test_keys_during_a_stroke_are_not_shortcuts(at_work: User, keys: str) -> None:
    """Shortcuts must not change the document during a stroke."""
    at_work.press("B")
    at_work.draw((100, 20), (140, 20))
    at_work.until(at_work.window.action("undo").isEnabled)
    mouse = Mouse(at_work.view)
    mouse.press(*at_work.at((20, 90)))
    mouse.move(*at_work.at((40, 90)))
    at_work.press(keys)
    mouse.move(*at_work.at((60, 90)))
    mouse.release(*at_work.at((60, 90)))
    assert at_work.names() == ["Brush stroke"] * 2
    assert at_work.labels()[90, 20:60].all()
    assert at_work.context.selection.tool == ToolName.BRUSH
    assert not at_work.context.jobs.busy


def test_space_pans_during_a_stroke(at_work: User) -> None:
    at_work.press("B")
    at_work.context.selection.brush_size = 6.0
    mouse, place = Mouse(at_work.view), at_work.view.position
    x, y = at_work.at((50, 90))
    mouse.press(x, y)
    mouse.move(x + 20, y)
    QTest.keyPress(at_work.view, Qt.Key.Key_Space)
    mouse.move(x + 20, y)
    mouse.move(x + 60, y)
    QTest.keyRelease(at_work.view, Qt.Key.Key_Space)
    mouse.release(x + 60, y)
    assert at_work.view.position.x < place.x
    assert at_work.names() == ["Brush stroke"]
