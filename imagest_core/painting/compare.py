"""Compare a written file with its source: by bytes where both store the same ones, otherwise by samples.

The directories are read from both files; nothing is taken from the writer. If two pages are stored in the
same way (:func:`_stored_alike`), strips and tiles with equal bytes have equal samples. Then only those
that differ, or contain a fill, are decoded. Other files are compared sample by sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import Painting
from imagest_core.painting.stored_parts import Part, PartDigests, StoredPage, StoredPages
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BYTES, SAMPLES = "bytes", "samples"
"""Values of :attr:`Comparison.method`."""

ROWS = 64
"""Number of rows that are decoded and compared at a time."""

CACHE = 32 << 20
"""Size in bytes of the cache of decoded strips and tiles of a file that is compared."""

Check = Callable[[Box], Iterable[Samples]]
"""Compares a box (as displayed) sample by sample; raises, or returns the samples outside the fills in order.

Several threads call it.
"""


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
    digests: PartDigests | None = None,
) -> Comparison:
    """Compare page ``page`` of ``written`` with ``painting``, whose pixels in ``filled`` may differ.

    Parameters
    ----------
    check
        Called for every box (as displayed) that contains a fill or isn't stored as the same bytes.
    converted
        All samples were converted, so every box is checked.
    digests
        Digests of the painting's parts, from :func:`part_digests`, so that they needn't be hashed again. All
        bytes are compared nevertheless.

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
        pages.known = digests
        return _by_bytes(painting, pages, filled, check, progress)


def part_digests(painting: Painting, progress: Progress) -> PartDigests | None:
    """Return the digests of the stored bytes of all parts of a scan, None if its parts aren't comparable.

    Raises ``PaintingError`` or ``OSError`` if the file can't be read, and ``Cancelled``.
    """
    with ExitStack() as stack:
        pages = _stored_alike(painting, painting.path, painting.page, stack)
        if pages is None:
            return None
        digests = bytearray()
        for part in pages.parts():
            digests += pages.digest(part)
            progress.set((part.box.bottom * painting.width) / painting.box.area)
        return PartDigests(bytes(digests))


def _by_samples(painting: Painting, check: Check, progress: Progress) -> Comparison:
    digest, samples = hashlib.sha256(), 0
    for box in progress.steps(list(_blocks(painting.box))):
        samples += _add(digest.update, check(box))
    return Comparison(samples, digest.hexdigest(), SAMPLES)


def _by_bytes(
    painting: Painting, pages: StoredPages, filled: Iterable[Box], check: Check, progress: Progress
) -> Comparison:
    orientation = Orientation.of(painting.orientation)
    size = painting.width, painting.height
    touched = pages.touched(orientation.stored_box(box, *size) for box in filled)

    def compared(part: Part) -> tuple[bytes, int]:
        """Return the digest of the part, and the number of its samples outside the fills."""
        stored = None if part.key in touched else pages.same_bytes(part)
        if stored is not None:
            return stored, part.box.area * painting.channels
        pages.check_hidden(part, painting.channels)
        inner, box = hashlib.sha256(), orientation.displayed_box(part.box, *size)
        samples = sum(_add(inner.update, check(block)) for block in _blocks(box))
        return inner.digest(), samples

    digest, samples, done = hashlib.sha256(), 0, 0
    with closing(pages.each(compared)) as results:
        for part, (stored, count) in results:
            digest.update(stored)
            samples += count
            done += part.box.area
            progress.set(done / painting.box.area)
    return Comparison(samples, digest.hexdigest(), BYTES)


def _add(update: Callable[[ReadableBuffer], None], runs: Iterable[Samples]) -> int:
    size = 0
    for samples in runs:
        update(np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).view(np.uint8).data)
        size += samples.size
    return size


def _blocks(box: Box) -> Iterator[Box]:
    for y in range(box.y, box.bottom, ROWS):
        yield box._replace(y=y, height=ROWS).within(box)


def _stored_alike(painting: Painting, written: Path, page: int, stack: ExitStack) -> StoredPages | None:
    """Return both pages if they are stored in the same way and ``painting`` returns samples as stored."""
    if painting.format not in ("TIFF", "BigTIFF") or not painting.stores_samples:
        return None
    try:
        before, after = (
            stack.enter_context(closing(StoredPage(path, index)))
            for path, index in ((painting.path, painting.page), (written, page))
        )
    except (PaintingError, OSError):
        return None
    return StoredPages.of(before, after)
