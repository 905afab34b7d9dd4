"""The rows of runs: a short summary each, and their large parts read when they are asked for."""

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
from imagest_core.project.run import DAMAGED, REGION, Run
from imagest_core.project.run_tile import PackedTile, RunTile, unpack
from imagest_core.project.storage.codec import dumps, loads
from imagest_core.project.storage.hashes import (
    TILE_COLUMNS,
    drop_run_hashes,
    put_run_hashes,
    put_seals,
    tile_seal,
)
from imagest_core.project.storage.rows import insert, insertion
from imagest_core.project.storage.unpack import (
    LARGEST_NUMBER,
    LARGEST_SIDE,
    LARGEST_TEXT,
    UNSOUND,
    decompressed,
)
from imagest_core.serialization import from_plain

PART = 1 << 20
"""Bytes of a run that are kept at a time, where others wait for the file."""

_INSERT_TILE = insertion("run_tiles", TILE_COLUMNS)
_RATIO = 1040
"""Zlib packs no more than so many bytes into one."""

Read = TypeVar("Read")
Row = tuple[Any, ...]
Query = Callable[..., list[Row]]


@dataclass(frozen=True)
class Summary:
    """What the row of a run says of it in short."""

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
    """A run's content in the project file; ``query`` runs one SQL statement there.

    ``count`` regions lie within ``box``. Raises ``ProjectError`` where what is read isn't so.
    """

    query: Query
    number: int
    count: int
    box: Box

    def record(self) -> str:
        return self._sound(lambda: decompressed(self._blob("record"), LARGEST_TEXT).decode())

    def regions(self) -> NDArray[np.void]:
        return self._sound(self._regions)

    def _regions(self) -> NDArray[np.void]:
        content = decompressed(self._blob("regions"), self.count * REGION.itemsize, exact=True)
        table = np.frombuffer(content, REGION)
        left, top, width, height = (table[name].astype(np.int64) for name in ("x", "y", "width", "height"))
        inside = (left >= self.box.x) & (top >= self.box.y) & (width > 0) & (height > 0)
        inside &= (left + width <= self.box.right) & (top + height <= self.box.bottom)
        if not inside.all() or (table["area"] < 0).any():
            raise ValueError("a region lies outside of its run")
        return table

    def _blob(self, column: str) -> bytes:
        [(blob,)] = self.query(f"SELECT {column} FROM runs WHERE id = ?", self.number)
        if not isinstance(blob, bytes):
            raise TypeError("a part of a run is of another kind")
        return blob

    def tile_keys(self) -> Collection[TileKey]:
        keys = self.query("SELECT tx, ty FROM run_tiles WHERE run = ? ORDER BY ty, tx", self.number)
        if not all(type(x) is int and type(y) is int for x, y in keys):
            raise ProjectError(DAMAGED.format(self.number))
        return keys

    def packed(self, key: TileKey) -> PackedTile:
        return self._sound(lambda: self._packed(key))

    def _packed(self, key: TileKey) -> PackedTile:
        columns = "x, y, width, height, regions, samples"
        sql = f"SELECT {columns} FROM run_tiles WHERE run = ? AND tx = ? AND ty = ?"
        [(*box, regions, samples)] = self.query(sql, self.number, *key)
        return checked_tile(key, PackedTile(from_plain(Box, box), regions, samples))

    def tile(self, key: TileKey) -> RunTile:
        return self._sound(lambda: self._tile(key))

    def _tile(self, key: TileKey) -> RunTile:
        tile = unpack(self._packed(key))
        if int(tile.regions.max(initial=0)) > self.count:
            raise ValueError("a pixel belongs to a region that there isn't")
        return tile

    def _sound(self, read: Callable[[], Read]) -> Read:
        try:
            return read()
        except (*UNSOUND, ProjectError) as error:
            if "is closed" in str(error):
                raise
            raise ProjectError(DAMAGED.format(self.number)) from error


