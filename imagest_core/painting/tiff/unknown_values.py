"""Find values of unknown meaning in a TIFF file, and the offsets they might contain.

Bytes can only be moved if every pointer to them is known. Maker notes, vendors' directories and private
tags may contain absolute offsets, so any number in them that could be an offset is treated as one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import PaintingError
from imagest_core.painting.tiff.extents import data_spans
from imagest_core.painting.tiff.ifd import NUMBER_CODE, IfdEntry, Structure, is_pointer

_NEVER_OFFSETS = frozenset({2, 3, 5, 8, 10, 11, 12})
"""Field types that contain no offsets: ASCII, SHORT, RATIONAL, SSHORT, SRATIONAL, FLOAT, DOUBLE."""

_LARGEST_SEARCHED, _MOST_SEARCHED = 1 << 16, 1 << 22
"""Sizes in bytes of one unknown value, and of all of them, up to which they are searched for offsets."""

# fmt: off
_KNOWN_SPANS = (
    (0, 31),                                          # GPS, interoperability
    (254, 259), (262, 272), (274, 274), (277, 287), (290, 297), (301, 306), (315, 323),
    (332, 339), (347, 347), (529, 532), (700, 700),
    (33432, 33437), (33550, 33550), (33723, 33723), (33922, 33922),
    (34264, 34264), (34377, 34377), (34675, 34675), (34735, 34737), (34850, 34852), (34855, 34869),
    (36864, 36867), (36868, 37396), (37510, 37510), (37520, 37522), (37724, 37724),
    (40091, 40095), (40960, 40964), (41483, 41996), (42016, 42113), (50341, 50341),
)
# fmt: on
_KNOWN = frozenset(tag for first, last in _KNOWN_SPANS for tag in range(first, last + 1))
"""Tags of TIFF 6.0, EXIF, GPS, XMP, IPTC, ICC, Photoshop, GeoTIFF and GDAL without offsets as values."""


def last_unknown_offset(structure: Structure, first: int, end: int) -> int:
    """Return the last offset in ``first`` to ``end`` that an unknown value might contain, or -1."""
    last, searched = -1, 0
    for directory in structure.walk():
        understood = {entry for pair in data_spans(structure, directory) for entry in pair[:2]}
        for entry in (entry for entry in directory.entries if entry not in understood):
            searched += entry.size if _is_unknown(entry) else 0
            if searched > _MOST_SEARCHED:
                return end - 1
            for numbers in _numbers(structure, entry, end):
                found = numbers[(numbers >= first) & (numbers < end)]
                last = max(last, int(found.max(initial=0)) if found.size else -1)
    return last


def _numbers(structure: Structure, entry: IfdEntry, end: int) -> Iterator[NDArray[np.uint64]]:
    """Yield the numbers of ``entry`` that might be offsets; none if its meaning is known."""
    if is_pointer(entry):
        lost = [
            offset for offset in structure.directory_offsets(entry) if structure.try_directory(offset) is None
        ]
        yield np.array(lost, np.uint64)
    elif not _is_unknown(entry):
        return
    elif entry.kind in NUMBER_CODE and entry.kind != 1:
        yield from _readable(structure, entry)
    elif entry.size > _LARGEST_SEARCHED:
        yield np.array([end - 1], np.uint64)
    else:
        yield from _words(_raw(structure, entry), wide=end > 2**32)


def _is_unknown(entry: IfdEntry) -> bool:
    return entry.kind not in _NEVER_OFFSETS and entry.tag not in _KNOWN


def _readable(structure: Structure, entry: IfdEntry) -> Iterator[NDArray[np.uint64]]:
    try:
        yield structure.numbers(entry)
    except PaintingError:
        yield np.zeros(0, np.uint64)


def _raw(structure: Structure, entry: IfdEntry) -> bytes:
    """Return the value's bytes; those in the entry itself if its type is unknown."""
    try:
        if entry.size:
            return structure.value(entry)
        width = structure.flavour.offset_size
        return structure.bytes_at(entry.offset + structure.flavour.entry_size - width, width)
    except PaintingError:
        return b""


def _words(data: bytes, *, wide: bool) -> Iterator[NDArray[np.uint64]]:
    """Yield all 4-byte numbers (and 8-byte if ``wide``) at any offset of ``data``, in both byte orders."""
    for size in (4, 8) if wide else (4,):
        starts = np.frombuffer(data, "u1")
        if len(starts) < size:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(starts, size)
        for order in "<>":
            yield np.ascontiguousarray(windows).view(f"{order}u{size}").ravel().astype(np.uint64)
