"""The rows of runs: a short summary each, and their large parts read when they are asked for."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TileKey
from imagest_core.errors import ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.project.codec import dumps
from imagest_core.project.rows import insert
from imagest_core.project.run import REGION, Run
from imagest_core.project.run_tile import PackedTile, RunTile, unpack

_DAMAGED = "Result {} is damaged in the project file: `imagest project rescue` reads what can be read."

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
    record = zlib.compress(run.content.record().encode(), 6)
    regions = zlib.compress(run.regions.astype(REGION).tobytes(), 6)
    db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", (run.id, False, _summary(run), record, regions))
    for key in run.content.tile_keys():
        _insert_tile(db, run.id, key, run.content.packed(key))


def _insert_tile(db: sqlite3.Connection, run: int, key: TileKey, tile: PackedTile) -> None:
    row = {"run": run, "tx": key[0], "ty": key[1], **tile.box._asdict()}
    insert(db, "run_tiles", {**row, "regions": tile.regions, "samples": tile.samples})


def _summary(run: Run) -> str:
    fields = {key: value for key, value in vars(run).items() if key in _SUMMARY}
    return dumps(fields)


def delete_run(db: sqlite3.Connection, number: int) -> None:
    """Forget a run and all it has filled."""
    db.execute("DELETE FROM run_tiles WHERE run = ?", (number,))
    db.execute("DELETE FROM runs WHERE id = ?", (number,))


def read_run(row: Row, query: Query) -> Run:
    """The run of a row (id, summary)."""
    fields = json.loads(row[1])
    fields["box"] = Box(*fields["box"])
    return Run(id=row[0], content=StoredContent(query, row[0]), **fields)
