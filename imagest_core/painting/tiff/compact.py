"""Remove all bytes from a patched TIFF file that it no longer uses.

Replaced strips and tiles leave holes. New ones are moved from the end of the file into holes where they
fit. The remaining holes are cut out and everything behind them moves up, provided that every pointer to
the moved bytes is known (:mod:`imagest_core.painting.tiff.unknown_values`). Holes that can't be cut out
are zeroed.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from imagest_core.painting.tiff.extents import (
    Extents,
    OccupiedBytes,
    Spans,
    data_spans,
    merge_spans,
    subtract_spans,
    used_spans,
)
from imagest_core.painting.tiff.ifd import NUMBER_CODE, IfdEntry, Structure
from imagest_core.painting.tiff.segments import Numbers, write_table
from imagest_core.painting.tiff.unknown_values import last_unknown_offset
from imagest_core.progress import Progress

ALIGNMENT = 16
"""Bytes are moved by multiples of this, so that words stay aligned."""

WORTH_MOVING = 50
"""A hole is cut out if at most this many times its size has to be moved."""

_BLOCK = 16 << 20
_GHOST = 1024
_UNEDITED, _EDITED = b"KNOWN_INCOMPATIBLE_EDITION=NO\n ", b"KNOWN_INCOMPATIBLE_EDITION=YES\n"


def compact(path: Path, before: OccupiedBytes, progress: Progress | None = None) -> int:
    """Remove the bytes from the TIFF file at ``path`` that it used ``before`` its change but doesn't use now.

    ``before`` is :func:`occupied_bytes` of the file it was copied from; bytes that were unused then are kept.
    Bytes that can't be cut out are zeroed. Returns their number.
    """
    progress = progress or Progress()
    with open(path, "rb+") as file:
        if not len(_unused(Structure(file), before)):
            return 0
        mark_edited(file)
        _fill_holes(file, before)
        structure = Structure(file)
        unused = _unused(structure, before)
        cut = _removable(structure, unused, before)
        edits = _edits(structure, cut) if len(cut) else {}
        if edits is None:
            cut, edits = _trailing(unused, structure.size), {}
        kept = subtract_spans(unused, cut)
        zero_spans(file, kept)
        for offset, data in edits.items():
            file.seek(offset)
            file.write(data)
        _cut_out(file, cut, structure.size, progress)
        return int((kept[:, 1] - kept[:, 0]).sum())


def mark_edited(file: BinaryIO) -> None:
    """Mark a cloud-optimised TIFF as edited, so that GDAL doesn't rely on the order of the tiles.

    GDAL's text behind the header: https://gdal.org/drivers/raster/cog.html#header-ghost-area
    """
    start = Structure(file).flavour.header_size
    file.seek(start)
    text = file.read(_GHOST)
    if text.startswith(b"GDAL_STRUCTURAL_METADATA_SIZE=") and _UNEDITED in text:
        file.seek(start + text.index(_UNEDITED))
        file.write(_EDITED)


def zero_spans(file: BinaryIO, spans: Spans) -> None:
    """Overwrite the bytes of ``spans`` with zeros."""
    for start, end in spans.tolist():
        file.seek(start)
        for offset in range(start, end, _BLOCK):
            file.write(bytes(min(_BLOCK, end - offset)))


def _unused(structure: Structure, before: OccupiedBytes) -> Spans:
    """Return the bytes that were in use or were appended since, and are unused now."""
    size = np.uint64(structure.size)
    appended = np.array([(min(before.size, structure.size), structure.size)], np.uint64)
    previous = merge_spans(np.concatenate([np.minimum(before.spans, size), appended]))
    return subtract_spans(previous, used_spans(structure))


# Fill holes


@dataclass(frozen=True)
class _AppendedSegment:
    """A strip or tile at the end of the file: the entry and the index that give its offset."""

    size: int
    offset: int
    entry: IfdEntry
    index: int


def _fill_holes(file: BinaryIO, before: OccupiedBytes) -> None:
    """Move appended strips and tiles into holes, largest first, each into the smallest hole that fits."""
    structure = Structure(file)
    unused = _unused(structure, before)
    holes = sorted((end - start, start) for start, end in unused.tolist() if start < before.size)
    extents = Extents(structure)
    moved: dict[IfdEntry, dict[int, int]] = {}
    for segment in sorted(_appended(structure, extents, before.size), key=lambda segment: -segment.size):
        offset = _allocate(holes, segment.size)
        if offset is not None:
            data = structure.bytes_at(segment.offset, segment.size)
            file.seek(offset)
            file.write(data)
            moved.setdefault(segment.entry, {})[segment.index] = offset
    for entry, offsets in moved.items():
        values = structure.numbers(entry)
        for index, offset in offsets.items():
            values[index] = offset
        write_table(file, structure.flavour, entry, values, extents)
    file.flush()


def _allocate(holes: list[tuple[int, int]], size: int) -> int | None:
    """Take an even offset for ``size`` bytes from the smallest hole that fits; keep the rest as a hole."""
    for index in range(bisect_left(holes, (size, 0)), len(holes)):
        length, start = holes[index]
        offset = start + start % 2
        if offset + size <= start + length:
            del holes[index]
            if rest := start + length - offset - size:
                insort(holes, (rest, offset + size))
            return offset
    return None


def _appended(structure: Structure, extents: Extents, size: int) -> Iterator[_AppendedSegment]:
    """Yield the strips and tiles from byte ``size`` on to which only one table points."""
    for offset_entry, spans in _data(structure):
        for index in np.flatnonzero((spans[:, 0] >= size) & (spans[:, 1] > spans[:, 0])).tolist():
            start, end = map(int, spans[index])
            if end <= structure.size and extents.owners(start, end) == 1:
                yield _AppendedSegment(end - start, start, offset_entry, index)


def _data(structure: Structure) -> Iterator[tuple[IfdEntry, Spans]]:
    """Yield the tables of offsets, with the spans they point to."""
    for directory in structure.walk():
        for offset_entry, _, spans in data_spans(structure, directory):
            yield offset_entry, spans


# Cut out holes


def _removable(structure: Structure, unused: Spans, before: OccupiedBytes) -> Spans:
    """Return the spans of ``unused`` to cut out: only known pointers behind them, and worth moving."""
    end = structure.size
    if not len(unused):
        return unused
    last = last_unknown_offset(structure, int(unused[0, 0]), before.size)
    free = unused[(unused[:, 0] > last) | (unused[:, 1] == end)] if last >= 0 else unused.copy()
    inner = free[:, 1] < end
    free[inner, 0] += (free[inner, 1] - free[inner, 0]) % np.uint64(ALIGNMENT)
    free = free[free[:, 0] < free[:, 1]]
    sizes = free[:, 1] - free[:, 0]
    gains = np.cumsum(sizes[::-1])[::-1]
    worth = gains * np.uint64(WORTH_MOVING) >= np.uint64(end) - free[:, 0] - gains
    return free[int(np.argmax(worth)) :] if worth.any() else free[:0]


def _trailing(unused: Spans, size: int) -> Spans:
    return unused[unused[:, 1] == size]


Edits = dict[int, bytes]
"""New bytes by their offset before anything is moved."""


def _edits(structure: Structure, cut: Spans) -> Edits | None:
    """Return the new pointers once ``cut`` is removed; None if two pointers overlap."""
    edits: Edits = {}
    for offset, data in _pointers(structure, _Shift(cut, structure.size)):
        if edits.setdefault(offset, data) != data:
            return None
    ordered = sorted(edits.items())
    overlap = any(offset + len(data) > other for (offset, data), (other, _) in pairwise(ordered))
    return None if overlap else edits


class _Shift:
    """Maps offsets in a file of ``size`` bytes to those after removing ``cut``; others are unchanged."""

    def __init__(self, cut: Spans, size: int) -> None:
        self._ends, self._size = cut[:, 1], np.uint64(size)
        self._gone = np.concatenate([[np.uint64(0)], np.cumsum(cut[:, 1] - cut[:, 0])])

    def all(self, offsets: Numbers) -> Numbers:
        """Return the new offsets."""
        gone = self._gone[np.searchsorted(self._ends, offsets, "right")]
        return np.where(offsets < self._size, offsets - gone, offsets)

    def one(self, offset: int) -> int:
        """Return the new offset."""
        return int(self.all(np.array([offset], np.uint64))[0])


def _pointers(structure: Structure, shift: _Shift) -> Iterator[tuple[int, bytes]]:
    """Yield offset and new bytes of everything in the file that points to an offset in it."""
    flavour = structure.flavour
    width = flavour.offset_size
    yield flavour.header_size - width, flavour.pack("o", shift.one(structure.first))
    for directory in structure.walk():
        yield directory.offset + directory.size - width, flavour.pack("o", shift.one(directory.next))
        for entry in directory.entries:
            if not entry.inline and entry.value_offset + entry.size <= structure.size:
                field = entry.offset + flavour.entry_size - width
                yield field, flavour.pack("o", shift.one(entry.value_offset))
            if structure.directory_offsets(entry):
                yield entry.value_offset, _shifted(structure, entry, shift)
    for offset_entry, _ in _data(structure):
        if offset_entry.count:
            yield offset_entry.value_offset, _shifted(structure, offset_entry, shift)


def _shifted(structure: Structure, entry: IfdEntry, shift: _Shift) -> bytes:
    values = shift.all(structure.numbers(entry))
    return values.astype(structure.flavour.order + NUMBER_CODE[entry.kind]).tobytes()


def _cut_out(file: BinaryIO, cut: Spans, size: int, progress: Progress) -> None:
    """Move the bytes behind each span of ``cut`` up, and truncate the file."""
    spans: Sequence[tuple[int, int]] = [(start, end) for start, end in cut.tolist()]
    if not spans:
        return
    target = spans[0][0]
    behind = zip((end for _, end in spans), [*(start for start, _ in spans[1:]), size])
    total = sum(end - start for start, end in spans)
    for start, end in behind:
        _move(file, start, end, target, progress.check)
        target += end - start
    file.truncate(size - total)


def _move(file: BinaryIO, start: int, end: int, target: int, check: Callable[[], None]) -> None:
    """Move the bytes from ``start`` to before ``end`` down to ``target``, which lies before them."""
    for offset in _steps(start, end):
        check()
        file.seek(offset)
        data = file.read(min(_BLOCK, end - offset))
        file.seek(target + offset - start)
        file.write(data)


def _steps(start: int, end: int) -> Iterable[int]:
    return range(start, end, _BLOCK)
