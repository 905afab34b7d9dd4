"""Integrity check of a project file: every row and every line of the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from imagest_core.progress import Progress
from imagest_core.project.operations.names import decode_name
from imagest_core.project.storage.codec import loads
from imagest_core.project.storage.hashes import (
    KEYS,
    LOGGED,
    RUN_COLUMNS,
    SEALED,
    TILE_COLUMNS,
    digest,
    field_hashes,
    key_of,
    line_hash,
    record_sha256,
    seal,
    tile_seal,
    tiles_hash,
    unpack_record,
)
from imagest_core.project.storage.unpack import INVALID_DATA

MAX_FINDINGS = 20
"""Maximum number of reported findings."""

_ROWS = {
    "meta": "the value “{}”",
    "tiles": "the damage of tile {}",
    "decisions": "the decision on {}",
    "operations": "whether line {} of the history is done",
    "runs": "whether run {} is listed",
    "rejected_parts": "the rejected part of run and tile {}",
}
_LINES = {
    "operation": "line {} of the history",
    "run": "the hashes of run {}",
    "export": "export {}",
    "study": "study {}",
}
_COLUMNS = {"summary": "summary", "record": "record", "regions": "regions", "tiles": "samples"}


@dataclass(frozen=True)
class Integrity:
    """Result of an integrity check.

    Parameters
    ----------
    findings
        What was changed, in a few words each, at most ``MAX_FINDINGS``.
    lines
        Number of lines in the log.
    since
        When the log was started.
    head
        Hash of its last line.
    """

    findings: tuple[str, ...]
    lines: int
    since: str
    head: str

    def to_plain(self) -> dict[str, Any]:
        """Return the values as a plain dictionary, without findings."""
        return {"lines": self.lines, "since": self.since, "head": self.head}


def check_integrity(db: sqlite3.Connection, progress: Progress) -> Integrity:
    """Check an open project of the current version; raises ``sqlite3.Error`` if it can't be read."""
    text_factory, db.text_factory = (
        db.text_factory,
        lambda content: content.decode("utf-8", "surrogateescape"),
    )
    try:
        db.execute("BEGIN")
        findings: list[str] = []
        for finding in _findings(db, progress):
            if finding not in findings:
                findings.append(finding)
            if len(findings) >= MAX_FINDINGS:
                break
        lines = db.execute("SELECT note, hash FROM log ORDER BY id").fetchall()
    finally:
        db.text_factory = text_factory
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
    last = lines[-1][1] if lines else b""
    since = str(lines[0][0]) if lines else ""
    return Integrity(tuple(findings), len(lines), since, last.hex() if isinstance(last, bytes) else "")


def _findings(db: sqlite3.Connection, progress: Progress) -> Iterator[str]:
    log_contents: dict[str, dict[int, Any]] = {kind: {} for kind in LOGGED}
    for (sentence,) in db.execute(f"PRAGMA integrity_check({MAX_FINDINGS})").fetchall():
        if sentence != "ok":
            yield f"the structure of the file ({sentence.splitlines()[-1]})"
    yield from _check_log(db, log_contents)
    yield from _check_extra_hashes(db)
    for table in SEALED:
        progress.check()
        yield from _check_seals(db, table)
    for kind in LOGGED:
        progress.check()
        yield from _check_rows(db, kind, log_contents[kind])
    for (number,) in db.execute("SELECT id FROM runs ORDER BY id").fetchall():
        progress.check()
        yield from _check_run(db, number)


def _check_log(db: sqlite3.Connection, log_contents: dict[str, dict[int, Any]]) -> Iterator[str]:
    """Check the chain of hashes; fills ``log_contents`` by kind and number."""
    before, last = b"", 0
    rows = db.execute("SELECT id, kind, number, note, content, hash FROM log ORDER BY id")
    for line, kind, number, note, content, expected in rows.fetchall():
        if line != last + 1 or line_hash(before, line, kind, number, note, content) != expected:
            yield f"line {line} of the log"
        if kind == "forgotten":
            log_contents["run"].pop(number, None)
        elif kind in log_contents:
            log_contents[kind][number] = content
        before, last = expected, line
    head = db.execute("SELECT hash FROM seals WHERE name = 'log' AND key = 'head'").fetchone()
    if head is None or head[0] != seal((last, before)):
        yield "the end of the log"


