"""Notes at positions of the picture: stored, undone, listed, and absent from older files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imagest_core.cli.program import main
from imagest_core.errors import InputError
from imagest_core.project.document import Document
from imagest_core.project.operations.annotations import (
    add_annotation,
    edit_annotation,
    move_annotation,
    remove_annotation,
)
from imagest_core.project.operations.settings import set_operator
from imagest_core.project.storage.check import check_project


@pytest.fixture
def annotated(document: Document) -> Document:
    document.do(set_operator(document.state, "A. Nobody"))
    document.do(add_annotation(document.state, (100.5, 50), "  retouched 1954 "))
    document.do(add_annotation(document.state, (300, 20), "flaking\nsee photograph"))
    return document


def texts(document: Document) -> list[str]:
    return [item.text for item in document.state.annotations]


def test_notes_are_edited_moved_removed_and_undone(annotated: Document) -> None:
    document = annotated
    document.do(edit_annotation(document.state, 1, "flaking"))
    document.do(move_annotation(document.state, 0, (10, 11)))
    document.do(remove_annotation(document.state, 1))
    assert [(item.x, item.y, item.text) for item in document.state.annotations] == [
        (10.0, 11.0, "retouched 1954")
    ]
    for expected in (["retouched 1954", "flaking"],) * 2 + (["retouched 1954", "flaking\nsee photograph"],):
        document.undo()
        assert texts(document) == expected
    assert document.state.annotations[0].x == 100.5
    document.redo()
    assert texts(document)[1] == "flaking"


def test_notes_are_stored_with_operator_and_time(annotated: Document) -> None:
    path = annotated.path
    assert path is not None
    annotated.close()
    assert check_project(path).findings == ()
    with Document.open(path) as document:
        assert texts(document) == ["retouched 1954", "flaking\nsee photograph"]
        assert document.state.annotations[0].operator == "A. Nobody"
        assert document.state.annotations[0].time
        document.undo()
        assert texts(document) == ["retouched 1954"]


@pytest.mark.parametrize(
    ("position", "text"),
    [((-1, 5), "a"), ((5, 301), "a"), ((float("nan"), 5), "a"), ((5, 5), "  "), ((5, 5), "a" * 2001)],
)
def test_unusable_notes_are_refused(document: Document, position, text: str) -> None:
    with pytest.raises(InputError):
        document.do(add_annotation(document.state, position, text))
    assert document.state.annotations == ()


def test_files_without_notes_still_open(document: Document) -> None:
    path = document.path
    assert path is not None
    document.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM meta WHERE key = 'annotations'")
        db.execute("DELETE FROM seals WHERE name = 'meta' AND key = 'annotations'")
    assert check_project(path).findings == ()
    with Document.open(path) as again:
        assert again.state.annotations == ()
        again.do(add_annotation(again.state, (5, 5), "new"))
    with Document.open(path) as again:
        assert texts(again) == ["new"]


def test_changed_notes_are_found(annotated: Document) -> None:
    from imagest_core.errors import VerificationError

    path = annotated.path
    assert path is not None
    annotated.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET value = replace(value, '1954', '1945') WHERE key = 'annotations'")
    with pytest.raises(VerificationError, match="annotations"):
        check_project(path)


def test_info_lists_notes(annotated: Document, capsys: pytest.CaptureFixture[str]) -> None:
    path: Path | None = annotated.path
    annotated.close()
    assert main(["project", "info", str(path), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["annotations"]
    assert [(item["x"], item["y"], item["text"]) for item in listed] == [
        (100.5, 50.0, "retouched 1954"),
        (300.0, 20.0, "flaking\nsee photograph"),
    ]
    assert main(["project", "info", str(path)]) == 0
    assert "note 2    at 300, 20: flaking see photograph" in capsys.readouterr().out
