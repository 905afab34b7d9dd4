"""Hashes of the content of a project file, which reveal any change from outside.

``seals`` has a hash of every row that may change (settings, label tiles, decisions, the status of operations,
whether a run is listed) and of every tile of a run. ``run_hashes`` has hashes of the columns of a run, of its
tiles and of each field of its record. ``log`` has a line for every operation, run, export and study, which
covers the hash of the line before it and the stored bytes of its row; later versions of the program migrate
on reading and never rewrite those.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from imagest_core.errors import ProjectError
from imagest_core.project.storage.codec import dumps
from imagest_core.project.storage.unpack import INVALID_DATA, LARGEST_TEXT, decompressed

Database = sqlite3.Connection
Value = int | float | str | bytes | None

SEAL_BYTES = 16
"""Bytes of a seal."""

SEALED = {
    "meta": ("key", "value"),
    "tiles": ("tx", "ty", "labels"),
    "decisions": ("subject", "verdict", "note", "operator", "time", "place"),
    "operations": ("id", "status"),
    "runs": ("id", "listed"),
    "rejected_parts": ("run", "tx", "ty", "mask"),
}
"""Columns that may change, by table."""

KEYS = {
    "meta": ("key",),
    "tiles": ("tx", "ty"),
    "decisions": ("subject",),
    "operations": ("id",),
    "runs": ("id",),
    "run_tiles": ("run", "tx", "ty"),
    "rejected_parts": ("run", "tx", "ty"),
}

LOGGED = {
    "operation": ("operations", ("id", "kind", "name", "time", "operator", "data", "blob")),
    "run": ("run_hashes", ("id", "record_sha256", "hashes")),
    "export": ("exports", ("id", "time", "operator", "path", "sha256", "pixels", "runs", "record")),
    "study": ("studies", ("id", "sha256", "time", "operator", "data")),
}
"""Table and columns that never change, by the kind of their line in the log."""

TILE_COLUMNS = ("run", "tx", "ty", "x", "y", "width", "height", "regions", "samples")
RUN_COLUMNS = ("summary", "record", "regions")


def digest(values: Iterable[Value]) -> bytes:
    """Return the SHA-256 of values as stored by SQLite, each with its type and length."""
    digest_value = hashlib.sha256()
    for value in values:
        content = _content(value)
        digest_value.update(f"{type(value).__name__} {len(content)} ".encode() + content)
    return digest_value.digest()


def _content(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "surrogateescape")


def seal(values: Iterable[Value]) -> bytes:
    """Return the first bytes of :func:`digest`."""
    return digest(values)[:SEAL_BYTES]


def key_of(values: Iterable[Value]) -> str:
    """Return the key of a row in ``seals``."""
    return " ".join(map(str, values))


# Rows that may change


def write_seals(db: Database, table: str, rows: Iterable[Sequence[Value]]) -> None:
    """Seal rows of ``table``, each with the columns of ``SEALED``."""
    width = len(KEYS[table])
    sealed = ((table, key_of(row[:width]), seal(row)) for row in rows)
    db.executemany("INSERT OR REPLACE INTO seals VALUES (?, ?, ?)", sealed)


def delete_seals(db: Database, table: str, keys: Iterable[Sequence[Value]]) -> None:
    """Delete the seals of removed rows of ``table``."""
    keys_gone = ((table, key_of(key)) for key in keys)
    db.executemany("DELETE FROM seals WHERE name = ? AND key = ?", keys_gone)


# Rows that never change


def append_line(db: Database, kind: str, number: int, note: str = "", content: bytes = b"") -> None:
    """Append a line to the log; ``content`` is the digest of its row."""
    last = db.execute("SELECT id, hash FROM log ORDER BY id DESC LIMIT 1").fetchone()
    line, before = (1, b"") if last is None else (last[0] + 1, last[1])
    digest_value = line_hash(before, line, kind, number, note, content)
    db.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", (line, kind, number, note, content, digest_value))
    write_head(db, line, digest_value)


def line_hash(before: bytes, line: int, kind: str, number: int, note: str, content: bytes) -> bytes:
    """Return the hash of a log line, which covers that of the line ``before``."""
    return digest((before, line, kind, number, note, content))


def write_head(db: Database, line: int, digest_value: bytes) -> None:
    """Store the number and hash of the last log line, so that no line can be cut off unnoticed."""
    db.execute("INSERT OR REPLACE INTO seals VALUES ('log', 'head', ?)", (seal((line, digest_value)),))


def log_row(db: Database, kind: str, number: int) -> None:
    """Log row ``number`` of the table of this ``kind``."""
    table, columns = LOGGED[kind]
    row = db.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE id = ?", (number,)).fetchone()
    append_line(db, kind, number, content=digest(row))


def log_head(db: Database) -> str:
    """Return the hash of the last log line as hexadecimal, or ""."""
    last = db.execute("SELECT hash FROM log ORDER BY id DESC LIMIT 1").fetchone()
    return "" if last is None else bytes(last[0]).hex()


# Runs


def record_sha256(text: str) -> str:
    """Return the hash of a stored restoration record."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def write_run_hashes(db: Database, row: Mapping[str, Value], tiles: Mapping[str, bytes]) -> None:
    """Store the hashes of a run and of its ``tiles`` (seals by key), and log it."""
    record = unpack_record(row["record"])
    columns = {name: seal((row[name],)).hex() for name in RUN_COLUMNS} | {"tiles": tiles_hash(tiles.values())}
    hashes = dumps({"columns": columns, "fields": field_hashes(record)})
    values = row["id"], record_sha256(record), hashes
    db.execute("INSERT OR REPLACE INTO run_hashes VALUES (?, ?, ?)", values)
    sealed = (("run_tiles", key, digest_value) for key, digest_value in tiles.items())
    db.executemany("INSERT OR REPLACE INTO seals VALUES (?, ?, ?)", sealed)
    log_row(db, "run", int(row["id"] or 0))


