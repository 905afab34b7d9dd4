"""The rows of a project file: each table is written from, and read into, one side of the state."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from imagest_core.damage.classes import check_classes, recovered_class
from imagest_core.damage.map import DamageMap, TileKey, tile_box
from imagest_core.project.history import Entry, Status
from imagest_core.project.operations import KINDS, Operation, Payload, Shelf, decode
from imagest_core.project.operations.mask import labels_without_class
from imagest_core.project.operations.settings import put_value, value_of
from imagest_core.project.state import (
    SETTINGS,
    Aspect,
    Calibration,
    Change,
    Decision,
    PaintingReference,
    State,
    Subject,
)
from imagest_core.project.storage.codec import (
    decode_setting,
    dumps,
    loads,
    packed_tile,
    sound_decision,
    unpacked_tile,
)
from imagest_core.project.storage.hashes import SEALED, drop_seals, log_row, put_seals
from imagest_core.project.storage.rows import insert, insert_many
from imagest_core.project.storage.unpack import LARGEST_NUMBER, LARGEST_SIDE
from imagest_core.serialization import from_plain, to_plain
from imagest_core.style.reference import StyleReference

Database = sqlite3.Connection

# Small values


def put_meta(db: Database, key: str, value: Any) -> None:
    """Keep a small value as JSON."""
    row = key, dumps(value)
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)
    put_seals(db, "meta", [row])


def get_meta(db: Database, key: str) -> Any:
    """A small value; raises ``KeyError`` where it isn't there."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise KeyError(key)
    return loads(row[0])


def write_painting(db: Database, painting: PaintingReference) -> None:
    """Keep which scan the project is about."""
    put_meta(db, "painting", to_plain(painting))


def read_painting(db: Database) -> PaintingReference:
    """Which scan the project is about; raises ``ValueError``, ``TypeError`` where that makes no sense."""
    found: PaintingReference = from_plain(PaintingReference, get_meta(db, "painting"))
    sides = found.width, found.height
    if min(sides) < 1 or max(sides) > LARGEST_SIDE or not 0 < found.channels < 256:
        raise ValueError("the scan has an impossible size")
    if min(found.depth, found.page + 1, found.size + 1) < 1 or max(found.page, found.size) > LARGEST_NUMBER:
        raise ValueError("the scan has impossible figures")
    check_path(found.path)
    return found


def check_path(path: Path) -> None:
    """Raise ``ValueError`` where no file can have this name."""
    if "\0" in str(path):
        raise ValueError("a path holds a null character")


def read_setting(db: Database, aspect: Aspect) -> Any:
    """One of the small values; raises ``ValueError``, ``TypeError``, ``LookupError`` and ``MaskError``."""
    value = decode_setting(aspect, get_meta(db, aspect.value))
    if aspect is Aspect.CLASSES:
        check_classes(value)
    if isinstance(value, StyleReference):
        if value.donor is not None:
            check_path(value.donor)
        if any(max(map(abs, box)) > LARGEST_SIDE for box in value.regions):
            raise ValueError("a style region lies nowhere")
    if isinstance(value, Calibration):
        scale = value.resolution
        if not (0 < scale.px_per_mm_x < math.inf and 0 < scale.px_per_mm_y < math.inf):
            raise ValueError("the scale is impossible")
    return value


def write_setting(db: Database, state: State, aspect: Aspect) -> None:
    """Keep one of the small values."""
    put_meta(db, aspect.value, to_plain(value_of(state, aspect)))


# Damage


def write_tiles(db: Database, damage: DamageMap, keys: Iterable[TileKey]) -> None:
    """Keep the tiles of the map with these keys as they are now."""
    tiles, touched = damage.tiles(), list(keys)
    rows = [(*key, packed_tile(tiles[key])) for key in touched if key in tiles]
    insert_many(db, "tiles", ("tx", "ty", "labels"), rows, unique=("tx", "ty"))
    put_seals(db, "tiles", rows)
    gone = [key for key in touched if key not in tiles]
    db.executemany("DELETE FROM tiles WHERE tx = ? AND ty = ?", gone)
    drop_seals(db, "tiles", gone)


def read_tiles(db: Database, damage: DamageMap) -> None:
    """Put all kept tiles into ``damage``."""
    for tx, ty, labels in db.execute("SELECT tx, ty, labels FROM tiles"):
        if not (type(tx) is int and type(ty) is int and tile_box((tx, ty)).touches(damage.box)):
            raise ValueError("a tile lies outside of the picture")
        damage.write(tile_box((tx, ty)), unpacked_tile(labels))


# Decisions


def write_decisions(db: Database, state: State, subjects: Iterable[Subject]) -> None:
    """Keep the decisions on these subjects as they are now."""
    known, touched = state.decisions, list(subjects)
    rows = [_decision_row(each, known[each]) for each in touched if each in known]
    insert_many(db, "decisions", SEALED["decisions"], rows, unique=("subject",))
    put_seals(db, "decisions", rows)
    gone = [(str(each),) for each in touched if each not in known]
    db.executemany("DELETE FROM decisions WHERE subject = ?", gone)
    drop_seals(db, "decisions", gone)


