"""The log of a project: what is written stays as it was written, and whatever was changed is named."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from project_runs import run_filling

from imagest_core.errors import VerificationError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, results, settings
from imagest_core.project.recovery.rescue import rescue
from imagest_core.project.storage.integrity import Integrity, check_project

A, B = Box(10, 10, 30, 20), Box(240, 200, 40, 40)
RECORD = {"engine": {"name": "telea"}, "request": {"seed": 7}, "mask": {"sha256": "ab"}, "windows": [1, 2]}


def run(number: int, record: object = RECORD):
    return run_filling(number, [A, B], 9, (600, 300), record=json.dumps(record))


@pytest.fixture
def project(document: Document, brush) -> Path:
    """A closed project after all kinds of gestures: done, undone, overtaken."""
    brush(document, A, 1)
    document.do(results.add_run(document.keep_run(run(0))))
    document.do(decisions.accept(document.state, document.state.runs[1], [1]))
    document.do(settings.set_notes(document.state, "first"))
    document.undo()
    document.do(settings.set_notes(document.state, "second"))
    brush(document, B, 2)
    document.undo()
    document.close()
    assert document.path is not None
    return document.path


Change = Callable[..., None]


@pytest.fixture
def change(project: Path) -> Change:
    """Run a statement on the file behind the program's back."""

    def changed(sql: str, *values: object) -> None:
        with closing(sqlite3.connect(project)) as db, db:
            assert db.execute(sql, values).rowcount > 0

    return changed


def found(project: Path) -> str:
    with pytest.raises(VerificationError) as caught:
        check_project(project)
    return str(caught.value)


def test_a_project_as_it_was_written_is_whole(project: Path) -> None:
    first = check_project(project)
    assert first.lines == 1 + 6 + 1, "the beginning, the gestures, the run"
    with Document.open(project) as document:
        document.redo()
        document.undo()
        document.do(settings.set_operator(document.state, "A. Conservator"))
    again = check_project(project)
    assert (again.since, again.lines) == (first.since, first.lines + 1)
    assert again.head != first.head


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("engine", {"name": "harmonic"}, "run 1: its record (engine.name)"),
        ("request", {"seed": 8}, "run 1: its record (request.seed)"),
        ("mask", {"sha256": "ac"}, "run 1: its record (mask.sha256)"),
        ("windows", [1, 3], "run 1: its record (windows)"),
        ("extra", 1, "run 1: its record (extra)"),
    ],
)
def test_a_changed_field_of_a_record_is_named(
    project: Path, change: Change, field: str, value: object, named: str
) -> None:
    text = json.dumps({**RECORD, field: value})
    change("UPDATE runs SET record = ? WHERE id = 1", zlib.compress(text.encode()))
    assert named in found(project)


def test_the_same_record_packed_otherwise_is_found(project: Path, change: Change) -> None:
    change("UPDATE runs SET record = ?", zlib.compress(json.dumps(RECORD).encode(), 1))
    assert "run 1: its record" in found(project)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("DELETE FROM tiles", "the damage of tile 0 0 (missing)"),
        ("DELETE FROM decisions", "the decision on 1/1 (missing)"),
        ("DELETE FROM operations WHERE id = 2", "line 2 of the history (missing)"),
        ("DELETE FROM runs", "whether run 1 is listed (missing)"),
        ("DELETE FROM run_tiles WHERE tx = 1", "run 1: its samples"),
        ("DELETE FROM meta WHERE key = 'notes'", "the value “notes” (missing)"),
        ("DELETE FROM log WHERE id = (SELECT max(id) FROM log)", "the end of the log"),
        ("DELETE FROM log WHERE id = 3", "line 4 of the log"),
        ("INSERT INTO decisions SELECT 9, '1/2', verdict, note, operator, time, 2 FROM decisions", "1/2"),
        ("UPDATE operations SET status = 'done'", "whether line 4 of the history is done"),
        ("UPDATE operations SET id = id + 100", "line 101 of the history"),
    ],
)
def test_rows_that_come_or_go_are_named(project: Path, change: Change, sql: str, named: str) -> None:
    change(sql)
    assert named in found(project)


def test_a_text_that_is_no_text_is_named(project: Path, change: Change) -> None:
    change("UPDATE meta SET value = CAST(x'22ff22' AS TEXT) WHERE key = 'notes'")
    assert "the value “notes”" in found(project)


def test_runs_that_are_forgotten_stay_in_the_log(
    document: Document, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagest_core.project.document.OVERTAKEN", 0)
    for number in (1, 2):
        document.do(results.add_run(make_run(number, [A, B], 5)))
        document.undo()
    document.do(settings.set_notes(document.state, "on"))
    document.close()
    assert document.path is not None
    check_project(document.path)
    with closing(sqlite3.connect(document.path)) as db:
        assert not db.execute("SELECT * FROM runs").fetchall()
        kinds = [kind for (kind,) in db.execute("SELECT kind FROM log ORDER BY id")]
    assert kinds.count("run") == kinds.count("forgotten") == 2


def test_a_file_of_the_version_before_is_hashed_from_then_on(project: Path, change: Change) -> None:
    with closing(sqlite3.connect(project)) as db, db:
        for table in ("seals", "log", "run_hashes"):
            db.execute(f"DROP TABLE {table}")
        for column in ("runs", "record"):
            db.execute(f"ALTER TABLE exports DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 2")
    looked_at: Integrity = check_project(project)
    assert "brought up from version 2" in looked_at.since
    Document.open(project).close()
    assert "brought up from version 2" in check_project(project).since
    change("UPDATE decisions SET note = 'x'")
    assert "the decision on 1/1" in found(project)


def test_a_copy_under_another_name_and_a_rescued_one_are_whole(project: Path, tmp_path: Path) -> None:
    with Document.open(project) as document:
        document.save_as(tmp_path / "copy.imagest")
        document.do(settings.set_notes(document.state, "third"))
    assert check_project(tmp_path / "copy.imagest").lines == check_project(project).lines + 1
    rescue(project, tmp_path / "rescued.imagest")
    assert "rescued" in check_project(tmp_path / "rescued.imagest").since


def test_what_could_not_be_written_at_once_is_whole_afterwards(document: Document, brush) -> None:
    path = document.path
    assert path is not None
    hidden = path.rename(path.with_name("hidden.imagest"))
    brush(document, A, 1)
    document.do(results.add_run(run(1)))
    assert document.trouble
    hidden.rename(path)
    document.flush()
    document.close()
    check_project(path)


def test_a_project_without_a_file_is_whole_once_it_has_one(painting: Painting, tmp_path: Path, brush) -> None:
    document = Document.create(painting)
    brush(document, A, 1)
    document.do(results.add_run(run(1)))
    document.save_as(tmp_path / "named.imagest")
    document.close()
    check_project(tmp_path / "named.imagest")


def test_checking_a_large_project_can_be_cancelled(project: Path) -> None:
    from imagest_core.progress import Cancelled

    with pytest.raises(Cancelled):
        check_project(project, Progress(cancelled=lambda: True))
