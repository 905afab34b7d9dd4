"""The tables of a project file, each written from and read into one part of the state."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.classes import check_classes, recovered_class
from imagest_core.damage.map import DamageMap, TileKey, tile_box
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.project.history import HistoryEntry, Status
from imagest_core.project.operations import KINDS, Operation, Payload, RunSource, decode
from imagest_core.project.operations.mask import labels_without_class
from imagest_core.project.operations.names import decode_name, encode_name
from imagest_core.project.operations.settings import put_value, value_of
from imagest_core.project.state import (
    ADDED_LATER,
    SETTINGS,
    Annotation,
    Aspect,
    Calibration,
    Change,
    Decision,
    Layer,
    PaintingReference,
    State,
    Subject,
)
from imagest_core.project.storage.codec import (
    checked_decision,
    decode_setting,
    dumps,
    loads,
    pack_tile,
    unpack_tile,
)
from imagest_core.project.storage.hashes import SEALED, delete_seals, log_row, write_seals
from imagest_core.project.storage.rows import insert, insert_many
from imagest_core.project.storage.unpack import LARGEST_NUMBER, LARGEST_SIDE
from imagest_core.serialization import from_plain, to_plain
from imagest_core.style.reference import StyleReference

Database = sqlite3.Connection

# Settings


def write_meta(db: Database, key: str, value: Any) -> None:
    """Store a value as JSON."""
    row = key, dumps(value)
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)
    write_seals(db, "meta", [row])


def read_meta(db: Database, key: str) -> Any:
    """Read a value; raises ``KeyError`` if it is missing."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise KeyError(key)
    return loads(row[0])


def write_painting(db: Database, painting: PaintingReference) -> None:
    """Store the reference to the scan."""
    write_meta(db, "painting", to_plain(painting))


def read_painting(db: Database) -> PaintingReference:
    """Read the reference to the scan; raises ``ValueError`` and ``TypeError`` if it is invalid."""
    reference: PaintingReference = from_plain(PaintingReference, read_meta(db, "painting"))
    sides = reference.width, reference.height
    if min(sides) < 1 or max(sides) > LARGEST_SIDE or not 0 < reference.channels < 256:
        raise ValueError("the scan has an invalid size")
    if (
        min(reference.depth, reference.page + 1, reference.size + 1) < 1
        or max(reference.page, reference.size) > LARGEST_NUMBER
    ):
        raise ValueError("the scan has invalid numbers")
    check_path(reference.path)
    return reference


def check_path(path: Path) -> None:
    """Raise ``ValueError`` if no file can have this name."""
    if "\0" in str(path):
        raise ValueError("a path holds a null character")


def read_setting(db: Database, aspect: Aspect) -> Any:
    """Read a setting; raises ``ValueError``, ``TypeError``, ``LookupError`` and ``MaskError``."""
    if aspect in ADDED_LATER and not _has_meta(db, aspect.value):
        return None if aspect is Aspect.DAMAGE_MODEL else ()
    value = decode_setting(aspect, read_meta(db, aspect.value))
    if aspect is Aspect.ANNOTATIONS:
        _check_annotations(value)
    if aspect is Aspect.LAYERS:
        _check_layers(value)
    if aspect is Aspect.CLASSES:
        check_classes(value)
    if isinstance(value, StyleReference):
        if value.donor is not None:
            check_path(value.donor)
        if any(max(map(abs, box)) > LARGEST_SIDE for box in value.regions):
            raise ValueError("a style region has invalid coordinates")
    if isinstance(value, Calibration):
        scale = value.resolution
        if not (0 < scale.px_per_mm_x < math.inf and 0 < scale.px_per_mm_y < math.inf):
            raise ValueError("the scale is invalid")
    return value


def _has_meta(db: Database, key: str) -> bool:
    return db.execute("SELECT 1 FROM meta WHERE key = ?", (key,)).fetchone() is not None


def _check_annotations(annotations: tuple[Annotation, ...]) -> None:
    if not all(abs(item.x) <= LARGEST_SIDE and abs(item.y) <= LARGEST_SIDE for item in annotations):
        raise ValueError("a note has invalid coordinates")


def _check_layers(layers: tuple[Layer, ...]) -> None:
    for layer in layers:
        check_path(layer.path)
        if not (0 < layer.width <= LARGEST_SIDE and 0 < layer.height <= LARGEST_SIDE):
            raise ValueError("a layer has an invalid size")
        if len(layer.matrix) != 9 or not all(map(math.isfinite, layer.matrix)):
            raise ValueError("a layer has an invalid alignment")


