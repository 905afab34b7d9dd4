"""The parts of a page of a TIFF file, as stored: digests, and comparison with a copy of the file.

Parts are strips and tiles; uncompressed ones are divided into parts of about 1 MiB of rows.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import VerificationError
from imagest_core.messages import Message
from imagest_core.painting.formats.file_bytes import FileBytes
from imagest_core.painting.geometry import Box
from imagest_core.painting.tiff.ifd import SEGMENT_TAGS, Directory, Structure
from imagest_core.painting.tiff.raster import Raster, read_raster

Result = TypeVar("Result")

_CHUNK = 1 << 20
_GROUP = 16
"""Number of parts that a thread compares at a time."""
_THREADS = min(os.cpu_count() or 1, 4)
_AHEAD = 16
"""Number of groups, per thread, that are submitted ahead, so that no thread waits for another."""
_PLAIN_PART = 1 << 20
"""Number of bytes of uncompressed samples that are compared as one part."""

# fmt: off
_MEANING = (
    256, 257, 258, 259, 262, 266, 274, 277, 278, 284, 292, 293, 301, 317, 318, 319, 320, 322, 323, 332, 333,
    334, 336, 338, 339, 340, 341, 342, 347, 529, 530, 531, 532,
    32997, 32998, 34675,
)
# fmt: on
"""Tags that define the meaning of a strip's or tile's bytes: size, encoding, colour, orientation."""


@dataclass(frozen=True)
class PartDigests:
    """SHA-256 digests (32 bytes each) of the parts of a scan in the order in which the file stores them."""

    joined: bytes

    def of(self, number: int) -> bytes:
        """Return the digest of the part with this number."""
        return self.joined[32 * number : 32 * number + 32]


@dataclass(frozen=True)
class Part:
    """Rows of one grid cell, in stored pixels; ``first`` is the first row within the cell."""

    number: int
    cell: int
    index: int
    box: Box
    first: int

    @property
    def key(self) -> tuple[int, int]:
        """Cell and index within it."""
        return self.cell, self.index


class StoredPage:
    """One page of an open TIFF file: offsets of its segments, and the meaning of their bytes."""

    def __init__(self, path: Path, index: int) -> None:
        with open(path, "rb") as file:
            structure = Structure(file)
            directory = structure.page(index)
            self.raster = read_raster(structure, directory)
            self.meaning = structure.flavour.order, *_meaning(structure, directory)
            if self.raster is not None:
                offset_entry, count_entry = (directory.find(tag) for tag in SEGMENT_TAGS[self.raster.tiled])
                assert offset_entry
                assert count_entry
                self._offsets = structure.numbers(offset_entry).tolist()
                self._sizes = structure.numbers(count_entry).tolist()
        self._data = FileBytes(path)

    def close(self) -> None:
        """Close the file."""
        self._data.close()

    def span(self, segment: int, start: int, size: int | None) -> tuple[int, int]:
        """Return offset and size of a segment, or of the ``size`` bytes from ``start`` in it."""
        offset, whole = self._offsets[segment], self._sizes[segment]
        if size is None:
            return offset, whole if offset else 0
        return offset + start, size if offset else 0

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes of the file; raises ``PaintingError``."""
        return self._data.read(offset, size)


