"""Hashes of what a project file holds, so that any byte that was changed from outside is found.

Three things are kept. ``seals`` has a hash of every row that may change (small values, label tiles,
decisions, where a line of the history stands, whether a run is listed) and of every tile of a run.
``run_hashes`` has hashes of the columns of a run, of its tiles and of each field of its record. ``log``
has a line for every gesture, run and export. Each covers the hash of the line before it and the stored
bytes of its row; later versions of the program migrate on reading and never rewrite those.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from imagest_core.errors import ProjectError
from imagest_core.project.storage.codec import dumps
from imagest_core.project.storage.unpack import LARGEST_TEXT, UNSOUND, decompressed

Database = sqlite3.Connection
Value = int | float | str | bytes | None

SEAL = 16
"""Bytes of a seal."""

SEALED = {
    "meta": ("key", "value"),
    "tiles": ("tx", "ty", "labels"),
    "decisions": ("subject", "verdict", "note", "operator", "time", "place"),
    "operations": ("id", "status"),
    "runs": ("id", "listed"),
}
"""Columns that may change, by table."""

KEYS = {
    "meta": ("key",),
    "tiles": ("tx", "ty"),
    "decisions": ("subject",),
    "operations": ("id",),
    "runs": ("id",),
    "run_tiles": ("run", "tx", "ty"),
}

LOGGED = {
    "operation": ("operations", ("id", "kind", "name", "time", "operator", "data", "blob")),
    "run": ("run_hashes", ("id", "record_sha256", "hashes")),
    "export": ("exports", ("id", "time", "operator", "path", "sha256", "pixels", "runs", "record")),
}
"""Table and columns that never change, by the kind of their line in the log."""

TILE_COLUMNS = ("run", "tx", "ty", "x", "y", "width", "height", "regions", "samples")
RUN_COLUMNS = ("summary", "record", "regions")


def digest(values: Iterable[Value]) -> bytes:
    """The SHA-256 of values as SQLite stores them, each with its type and length."""
    made = hashlib.sha256()
    for value in values:
        content = _content(value)
        made.update(f"{type(value).__name__} {len(content)} ".encode() + content)
    return made.digest()


def _content(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "surrogateescape")


def seal(values: Iterable[Value]) -> bytes:
    """The first bytes of :func:`digest`."""
    return digest(values)[:SEAL]


def key_of(values: Iterable[Value]) -> str:
    """The key of a row in ``seals``."""
    return " ".join(map(str, values))


# What may change


def put_seals(db: Database, table: str, rows: Iterable[Sequence[Value]]) -> None:
    """Seal rows of ``table``, each with the values of ``SEALED``."""
    width = len(KEYS[table])
    sealed = ((table, key_of(row[:width]), seal(row)) for row in rows)
    db.executemany("INSERT OR REPLACE INTO seals VALUES (?, ?, ?)", sealed)


def drop_seals(db: Database, table: str, keys: Iterable[Sequence[Value]]) -> None:
    """Rows of ``table`` are gone."""
    gone = ((table, key_of(key)) for key in keys)
    db.executemany("DELETE FROM seals WHERE name = ? AND key = ?", gone)


# What never changes


def add_line(db: Database, kind: str, number: int, note: str = "", content: bytes = b"") -> None:
    """One more line of the log; ``content`` is the digest of its row."""
    last = db.execute("SELECT id, hash FROM log ORDER BY id DESC LIMIT 1").fetchone()
    line, before = (1, b"") if last is None else (last[0] + 1, last[1])
    made = line_hash(before, line, kind, number, note, content)
    db.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", (line, kind, number, note, content, made))
    put_head(db, line, made)


def line_hash(before: bytes, line: int, kind: str, number: int, note: str, content: bytes) -> bytes:
    """The hash of a line of the log, which covers that of the line ``before`` it."""
    return digest((before, line, kind, number, note, content))


def put_head(db: Database, line: int, made: bytes) -> None:
    """Keep which line of the log is the last, so that none can be cut off unseen."""
    db.execute("INSERT OR REPLACE INTO seals VALUES ('log', 'head', ?)", (seal((line, made)),))


def log_row(db: Database, kind: str, number: int) -> None:
    """Log the row ``number`` of the table that ``kind`` is about."""
    table, columns = LOGGED[kind]
    row = db.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE id = ?", (number,)).fetchone()
    add_line(db, kind, number, content=digest(row))


def head(db: Database) -> str:
    """The hash of the last line of the log, in hexadecimal; "" for none."""
    last = db.execute("SELECT hash FROM log ORDER BY id DESC LIMIT 1").fetchone()
    return "" if last is None else bytes(last[0]).hex()


# Runs


def record_sha256(text: str) -> str:
    """The hash of a restoration record as it is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def put_run_hashes(db: Database, row: Mapping[str, Value], tiles: Mapping[str, bytes]) -> None:
    """Keep the hashes of the row of a run and of its ``tiles`` (seals by key), and log it."""
    record = unpacked_record(row["record"])
    columns = {name: seal((row[name],)).hex() for name in RUN_COLUMNS} | {"tiles": tiles_hash(tiles.values())}
    hashes = dumps({"columns": columns, "fields": field_hashes(record)})
    values = row["id"], record_sha256(record), hashes
    db.execute("INSERT OR REPLACE INTO run_hashes VALUES (?, ?, ?)", values)
    sealed = (("run_tiles", key, made) for key, made in tiles.items())
    db.executemany("INSERT OR REPLACE INTO seals VALUES (?, ?, ?)", sealed)
    log_row(db, "run", int(row["id"] or 0))


