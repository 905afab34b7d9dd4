"""Notes on the picture by real mouse and key events."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from app.selection import ToolName
from imagest_core.project.operations.annotations import add_annotation

Names = Callable[[], list[str]]


@pytest.fixture
def note(context, view) -> None:
    context.selection.tool = ToolName.NOTE


@pytest.fixture
def written(note, document) -> None:
    document.do(add_annotation(document.state, (200, 100), "flaking"))


def notes(document) -> list[tuple[float, float, str]]:
    return [(item.x, item.y, item.text) for item in document.state.annotations]


def type_text(view, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    """Replace the text in the field and press a key."""
    assert view.note_editor.isVisible()
    QTest.keyClick(view.note_editor.text, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(view.note_editor.text, text)
    QTest.keyClick(view.note_editor.text, key)


def test_a_click_writes_a_note_that_can_be_undone(note, view, mouse, document, names: Names) -> None:
    mouse.click(120, 80)
    type_text(view, "retouched 1954")
    assert notes(document) == [(pytest.approx(120, abs=1), pytest.approx(80, abs=1), "retouched 1954")]
    assert names() == ["Add note to the picture"]
    assert not view.note_editor.isVisible()
    assert len(view.guides.annotations.annotations) == 1
    document.undo()
    assert notes(document) == []
    assert view.guides.annotations.annotations == ()


def test_escape_and_an_empty_text_write_nothing(note, view, mouse, document, names: Names) -> None:
    mouse.click(120, 80)
    type_text(view, "never mind", Qt.Key.Key_Escape)
    mouse.click(120, 80)
    type_text(view, " ")
    assert (notes(document), names()) == ([], [])


def test_shift_and_enter_start_a_new_line(note, view, mouse, document) -> None:
    mouse.click(120, 80)
    field = view.note_editor.text
    QTest.keyClicks(field, "one")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "two")
    QTest.mouseClick(view.note_editor.save_button, Qt.MouseButton.LeftButton)
    assert document.state.annotations[0].text == "one\ntwo"


def test_a_click_on_a_note_edits_it(written, view, mouse, document) -> None:
    mouse.click(203, 98)
    assert view.note_editor.text.toPlainText() == "flaking"
    type_text(view, "stable")
    assert notes(document) == [(200, 100, "stable")]
    mouse.click(200, 100)
    QTest.mouseClick(view.note_editor.remove_button, Qt.MouseButton.LeftButton)
    assert notes(document) == []


@pytest.mark.parametrize("rotation", [0, 90])
def test_dragging_moves_a_note(written, view, mouse, document, names: Names, rotation: int) -> None:
    view.rotate_to(rotation)

    def at(x: float, y: float) -> tuple[int, int]:
        place = view.viewportTransform().map(QPointF(x, y))
        return round(place.x()), round(place.y())

    mouse.drag(at(202, 101), at(230, 120), at(262, 141))
    assert notes(document) == [(pytest.approx(260, abs=1), pytest.approx(140, abs=1), "flaking")]
    assert names()[-1] == "Move note on the picture"
    assert not view.note_editor.isVisible()


def test_escape_cancels_a_drag(written, view, mouse, document) -> None:
    mouse.press(200, 100)
    mouse.move(300, 200)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    mouse.release(300, 200)
    assert notes(document) == [(200, 100, "flaking")]
    assert view.guides.annotations.positions()[0] == QPointF(200, 100)


@pytest.mark.parametrize("way", ["delete", "control"])
def test_notes_are_removed_by_delete_or_ctrl_click(written, view, mouse, document, way: str) -> None:
    if way == "delete":
        mouse.move(200, 100, down=False)
        QTest.keyClick(view, Qt.Key.Key_Delete)
    else:
        mouse.click(200, 100, control=True)
    assert notes(document) == []
    document.undo()
    assert notes(document) == [(200, 100, "flaking")]


def test_markers_are_drawn_and_can_be_hidden(written, view, context) -> None:
    def yellow() -> bool:
        colour = view.viewport().grab().toImage().pixelColor(206, 100)
        return colour.red() > 200 and colour.blue() < 120

    assert yellow()
    context.selection.notes_visible = False
    assert not yellow()
    context.selection.tool = ToolName.PAN
    context.selection.tool = ToolName.NOTE
    assert yellow()


def test_another_tool_closes_the_field(note, view, mouse, context, document) -> None:
    mouse.click(120, 80)
    assert view.note_editor.isVisible()
    context.selection.tool = ToolName.PAN
    assert not view.note_editor.isVisible()
    assert notes(document) == []


def test_note_removed_by_undo_while_it_is_edited(note, view, mouse, document) -> None:
    document.do(add_annotation(document.state, (200, 100), "flaking"))
    mouse.click(200, 100)
    document.undo()
    type_text(view, "changed")
    assert notes(document) == []


def test_a_read_only_project_is_not_changed(written, view, mouse, document, context) -> None:
    said: list = []
    context.messages.said.connect(said.append)
    document.document.read_only = "The project is open elsewhere."
    mouse.click(300, 200)
    mouse.click(200, 100, control=True)
    document.document.read_only = ""
    assert not view.note_editor.isVisible()
    assert len(said) == 2
    assert notes(document) == [(200, 100, "flaking")]
