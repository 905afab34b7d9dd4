"""Overwrite bytes of a TIFF file that nothing refers to any more with zeros."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.painting.tiff.extents import data_spans
from imagest_core.painting.tiff.ifd import Directory, Structure

_BLOCK = 1 << 20

Spans = list[tuple[int, int]]
"""Ranges as (first byte, byte after the last)."""


def directory_spans(structure: Structure, directory: Directory) -> Spans:
    """Return the ranges of ``directory`` itself, of its values and of the data it points to."""
    spans = [(directory.offset, directory.offset + directory.size)]
    spans += [
        (entry.value_offset, entry.value_offset + entry.size)
        for entry in directory.entries
        if not entry.inline and entry.value_offset + entry.size <= structure.size
    ]
    try:
        for _, _, found in data_spans(structure, directory):
            spans += [(start, end) for start, end in found.tolist() if start < end]
    except PaintingError:  # these tags may have another meaning in a vendor's directory
        pass
    return spans


def erase(file: BinaryIO, offset: int, length: int) -> None:
    """Overwrite ``length`` bytes from ``offset`` on with zeros."""
    file.seek(offset)
    while length > 0:
        file.write(bytes(min(length, _BLOCK)))
        length -= _BLOCK


def erase_unused(file: BinaryIO, spans: Iterable[tuple[int, int]]) -> None:
    """Erase the bytes of ``spans`` that no directory of the file uses."""
    candidates = sorted((start, end) for start, end in spans if start < end)
    if not candidates:
        return
    structure = Structure(file)
    used = [(0, structure.flavour.header_size)]
    used += [span for directory in structure.walk() for span in directory_spans(structure, directory)]
    table = np.array(sorted(used), np.uint64)
    starts, reach = table[:, 0], np.maximum.accumulate(table[:, 1])
    for start, end in candidates:
        _erase_between(file, start, min(end, structure.size), starts, reach)


def _erase_between(file: BinaryIO, start: int, end: int, starts: np.ndarray, reach: np.ndarray) -> None:
    """Erase the gaps from ``start`` to ``end`` between used ranges, sorted by their ``starts``."""
    first = int(np.searchsorted(starts, start, "right"))
    at = max(start, int(reach[first - 1])) if first else start
    for index in range(first, len(starts)):
        if starts[index] >= end:
            break
        if starts[index] > at:
            erase(file, at, int(starts[index]) - at)
        at = max(at, int(reach[index]))
    if at < end:
        erase(file, at, end - at)