def write_setting(db: Database, state: State, aspect: Aspect) -> None:
    """Store a setting."""
    write_meta(db, aspect.value, to_plain(value_of(state, aspect)))


# Damage


def write_tiles(db: Database, damage: DamageMap, keys: Iterable[TileKey]) -> None:
    """Store the current tiles of the map with these keys."""
    tiles, keys_changed = damage.tiles(), list(keys)
    rows = [(*key, pack_tile(tiles[key])) for key in keys_changed if key in tiles]
    insert_many(db, "tiles", ("tx", "ty", "labels"), rows, unique=("tx", "ty"))
    write_seals(db, "tiles", rows)
    removed = [key for key in keys_changed if key not in tiles]
    db.executemany("DELETE FROM tiles WHERE tx = ? AND ty = ?", removed)
    delete_seals(db, "tiles", removed)


def read_tiles(db: Database, damage: DamageMap) -> None:
    """Read all stored tiles into ``damage``."""
    for tx, ty, labels in db.execute("SELECT tx, ty, labels FROM tiles"):
        if not (type(tx) is int and type(ty) is int and tile_box((tx, ty)).touches(damage.box)):
            raise ValueError("a tile is outside the picture")
        damage.write(tile_box((tx, ty)), unpack_tile(labels))


# Decisions


def write_decisions(db: Database, state: State, subjects: Iterable[Subject]) -> None:
    """Store the current decisions on these subjects."""
    stored, keys_changed = state.decisions, list(subjects)
    rows = [_decision_row(each, stored[each]) for each in keys_changed if each in stored]
    insert_many(db, "decisions", SEALED["decisions"], rows, unique=("subject",))
    write_seals(db, "decisions", rows)
    removed = [(str(each),) for each in keys_changed if each not in stored]
    db.executemany("DELETE FROM decisions WHERE subject = ?", removed)
    delete_seals(db, "decisions", removed)


def _decision_row(subject: Subject, decision: Decision) -> tuple[Any, ...]:
    verdict = decision.verdict.value
    return str(subject), verdict, decision.note, decision.operator, decision.time, decision.place


def read_decisions(db: Database) -> Iterator[tuple[Subject, Decision]]:
    """Iterate over all decisions."""
    rows = db.execute("SELECT subject, verdict, note, operator, time, place FROM decisions ORDER BY id")
    for subject, verdict, *rest in rows:
        yield Subject.parse(subject), checked_decision(verdict, *rest)


# Rejected parts


def write_rejected_parts(db: Database, state: State, run: int, keys: Iterable[TileKey]) -> None:
    """Store the current rejected pixels of a run in these tiles."""
    part, keys_changed = state.rejected_parts.get(run), list(keys)
    tiles: Mapping[TileKey, NDArray[np.uint8]] = {} if part is None else part.tiles()
    rows = [(run, *key, pack_tile(tiles[key])) for key in keys_changed if key in tiles]
    unique = ("run", "tx", "ty")
    insert_many(db, "rejected_parts", SEALED["rejected_parts"], rows, unique=unique)
    write_seals(db, "rejected_parts", rows)
    removed = [(run, *key) for key in keys_changed if key not in tiles]
    db.executemany("DELETE FROM rejected_parts WHERE run = ? AND tx = ? AND ty = ?", removed)
    delete_seals(db, "rejected_parts", removed)


def read_rejected_parts(db: Database, picture: Box) -> dict[int, DamageMap]:
    """Read the rejected pixels of all runs; raises ``ValueError`` and ``ProjectError`` if damaged."""
    parts: dict[int, DamageMap] = {}
    for run, tx, ty, mask in db.execute("SELECT run, tx, ty, mask FROM rejected_parts"):
        if not all(type(value) is int for value in (run, tx, ty)):
            raise ValueError("a rejected part is damaged")
        box, labels = tile_box((tx, ty)), unpack_tile(mask)
        if not box.touches(picture) or int(labels.max()) > 1:
            raise ValueError("a rejected part is damaged")
        parts.setdefault(run, DamageMap(picture.width, picture.height)).write(box, labels)
    return parts


# Whole state


