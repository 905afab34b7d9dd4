"""Determine which bytes of a TIFF file are in use, and by how many owners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.errors import PaintingError
from imagest_core.painting.tiff.ifd import SEGMENT_TAGS, Directory, IfdEntry, Structure

_JPEG_THUMBNAIL = (513, 514)
LOCATED = (*SEGMENT_TAGS, _JPEG_THUMBNAIL)
"""Pairs of tags that give offsets and sizes of data outside the directories."""

Spans = NDArray[np.uint64]
"""Ranges (n, 2): first byte, byte after the last."""


class Extents:
    """All byte ranges that a file's directories, values and data occupy.

    Writers may let strips share bytes, or put values inside strips; bytes with more than one owner must
    never be overwritten.
    """

    def __init__(self, structure: Structure) -> None:
        whole = _all_spans(structure)
        self._starts, self._ends = np.sort(whole[:, 0]), np.sort(whole[:, 1])

    def owners(self, start: int, end: int) -> int:
        """Return the number of ranges that overlap the bytes from ``start`` to before ``end``."""
        started = np.searchsorted(self._starts, np.uint64(end), "left")
        ended = np.searchsorted(self._ends, np.uint64(start), "right")
        return int(started - ended)


@dataclass(frozen=True)
class OccupiedBytes:
    """The bytes that a file of ``size`` bytes uses, as merged ``spans``."""

    spans: Spans
    size: int


def occupied_bytes(path: Path) -> OccupiedBytes:
    """Return the used bytes of the TIFF file at ``path``; raise :class:`PaintingError` if it is damaged."""
    with open(path, "rb") as file:
        structure = Structure(file)
        return OccupiedBytes(used_spans(structure), structure.size)


def used_spans(structure: Structure) -> Spans:
    """Return the used bytes inside the file as merged ranges."""
    return merge_spans(np.minimum(_all_spans(structure), np.uint64(structure.size)))


def merge_spans(spans: Spans) -> Spans:
    """Return the same bytes as sorted ranges that neither overlap nor touch."""
    spans = spans[spans[:, 0] < spans[:, 1]]
    if not len(spans):
        return spans
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    first = np.concatenate([[True], spans[1:, 0] > reach[:-1]])
    return np.stack([spans[first, 0], reach[np.roll(first, -1)]], axis=1)


def subtract_spans(spans: Spans, other: Spans) -> Spans:
    """Return the bytes of ``spans`` that are not in ``other``, as merged ranges."""
    edges = np.unique(np.concatenate([spans.ravel(), other.ravel()]))
    pieces = np.stack([edges[:-1], edges[1:]], axis=1)
    return merge_spans(pieces[_covers(spans, pieces[:, 0]) & ~_covers(other, pieces[:, 0])])


def _covers(spans: Spans, offsets: NDArray[np.uint64]) -> Mask:
    """Return whether each offset is inside the merged ``spans``."""
    if not len(spans):
        return np.zeros(len(offsets), np.bool_)
    index = np.searchsorted(spans[:, 0], offsets, "right")
    return (index > 0) & (offsets < spans[np.maximum(index, 1) - 1, 1])


def _all_spans(structure: Structure) -> Spans:
    """Return the ranges of the header, the directories, their values and their data."""
    spans = [_spans(structure, directory) for directory in structure.walk()]
    return np.concatenate([_header(structure), *spans])


def data_spans(structure: Structure, directory: Directory) -> Iterator[tuple[IfdEntry, IfdEntry, Spans]]:
    """Yield the data ``directory`` points to: the entries of offsets and sizes, and the ranges.

    Unreadable pairs are skipped: the tags may have another meaning in a vendor's directory.
    """
    for offset_entry, count_entry in ((directory.find(a), directory.find(b)) for a, b in LOCATED):
        if offset_entry and count_entry and offset_entry.count == count_entry.count:
            with suppress(PaintingError):
                starts, sizes = structure.numbers(offset_entry), structure.numbers(count_entry)
                yield offset_entry, count_entry, np.stack([starts, starts + sizes], axis=1)


def _spans(structure: Structure, directory: Directory) -> Spans:
    own = [(directory.offset, directory.offset + directory.size)]
    values = (
        (entry.value_offset, entry.value_offset + entry.size)
        for entry in directory.entries
        if not entry.inline
    )
    own += [(start, end) for start, end in values if end <= structure.size]
    spans = np.concatenate(
        [np.array(own, np.uint64), *(found for _, _, found in data_spans(structure, directory))]
    )
    return spans[spans[:, 0] < spans[:, 1]]


def _header(structure: Structure) -> Spans:
    return np.array([(0, structure.flavour.header_size)], np.uint64)
