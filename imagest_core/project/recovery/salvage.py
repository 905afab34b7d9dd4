"""Which salvaged rows are sound, and making a whole project of them."""

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
from imagest_core.project.storage.codec import loads, sound_decision, unpacked_tile
from imagest_core.project.storage.rows import insert
from imagest_core.project.storage.run_tables import checked_summary, checked_tile
from imagest_core.project.storage.unpack import (
    LARGEST_NUMBER,
    LARGEST_SIDE,
    LARGEST_TEXT,
    UNSOUND,
    decompressed,
)
from imagest_core.serialization import from_plain

Row = Mapping[str, Any]
_UNSOUND = (*UNSOUND, ImagestError)

# One row


def _meta(row: Row) -> object:
    return loads(row["value"])


def _tile(row: Row) -> object:
    return _key(row), unpacked_tile(row["labels"])


def _key(row: Row) -> TileKey:
    key = row["tx"], row["ty"]
    if not all(type(value) is int and 0 <= value <= LARGEST_SIDE // TILE for value in key):
        raise ValueError("a tile lies nowhere")
    return key


def _run_tile(row: Row) -> object:
    box = from_plain(Box, [row[name] for name in ("x", "y", "width", "height")])
    return unpack(checked_tile(_key(row), PackedTile(box, row["regions"], row["samples"])))


def _run(row: Row) -> object:
    summary = checked_summary(loads(row["summary"]))
    regions = decompressed(row["regions"], summary.count * REGION.itemsize, exact=True)
    return decompressed(row["record"], LARGEST_TEXT).decode(), regions, _whole_number(row["listed"])


def _decision(row: Row) -> object:
    texts = row["verdict"], row["note"], row["operator"], row["time"]
    return Subject.parse(row["subject"]), sound_decision(*texts, row.get("place", 0))


def _operation(row: Row) -> object:
    if row["kind"] not in KINDS:
        raise ValueError("an operation is of no kind")
    return Status(row["status"]), loads(row["data"] or "null"), _texts(row, "name", "time", "operator")


def _export(row: Row) -> object:
    return _texts(row, "time", "operator", "sha256"), _whole_number(row["pixels"])


def _texts(row: Row, *names: str) -> list[str]:
    if not all(isinstance(row[name], str) for name in names):
        raise TypeError("a text is of another kind")
    return [row[name] for name in names]


def _whole_number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_NUMBER:
        raise ValueError("a number is impossible")
    return value


_CHECKS: dict[str, Callable[[Row], object]] = {
    "meta": _meta,
    "tiles": _tile,
    "run_tiles": _run_tile,
    "runs": _run,
    "decisions": _decision,
    "operations": _operation,
    "exports": _export,
}


def sound(table: str, row: Row) -> bool:
    """Whether the row is what its table should hold."""
    try:
        if table in _CHECKS:
            _CHECKS[table](row)
    except _UNSOUND:
        return False
    return True


def put(db: sqlite3.Connection, table: str, row: Row) -> None:
    """Put a salvaged row into the new file, unless it contradicts one that is there or lacks something."""
    with suppress(sqlite3.Error):
        insert(db, table, row)


# All of them


def complete(db: sqlite3.Connection, known: PaintingReference | None, lost: list[str]) -> bool:
    """Make a project that can be opened of the rows in ``db``; adds to ``lost``.

    False where not even the rows say which scan it is about, nor is it ``known`` otherwise.
    """
    painting = _painting(db, known, lost)
    if painting is None:
        return False
    _default_settings(db, State(painting, DamageMap(painting.width, painting.height)), lost)
    _drop_misfits(db, painting, lost)
    if not lost:
        return True
    if not any("operations" in sentence for sentence in lost) and tables.has_whole_history(db):
        _paint_again(db, painting)
    db.execute("UPDATE operations SET status = 'dropped', data = NULL, blob = NULL")
    tables.cut_history(db)
    lost.append("The history can be read but not undone, since something it built on is lost.")
    return True


def _painting(
    db: sqlite3.Connection, known: PaintingReference | None, lost: list[str]
) -> PaintingReference | None:
    try:
        return tables.read_painting(db)
    except _UNSOUND:
        if known is not None:
            tables.write_painting(db, known)
            lost.append(f"Which scan the project is about can't be read: {known.path.name} was taken.")
        return known


def _default_settings(db: sqlite3.Connection, state: State, lost: list[str]) -> None:
    for aspect in SETTINGS:
        try:
            tables.read_setting(db, aspect)
        except _UNSOUND:
            tables.write_setting(db, state, aspect)
            lost.append(f"The {aspect.value} can't be read and are as in a new project.")


def _drop_misfits(db: sqlite3.Connection, painting: PaintingReference, lost: list[str]) -> None:
    """Tiles and runs that lie outside of the picture go, and so do tiles of runs that are lost."""
    across, down = -(-painting.width // TILE), -(-painting.height // TILE)
    gone = db.execute("DELETE FROM tiles WHERE tx >= ? OR ty >= ?", (across, down)).rowcount
    picture = Box(0, 0, painting.width, painting.height)
    for number, text in db.execute("SELECT id, summary FROM runs").fetchall():
        if not picture.contains(checked_summary(loads(text)).box):
            gone += db.execute("DELETE FROM runs WHERE id = ?", (number,)).rowcount
    db.execute("DELETE FROM run_tiles WHERE run NOT IN (SELECT id FROM runs)")
    if gone:
        lost.append("What lay outside of the picture was left out.")


class _NoRuns:
    """The shelf of operations that are about damage."""

    def run(self, number: int) -> Run:
        raise KeyError(number)


def _paint_again(db: sqlite3.Connection, painting: PaintingReference) -> None:
    """Make label tiles that are lost from the gestures, all of which are there."""
    state = State(painting, DamageMap(painting.width, painting.height))
    sql = "SELECT id FROM operations WHERE status = 'done' AND kind IN ('mask', 'together') ORDER BY id"
    for (number,) in db.execute(sql).fetchall():
        tables.read_operation(db, number, _NoRuns()).apply(state)
    kept = set(db.execute("SELECT tx, ty FROM tiles"))
    tables.write_tiles(db, state.damage, [key for key in state.damage.tiles() if key not in kept])
