"""Compare a written file with its source: by bytes where both store the same ones, otherwise by samples.

The directories are read from both files; nothing is taken from the writer. If two pages are stored in the
same way (:func:`_stored_alike`), strips and tiles with equal bytes have equal samples. Then only those
that differ, or contain a fill, are decoded. Other files are compared sample by sample.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import PaintingError, VerificationError
from imagest_core.messages import Message
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.formats.file_bytes import FileBytes
from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.ifd import SEGMENT_TAGS, Directory, Structure
from imagest_core.painting.tiff.raster import Raster, read_raster
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BYTES, SAMPLES = "bytes", "samples"
"""Values of :attr:`Comparison.method`."""

ROWS = 64
"""Number of rows that are decoded and compared at a time."""

CACHE = 32 << 20
"""Size in bytes of the cache of decoded strips and tiles of a file that is compared."""

_CHUNK = 1 << 20
_GROUP = 16
"""Number of parts that a thread compares at a time."""
_THREADS = min(os.cpu_count() or 1, 4)
_AHEAD = 16
"""Number of groups, per thread, that are submitted ahead, so that threads work while parts are decoded."""
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

Check = Callable[[Box], Samples]
"""Compares a box (as displayed) sample by sample; raises, or returns the samples outside the fills."""


@dataclass(frozen=True)
class Comparison:
    """Result of a comparison: ``samples`` outside the fills are equal.

    ``method`` says what ``sha256`` is the hash of.

    * "samples": all samples outside the fills, row by row, as displayed, little-endian.
    * "bytes": the SHA-256 digests (32 bytes each) of all parts in the order in which the file stores them
      (strips and tiles; uncompressed ones in parts of about 1 MiB of rows). The digest of a part without
      fills is that of its stored bytes, plane after plane; of the others, that of their samples outside the
      fills, as for "samples".
    """

    samples: int
    sha256: str
    method: str


def compare(
    painting: Painting,
    written: Path,
    page: int,
    filled: Iterable[Box],
    check: Check,
    progress: Progress | None = None,
    *,
    converted: bool = False,
) -> Comparison:
    """Compare page ``page`` of ``written`` with ``painting``, whose pixels in ``filled`` may differ.

    Parameters
    ----------
    check
        Called for every box (as displayed) that contains a fill or isn't stored as the same bytes.
    converted
        All samples were converted, so every box is checked.

    Raises
    ------
    VerificationError
        Samples of additional channels differ. Exceptions raised by ``check`` propagate.
    """
    progress = progress or Progress()
    with ExitStack() as stack:
        pages = None if converted else _stored_alike(painting, written, page, stack)
        if pages is None:
            return _by_samples(painting, check, progress)
        return _by_bytes(painting, pages, filled, check, progress)


def _by_samples(painting: Painting, check: Check, progress: Progress) -> Comparison:
    digest, samples = hashlib.sha256(), 0
    for box in progress.steps(list(_blocks(painting.box))):
        samples += _add(digest.update, check(box))
    return Comparison(samples, digest.hexdigest(), SAMPLES)


def _by_bytes(
    painting: Painting, pages: _Pages, filled: Iterable[Box], check: Check, progress: Progress
) -> Comparison:
    digest, samples = hashlib.sha256(), 0
    orientation = Orientation.of(painting.orientation)
    size = painting.width, painting.height
    touched = pages.touched(orientation.stored_box(box, *size) for box in filled)
    compared = 0
    with closing(pages.digests(touched)) as parts:
        for part, stored in parts:
            box = orientation.displayed_box(part.box, *size)
            if stored is None:
                pages.check_hidden(part, painting.channels)
                inner = hashlib.sha256()
                samples += sum(_add(inner.update, check(block)) for block in _blocks(box))
                stored = inner.digest()
            else:
                samples += box.area * painting.channels
            digest.update(stored)
            compared += box.area
            progress.set(compared / painting.box.area)
    return Comparison(samples, digest.hexdigest(), BYTES)


def _add(update: Callable[[ReadableBuffer], None], samples: Samples) -> int:
    update(np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).view(np.uint8).data)
    return samples.size


def _blocks(box: Box) -> Iterator[Box]:
    for y in range(box.y, box.bottom, ROWS):
        yield box._replace(y=y, height=ROWS).within(box)


@dataclass(frozen=True)
class _Part:
    """Rows of one grid cell, in stored pixels; ``first`` is the first row within the cell."""

    cell: int
    index: int
    box: Box
    first: int

    @property
    def key(self) -> tuple[int, int]:
        return self.cell, self.index


class _Page:
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
        self._data.close()

    def span(self, segment: int, start: int, size: int | None) -> tuple[int, int]:
        """Return offset and size of a segment, or of the ``size`` bytes from ``start`` in it."""
        offset, whole = self._offsets[segment], self._sizes[segment]
        if size is None:
            return offset, whole if offset else 0
        return offset + start, size if offset else 0

    def read(self, offset: int, size: int) -> bytes:
        return self._data.read(offset, size)


def _meaning(structure: Structure, directory: Directory) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield the entries that define the meaning of the bytes, with their values."""
    for entry in directory.entries:
        if entry.tag in _MEANING:
            yield entry.tag, entry.kind, entry.count, structure.value(entry)


