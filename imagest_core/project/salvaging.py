"""Which salvaged rows are sound, and making a whole project of them."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from imagest_core.damage.map import DamageMap
from imagest_core.errors import ImagestError
from imagest_core.painting.geometry import Box
from imagest_core.project import tables
from imagest_core.project.codec import decode_setting, unpacked_tile
from imagest_core.project.history import Status
from imagest_core.project.rows import insert
from imagest_core.project.run import Run
from imagest_core.project.run_tile import PackedTile, unpack
from imagest_core.project.state import SETTINGS, PaintingReference, State, Subject, Verdict

Row = Mapping[str, Any]
_UNSOUND = (ValueError, KeyError, TypeError, AttributeError, zlib.error, ImagestError)

# One row


def _tile(row: Row) -> object:
    return unpacked_tile(row["labels"])


def _run_tile(row: Row) -> object:
    box = Box(row["x"], row["y"], row["width"], row["height"])
    return unpack(PackedTile(box, row["regions"], row["samples"]))


def _run(row: Row) -> object:
    return json.loads(row["summary"]), zlib.decompress(row["record"]), zlib.decompress(row["regions"])


def _decision(row: Row) -> object:
    return Subject.parse(row["subject"]), Verdict(row["verdict"])


def _operation(row: Row) -> object:
    return Status(row["status"]), json.loads(row["data"] or "null")


_CHECKS: dict[str, Callable[[Row], object]] = {
    "meta": lambda row: json.loads(row["value"]),
    "tiles": _tile,
    "run_tiles": _run_tile,
    "runs": _run,
    "decisions": _decision,
    "operations": _operation,
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
    _drop_orphans(db)
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
            decode_setting(aspect, tables.get_meta(db, aspect.value))
        except _UNSOUND:
            tables.write_setting(db, state, aspect)
            lost.append(f"The {aspect.value} can't be read and are as in a new project.")


def _drop_orphans(db: sqlite3.Connection) -> None:
    """Tiles of runs that are lost."""
    db.execute("DELETE FROM run_tiles WHERE run NOT IN (SELECT id FROM runs)")


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
