"""Convert a classic TIFF file to BigTIFF in place, for files that exceed 4 GiB.

Data and long values stay where they are; only the directories are rewritten at the end of the file with
8-byte offsets. So offsets inside private values (maker notes) stay valid. Data in bytes 8–15, which the
longer header needs, are moved.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import BinaryIO

from imagest_core.painting.tiff.extents import data_spans
from imagest_core.painting.tiff.ifd import (
    DEEPEST,
    IFD,
    IFD8,
    KIND_SIZE,
    LONG8,
    Directory,
    Field,
    Flavour,
    IfdEntry,
    Structure,
    append,
    append_directory,
    damaged,
    numbers_field,
)
from imagest_core.painting.tiff.segments import Tables


def convert_to_big(file: BinaryIO, tables: Tables) -> None:
    """Convert the open classic TIFF ``file`` to BigTIFF, with new ``tables`` of offsets and counts."""
    _Conversion(Structure(file), tables).run()


class _Conversion:
    def __init__(self, structure: Structure, tables: Tables) -> None:
        self._old, self._tables = structure, dict(tables)
        self._file, self._flavour = structure.file, Flavour(structure.flavour.order, big=True)
        self._written: dict[int, int] = {}
        self._depth = 0

    def run(self) -> None:
        for directory in self._old.walk():
            self._clear_header(directory)
        first = self._chain(self._old.first)
        self._file.seek(0)
        self._file.write(self._flavour.header(first))

    def _clear_header(self, directory: Directory) -> None:
        """Move the data of ``directory`` that lie where the longer header will be."""
        for offset_entry, count_entry, spans in data_spans(self._old, directory):
            offsets = self._tables.get((directory.offset, offset_entry.tag), spans[:, 0])
            sizes = self._tables.get((directory.offset, count_entry.tag), spans[:, 1] - spans[:, 0])
            for segment in (offsets < self._flavour.header_size).nonzero()[0]:
                if offset := int(offsets[segment]):
                    data = self._old.bytes_at(offset, int(sizes[segment]))
                    offsets = offsets.copy()
                    offsets[segment] = append(self._file, data)
                    self._tables[directory.offset, offset_entry.tag] = offsets

    def _chain(self, offset: int) -> int:
        """Write the chain of directories from ``offset`` on, last first; return its new offset."""
        chain = self._unwritten(offset)
        following = self._written.get(chain[-1].next, 0) if chain else 0
        for directory in reversed(chain):
            self._written[directory.offset] = 0
            fields = [self._field(directory, entry) for entry in directory.entries]
            following = append_directory(self._file, self._flavour, fields, following)
            self._written[directory.offset] = following
        return self._written.get(offset, following)

    def _unwritten(self, offset: int) -> list[Directory]:
        """Return the readable directories from ``offset`` on that haven't been written yet."""
        return list(
            takewhile(lambda directory: directory.offset not in self._written, self._old.chain(offset))
        )

    def _field(self, directory: Directory, entry: IfdEntry) -> Field:
        table = self._tables.get((directory.offset, entry.tag))
        if table is not None:
            return numbers_field(entry.tag, table, self._flavour)
        if offsets := self._old.directory_offsets(entry):
            return self._pointer(entry, offsets)
        if entry.kind not in KIND_SIZE:
            return Field(entry.tag, entry.kind, entry.count, self._old.bytes_at(entry.offset + 8, 4))
        if entry.size <= self._flavour.offset_size or entry.value_offset < self._flavour.header_size:
            return Field(entry.tag, entry.kind, entry.count, self._old.value(entry))
        return Field(entry.tag, entry.kind, entry.count, offset=entry.value_offset)

    def _pointer(self, entry: IfdEntry, offsets: list[int]) -> Field:
        """Return the entry with new offsets; offsets without a readable directory are kept."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise damaged()
        field = numbers_field(entry.tag, [self._chain(offset) or offset for offset in offsets], self._flavour)
        self._depth -= 1
        return replace(field, kind=IFD8 if entry.kind == IFD else LONG8)