def _meaning(structure: Structure, directory: Directory) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield the entries that define the meaning of the bytes, with their values."""
    for entry in directory.entries:
        if entry.tag in _MEANING:
            yield entry.tag, entry.kind, entry.count, structure.value(entry)


class StoredPages:
    """A page and its copy, stored in the same way."""

    def __init__(self, raster: Raster, before: StoredPage, after: StoredPage) -> None:
        self._raster, self._before, self._after = raster, before, after
        self.known: PartDigests | None = None
        self._rows = raster.grid.cell_height
        if raster.codec.plain:
            _, columns, samples = raster.shape(0)
            self._row_bytes = columns * samples * raster.dtype.itemsize
            self._rows = min(self._rows, max(_PLAIN_PART // self._row_bytes, 1))

    @classmethod
    def of(cls, before: StoredPage, after: StoredPage) -> Self | None:
        """Return both pages, or None if their bytes have different or unknown meanings."""
        raster = before.raster
        alike = raster is not None and raster == after.raster and before.meaning == after.meaning
        return cls(raster, before, after) if alike and raster is not None else None

    def parts(self) -> Iterator[Part]:
        """Yield the parts of the page: its cells, or about 1 MiB of rows each if uncompressed."""
        grid, numbers = self._raster.grid, count()
        for cell in range(grid.cells):
            box = grid.box(cell)
            for index, y in enumerate(range(box.y, box.bottom, self._rows)):
                rows = box._replace(y=y, height=self._rows).within(box)
                yield Part(next(numbers), cell, index, rows, y - box.y)

    def touched(self, boxes: Iterable[Box]) -> set[tuple[int, int]]:
        """Return the keys of the parts that share a pixel with ``boxes`` (stored pixels)."""
        keys: set[tuple[int, int]] = set()
        grid = self._raster.grid
        for box in boxes:
            for cell in grid.touched(box):
                whole = grid.box(cell)
                inside = box.within(whole)
                first, last = inside.y - whole.y, inside.bottom - 1 - whole.y
                keys.update((cell, index) for index in range(first // self._rows, last // self._rows + 1))
        return keys

    def each(self, work: Callable[[Part], Result]) -> Generator[tuple[Part, Result]]:
        """Yield each part in order with the result of ``work``, which several threads call.

        Reading, hashing and copying release the GIL.
        """
        pending: deque[tuple[list[Part], Future[list[Result]]]] = deque()
        with ThreadPoolExecutor(_THREADS) as pool:
            try:
                for group in _grouped(self.parts(), _GROUP):
                    pending.append((group, pool.submit(lambda parts: [work(part) for part in parts], group)))
                    if len(pending) > _AHEAD * _THREADS:
                        done, future = pending.popleft()
                        yield from zip(done, future.result())
                for done, future in pending:
                    yield from zip(done, future.result())
            finally:
                pool.shutdown(cancel_futures=True)

    def same_bytes(self, part: Part) -> bytes | None:
        """Return the SHA-256 digest of the part's bytes, or None if the files differ in it."""
        digest = hashlib.sha256()
        update = digest.update if self.known is None else _ignore
        for plane in range(self._raster.planes):
            if not self._same(part, plane, update):
                return None
        return digest.digest() if self.known is None else self.known.of(part.number)

    def digest(self, part: Part) -> bytes:
        """Return the SHA-256 digest of the part's bytes in the first file."""
        digest = hashlib.sha256()
        for plane in range(self._raster.planes):
            offset, length = self._span(self._before, part, plane)
            for done in range(0, length, _CHUNK):
                digest.update(self._before.read(offset + done, min(_CHUNK, length - done)))
        return digest.digest()

    def check_hidden(self, part: Part, shown: int) -> None:
        """Raise unless the samples beyond the first ``shown`` of each pixel are equal in both files."""
        raster = self._raster
        if raster.samples <= shown:
            return
        if raster.planar:
            same = all(self._same(part, plane, _ignore) for plane in range(shown, raster.planes))
        else:
            before, after = (self._decoded(page, part) for page in (self._before, self._after))
            same = np.array_equal(before[..., shown:], after[..., shown:])
        if not same:
            raise VerificationError(
                Message(
                    "An additional channel of the written file differs from the scan's near {x}, {y}; it "
                    "was not kept.",
                    x=part.box.x,
                    y=part.box.y,
                )
            )

    def _range(self, part: Part) -> tuple[int, int | None]:
        """Return the first byte of the part in its segment and its size; None if compressed."""
        if not self._raster.codec.plain:
            return 0, None
        return part.first * self._row_bytes, part.box.height * self._row_bytes

    def _span(self, page: StoredPage, part: Part, plane: int) -> tuple[int, int]:
        """Return offset and size of the part's bytes in ``plane``."""
        return page.span(plane * self._raster.grid.cells + part.cell, *self._range(part))

    def _decoded(self, page: StoredPage, part: Part) -> NDArray[np.generic]:
        raster = self._raster
        rows, columns, samples = raster.shape(part.cell)
        shape = part.box.height if raster.codec.plain else rows, columns, samples
        offset, size = page.span(part.cell, *self._range(part))
        if not size:
            return np.zeros(shape, raster.dtype)
        return raster.codec.decode(page.read(offset, size), shape, raster.dtype)

    def _same(self, part: Part, plane: int, update: Callable[[bytes], None]) -> bool:
        (one, length), (other, other_length) = (
            self._span(page, part, plane) for page in (self._before, self._after)
        )
        if length != other_length:
            return False
        for done in range(0, length, _CHUNK):
            step = min(_CHUNK, length - done)
            data = self._before.read(one + done, step)
            if data != self._after.read(other + done, step):
                return False
            update(data)
        return True


def _grouped(parts: Iterator[Part], size: int) -> Iterator[list[Part]]:
    while group := list(islice(parts, size)):
        yield group


def _ignore(_: bytes) -> None:
    return None