def delete_run_hashes(db: Database, number: int) -> None:
    """Delete the hashes of a removed run; the log keeps its line and records the removal."""
    db.execute("DELETE FROM run_hashes WHERE id = ?", (number,))
    db.execute("DELETE FROM seals WHERE name = 'runs' AND key = ?", (str(number),))
    key_range = f"{number} ", f"{number}!"
    for table in ("run_tiles", "rejected_parts"):
        sql = "DELETE FROM seals WHERE name = ? AND key > ? AND key < ?"
        db.execute(sql, (table, *key_range))
    append_line(db, "forgotten", number)


def tile_seal(row: Sequence[Value]) -> tuple[str, bytes]:
    """Return key and seal of a tile of a run, given as a row of ``TILE_COLUMNS``."""
    return key_of(row[:3]), seal(row)


def tiles_hash(seals: Iterable[bytes]) -> str:
    """Return the hash of the tiles of a run, independent of their order."""
    return seal(sorted(seals)).hex()


def field_hashes(text: str) -> dict[str, str]:
    """Return a short hash of each field of a JSON object, with nested fields as ``OUTER.INNER``."""
    try:
        return {name: _short_hash(value) for name, value in _flatten(json.loads(text))}
    except INVALID_DATA:
        return {}


def _flatten(data: Any) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield name, value


def _short_hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


# Whole file


def start_log(db: Database, note: str) -> None:
    """Seal and log everything in a file without a log; ``note`` says why it starts now."""
    append_line(db, "begun", 0, note)
    for table, columns in SEALED.items():
        write_seals(db, table, db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall())
    for (number,) in db.execute("SELECT id FROM runs ORDER BY id").fetchall():
        _hash_run(db, number)
    for kind in ("operation", "export", "study"):
        for (number,) in db.execute(f"SELECT id FROM {LOGGED[kind][0]} ORDER BY id").fetchall():
            log_row(db, kind, number)


def restart_log(db: Database, note: str) -> None:
    """Replace all seals and the log by new ones, see :func:`start_log`."""
    for table in ("seals", "log", "run_hashes"):
        db.execute(f"DELETE FROM {table}")
    start_log(db, note)


def _hash_run(db: Database, number: int) -> None:
    tiles = db.execute(f"SELECT {', '.join(TILE_COLUMNS)} FROM run_tiles WHERE run = ?", (number,))
    seals = dict(map(tile_seal, tiles))
    names = "id", *RUN_COLUMNS
    row = db.execute(f"SELECT {', '.join(names)} FROM runs WHERE id = ?", (number,)).fetchone()
    write_run_hashes(db, dict(zip(names, row, strict=True)), seals)


def unpack_record(blob: Value) -> str:
    """Return the text of a compressed record, or "" if it can't be read."""
    try:
        content = decompressed(blob, LARGEST_TEXT) if isinstance(blob, bytes) else b""
        return content.decode("utf-8", "surrogateescape")
    except ProjectError:
        return ""
