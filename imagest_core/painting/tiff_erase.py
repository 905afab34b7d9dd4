"""Bytes of a TIFF file that nothing refers to any more are overwritten with zeros."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from imagest_core.painting.tiff_extents import Extents
from imagest_core.painting.tiff_layout import Structure

_BLOCK = 1 << 20


def erase(file: BinaryIO, offset: int, length: int) -> None:
    """Overwrite ``length`` bytes from ``offset`` on with zeros."""
    file.seek(offset)
    while length > 0:
        file.write(bytes(min(length, _BLOCK)))
        length -= _BLOCK


def erase_unused(file: BinaryIO, spans: Iterable[tuple[int, int]]) -> None:
    """Erase what of ``spans`` (first byte, byte after the last) no directory of the file uses."""
    doomed = sorted((start, end) for start, end in spans if start < end)
    if not doomed:
        return
    structure = Structure(file)
    used = Extents(structure).spans
    used = used[np.argsort(used[:, 0], kind="stable")]
    starts, reach = used[:, 0].astype(np.int64), np.maximum.accumulate(used[:, 1].astype(np.int64))
    for start, end in doomed:
        _erase_between(file, start, min(end, structure.size), starts, reach)


def _erase_between(
    file: BinaryIO, start: int, end: int, starts: np.ndarray, reach: np.ndarray
) -> None:
    """Erase the gaps between used spans, sorted by their ``starts``, that lie from ``start`` to ``end``."""
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
