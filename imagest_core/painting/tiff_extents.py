"""Which bytes of a TIFF file are spoken for, and by how many."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import PaintingError
from imagest_core.painting.tiff_layout import SEGMENT_TAGS, Directory, Entry, Structure

_JPEG_THUMBNAIL = (513, 514)
LOCATED = (*SEGMENT_TAGS, _JPEG_THUMBNAIL)
"""Pairs of tags that give places and sizes of data outside the directories."""

Spans = NDArray[np.uint64]
"""Rows of (first byte, byte after the last)."""


class Extents:
    """All spans of bytes that a file's directories, values and data occupy.

    Writers may let strips share their bytes, or let values lie inside strips; what isn't held by one
    owner alone must never be overwritten.
    """

    def __init__(self, structure: Structure) -> None:
        spans = [_spans(structure, directory) for directory in structure.walk()]
        whole = np.concatenate([_header(structure), *spans])
        self._starts, self._ends = np.sort(whole[:, 0]), np.sort(whole[:, 1])

    def owners(self, start: int, end: int) -> int:
        """How many spans touch the bytes from ``start`` to before ``end``."""
        started = np.searchsorted(self._starts, np.uint64(end), "left")
        ended = np.searchsorted(self._ends, np.uint64(start), "right")
        return int(started - ended)


def located(structure: Structure, directory: Directory) -> Iterator[tuple[Entry, Entry, Spans]]:
    """The data ``directory`` points to: the entries of their places and sizes, and their spans."""
    for offsets, counts in ((directory.find(a), directory.find(b)) for a, b in LOCATED):
        if offsets and counts and offsets.count == counts.count:
            starts = structure.numbers(offsets)
            yield offsets, counts, np.stack([starts, starts + structure.numbers(counts)], axis=1)


def _spans(structure: Structure, directory: Directory) -> Spans:
    own = [(directory.place, directory.place + directory.size)]
    values = (
        (entry.value_place, entry.value_place + entry.size) for entry in directory.entries if not entry.inline
    )
    own += [(start, end) for start, end in values if end <= structure.size]
    spans = np.concatenate([np.array(own, np.uint64), *_data_spans(structure, directory)])
    return spans[spans[:, 0] < spans[:, 1]]


def _data_spans(structure: Structure, directory: Directory) -> list[Spans]:
    """Those of :func:`located`; none where a vendor's directory means something else by these tags."""
    try:
        return [spans for _, _, spans in located(structure, directory)]
    except PaintingError:
        return []


def _header(structure: Structure) -> Spans:
    return np.array([(0, structure.flavour.header_size)], np.uint64)
