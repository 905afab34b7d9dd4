"""The tables of runs: a short summary each, and large parts that are read on demand."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TileKey, tile_box
from imagest_core.errors import ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.project.run import REGION, Run, damaged_result
from imagest_core.project.run_tile import PackedTile, RunTile, unpack
from imagest_core.project.storage.codec import dumps, loads
from imagest_core.project.storage.hashes import (
    TILE_COLUMNS,
    delete_run_hashes,
    tile_seal,
    write_run_hashes,
    write_seals,
)
from imagest_core.project.storage.rows import insert, insertion
from imagest_core.project.storage.unpack import (
    INVALID_DATA,
    LARGEST_NUMBER,
    LARGEST_SIDE,
    LARGEST_TEXT,
    decompressed,
)
from imagest_core.serialization import from_plain

BATCH_BYTES = 1 << 20
"""Bytes of a run written per transaction, so that other writers can interleave."""

_INSERT_TILE = insertion("run_tiles", TILE_COLUMNS)
_MAX_COMPRESSION = 1040
"""Maximum compression ratio of zlib."""

Read = TypeVar("Read")
Row = tuple[Any, ...]
Query = Callable[..., list[Row]]


@dataclass(frozen=True)
class RunSummary:
    """Summary in the row of a run."""

    time: str
    engine: str
    model: str
    seed: int
    variation: int
    count: int
    pixels: int
    box: Box


@dataclass(frozen=True, eq=False)
class StoredContent:
    """Content of a run in the project file; ``query`` executes one SQL statement.

    Its ``count`` regions must lie within ``box``. Raises ``ProjectError`` if what is read is invalid.
    """

    query: Query
    number: int
    count: int
    box: Box

    def record(self) -> str:
        """Return the restoration record as JSON."""
        return self._checked(lambda: decompressed(self._blob("record"), LARGEST_TEXT).decode())

    def regions(self) -> NDArray[np.void]:
        """Return the filled regions as an array of ``REGION``."""
        return self._checked(self._regions)

    def _regions(self) -> NDArray[np.void]:
        content = decompressed(self._blob("regions"), self.count * REGION.itemsize, exact=True)
        table = np.frombuffer(content, REGION)
        left, top, width, height = (table[name].astype(np.int64) for name in ("x", "y", "width", "height"))
        inside = (left >= self.box.x) & (top >= self.box.y) & (width > 0) & (height > 0)
        inside &= (left + width <= self.box.right) & (top + height <= self.box.bottom)
        if not inside.all() or (table["area"] < 0).any():
            raise ValueError("a region is outside its run")
        return table

    def _blob(self, column: str) -> bytes:
        [(blob,)] = self.query(f"SELECT {column} FROM runs WHERE id = ?", self.number)
        if not isinstance(blob, bytes):
            raise TypeError("a part of a run has the wrong type")
        return blob

    def tile_keys(self) -> Collection[TileKey]:
        """Return the tiles with filled pixels."""
        keys = self.query("SELECT tx, ty FROM run_tiles WHERE run = ? ORDER BY ty, tx", self.number)
        if not all(type(x) is int and type(y) is int for x, y in keys):
            raise ProjectError(damaged_result(self.number))
        return keys

    def packed(self, key: TileKey) -> PackedTile:
        """Return a tile in its stored form."""
        return self._checked(lambda: self._packed(key))

    def _packed(self, key: TileKey) -> PackedTile:
        columns = "x, y, width, height, regions, samples"
        sql = f"SELECT {columns} FROM run_tiles WHERE run = ? AND tx = ? AND ty = ?"
        [(*box, regions, samples)] = self.query(sql, self.number, *key)
        return check_tile(key, PackedTile(from_plain(Box, box), regions, samples))

    def tile(self, key: TileKey) -> RunTile:
        """Return a decompressed tile."""
        return self._checked(lambda: self._tile(key))

    def _tile(self, key: TileKey) -> RunTile:
        tile = unpack(self._packed(key))
        if int(tile.regions.max(initial=0)) > self.count:
            raise ValueError("a pixel belongs to a missing region")
        return tile

    def _checked(self, read: Callable[[], Read]) -> Read:
        try:
            return read()
        except (*INVALID_DATA, ProjectError) as error:
            if "is closed" in str(error):
                raise
            raise ProjectError(damaged_result(self.number)) from error


def check_tile(key: TileKey, tile: PackedTile) -> PackedTile:
    """Return ``tile``; raises ``ValueError`` if it is not part of the tile ``key`` of the image."""
    if tile.box.empty or not tile_box(key).contains(tile.box):
        raise ValueError("a part of a run is outside its tile")
    if not (isinstance(tile.regions, bytes) and isinstance(tile.samples, bytes)):
        raise TypeError("a part of a run has the wrong type")
    return tile


def insert_run(db: sqlite3.Connection, run: Run) -> None:
    """Store a run unless it is already stored."""
    if db.execute("SELECT 1 FROM runs WHERE id = ?", (run.id,)).fetchone():
        return
    tiles: dict[str, bytes] = {}
    for statement, rows in tile_statements(run, tiles):
        db.executemany(statement, rows)
    insert_row(db, pack_row(run), tiles)


def tile_statements(run: Run, seals: dict[str, bytes] | None = None) -> Iterator[tuple[str, list[Row]]]:
    """Iterate over the statements that store the tiles of a run, with rows of about ``BATCH_BYTES``.

    Leftover tiles of an interrupted run are deleted first. The seal of each tile is added to ``seals`` for
    :func:`insert_row`.
    """
    yield "DELETE FROM run_tiles WHERE run = ?", [(run.id,)]
    for rows in _tile_batches(run):
        if seals is not None:
            seals.update(map(tile_seal, rows))
        yield _INSERT_TILE, rows


def pack_row(run: Run) -> dict[str, Any]:
    """Return the row of a run with compressed record and regions."""
    return {
        "id": run.id,
        "listed": 0,
        "summary": _summary(run),
        "record": zlib.compress(run.content.record().encode("utf-8", "surrogateescape"), 6),
        "regions": zlib.compress(run.regions.astype(REGION).tobytes(), 6),
    }


def insert_row(db: sqlite3.Connection, row: dict[str, Any], tiles: dict[str, bytes]) -> None:
    """Insert the row of a run whose tiles :func:`tile_statements` has stored."""
    insert(db, "runs", row)
    write_seals(db, "runs", [(row["id"], row["listed"])])
    write_run_hashes(db, row, tiles)


def _tile_batches(run: Run) -> Iterator[list[Row]]:
    """Iterate over the rows of the tiles in batches of about ``BATCH_BYTES``."""
    rows: list[Row] = []
    size = 0
    for key in run.content.tile_keys():
        tile = run.content.packed(key)
        rows.append((run.id, *key, *tile.box, tile.regions, tile.samples))
        size += len(tile.regions) + len(tile.samples)
        if size >= BATCH_BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _summary(run: Run) -> str:
    return dumps({field.name: getattr(run, field.name) for field in fields(RunSummary)})


def delete_run(db: sqlite3.Connection, number: int) -> None:
    """Delete a run with its tiles and its rejected parts."""
    db.execute("DELETE FROM run_tiles WHERE run = ?", (number,))
    db.execute("DELETE FROM rejected_parts WHERE run = ?", (number,))
    db.execute("DELETE FROM runs WHERE id = ?", (number,))
    delete_run_hashes(db, number)


def delete_orphan_tiles(db: sqlite3.Connection) -> None:
    """Delete tiles of runs that were never stored completely."""
    db.execute("DELETE FROM run_tiles WHERE run NOT IN (SELECT id FROM runs)")


RUN_COLUMNS_READ = "id, summary, length(regions)"
"""The columns that :func:`read_run` reads."""


def read_run(row: Row, query: Query) -> Run:
    """Return the run of a row (``RUN_COLUMNS_READ``); raises ``TypeError`` and ``ValueError`` if damaged."""
    number, text, length = row
    summary = check_summary(loads(text))
    if summary.count * REGION.itemsize > length * _MAX_COMPRESSION:
        raise ValueError("a run has more regions than stored")
    content = StoredContent(query, number, summary.count, summary.box)
    return Run(number, **vars(summary), content=content)


def check_summary(data: Any) -> RunSummary:
    """Return the summary from JSON ``data``; raises ``TypeError`` and ``ValueError``."""
    summary: RunSummary = from_plain(RunSummary, data)
    x, y, width, height = summary.box
    if min(x, y, width, height, summary.count, summary.pixels) < 0 or max(summary.box) > LARGEST_SIDE:
        raise ValueError("a run has invalid numbers")
    if summary.count > summary.pixels or summary.pixels > summary.box.area:
        raise ValueError("a run has invalid numbers")
    if max(abs(summary.seed), abs(summary.variation)) > LARGEST_NUMBER:
        raise ValueError("a run has invalid numbers")
    return summary
