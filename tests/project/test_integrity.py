"""The log of a project: stored content is immutable, and any change is named."""

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
from imagest_core.project.storage.check import check_project
from imagest_core.project.storage.integrity import Integrity

A, B = Box(10, 10, 30, 20), Box(240, 200, 40, 40)
RECORD = {"engine": {"name": "telea"}, "request": {"seed": 7}, "mask": {"sha256": "ab"}, "windows": [1, 2]}


def run(number: int, record: object = RECORD):
    return run_filling(number, [A, B], 9, (600, 300), record=json.dumps(record))


@pytest.fixture
def project(document: Document, brush) -> Path:
    """Return a closed project after all kinds of gestures: done, undone, dropped."""
    brush(document, A, 1)
    document.do(results.add_run(document.store_run(run(0))))
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
    """Return a function that runs a statement on the file directly."""

    def execute(sql: str, *values: object) -> None:
        with closing(sqlite3.connect(project)) as db, db:
            assert db.execute(sql, values).rowcount > 0

    return execute


def finding_of(project: Path) -> str:
    with pytest.raises(VerificationError) as caught:
        check_project(project)
    return str(caught.value)


def test_accepts_an_unchanged_project(project: Path) -> None:
    first = check_project(project)
    assert first.lines == 1 + 6 + 1, "the beginning, the gestures, the run"
    with Document.open(project) as document:
        document.redo()
        document.undo()
        document.do(settings.set_operator(document.state, "A. Conservator"))
    second = check_project(project)
    assert (second.since, second.lines) == (first.since, first.lines + 1)
    assert second.head != first.head


@pytest.mark.parametrize(
    ("field", "value", "finding"),
    [
        ("engine", {"name": "harmonic"}, "run 1: its record (engine.name)"),
        ("request", {"seed": 8}, "run 1: its record (request.seed)"),
        ("mask", {"sha256": "ac"}, "run 1: its record (mask.sha256)"),
        ("windows", [1, 3], "run 1: its record (windows)"),
        ("extra", 1, "run 1: its record (extra)"),
    ],
)
def test_names_a_changed_field_of_a_record(
    project: Path, change: Change, field: str, value: object, finding: str
) -> None:
    text = json.dumps({**RECORD, field: value})
    change("UPDATE runs SET record = ? WHERE id = 1", zlib.compress(text.encode()))
    assert finding in finding_of(project)


def test_detects_a_recompressed_record(project: Path, change: Change) -> None:
    change("UPDATE runs SET record = ?", zlib.compress(json.dumps(RECORD).encode(), 1))
    assert "run 1: its record" in finding_of(project)


@pytest.mark.parametrize(
    ("sql", "finding"),
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
def test_names_added_and_missing_rows(project: Path, change: Change, sql: str, finding: str) -> None:
    change(sql)
    assert finding in finding_of(project)


def test_names_an_invalid_text(project: Path, change: Change) -> None:
    change("UPDATE meta SET value = CAST(x'22ff22' AS TEXT) WHERE key = 'notes'")
    assert "the value “notes”" in finding_of(project)


def test_deleted_runs_stay_in_the_log(document: Document, make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagest_core.project.stored_document.MAX_UNREACHABLE_RUNS", 0)
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


def test_migration_starts_the_log(project: Path, change: Change) -> None:
    with closing(sqlite3.connect(project)) as db, db:
        for table in ("seals", "log", "run_hashes", "rejected_parts", "studies"):
            db.execute(f"DROP TABLE {table}")
        for column in ("runs", "record"):
            db.execute(f"ALTER TABLE exports DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 2")
    integrity: Integrity = check_project(project)
    assert "brought up from version 2" in integrity.since
    Document.open(project).close()
    assert "brought up from version 2" in check_project(project).since
    change("UPDATE decisions SET note = 'x'")
    assert "the decision on 1/1" in finding_of(project)


def test_copies_and_rescued_projects_are_valid(project: Path, tmp_path: Path) -> None:
    with Document.open(project) as document:
        document.save_as(tmp_path / "copy.imagest")
        document.do(settings.set_notes(document.state, "third"))
    assert check_project(tmp_path / "copy.imagest").lines == check_project(project).lines + 1
    rescue(project, tmp_path / "rescued.imagest")
    assert "rescued" in check_project(tmp_path / "rescued.imagest").since


def test_project_is_valid_after_delayed_writes(document: Document, brush) -> None:
    path = document.path
    assert path is not None
    hidden = path.rename(path.with_name("hidden.imagest"))
    brush(document, A, 1)
    document.do(results.add_run(run(1)))
    assert document.write_error
    hidden.rename(path)
    document.flush()
    document.close()
    check_project(path)


def test_project_from_memory_is_valid_after_saving(painting: Painting, tmp_path: Path, brush) -> None:
    document = Document.create(painting)
    brush(document, A, 1)
    document.do(results.add_run(run(1)))
    document.save_as(tmp_path / "named.imagest")
    document.close()
    check_project(tmp_path / "named.imagest")
    with Document.open(tmp_path / "named.imagest") as saved:
        assert list(saved.state.runs) == [1]
        assert saved.state.damage.count() == A.area


def test_check_can_be_cancelled(project: Path) -> None:
    from imagest_core.progress import Cancelled

    with pytest.raises(Cancelled):
        check_project(project, Progress(cancelled=lambda: True))
