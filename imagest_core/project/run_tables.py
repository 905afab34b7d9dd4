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
from imagest_core.project.run import REGION, Run, RunTile

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

    def tile(self, key: TileKey) -> RunTile:
        where = "run = ? AND tx = ? AND ty = ?"
        columns = "x, y, width, height, regions, samples"
        try:
            [(x, y, width, height, regions, samples)] = self.query(
                f"SELECT {columns} FROM run_tiles WHERE {where}", self.number, *key
            )
            return unpacked_run_tile(Box(x, y, width, height), regions, samples)
        except ValueError as error:
            raise ProjectError(_DAMAGED.format(self.number)) from error


def packed_regions(regions: NDArray[np.uint32]) -> bytes:
    """(h, w) numbers of regions, compressed: one bit a pixel for what is filled, then its numbers."""
    filled = regions > 0
    return zlib.compress(np.packbits(filled).tobytes() + regions[filled].astype("<u4").tobytes(), 6)


def unpacked_regions(blob: bytes, shape: tuple[int, int]) -> NDArray[np.uint32]:
    """What :func:`packed_regions` has packed; raises ``ValueError`` or ``zlib.error``."""
    content = zlib.decompress(blob)
    count = shape[0] * shape[1]
    bits = np.frombuffer(content, np.uint8, -(-count // 8))
    filled = np.unpackbits(bits, count=count).reshape(shape).view(np.bool_)
    regions = np.zeros(shape, np.uint32)
    regions[filled] = np.frombuffer(content, "<u4", offset=len(bits))
    return regions


_SPARSE = 0.25
"""Share of filled pixels in a box from which on the box is kept as a picture, with nothing between them."""


def packed_samples(tile: RunTile) -> bytes:
    """The samples of 8 or 16 bits as a PNG, which keeps every one of them: of the box, or where little
    of it is filled a single line of the filled pixels, row by row."""
    import imagecodecs

    filled = tile.regions > 0
    sparse = np.count_nonzero(filled) < _SPARSE * filled.size
    picture = tile.samples[filled][np.newaxis] if sparse else tile.samples
    flat = picture[..., 0] if picture.shape[2] == 1 else picture
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(flat), level=6))


def unpacked_run_tile(box: Box, regions: bytes, samples: bytes) -> RunTile:
    """A run's tile from its two blobs; raises ``ValueError`` where they are damaged."""
    import imagecodecs

    try:
        decoded = imagecodecs.png_decode(samples)
        numbers = unpacked_regions(regions, (box.height, box.width))
    except (RuntimeError, zlib.error) as error:
        raise ValueError("a tile of a run is damaged") from error
    return RunTile(box, _spread(decoded, numbers), numbers)


def _spread(decoded: NDArray, numbers: NDArray[np.uint32]) -> NDArray:
    """The (h, w, c) samples of a box from its picture or its line of filled pixels."""
    if decoded.shape[:2] == numbers.shape:
        return decoded.reshape(*numbers.shape, -1)
    filled = numbers > 0
    pixels = decoded.reshape(decoded.shape[1], -1)
    samples = np.zeros((*numbers.shape, pixels.shape[1]), decoded.dtype)
    samples[filled] = pixels
    return samples


def insert_run(db: sqlite3.Connection, run: Run) -> None:
    """Keep a run, unless it is kept already."""
    if db.execute("SELECT 1 FROM runs WHERE id = ?", (run.id,)).fetchone():
        return
    record = zlib.compress(run.content.record().encode(), 6)
    regions = zlib.compress(run.regions.astype(REGION).tobytes(), 6)
    db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", (run.id, False, _summary(run), record, regions))
    for key in run.content.tile_keys():
        _insert_tile(db, run.id, key, run.content.tile(key))


def _insert_tile(db: sqlite3.Connection, run: int, key: TileKey, tile: RunTile) -> None:
    row = {"run": run, "tx": key[0], "ty": key[1], **tile.box._asdict()}
    insert(db, "run_tiles", {**row, "regions": packed_regions(tile.regions), "samples": packed_samples(tile)})


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
