"""Project files with foreign tables: nothing in them is executed, and rescue reads the rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from imagest_core.cli.program import main
from imagest_core.errors import ProjectError, VerificationError
from imagest_core.painting.geometry import Box
from imagest_core.project.document import Document
from imagest_core.project.storage.check import check_project

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT"
FOREIGN = {
    "trigger": "CREATE TRIGGER t AFTER UPDATE ON operations BEGIN DELETE FROM exports; END",
    "view": "ALTER TABLE tiles RENAME TO old;"
    f"CREATE VIEW tiles (id, tx, ty, labels) AS {ENDLESS} x, x, x, x FROM c",
    "old view": f"ALTER TABLE meta RENAME TO old; CREATE VIEW meta (key, value) AS {ENDLESS} x, x FROM c;"
    "PRAGMA user_version = 1",
    "computed column": "ALTER TABLE meta ADD COLUMN more TEXT AS (hex(zeroblob(400000000)))",
    "table": "CREATE TABLE more (id)",
    "index": "CREATE INDEX more ON tiles (tx)",
    "lost table": "DROP TABLE decisions",
}


@pytest.fixture
def project(document: Document, brush) -> Path:
    brush(document, Box(10, 10, 30, 20), 1)
    document.close()
    assert document.path is not None
    return document.path


@pytest.mark.parametrize("sql", FOREIGN.values(), ids=FOREIGN)
def test_names_foreign_tables_and_rescues_the_rows(
    project: Path, sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(project)) as db:
        db.executescript(sql)
    for open_project in (Document.open, Document.open_read_only, check_project):
        with pytest.raises(ProjectError, match=r"doesn't have the tables of an Imagest project \(.+\)"):
            open_project(project)
    rescued = project.with_name("rescued.imagest")
    assert main(["project", "rescue", str(project), "-o", str(rescued)]) == 0
    capsys.readouterr()
    with Document.open_read_only(rescued) as document:
        assert document.state.damage.count() == 600


def test_ignores_sqlite_statistics(project: Path) -> None:
    with closing(sqlite3.connect(project)) as db:
        db.executescript("ANALYZE; VACUUM")
    check_project(project)
    with Document.open(project) as document:
        assert document.state.damage.count() == 600


@pytest.fixture
def change(project: Path) -> Callable[[str], None]:
    def execute(sql: str) -> None:
        with closing(sqlite3.connect(project)) as db, db:
            assert db.execute(sql).rowcount > 0

    return execute


@pytest.mark.parametrize(
    ("sql", "finding"),
    [
        ("INSERT INTO seals VALUES ('other', '1', x'00')", "the seal “other 1” (added)"),
        ("INSERT INTO seals VALUES ('run_tiles', '1 0 0', x'00')", "the seal “run_tiles 1 0 0” (added)"),
        ("INSERT INTO run_hashes VALUES (7, '', '{}')", "run 7 (missing)"),
    ],
)
def test_names_hashes_without_a_row(
    project: Path, change: Callable[[str], None], sql: str, finding: str
) -> None:
    change(sql)
    with pytest.raises(VerificationError) as caught:
        check_project(project)
    assert finding in str(caught.value)


def test_detects_an_inconsistent_index(project: Path) -> None:
    with closing(sqlite3.connect(project)) as db:
        [(page,)] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_tiles_1'")
        [(size,)] = db.execute("PRAGMA page_size")
    content = bytearray(project.read_bytes())
    end = page * size
    assert content[end - 8 : end] != bytes(8)
    content[page * size - size + 3 : page * size - size + 5] = bytes(2)  # no cells
    project.write_bytes(content)
    with pytest.raises(VerificationError, match="the structure of the file"):
        check_project(project)


def test_rescues_a_deeply_nested_setting(
    project: Path, change: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    change(f"UPDATE meta SET value = '{'[' * 200_000}' WHERE key = 'style'")
    assert main(["project", "rescue", str(project), "-o", str(project.with_name("rescued.imagest"))]) == 0
    assert "The style can't be read" in capsys.readouterr().out