def _stored_alike(painting: Painting, written: Path, page: int, stack: ExitStack) -> _Pages | None:
    """Return both pages if they are stored in the same way and ``painting`` returns samples as stored."""
    if painting.format not in ("TIFF", "BigTIFF") or not painting.stores_samples:
        return None
    try:
        before, after = (
            stack.enter_context(closing(_Page(path, index)))
            for path, index in ((painting.path, painting.page), (written, page))
        )
    except (PaintingError, OSError):
        return None
    return _Pages.of(before, after)


class _Pages:
    """A page and its copy, stored in the same way."""

    def __init__(self, raster: Raster, before: _Page, after: _Page) -> None:
        self._raster, self._before, self._after = raster, before, after
        self._rows = raster.grid.cell_height
        if raster.codec.plain:
            _, columns, samples = raster.shape(0)
            self._row_bytes = columns * samples * raster.dtype.itemsize
            self._rows = min(self._rows, max(_PLAIN_PART // self._row_bytes, 1))

    @classmethod
    def of(cls, before: _Page, after: _Page) -> Self | None:
        """Return both pages, or None if their bytes have different or unknown meanings."""
        raster = before.raster
        alike = raster is not None and raster == after.raster and before.meaning == after.meaning
        return cls(raster, before, after) if alike and raster is not None else None

    def parts(self) -> Iterator[_Part]:
        """Yield the parts of the page: its cells, or about 1 MiB of rows each if uncompressed."""
        grid = self._raster.grid
        for cell in range(grid.cells):
            box = grid.box(cell)
            for index, y in enumerate(range(box.y, box.bottom, self._rows)):
                yield _Part(cell, index, box._replace(y=y, height=self._rows).within(box), y - box.y)

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

    def digests(self, touched: set[tuple[int, int]]) -> Generator[tuple[_Part, bytes | None]]:
        """Yield each part in order with the digest of its bytes; None if it is touched or differs.

        Several threads read and hash, since both release the GIL.
        """

        def group_digests(group: list[_Part]) -> list[bytes | None]:
            return [None if part.key in touched else self.same_bytes(part) for part in group]

        groups = _grouped(self.parts(), _GROUP)
        pending: deque[tuple[list[_Part], Future[list[bytes | None]]]] = deque()
        with ThreadPoolExecutor(_THREADS) as pool:
            try:
                for group in groups:
                    pending.append((group, pool.submit(group_digests, group)))
                    if len(pending) > _AHEAD * _THREADS:
                        done, future = pending.popleft()
                        yield from zip(done, future.result())
                for done, future in pending:
                    yield from zip(done, future.result())
            finally:
                pool.shutdown(cancel_futures=True)

    def same_bytes(self, part: _Part) -> bytes | None:
        """Return the SHA-256 digest of the part's bytes, or None if the files differ in it."""
        digest = hashlib.sha256()
        for plane in range(self._raster.planes):
            if not self._same(part, plane, digest.update):
                return None
        return digest.digest()

    def check_hidden(self, part: _Part, shown: int) -> None:
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

    def _range(self, part: _Part) -> tuple[int, int | None]:
        """Return the first byte of the part in its segment and its size; None if compressed."""
        if not self._raster.codec.plain:
            return 0, None
        return part.first * self._row_bytes, part.box.height * self._row_bytes

    def _decoded(self, page: _Page, part: _Part) -> NDArray[np.generic]:
        raster = self._raster
        rows, columns, samples = raster.shape(part.cell)
        shape = part.box.height if raster.codec.plain else rows, columns, samples
        offset, size = page.span(part.cell, *self._range(part))
        if not size:
            return np.zeros(shape, raster.dtype)
        return raster.codec.decode(page.read(offset, size), shape, raster.dtype)

    def _same(self, part: _Part, plane: int, update: Callable[[bytes], None]) -> bool:
        segment = plane * self._raster.grid.cells + part.cell
        start, size = self._range(part)
        (one, length), (other, other_length) = (
            page.span(segment, start, size) for page in (self._before, self._after)
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


def _grouped(parts: Iterator[_Part], size: int) -> Iterator[list[_Part]]:
    while group := list(islice(parts, size)):
        yield group


def _ignore(_: bytes) -> None:
    return None