def checked_tile(key: TileKey, tile: PackedTile) -> PackedTile:
    """``tile`` itself; raises ``ValueError`` where it isn't part of the tile ``key`` of the picture."""
    if tile.box.empty or not tile_box(key).contains(tile.box):
        raise ValueError("a part of a run lies outside of its tile")
    if not (isinstance(tile.regions, bytes) and isinstance(tile.samples, bytes)):
        raise TypeError("a part of a run is of another kind")
    return tile


def insert_run(db: sqlite3.Connection, run: Run) -> None:
    """Keep a run, unless it is kept already."""
    if db.execute("SELECT 1 FROM runs WHERE id = ?", (run.id,)).fetchone():
        return
    tiles: dict[str, bytes] = {}
    for statement, rows in parts_of(run, tiles):
        db.executemany(statement, rows)
    insert_row(db, packed_row(run), tiles)


def parts_of(run: Run, seals: dict[str, bytes] | None = None) -> Iterator[tuple[str, list[Row]]]:
    """What keeps the tiles of a run, as statements and their rows of about ``PART`` bytes.

    Tiles without a row are no run: those that somebody left who was stopped are cleared away first. Fills
    ``seals``, which :func:`insert_row` needs, with the seal of each tile.
    """
    yield "DELETE FROM run_tiles WHERE run = ?", [(run.id,)]
    for rows in _portions(run):
        if seals is not None:
            seals.update(map(tile_seal, rows))
        yield _INSERT_TILE, rows


def packed_row(run: Run) -> dict[str, Any]:
    """The row of a run, its record and regions packed."""
    return {
        "id": run.id,
        "listed": 0,
        "summary": _summary(run),
        "record": zlib.compress(run.content.record().encode("utf-8", "surrogateescape"), 6),
        "regions": zlib.compress(run.regions.astype(REGION).tobytes(), 6),
    }


def insert_row(db: sqlite3.Connection, row: dict[str, Any], tiles: dict[str, bytes]) -> None:
    """Make a run of the tiles that :func:`parts_of` has kept."""
    insert(db, "runs", row)
    put_seals(db, "runs", [(row["id"], row["listed"])])
    put_run_hashes(db, row, tiles)


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
    return dumps({each.name: getattr(run, each.name) for each in fields(Summary)})


def delete_run(db: sqlite3.Connection, number: int) -> None:
    """Forget a run and all it has filled."""
    db.execute("DELETE FROM run_tiles WHERE run = ?", (number,))
    db.execute("DELETE FROM runs WHERE id = ?", (number,))
    drop_run_hashes(db, number)


def clear_orphans(db: sqlite3.Connection) -> None:
    """Forget tiles of runs that were never kept to the end."""
    db.execute("DELETE FROM run_tiles WHERE run NOT IN (SELECT id FROM runs)")


RUN = "id, summary, length(regions)"
"""The columns of a row that :func:`read_run` reads."""


def read_run(row: Row, query: Query) -> Run:
    """The run of a row (``RUN``); raises ``TypeError`` and ``ValueError`` where it is damaged."""
    number, text, length = row
    found = checked_summary(loads(text))
    if found.count * REGION.itemsize > length * _RATIO:
        raise ValueError("a run counts more regions than it can have")
    content = StoredContent(query, number, found.count, found.box)
    return Run(number, **vars(found), content=content)


def checked_summary(data: Any) -> Summary:
    """The summary that JSON ``data`` stands for; raises ``TypeError`` and ``ValueError``."""
    found: Summary = from_plain(Summary, data)
    x, y, width, height = found.box
    if min(x, y, width, height, found.count, found.pixels) < 0 or max(found.box) > LARGEST_SIDE:
        raise ValueError("a run has impossible figures")
    if found.count > found.pixels or found.pixels > found.box.area:
        raise ValueError("a run has impossible figures")
    if max(abs(found.seed), abs(found.variation)) > LARGEST_NUMBER:
        raise ValueError("a run has impossible figures")
    return found
