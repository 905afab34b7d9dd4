"""The rows of runs: a short summary each, and their large parts read when they are asked for."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TileKey
from imagest_core.errors import ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.project.codec import dumps
from imagest_core.project.rows import insertion
from imagest_core.project.run import REGION, Run
from imagest_core.project.run_tile import PackedTile, RunTile, unpack

_DAMAGED = "Result {} is damaged in the project file: `imagest project rescue` reads what can be read."

PART = 1 << 20
"""Bytes of a run that are kept at a time, where others wait for the file."""

_INSERT_TILE = insertion("run_tiles", ("run", "tx", "ty", "x", "y", "width", "height", "regions", "samples"))
_SUMMARY = ("time", "engine", "model", "seed", "variation", "count", "pixels", "box")

Row = tuple[Any, ...]
Query = Callable[..., list[Row]]


@dataclass(frozen=True, eq=False)
class StoredContent:
    """A run's content in the project file; ``query`` runs one SQL statement there."""

    query: Query
    number: int

    def record(self) -> str:
        return self._unpacked("record").decode()

    def regions(self) -> NDArray[np.void]:
        return np.frombuffer(self._unpacked("regions"), REGION)

    def _unpacked(self, column: str) -> bytes:
        try:
            [(blob,)] = self.query(f"SELECT {column} FROM runs WHERE id = ?", self.number)
            return zlib.decompress(blob)
        except (ValueError, zlib.error) as error:
            raise ProjectError(_DAMAGED.format(self.number)) from error

    def tile_keys(self) -> Collection[TileKey]:
        return self.query("SELECT tx, ty FROM run_tiles WHERE run = ? ORDER BY ty, tx", self.number)

    def packed(self, key: TileKey) -> PackedTile:
        columns = "x, y, width, height, regions, samples"
        sql = f"SELECT {columns} FROM run_tiles WHERE run = ? AND tx = ? AND ty = ?"
        [(*box, regions, samples)] = self.query(sql, self.number, *key)
        return PackedTile(Box(*box), regions, samples)

    def tile(self, key: TileKey) -> RunTile:
        try:
            return unpack(self.packed(key))
        except ValueError as error:
            raise ProjectError(_DAMAGED.format(self.number)) from error


def insert_run(db: sqlite3.Connection, run: Run) -> None:
    """Keep a run, unless it is kept already."""
    if db.execute("SELECT 1 FROM runs WHERE id = ?", (run.id,)).fetchone():
        return
    for statement, rows in parts_of(run):
        db.executemany(statement, rows)


def parts_of(run: Run) -> Iterator[tuple[str, list[Row]]]:
    """What keeps a run, as statements and their rows of about ``PART`` bytes: its tiles first, its row last.

    Tiles without a row are no run: those that somebody left who was stopped are cleared away first.
    What is large is packed outside the parts.
    """
    record = zlib.compress(run.content.record().encode(), 6)
    regions = zlib.compress(run.regions.astype(REGION).tobytes(), 6)
    row = run.id, False, _summary(run), record, regions
    yield "DELETE FROM run_tiles WHERE run = ?", [(run.id,)]
    for rows in _portions(run):
        yield _INSERT_TILE, rows
    yield "INSERT INTO runs VALUES (?, ?, ?, ?, ?)", [row]


def _portions(run: Run) -> Iterator[list[Row]]:
    """The rows of the run's tiles, of about ``PART`` bytes at a time."""
    rows: list[Row] = []
    size = 0
    for key in run.content.tile_keys():
        tile = run.content.packed(key)
        rows.append((run.id, *key, *tile.box, tile.regions, tile.samples))
        size += len(tile.regions) + len(tile.samples)
        if size >= PART:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _summary(run: Run) -> str:
    fields = {key: value for key, value in vars(run).items() if key in _SUMMARY}
    return dumps(fields)


def delete_run(db: sqlite3.Connection, number: int) -> None:
    """Forget a run and all it has filled."""
    db.execute("DELETE FROM run_tiles WHERE run = ?", (number,))
    db.execute("DELETE FROM runs WHERE id = ?", (number,))


def clear_orphans(db: sqlite3.Connection) -> None:
    """Forget tiles of runs that were never kept to the end."""
    db.execute("DELETE FROM run_tiles WHERE run NOT IN (SELECT id FROM runs)")


def read_run(row: Row, query: Query) -> Run:
    """The run of a row (id, summary)."""
    fields = json.loads(row[1])
    fields["box"] = Box(*fields["box"])
    return Run(id=row[0], content=StoredContent(query, row[0]), **fields)
