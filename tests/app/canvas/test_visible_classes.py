"""Nothing is marked that isn't seen, and nothing chosen survives what it belongs to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.canvas.view import CanvasView
from app.commands import mask as masking
from app.commands import restore as restoring
from app.commands.marking import may_mark
from app.context import Context
from app.document import OpenDocument
from app.selection import Proposal
from app.window.tool_options import ToolOptions
from imagest_core.damage.classes import DamageClass, Policy
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.results import add_run
from imagest_core.project.operations.settings import add_class, add_style_region, set_policy, show_class
from imagest_core.restoration.request import RestorationRequest

LabelAt = Callable[[int, int], int]
OWN = DamageClass(9, "wax", "#8c6d31")
TOOLS = {
    "brush": [(100, 200), (150, 200)],
    "lasso": [(100, 200), (150, 200), (150, 240), (100, 240)],
    "rectangle": [(100, 200), (150, 240)],
    "wand": [(120, 70)],
}


@pytest.fixture
def own(context: Context, document: OpenDocument) -> OpenDocument:
    """A class of the user's own, chosen."""
    document.do(add_class(document.state, OWN))
    context.selection.label = OWN.label
    return document


def visible(document: OpenDocument, label: int) -> bool:
    return document.state.damage.class_of(label).visible


def test_stroke_after_undoing_a_class_uses_an_existing_class(
    own: OpenDocument, view: CanvasView, context: Context, mouse, label_at: LabelAt, qtbot: QtBot
) -> None:
    options = ToolOptions(context)
    qtbot.addWidget(options)
    options._bind(own)
    context.selection.tool = "brush"
    own.undo()
    assert context.selection.label == 1
    assert "loss" in options.class_label.text()
    mouse.drag((100, 200), (150, 200))
    assert label_at(120, 200) == 1
    assert view.layers.mask.labels.read(0, Box(120, 200, 1, 1)) is not None, "the stroke is drawn"


def test_class_missing_in_another_project_is_deselected(own: OpenDocument, context: Context) -> None:
    other = OpenDocument(type(own.document).create(own.painting), own.painting)
    context.set_document(other)
    assert context.selection.label == 1
    context.selection.label = 9
    assert context.selection.label == 1, "nor can one be chosen that isn't there"
    context.set_document(own)
    other.document.abandon()


@pytest.mark.parametrize("tool", TOOLS)
def test_marking_with_a_hidden_class_shows_it(
    tool: str,
    view: CanvasView,
    context: Context,
    document: OpenDocument,
    mouse,
    names,
    said: list,
    qtbot: QtBot,
) -> None:
    document.do(show_class(document.state, 2, False))
    context.selection.tool, context.selection.label = tool, 2
    context.selection.mask_visible = False
    mouse.drag(*TOOLS[tool])
    qtbot.waitUntil(lambda: not document.state.damage.empty)
    assert visible(document, 2)
    assert context.selection.mask_visible
    assert names()[:2] == ["Hide class", "Show class"]
    notes = [message.sentence for message in said if message.action is None]  # the wand offers the rim, too
    assert notes == ["The class “crack” is shown again because you are marking damage with it."]


def test_filling_a_hole_and_changing_a_region_show_the_class_too(
    view: CanvasView, context: Context, document: OpenDocument, mark, mouse, label_at: LabelAt
) -> None:
    mark(100, 200, 20, 20)
    document.do(show_class(document.state, 2, False))
    context.selection.tool, context.selection.label = "fill", 2
    mouse.click(110, 210)
    assert label_at(110, 210) == 2
    assert visible(document, 2)


@pytest.mark.parametrize("erase", [{"alt": True}, {}])
def test_erasing_leaves_hidden_classes_hidden(
    view: CanvasView, context: Context, document: OpenDocument, mark, mouse, label_at: LabelAt, erase: dict
) -> None:
    mark(100, 200, 20, 20)
    document.do(show_class(document.state, 2, False))
    context.selection.tool, context.selection.label = "rectangle" if erase else "eraser", 2
    mouse.drag((90, 190), (130, 230), **erase)
    assert label_at(105, 205) == 0
    assert not visible(document, 2)


def test_derived_or_inverted_damage_is_visible(context: Context, document: OpenDocument, view) -> None:
    found = DamageMap(*document.state.box[2:])
    found.write(Box(10, 10, 5, 5), np.ones((5, 5), np.uint8))
    document.do(show_class(document.state, 2, False))
    context.selection.label = 2
    masking.merge_mask(context, found, "Derive cracks")
    assert visible(document, 2)
    document.do(show_class(document.state, 2, False))
    masking.invert(context)
    assert visible(document, 2)


