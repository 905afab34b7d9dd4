"""Validation of rescued rows, and completion of a project from them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from imagest_core.damage.map import TILE, DamageMap, TileKey
from imagest_core.errors import ImagestError
from imagest_core.painting.geometry import Box
from imagest_core.project.history import Status
from imagest_core.project.operations import KINDS
from imagest_core.project.run import REGION, Run
from imagest_core.project.run_tile import PackedTile, unpack
from imagest_core.project.state import SETTINGS, PaintingReference, State, Subject
from imagest_core.project.storage import tables
from imagest_core.project.storage.codec import checked_decision, loads, unpack_tile
from imagest_core.project.storage.rows import insert
from imagest_core.project.storage.run_tables import check_summary, check_tile
from imagest_core.project.storage.study_table import checked_study
from imagest_core.project.storage.unpack import (
    INVALID_DATA,
    LARGEST_NUMBER,
    LARGEST_SIDE,
    LARGEST_TEXT,
    decompressed,
)
from imagest_core.serialization import from_plain

Row = Mapping[str, Any]
_INVALID = (*INVALID_DATA, ImagestError)

# Validation of rows


def _meta(row: Row) -> object:
    return loads(row["value"])


def _tile(row: Row) -> object:
    return _key(row), unpack_tile(row["labels"])


def _key(row: Row) -> TileKey:
    key = row["tx"], row["ty"]
    if not all(type(value) is int and 0 <= value <= LARGEST_SIDE // TILE for value in key):
        raise ValueError("a tile has invalid coordinates")
    return key


def _run_tile(row: Row) -> object:
    box = from_plain(Box, [row[name] for name in ("x", "y", "width", "height")])
    return unpack(check_tile(_key(row), PackedTile(box, row["regions"], row["samples"])))


def _run(row: Row) -> object:
    summary = check_summary(loads(row["summary"]))
    regions = decompressed(row["regions"], summary.count * REGION.itemsize, exact=True)
    return decompressed(row["record"], LARGEST_TEXT).decode(), regions, _check_number(row["listed"])


def _decision(row: Row) -> object:
    texts = row["verdict"], row["note"], row["operator"], row["time"]
    return Subject.parse(row["subject"]), checked_decision(*texts, row.get("place", 0))


def _operation(row: Row) -> object:
    if row["kind"] not in KINDS:
        raise ValueError("an operation has an unknown kind")
    return Status(row["status"]), loads(row["data"] or "null"), _check_texts(row, "name", "time", "operator")


def _export(row: Row) -> object:
    return _check_texts(row, "time", "operator", "sha256"), _check_number(row["pixels"])


def _rejected_part(row: Row) -> object:
    labels = unpack_tile(row["mask"])
    if int(labels.max()) > 1:
        raise ValueError("a rejected part has invalid labels")
    return _key(row), _check_number(row["run"])


def _check_texts(row: Row, *names: str) -> list[str]:
    if not all(isinstance(row[name], str) for name in names):
        raise TypeError("a text has the wrong type")
    return [row[name] for name in names]


def _check_number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_NUMBER:
        raise ValueError("a number is out of range")
    return value


_CHECKS: dict[str, Callable[[Row], object]] = {
    "meta": _meta,
    "tiles": _tile,
    "run_tiles": _run_tile,
    "runs": _run,
    "decisions": _decision,
    "operations": _operation,
    "exports": _export,
    "rejected_parts": _rejected_part,
    "studies": lambda row: checked_study(*(row[n] for n in ("id", "sha256", "time", "operator", "data"))),
}


def is_valid(table: str, row: Row) -> bool:
    """Return whether the row is valid for its table."""
    try:
        if table in _CHECKS:
            _CHECKS[table](row)
    except _INVALID:
        return False
    return True


def insert_row(db: sqlite3.Connection, table: str, row: Row) -> None:
    """Insert a rescued row, unless it violates a constraint."""
    with suppress(sqlite3.Error):
        insert(db, table, row)


# Completing the project


def complete_project(db: sqlite3.Connection, fallback: PaintingReference | None, lost: list[str]) -> bool:
    """Complete the rows in ``db`` to a project that can be opened; losses are appended to ``lost``.

    Returns False if the scan is neither in the rows nor given as ``fallback``.
    """
    painting = _painting(db, fallback, lost)
    if painting is None:
        return False
    _default_settings(db, State(painting, DamageMap(painting.width, painting.height)), lost)
    _delete_out_of_bounds(db, painting, lost)
    if not lost:
        return True
    if not any("operations" in sentence for sentence in lost) and tables.has_whole_history(db):
        _rebuild_tiles(db, painting)
    db.execute("UPDATE operations SET status = 'dropped', data = NULL, blob = NULL")
    tables.mark_history_incomplete(db)
    lost.append("The history can be read but not undone, since data it depends on is lost.")
    return True


def _painting(
    db: sqlite3.Connection, fallback: PaintingReference | None, lost: list[str]
) -> PaintingReference | None:
    try:
        return tables.read_painting(db)
    except _INVALID:
        if fallback is not None:
            tables.write_painting(db, fallback)
            lost.append(f"The reference to the scan can't be read: {fallback.path.name} is used instead.")
        return fallback


def _default_settings(db: sqlite3.Connection, state: State, lost: list[str]) -> None:
    for aspect in SETTINGS:
        try:
            tables.read_setting(db, aspect)
        except _INVALID:
            tables.write_setting(db, state, aspect)
            lost.append(f"The {aspect.value} can't be read; the defaults are used instead.")


def _delete_out_of_bounds(db: sqlite3.Connection, painting: PaintingReference, lost: list[str]) -> None:
    """Delete tiles and runs outside the image, and tiles of missing runs."""
    across, down = -(-painting.width // TILE), -(-painting.height // TILE)
    deleted = db.execute("DELETE FROM tiles WHERE tx >= ? OR ty >= ?", (across, down)).rowcount
    sql = "DELETE FROM rejected_parts WHERE tx >= ? OR ty >= ?"
    deleted += db.execute(sql, (across, down)).rowcount
    picture = Box(0, 0, painting.width, painting.height)
    for number, text in db.execute("SELECT id, summary FROM runs").fetchall():
        if not picture.contains(check_summary(loads(text)).box):
            deleted += db.execute("DELETE FROM runs WHERE id = ?", (number,)).rowcount
    for table in ("run_tiles", "rejected_parts"):
        db.execute(f"DELETE FROM {table} WHERE run NOT IN (SELECT id FROM runs)")
    if deleted:
        lost.append("Data outside the picture was left out.")


class _NoRunSource:
    """Source for operations that only change damage."""

    def run(self, number: int) -> Run:
        """Raise ``KeyError``."""
        raise KeyError(number)


def _rebuild_tiles(db: sqlite3.Connection, painting: PaintingReference) -> None:
    """Rebuild lost label tiles from a complete history."""
    state = State(painting, DamageMap(painting.width, painting.height))
    sql = "SELECT id FROM operations WHERE status = 'done' AND kind IN ('mask', 'together') ORDER BY id"
    for (number,) in db.execute(sql).fetchall():
        tables.read_operation(db, number, _NoRunSource()).apply(state)
    present = set(db.execute("SELECT tx, ty FROM tiles"))
    tables.write_tiles(db, state.damage, [key for key in state.damage.tiles() if key not in present])
