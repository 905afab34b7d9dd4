"""Area tools erase by their option, and Ctrl is a second way for everything that Alt does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

LabelAt = Callable[[int, int], int]


@pytest.mark.parametrize("held", ["alt", "control"])
def test_dragging_with_alt_or_ctrl_changes_the_brush_size(context, view, mouse, document, held: str) -> None:
    context.selection.tool, context.selection.brush_size = "brush", 20.0
    mouse.drag((100, 100), (115, 100), **{held: True})
    assert context.selection.brush_size == pytest.approx(50, abs=0.5)
    assert document.state.damage.empty


@pytest.mark.parametrize("tool", ["lasso", "rectangle"])
@pytest.mark.parametrize("held", [{}, {"alt": True}, {"control": True}])
@pytest.mark.parametrize("subtracting", [False, True])
def test_area_tools_mark_or_erase(
    context, view, mouse, mark, label_at: LabelAt, tool: str, held: dict[str, bool], subtracting: bool
) -> None:
    mark(50, 50, 100, 100)
    context.selection.tool, context.selection.label = tool, 2
    context.selection.subtracting, context.selection.overwrite_classes = subtracting, True
    corners = [(60, 60), (100, 60), (100, 100), (60, 100)] if tool == "lasso" else [(60, 60), (100, 100)]
    mouse.drag(*corners, **held)
    erased = subtracting != bool(held)
    assert label_at(80, 80) == (0 if erased else 2)
    assert label_at(130, 130) == 1


def test_the_wand_erases_by_its_option(context, view, mouse, mark, label_at: LabelAt, qtbot) -> None:
    mark(100, 50, 60, 60)
    context.selection.tool, context.selection.subtracting = "wand", True
    mouse.click(130, 80)
    qtbot.waitUntil(lambda: label_at(130, 80) == 0)


def test_ctrl_click_removes_a_style_reference(context, view, mouse, document) -> None:
    context.selection.tool = "style"
    mouse.drag((200, 200), (260, 260))
    assert len(document.state.style.regions) == 1
    mouse.click(230, 230, control=True)
    assert document.state.style.regions == ()