def _decision_row(subject: Subject, decision: Decision) -> tuple[Any, ...]:
    verdict = decision.verdict.value
    return str(subject), verdict, decision.note, decision.operator, decision.time, decision.place


def read_decisions(db: Database) -> Iterator[tuple[Subject, Decision]]:
    """All decisions."""
    rows = db.execute("SELECT subject, verdict, note, operator, time, place FROM decisions ORDER BY id")
    for subject, verdict, *rest in rows:
        yield Subject.parse(subject), sound_decision(verdict, *rest)


# The whole state


def write_change(db: Database, state: State, change: Change) -> None:
    """Keep what a change has touched as it is now."""
    match change.aspect:
        case Aspect.DAMAGE:
            write_tiles(db, state.damage, change.tiles)
        case Aspect.DECISIONS:
            write_decisions(db, state, change.subjects)
        case Aspect.RUNS:
            listed = change.run in state.runs
            db.execute("UPDATE runs SET listed = ? WHERE id = ?", (listed, change.run))
            put_seals(db, "runs", [(change.run, int(listed))])
        case _:
            write_setting(db, state, change.aspect)


def write_state(db: Database, state: State) -> None:
    """Keep a whole state but its runs."""
    write_painting(db, state.painting)
    for aspect in SETTINGS:
        write_setting(db, state, aspect)
    write_tiles(db, state.damage, state.damage.tiles())
    write_decisions(db, state, state.decisions)


def read_state(db: Database) -> State:
    """The kept state but its runs."""
    painting = read_painting(db)
    state = State(painting, DamageMap(painting.width, painting.height))
    for aspect in SETTINGS:
        put_value(state, aspect, read_setting(db, aspect))
    read_tiles(db, state.damage)
    state.decisions = dict(read_decisions(db))
    return state


def check_runs(state: State) -> None:
    """Raise ``ValueError`` or ``ProjectError`` where a listed run doesn't fit the picture or is damaged."""
    for run in state.runs.values():
        if not state.box.contains(run.box) or len(run.regions) != run.count:
            raise ValueError(f"run {run.id} doesn't fit the picture")


def mend_classes(state: State) -> str:
    """Give labels that no class has a class of their own; says so in a sentence, "" for none."""
    lacking = labels_without_class(state.damage, state.damage.tiles().values())
    if not lacking:
        return ""
    state.damage.classes = (*state.damage.classes, *map(recovered_class, lacking))
    return (
        "Some damage belonged to a class that doesn't exist; it is shown as “recovered” and only recorded:"
        " look at it, and let it be filled or erase it."
    )


# Operations


def write_entry(db: Database, entry: Entry) -> None:
    """Keep a line of the history: all of it the first time, then only where it stands."""
    if entry.saved:
        db.execute("UPDATE operations SET status = ? WHERE id = ?", (entry.status.value, entry.id))
    else:
        _insert_entry(db, entry)
        log_row(db, "operation", entry.id)
    put_seals(db, "operations", [(entry.id, entry.status.value)])


def _insert_entry(db: Database, entry: Entry) -> None:
    payload = entry.operation.encode() if entry.operation is not None else Payload(None)
    columns = ("id", "kind", "name", "time", "operator", "status")
    row = {column: getattr(entry, column) for column in columns}
    insert(db, "operations", {**row, "data": dumps(payload.data), "blob": payload.blob or None})


def read_entries(db: Database) -> list[Entry]:
    """All lines of the history, the dropped ones too, without their content."""
    rows = db.execute("SELECT id, kind, name, time, operator, status FROM operations ORDER BY id")
    return [_entry(*row) for row in rows]


def _entry(number: int, kind: str, name: str, time: str, operator: str, status: str) -> Entry:
    if kind not in KINDS or not all(isinstance(text, str) for text in (name, time, operator)):
        raise ValueError("a line of the history is damaged")
    return Entry(number, kind, name, time, operator, Status(status), saved=True)


def needed_runs(db: Database) -> set[int]:
    """The runs that undo or redo may ask for."""
    rows = db.execute(
        "SELECT kind, data FROM operations WHERE status != 'dropped' AND kind IN ('run', 'together')"
    )
    return {run for kind, data in rows for run in _runs_in(kind, loads(data))}


def _runs_in(kind: str, data: Any) -> Iterator[int]:
    if kind == "run":
        yield data["run"]
    if kind == "together":
        for part, _, inner, _ in data["parts"]:
            yield from _runs_in(part, inner)


def cut_history(db: Database) -> None:
    """Keep that the history doesn't begin with an empty map: the damage can't be computed from it."""
    put_meta(db, "history", "cut")


def has_whole_history(db: Database) -> bool:
    """Whether applying all done operations to an empty map gives the damage."""
    return db.execute("SELECT 1 FROM meta WHERE key = 'history'").fetchone() is None


def read_operation(db: Database, number: int, shelf: Shelf) -> Operation:
    """The operation of one line; raises ``KeyError`` where its content is gone."""
    row = db.execute("SELECT kind, name, data, blob FROM operations WHERE id = ?", (number,)).fetchone()
    if row is None or row[2] is None:
        raise KeyError(number)
    return decode(row[0], row[1], Payload(loads(row[2]), row[3] or b""), shelf)