def drop_run_hashes(db: Database, number: int) -> None:
    """A run is gone: the log says so, and keeps the line of it."""
    db.execute("DELETE FROM run_hashes WHERE id = ?", (number,))
    db.execute("DELETE FROM seals WHERE name = 'runs' AND key = ?", (str(number),))
    reach = f"{number} ", f"{number}!"
    db.execute("DELETE FROM seals WHERE name = 'run_tiles' AND key > ? AND key < ?", reach)
    add_line(db, "forgotten", number)


def tile_seal(row: Sequence[Value]) -> tuple[str, bytes]:
    """The key and the seal of a tile of a run, a row of ``TILE_COLUMNS``."""
    return key_of(row[:3]), seal(row)


def tiles_hash(seals: Iterable[bytes]) -> str:
    """The hash of the tiles of a run, in whatever order they come."""
    return seal(sorted(seals)).hex()


def field_hashes(text: str) -> dict[str, str]:
    """A short hash of each field of a JSON object, those of objects in it by ``OUTER.INNER``."""
    try:
        return {name: _short(value) for name, value in _fields(json.loads(text))}
    except UNSOUND:
        return {}


def _fields(data: Any) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield name, value


def _short(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


# All of a file


def begin(db: Database, note: str) -> None:
    """Seal and log all there is, in a file that has no log yet; ``note`` says why it begins now."""
    add_line(db, "begun", 0, note)
    for table, columns in SEALED.items():
        put_seals(db, table, db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall())
    for (number,) in db.execute("SELECT id FROM runs ORDER BY id").fetchall():
        _hash_run(db, number)
    for kind in ("operation", "export"):
        for (number,) in db.execute(f"SELECT id FROM {LOGGED[kind][0]} ORDER BY id").fetchall():
            log_row(db, kind, number)


def begin_again(db: Database, note: str) -> None:
    """:func:`begin` in place of all seals and of the log there were."""
    for table in ("seals", "log", "run_hashes"):
        db.execute(f"DELETE FROM {table}")
    begin(db, note)


def _hash_run(db: Database, number: int) -> None:
    tiles = db.execute(f"SELECT {', '.join(TILE_COLUMNS)} FROM run_tiles WHERE run = ?", (number,))
    seals = dict(map(tile_seal, tiles))
    names = "id", *RUN_COLUMNS
    row = db.execute(f"SELECT {', '.join(names)} FROM runs WHERE id = ?", (number,)).fetchone()
    put_run_hashes(db, dict(zip(names, row, strict=True)), seals)


def unpacked_record(blob: Value) -> str:
    """The text of a packed record, "" where it can't be read."""
    try:
        content = decompressed(blob, LARGEST_TEXT) if isinstance(blob, bytes) else b""
        return content.decode("utf-8", "surrogateescape")
    except ProjectError:
        return ""