def write_change(db: Database, state: State, change: Change) -> None:
    """Store the current value of what a change has touched."""
    match change.aspect:
        case Aspect.DAMAGE:
            write_tiles(db, state.damage, change.tiles)
        case Aspect.DECISIONS:
            write_decisions(db, state, change.subjects)
        case Aspect.REJECTED_PARTS:
            write_rejected_parts(db, state, change.run, change.tiles)
        case Aspect.RUNS:
            listed = change.run in state.runs
            db.execute("UPDATE runs SET listed = ? WHERE id = ?", (listed, change.run))
            write_seals(db, "runs", [(change.run, int(listed))])
        case _:
            write_setting(db, state, change.aspect)


def write_state(db: Database, state: State) -> None:
    """Store a state without its runs."""
    write_painting(db, state.painting)
    for aspect in SETTINGS:
        write_setting(db, state, aspect)
    write_tiles(db, state.damage, state.damage.tiles())
    write_decisions(db, state, state.decisions)
    for run, part in state.rejected_parts.items():
        write_rejected_parts(db, state, run, part.tiles())


def read_state(db: Database) -> State:
    """Read the state without its runs."""
    painting = read_painting(db)
    state = State(painting, DamageMap(painting.width, painting.height))
    for aspect in SETTINGS:
        put_value(state, aspect, read_setting(db, aspect))
    read_tiles(db, state.damage)
    state.decisions = dict(read_decisions(db))
    state.rejected_parts = read_rejected_parts(db, state.box)
    return state


def check_runs(state: State) -> None:
    """Raise ``ValueError`` or ``ProjectError`` if a listed run doesn't fit the image or is damaged."""
    for run in state.runs.values():
        if not state.box.contains(run.box) or len(run.regions) != run.count:
            raise ValueError(f"run {run.id} doesn't fit the picture")


def add_missing_classes(state: State) -> str:
    """Add classes for labels without one; return a sentence about it, or ""."""
    missing = labels_without_class(state.damage, state.damage.tiles().values())
    if not missing:
        return ""
    state.damage.classes = (*state.damage.classes, *map(recovered_class, missing))
    return Message(
        "Some damage belonged to a class that doesn't exist; it is shown as “recovered” and "
        "only recorded: check it, then set it to be filled, or erase it."
    )


# Operations


def write_entry(db: Database, entry: HistoryEntry) -> None:
    """Store a line of the history: completely if it is new, else only its status."""
    if entry.saved:
        db.execute("UPDATE operations SET status = ? WHERE id = ?", (entry.status.value, entry.id))
    else:
        _insert_entry(db, entry)
        log_row(db, "operation", entry.id)
    write_seals(db, "operations", [(entry.id, entry.status.value)])


def _insert_entry(db: Database, entry: HistoryEntry) -> None:
    payload = entry.operation.encode() if entry.operation is not None else Payload(None)
    columns = ("id", "kind", "name", "time", "operator", "status")
    row = {column: getattr(entry, column) for column in columns} | {"name": encode_name(entry.name)}
    insert(db, "operations", {**row, "data": dumps(payload.data), "blob": payload.blob or None})


def read_entries(db: Database) -> list[HistoryEntry]:
    """Read all lines of the history, including dropped ones, without their content."""
    rows = db.execute("SELECT id, kind, name, time, operator, status FROM operations ORDER BY id")
    return [_entry(*row) for row in rows]


def _entry(number: int, kind: str, name: str, time: str, operator: str, status: str) -> HistoryEntry:
    if kind not in KINDS or not all(isinstance(text, str) for text in (name, time, operator)):
        raise ValueError("a line of the history is damaged")
    return HistoryEntry(number, kind, decode_name(name), time, operator, Status(status), saved=True)


def needed_runs(db: Database) -> set[int]:
    """Return the runs that undo or redo may need."""
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


def mark_history_incomplete(db: Database) -> None:
    """Record that the history doesn't start with an empty map, so that damage can't be rebuilt."""
    write_meta(db, "history", "cut")


def has_whole_history(db: Database) -> bool:
    """Return whether applying all done operations to an empty map yields the damage."""
    return db.execute("SELECT 1 FROM meta WHERE key = 'history'").fetchone() is None


def read_operation(db: Database, number: int, run_source: RunSource) -> Operation:
    """Read the operation of a line; raises ``KeyError`` if its content is missing."""
    row = db.execute("SELECT kind, name, data, blob FROM operations WHERE id = ?", (number,)).fetchone()
    if row is None or row[2] is None:
        raise KeyError(number)
    return decode(row[0], row[1], Payload(loads(row[2]), row[3] or b""), run_source)
