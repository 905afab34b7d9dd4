"""Selecting a part of the picture with real mouse events, and what is limited to it."""

from __future__ import annotations

import numpy as np
import pytest

from app.canvas.selection_outline import outline_path
from app.commands import mask as masking
from app.commands import select as selecting
from imagest_core.damage.classes import LOSS, PROTECTED
from imagest_core.damage.map import DamageMap
from imagest_core.damage.selection import Selection
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.names import operation_name
from imagest_core.project.operations.results import add_run


def test_a_rectangle_is_selected_extended_and_removed(context, view, mouse, document) -> None:
    context.selection.tool = "select"
    mouse.drag((50, 60), (150, 120))
    assert context.selection.within.box == Box(50, 60, 100, 60)
    assert view.guides.selected.moving
    before = view.guides.selected.item._dash_pen.dashOffset()
    view.guides.selected.item.shift_dashes()
    assert view.guides.selected.item._dash_pen.dashOffset() != before
    mouse.drag((150, 60), (200, 120), shift=True)
    assert context.selection.within.box == Box(50, 60, 150, 60)
    mouse.drag((50, 60), (100, 120), control=True)
    assert context.selection.within.box == Box(100, 60, 100, 60)
    assert document.state.damage.empty
    mouse.click(10, 10)
    assert context.selection.within is None
    assert not view.guides.selected.moving
    assert view.guides.selected.item.path.isEmpty()


def test_the_lasso_selects(context, view, mouse, document) -> None:
    context.selection.tool = "select_lasso"
    mouse.drag((50, 50), (150, 50), (150, 150), (50, 150))
    assert context.selection.within.pixels == pytest.approx(10_000, rel=0.05)
    mouse.click(300, 300)
    assert context.selection.within is None


def test_commands_select(context, view, mark, document) -> None:
    mark(100, 50, 60, 60)
    context.selection.label = LOSS.label
    selecting.select_class(context)
    assert context.selection.within.box == Box(100, 50, 60, 60)
    selecting.invert_selection(context)
    assert context.selection.within.pixels == document.state.box.area - 3600
    selecting.select_all(context)
    assert context.selection.within.pixels == document.state.box.area
    selecting.invert_selection(context)
    assert context.selection.within is None
    context.selection.visible = Box(10, 10, 50, 40)
    selecting.select_visible(context)
    assert context.selection.within.box == Box(10, 10, 50, 40)
    selecting.clear_selection(context)
    assert context.selection.within is None


def test_the_outline_follows_the_borders_of_pixels() -> None:
    path = outline_path(Selection.of_box(Box(20, 30, 40, 10), Box(0, 0, 100, 100)))
    rect = path.boundingRect()
    assert (rect.x(), rect.y(), rect.width(), rect.height()) == (20, 30, 40, 10)


def test_clean_up_and_derived_masks_are_limited(context, view, mark, document) -> None:
    mark(100, 50, 60, 60)
    context.selection.label = LOSS.label
    context.selection.within = Selection.of_box(Box(0, 0, 130, 400), document.state.box)
    masking.grow(context)
    assert document.state.damage.bounds() == Box(99, 49, 61, 62)
    masking.clear_class(context)
    assert document.state.damage.bounds() == Box(130, 50, 30, 60)
    derived = DamageMap.from_mask(np.ones((400, 700), np.bool_))
    masking.merge_mask(context, derived, operation_name("derive_losses"))
    assert document.state.damage.count() == 130 * 400 + 30 * 60


@pytest.fixture
def said(context) -> list:
    texts: list = []
    context.messages.said.connect(texts.append)
    return texts


@pytest.mark.parametrize("tool", ["brush", "rectangle"])
def test_painting_over_protected_pixels_is_clipped_with_a_note(
    context, view, mouse, document, said, tool: str
) -> None:
    protected = document.state.damage.copy()
    protected.write(Box(100, 100, 50, 50), np.full((50, 50), PROTECTED.label, np.uint8))
    document.do(masking.change_mask(document.state.damage, protected, Message("Protect")))
    context.selection.tool, context.selection.label = tool, LOSS.label
    context.selection.overwrite_classes = True
    mouse.drag((80, 110), (180, 140))
    assert document.state.damage.count(PROTECTED.label) == 2500
    assert document.state.damage.count(LOSS.label) > 0
    assert any("Protected pixels" in each.sentence for each in said)


def test_protecting_a_filled_pixel_updates_the_accepted_fills(document, make_run) -> None:
    document.do(add_run(make_run(1, [Box(100, 100, 80, 80)], 30_000)))
    before = document.accepted
    changed: list[Box] = []
    document.decisions_changed.connect(changed.append)
    damage = document.state.damage.copy()
    damage.write(Box(0, 0, 5, 5), np.full((5, 5), LOSS.label, np.uint8))
    document.do(masking.change_mask(document.state.damage, damage, Message("Mark")))
    assert document.accepted is before
    assert changed == []
    damage = document.state.damage.copy()
    damage.write(Box(100, 100, 50, 50), np.full((50, 50), PROTECTED.label, np.uint8))
    document.do(masking.change_mask(document.state.damage, damage, Message("Protect")))
    assert document.accepted is not before
    assert document.accepted.protected.count() == 2500
    assert changed
