"""Copy directories from one TIFF file to another: values, subdirectories, strips and tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.tiff.extents import LOCATED, data_spans
from imagest_core.painting.tiff.ifd import (
    IFD8,
    LONG8,
    POINTER_TAGS,
    Directory,
    Field,
    Flavour,
    IfdEntry,
    Structure,
    append,
    append_directory,
    is_pointer,
    numbers_field,
)

Fields = dict[int, Field]
UNDEFINED, _SLONG = 7, 9
_JPEG_TABLES, _QUANTISATION = (519, 520, 521), 519
"""Tags that point to the tables of old-style JPEG."""

_BLOCK = 16 << 20
_DEEPEST = 32
"""Largest depth of nested directories."""

_OVERLAP = 4
"""How many times the size of the source may be copied in total; a valid file is copied once."""

Change = Callable[[int, bytes], tuple[bytes, list[WritingNote]]]
"""Returns the value to copy for a tag (empty: none), and notes on what was removed from it."""


def copyable(structure: Structure, directory: Directory) -> bool:
    """Return whether all strips or tiles of a page are inside the file."""
    tags = {entry.tag for entry in directory.entries}
    pairs = [pair for pair in LOCATED if pair[0] in tags]
    try:
        segments = list(data_spans(structure, directory))
    except PaintingError:
        return False
    inside = all(bool((spans[:, 1] <= structure.size).all()) for _, _, spans in segments)
    return inside and 0 < len(pairs) == len(segments)


@dataclass
class Copier:
    """Copies directories of ``source`` to the end of ``file``; ``notes`` name what can't be copied.

    ``kept`` are fields to write unchanged, by the offset of their entry in the source.
    """

    source: Structure
    file: BinaryIO
    flavour: Flavour
    notes: list[WritingNote] = field(default_factory=list)
    kept: dict[int, Field] = field(default_factory=dict)
    change: Change | None = None
    _copied: dict[tuple[int, int], int] = field(default_factory=dict)
    _written: dict[int, int] = field(default_factory=dict)
    _spent: int = 0

    def fields(self, entries: Iterable[IfdEntry], above: frozenset[int] = frozenset()) -> Fields:
        """Copy ``entries`` and the directories below them; ``above`` are the offsets of their parents."""
        fields: Fields = {}
        for entry in entries:
            try:
                pointer = is_pointer(entry) or entry.tag in POINTER_TAGS
                copy = self._pointer(entry, above) if pointer else self._value(entry)
            except PaintingError:
                self.notes.append(
                    WritingNote(Message("Tag {tag}, whose value is damaged", tag=entry.tag), "lost")
                )
                continue
            if copy is not None:
                fields[entry.tag] = copy
        return fields

    def page(self, directory: Directory, following: int) -> int:
        """Copy a page with its strips or tiles and everything below it; return its new offset."""
        return append_directory(
            self.file, self.flavour, self._with_data(directory, frozenset()).values(), following
        )

    def _with_data(self, directory: Directory, above: frozenset[int]) -> Fields:
        tables = self._tables(directory)
        rest = (entry for entry in directory.entries if entry.tag not in tables)
        return self.fields(rest, above | {directory.offset}) | tables

    def _value(self, entry: IfdEntry) -> Field | None:
        if entry.offset in self.kept:
            return self.kept[entry.offset]
        if entry.kind in (LONG8, IFD8) and not self.flavour.big:
            return numbers_field(entry.tag, self.source.numbers(entry), self.flavour)
        value = self.source.value(entry)
        kind = entry.kind if entry.size else UNDEFINED
        self._spend(0 if entry.inline else entry.size)
        if self.change is None or entry.inline:
            return Field(entry.tag, kind, entry.count, value)
        changed, notes = self.change(entry.tag, value)
        self.notes += notes
        if not notes:
            return Field(entry.tag, kind, entry.count, value)
        size = entry.size // entry.count
        changed += bytes(-len(changed) % size)
        return Field(entry.tag, kind, len(changed) // size, changed) if changed else None

    def _pointer(self, entry: IfdEntry, above: frozenset[int]) -> Field:
        offsets = []
        self._spend(0 if entry.inline else entry.size)
        for offset in self._numbers(entry):
            if offset in above or len(above) > _DEEPEST:
                raise PaintingError("A directory of the file contains itself.")
            if offset not in self._written:
                directory = self.source.directory(offset)
                self._spend(directory.size)
                below = self._with_data(directory, above)
                self._written[offset] = append_directory(self.file, self.flavour, below.values())
            offsets.append(self._written[offset])
        return numbers_field(entry.tag, offsets, self.flavour)

    def _numbers(self, entry: IfdEntry) -> list[int]:
        """Return the offsets in a pointer's value, of any integer type."""
        if entry.kind == _SLONG:
            data = self.source.value(entry)
            return [int(offset) for offset in np.frombuffer(data, self.source.flavour.order + "u4")]
        return [int(offset) for offset in self.source.numbers(entry)]

    def _tables(self, directory: Directory) -> Fields:
        """Copy the data; return offsets and sizes, without those that point to nothing."""
        fields: Fields = {}
        for offset_entry, count_entry in ((directory.find(a), directory.find(b)) for a, b in LOCATED):
            if not offset_entry or not count_entry or offset_entry.count != count_entry.count:
                continue
            sizes = self.source.numbers(count_entry)
            pairs = zip(self.source.numbers(offset_entry).tolist(), sizes.tolist())
            offsets = [self._data(offset, size) for offset, size in pairs]
            fields[offset_entry.tag] = numbers_field(offset_entry.tag, offsets, self.flavour)
            fields[count_entry.tag] = numbers_field(count_entry.tag, sizes, self.flavour)
        for entry in filter(None, map(directory.find, _JPEG_TABLES)):
            offsets = [self._jpeg_table(entry.tag, int(offset)) for offset in self.source.numbers(entry)]
            fields[entry.tag] = numbers_field(entry.tag, offsets, self.flavour)
        return fields

    def _data(self, offset: int, size: int) -> int:
        """Copy bytes once; return their new offset, 0 for segments that the file leaves out."""
        if not offset or not size:
            return 0
        if (offset, size) not in self._copied:
            if offset + size > self.source.size:
                raise PaintingError("The file is truncated: a part of the picture is missing.")
            self._spend(size)
            start = append(self.file, b"")
            for at in range(0, size, _BLOCK):
                self.file.write(self.source.bytes_at(offset + at, min(_BLOCK, size - at)))
            self._copied[offset, size] = start
        return self._copied[offset, size]

    def _spend(self, size: int) -> None:
        """Count ``size`` copied bytes; raise :class:`PaintingError` if they are too many."""
        self._spent += size
        if self._spent > _OVERLAP * self.source.size:
            raise PaintingError(
                "The TIFF file's structure is damaged; save it again with the program that created it."
            )

    def _jpeg_table(self, tag: int, offset: int) -> int:
        if tag == _QUANTISATION:
            return self._data(offset, 64)
        lengths = np.frombuffer(self.source.bytes_at(offset, 16), np.uint8)
        return self._data(offset, 16 + int(lengths.sum()))
