"""Write the encoded strips or tiles of one raster in an open TIFF file, and their offset tables."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.tiff.extents import Extents
from imagest_core.painting.tiff.ifd import (
    NUMBER_CODE,
    SEGMENT_TAGS,
    Directory,
    Flavour,
    IfdEntry,
    Structure,
    append,
    numbers_field,
    packed_field,
)
from imagest_core.painting.tiff.raster import Raster

Numbers = NDArray[np.uint64]
Tables = dict[tuple[int, int], Numbers]
"""New values of offsets and counts, by the offset of their directory and their tag."""


class SegmentWriter:
    """Reads and rewrites segments.

    A segment is written over its old bytes if it fits and nothing else uses them, otherwise at the end of the
    file. Offsets and counts are kept in memory until :meth:`write_tables` (or a conversion to BigTIFF) writes
    them to the file.
    """

    def __init__(self, structure: Structure, directory: Directory, raster: Raster, extents: Extents) -> None:
        self._file, self._directory, self._extents = structure.file, directory, extents
        self._structure, self._flavour = structure, structure.flavour
        offset_entry, count_entry = (directory.find(tag) for tag in SEGMENT_TAGS[raster.tiled])
        assert offset_entry
        assert count_entry
        self._entries: tuple[IfdEntry, IfdEntry] = offset_entry, count_entry
        self._offsets, self._counts = structure.numbers(offset_entry), structure.numbers(count_entry)
        self._changed: set[int] = set()

    def read(self, segment: int) -> bytes | None:
        """Return the encoded bytes, or None for a segment that the file leaves out."""
        offset, size = int(self._offsets[segment]), int(self._counts[segment])
        return self._structure.bytes_at(offset, size) if offset and size else None

    def replace(self, segment: int, data: bytes) -> None:
        """Write ``data`` as the new bytes of a segment."""
        if len(data) <= self._counts[segment] and self._is_exclusive(segment):
            self._file.seek(int(self._offsets[segment]))
            self._file.write(data)
            self._set(segment, int(self._offsets[segment]), len(data))
        else:
            self._set(segment, append(self._file, data), len(data))

    def exclusive_offset(self, segment: int, size: int) -> int:
        """Return where ``size`` bytes of a segment may be overwritten.

        A segment that shares its bytes is moved to the end of the file first.
        """
        if not self._is_exclusive(segment):
            data = self.read(segment) or bytes(size)
            self._set(segment, append(self._file, data[:size]), size)
        return int(self._offsets[segment])

    def tables(self) -> Tables:
        """Return the offsets and counts that differ from those in the file."""
        values = zip(self._entries, (self._offsets, self._counts))
        return {
            (self._directory.offset, entry.tag): new for entry, new in values if self._differs(entry, new)
        }

    def write_tables(self) -> None:
        """Write the changed offsets and counts: in place, or at the end of the file if they don't fit."""
        for entry, values in zip(self._entries, (self._offsets, self._counts)):
            if self._differs(entry, values):
                write_table(self._file, self._flavour, entry, values, self._extents)

    def _differs(self, entry: IfdEntry, values: Numbers) -> bool:
        return not np.array_equal(self._structure.numbers(entry), values)

    def _is_exclusive(self, segment: int) -> bool:
        """Return whether nothing else uses the segment's bytes; appended segments are never shared."""
        if segment in self._changed:
            return True
        start = int(self._offsets[segment])
        end = start + int(self._counts[segment])
        return start > 0 and end <= self._structure.size and self._extents.owners(start, end) <= 1

    def _set(self, segment: int, offset: int, size: int) -> None:
        self._offsets[segment], self._counts[segment] = offset, size
        self._changed.add(segment)


def write_table(file: BinaryIO, flavour: Flavour, entry: IfdEntry, values: Numbers, extents: Extents) -> None:
    """Write ``values`` over those of ``entry``, or at the end of the file if they don't fit or are shared."""
    code = NUMBER_CODE[entry.kind]
    shared = not entry.inline and extents.owners(entry.value_offset, entry.value_offset + entry.size) > 1
    if shared or values.max() > np.iinfo(code).max:
        field = packed_field(file, flavour, numbers_field(entry.tag, values, flavour))
        file.seek(entry.offset)
        file.write(field)
    else:
        file.seek(entry.value_offset)
        file.write(values.astype(flavour.order + code).tobytes())