def _check_extra_hashes(db: sqlite3.Connection) -> Iterator[str]:
    """Find seals without a row, and hashes of missing runs."""
    marks = ", ".join("?" * len(SEALED))
    sql = f"SELECT name, key FROM seals WHERE name NOT IN ({marks}, 'run_tiles') AND (name, key) != (?, ?)"
    for name, key in db.execute(sql, (*SEALED, "log", "head")).fetchall():
        yield f"the seal “{name} {key}” (added)"
    tiles = "SELECT run || ' ' || tx || ' ' || ty FROM run_tiles"
    sql = f"SELECT key FROM seals WHERE name = 'run_tiles' AND key NOT IN ({tiles})"
    for (key,) in db.execute(sql).fetchall():
        yield f"the seal “run_tiles {key}” (added)"
    for (number,) in db.execute("SELECT id FROM run_hashes WHERE id NOT IN (SELECT id FROM runs)").fetchall():
        yield f"run {number} (missing)"


def _check_seals(db: sqlite3.Connection, table: str) -> Iterator[str]:
    sealed = dict(db.execute("SELECT key, hash FROM seals WHERE name = ?", (table,)).fetchall())
    for row in db.execute(f"SELECT {', '.join(SEALED[table])} FROM {table}"):
        key = key_of(row[: len(KEYS[table])])
        if sealed.pop(key, None) != seal(row):
            yield _ROWS[table].format(key)
    for key in sealed:
        yield _ROWS[table].format(key) + " (missing)"


def _check_rows(db: sqlite3.Connection, kind: str, log_contents: dict[int, Any]) -> Iterator[str]:
    table, columns = LOGGED[kind]
    remaining = dict(log_contents)
    for row in db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id"):
        if remaining.pop(row[0], None) != digest(row):
            yield _row_name(kind, row)
    for number in remaining:
        yield _LINES[kind].format(number) + " (missing)"


def _row_name(kind: str, row: Sequence[Any]) -> str:
    name = _LINES[kind].format(row[0])
    return f"{name} (“{decode_name(str(row[2]))}”)" if kind == "operation" else name


def _check_run(db: sqlite3.Connection, number: Any) -> Iterator[str]:
    """Check the columns of a run, the fields of its record, and its tiles."""
    names = ", ".join(RUN_COLUMNS)
    columns = dict(
        zip(
            RUN_COLUMNS,
            db.execute(f"SELECT {names} FROM runs WHERE id = ?", (number,)).fetchone(),
            strict=True,
        )
    )
    expected = db.execute("SELECT record_sha256, hashes FROM run_hashes WHERE id = ?", (number,)).fetchone()
    if expected is None:
        yield f"run {number} (added)"
        return
    hashes, seals = _parse_hashes(expected[1]), list[bytes]()
    for finding in _check_tiles(db, number, seals):
        yield f"run {number}: {finding}"
    actual = {name: seal((columns[name],)).hex() for name in RUN_COLUMNS} | {"tiles": tiles_hash(seals)}
    fields = format_fields(changed_fields(hashes["fields"], unpack_record(columns["record"])))
    for name, title in _COLUMNS.items():
        if hashes["columns"].get(name) != actual[name]:
            yield f"run {number}: its {title}{fields if name == 'record' else ''}"
    if record_sha256(unpack_record(columns["record"])) != expected[0]:
        yield f"run {number}: its record{fields}"


def _parse_hashes(text: Any) -> dict[str, dict[str, Any]]:
    try:
        actual = loads(text)
        return {name: dict(actual[name]) for name in ("columns", "fields")}
    except INVALID_DATA:
        return {"columns": {}, "fields": {}}


def changed_fields(expected: dict[str, Any], text: str) -> list[str]:
    """Return the fields of a JSON object whose hashes differ from ``expected``."""
    actual = field_hashes(text)
    return sorted(name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name))


def format_fields(names: Sequence[str]) -> str:
    """Format the first ``names`` in brackets for the end of a finding."""
    if not names:
        return ""
    more = ", …" if len(names) > MAX_FINDINGS else ""
    return f" ({', '.join(names[:MAX_FINDINGS])}{more})"


def _check_tiles(db: sqlite3.Connection, number: Any, seals: list[bytes]) -> Iterator[str]:
    """Check each tile against its seal; fills ``seals``."""
    sql = f"SELECT {', '.join(TILE_COLUMNS)} FROM run_tiles WHERE run = ?"
    for row in db.execute(sql, (number,)):
        key, actual_seal = tile_seal(row)
        seals.append(actual_seal)
        expected = db.execute(
            "SELECT hash FROM seals WHERE name = 'run_tiles' AND key = ?", (key,)
        ).fetchone()
        if expected is None or expected[0] != actual_seal:
            yield f"its samples in tile {row[1]}, {row[2]}"
