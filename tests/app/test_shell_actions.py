from __future__ import annotations

import re
from collections import Counter

import pytest
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app import action_table as actions
from app import theme
from app.selection import Compare, Selection, ToolName
from app.window.main_window import MainWindow


def test_keys_are_unique():
    keys = Counter(key for spec in actions.specs() for key in spec.keys)
    assert [key for key, count in keys.items() if count > 1] == []


def test_ids_and_mnemonics_are_unique():
    ids = Counter(spec.id for spec in actions.specs())
    assert max(ids.values()) == 1
    for title, menu in actions.MENUS.items():
        letters = Counter(found.lower() for spec in menu if spec for found in re.findall("&(.)", spec.text))
        assert [letter for letter, count in letters.items() if count > 1] == [], title


def test_every_action_does_something(window: MainWindow):
    for name, action in window.actions_.all():
        assert action.receivers("2triggered(bool)") + action.receivers("2toggled(bool)") > 0, name


def test_every_button_signal_is_connected(window: MainWindow):
    """Every request signal of a panel is connected."""
    received = {}
    for widget in window.findChildren(QWidget):
        for name, value in vars(type(widget)).items():
            if isinstance(value, Signal) and name.endswith(("_requested", "browse", "sample", "chosen")):
                signature = repr(getattr(widget, name)).split()[1]
                received[f"{type(widget).__name__}.{name}"] = widget.receivers(f"2{signature}") > 0
    assert {"Welcome.browse", "DamagePanel.import_requested", "ResultStrip.discard_requested"} < set(received)
    assert [name for name, connected in received.items() if not connected] == []


def test_every_icon_exists_in_one_style():
    for spec in actions.specs():
        if spec.icon:
            text = theme.icon_path(spec.icon).read_text(encoding="utf-8")
            assert 'viewBox="0 0 24 24"' in text, spec.icon
            assert 'stroke="currentColor"' in text, spec.icon


@pytest.mark.parametrize(
    "key",
    [
        "B",
        "E",
        "L",
        "W",
        "[",
        "]",
        "X",
        "Ctrl+0",
        "Ctrl+1",
        "V",
        "Shift+V",
        "Q",
        "Ctrl+Return",
        "Shift+X",
        "?",
    ],
)
def test_common_shortcuts(key: str):
    assert key in {key for spec in actions.specs() for key in spec.keys}


def test_without_a_document_only_independent_actions_are_enabled(window: MainWindow, qtbot):
    qtbot.wait(10)
    enabled = {name for name, action in window.actions_.all() if action.isEnabled()}
    assert enabled == {spec.id for spec in actions.specs() if not spec.needs}


def test_tools_and_views_follow_the_selection(window: MainWindow):
    selection: Selection = window.context.selection
    for tool in ToolName:
        selection.tool = tool
        if tool is not ToolName.PICK:
            assert window.action(f"tool_{tool}").isChecked()
    for mode in Compare:
        selection.compare = mode
        assert window.action(mode).isChecked()


def test_brush_steps_always_change_and_stay_in_range(qapp):
    selection = Selection()
    for _ in range(80):
        before = selection.brush_size
        selection.step_brush(True)
        assert selection.brush_size > before or before == 4000
    for _ in range(120):
        before = selection.brush_size
        selection.step_brush(False)
        assert selection.brush_size < before or before == 1
    assert selection.brush_size == 1


def test_swapping_goes_to_the_eraser_and_back(qapp):
    selection = Selection()
    selection.tool = ToolName.BRUSH
    selection.swap_tool()
    assert selection.tool == ToolName.ERASER
    selection.swap_tool()
    assert selection.tool == ToolName.BRUSH


def test_value_emits_only_on_change(qapp, qtbot):
    selection, received = Selection(), []
    selection.label_changed.connect(received.append)
    selection.label = 2
    selection.label = 2
    assert received == [2]