def test_a_large_edit_whose_class_is_undone_meanwhile_is_refused(
    own: OpenDocument, context: Context, said: list, qtbot: QtBot
) -> None:
    """The worker has marked pixels of a class that is gone when it comes back."""
    whole = own.state.box
    cells = [(whole, np.ones((whole.height, whole.width), np.bool_))]
    masking.mark(context, lambda _: cells, Box(0, 0, 10_000, 10_000), OWN.label, "Lasso")
    own.undo()
    qtbot.waitUntil(lambda: bool(said))
    assert "no longer exists" in said[0].sentence
    assert own.state.damage.empty


def test_unknown_class_is_refused_with_a_message(
    context: Context, document: OpenDocument, said: list
) -> None:
    assert not may_mark(context, 99)
    assert "choose one from the list" in said[0].sentence


def test_undone_result_is_no_longer_under_review(
    context: Context, document: OpenDocument, make_run, view
) -> None:
    document.do(add_run(make_run(1, [Box(300, 200, 40, 40)], 40000)))
    context.selection.run, context.selection.region = 1, 1
    document.undo()
    assert (context.selection.run, context.selection.region) == (None, 0)
    assert view.guides.region.path.isEmpty()
    document.redo()
    context.selection.run = 1
    assert document.run(context.selection.run) is not None


def test_proposal_of_an_undone_class_gets_another_class(own: OpenDocument, context: Context) -> None:
    context.selection.proposal = Proposal(Box(0, 0, 2, 2), np.ones((2, 2), np.bool_), OWN.label)
    own.undo()
    assert context.selection.proposal.label == 1


def test_delete_removes_the_style_reference_under_the_mouse_or_none(
    view: CanvasView, context: Context, document: OpenDocument, mouse
) -> None:
    """Undo changes the list while the mouse rests: the reference that slid into the place is not meant."""
    for x in (20, 120, 220):
        document.do(add_style_region(document.state, Box(x, 20, 60, 60)))
    context.selection.tool = "style"
    mouse.move(250, 50, down=False)
    document.undo()
    document.do(add_style_region(document.state, Box(400, 300, 60, 60)))
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert [box.x for box in document.state.style.regions] == [20, 120, 400]


def test_a_style_reference_that_is_undone_while_it_is_dragged_stays_undone(
    view: CanvasView, context: Context, document: OpenDocument, mouse
) -> None:
    document.do(add_style_region(document.state, Box(20, 20, 60, 60)))
    context.selection.tool = "style"
    mouse.press(50, 50)
    mouse.move(150, 150)
    document.undo()
    mouse.release(150, 150)
    assert document.state.style.regions == ()


def test_a_mask_hidden_for_one_picture_is_shown_with_the_next(
    document: OpenDocument, context: Context, mark
) -> None:
    mark(100, 200, 20, 20)
    context.set_document(None)
    context.selection.mask_visible = False
    context.set_document(document)
    assert context.selection.mask_visible


def test_damage_restored_by_undo_is_visible(document: OpenDocument, context: Context, mark, view) -> None:
    mark(100, 200, 20, 20)
    masking.clear_all(context)
    context.selection.mask_visible = False
    document.undo()
    assert context.selection.mask_visible


def test_hidden_damage_that_is_filled_is_shown_first(
    document: OpenDocument, context: Context, mark, view, said: list, qtbot: QtBot
) -> None:
    mark(100, 200, 20, 20)
    document.do(show_class(document.state, 1, False))
    document.do(show_class(document.state, 2, False))
    context.selection.request = RestorationRequest.of("harmonic")
    restoring.restore_all(context)
    assert visible(document, 1)
    assert not visible(document, 2), "there is no damage of this class"
    assert said[0].sentence == "The class “loss” is shown again because its damage will be filled."
    qtbot.waitUntil(lambda: bool(document.state.runs))


def test_hidden_damage_that_is_only_recorded_stays_hidden(
    document: OpenDocument, context: Context, mark, view, said: list, qtbot: QtBot
) -> None:
    mark(100, 200, 20, 20)
    document.do(set_policy(document.state, 1, Policy.RECORD))
    document.do(show_class(document.state, 1, False))
    context.selection.request = RestorationRequest.of("harmonic")
    restoring.restore_all(context)
    assert not visible(document, 1)
    qtbot.waitUntil(lambda: not context.jobs.busy)


def test_mask_hidden_for_a_result_is_shown_again_without_it(
    document: OpenDocument, context: Context, mark, view, make_run
) -> None:
    mark(100, 200, 20, 20)
    document.do(add_run(make_run(1, [Box(300, 200, 40, 40)], 40000)))
    context.selection.run, context.selection.mask_visible = 1, False
    document.undo()
    assert context.selection.run is None
    assert context.selection.mask_visible
