"""Directories copied from one TIFF file into another: values, directories below, strips and tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.tiff.extents import LOCATED, located
from imagest_core.painting.tiff.ifd import (
    IFD8,
    LONG8,
    POINTER_TAGS,
    Directory,
    Entry,
    Field,
    Flavour,
    Structure,
    append,
    append_directory,
    is_pointer,
    numbers_field,
)

Fields = dict[int, Field]
UNDEFINED, _SLONG = 7, 9
_JPEG_TABLES, _QUANTISATION = (519, 520, 521), 519
"""Places of the tables of old-style JPEG."""

_BLOCK = 16 << 20
_DEEPEST = 32
"""Levels of directories below each other that are followed."""

_OVERLAP = 4
"""Times that the bytes of the source may be copied in all: an honest file's are copied once."""

Change = Callable[[int, bytes], tuple[bytes, list[WritingNote]]]
"""Gives the value that is copied for a tag (empty: none), and notes on what was taken out of it."""


def copyable(structure: Structure, directory: Directory) -> bool:
    """Whether all strips or tiles of a page lie in the file."""
    tags = {entry.tag for entry in directory.entries}
    pairs = [pair for pair in LOCATED if pair[0] in tags]
    try:
        found = list(located(structure, directory))
    except PaintingError:
        return False
    inside = all(bool((spans[:, 1] <= structure.size).all()) for _, _, spans in found)
    return inside and 0 < len(pairs) == len(found)


@dataclass
class Copier:
    """Copies directories of ``source`` to the end of ``file``; ``notes`` name what can't be copied.

    ``kept`` are fields that are written as they are, by the place of their entry in the source.
    """

    source: Structure
    file: BinaryIO
    flavour: Flavour
    notes: list[WritingNote] = field(default_factory=list)
    kept: dict[int, Field] = field(default_factory=dict)
    change: Change | None = None
    _copied: dict[tuple[int, int], int] = field(default_factory=dict)
    _placed: dict[int, int] = field(default_factory=dict)
    _spent: int = 0

    def fields(self, entries: Iterable[Entry], above: frozenset[int] = frozenset()) -> Fields:
        """Copies of ``entries`` and of the directories below them, ``above`` being those they lie in."""
        fields: Fields = {}
        for entry in entries:
            try:
                pointer = is_pointer(entry) or entry.tag in POINTER_TAGS
                copy = self._pointer(entry, above) if pointer else self._value(entry)
            except PaintingError:
                self.notes.append(WritingNote(f"Tag {entry.tag}, whose value is damaged", "lost"))
                continue
            if copy is not None:
                fields[entry.tag] = copy
        return fields

    def page(self, directory: Directory, following: int) -> int:
        """Copy a page with its strips or tiles, and whatever is below it; gives its new place."""
        return append_directory(
            self.file, self.flavour, self._with_data(directory, frozenset()).values(), following
        )

    def _with_data(self, directory: Directory, above: frozenset[int]) -> Fields:
        tables = self._tables(directory)
        rest = (entry for entry in directory.entries if entry.tag not in tables)
        return self.fields(rest, above | {directory.place}) | tables

    def _value(self, entry: Entry) -> Field | None:
        if entry.place in self.kept:
            return self.kept[entry.place]
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

    def _pointer(self, entry: Entry, above: frozenset[int]) -> Field:
        places = []
        self._spend(0 if entry.inline else entry.size)
        for place in self._numbers(entry):
            if place in above or len(above) > _DEEPEST:
                raise PaintingError("A directory of the file lies within itself.")
            if place not in self._placed:
                directory = self.source.directory(place)
                self._spend(directory.size)
                below = self._with_data(directory, above)
                self._placed[place] = append_directory(self.file, self.flavour, below.values())
            places.append(self._placed[place])
        return numbers_field(entry.tag, places, self.flavour)

    def _numbers(self, entry: Entry) -> list[int]:
        """The places that a pointer names, of whatever whole-number type it is."""
        if entry.kind == _SLONG:
            data = self.source.value(entry)
            return [int(place) for place in np.frombuffer(data, self.source.flavour.order + "u4")]
        return [int(place) for place in self.source.numbers(entry)]

    def _tables(self, directory: Directory) -> Fields:
        """Offsets of copied data, with their sizes; those that lead nowhere are left out."""
        fields: Fields = {}
        for offsets, counts in ((directory.find(a), directory.find(b)) for a, b in LOCATED):
            if not offsets or not counts or offsets.count != counts.count:
                continue
            sizes = self.source.numbers(counts)
            pairs = zip(self.source.numbers(offsets).tolist(), sizes.tolist())
            places = [self._data(place, size) for place, size in pairs]
            fields[offsets.tag] = numbers_field(offsets.tag, places, self.flavour)
            fields[counts.tag] = numbers_field(counts.tag, sizes, self.flavour)
        for entry in filter(None, map(directory.find, _JPEG_TABLES)):
            places = [self._jpeg_table(entry.tag, int(place)) for place in self.source.numbers(entry)]
            fields[entry.tag] = numbers_field(entry.tag, places, self.flavour)
        return fields

    def _data(self, place: int, size: int) -> int:
        """Copy some bytes, once; gives their new place, 0 for those that the file leaves out."""
        if not place or not size:
            return 0
        if (place, size) not in self._copied:
            if place + size > self.source.size:
                raise PaintingError("The file is truncated: a part of the picture is missing.")
            self._spend(size)
            start = append(self.file, b"")
            for at in range(0, size, _BLOCK):
                self.file.write(self.source.bytes_at(place + at, min(_BLOCK, size - at)))
            self._copied[place, size] = start
        return self._copied[place, size]

    def _spend(self, size: int) -> None:
        """Count ``size`` bytes that are copied; raises :class:`PaintingError` where they are too many."""
        self._spent += size
        if self._spent > _OVERLAP * self.source.size:
            raise PaintingError(
                "The TIFF file's structure is damaged; save it anew with the program it came from."
            )

    def _jpeg_table(self, tag: int, place: int) -> int:
        if tag == _QUANTISATION:
            return self._data(place, 64)
        lengths = np.frombuffer(self.source.bytes_at(place, 16), np.uint8)
        return self._data(place, 16 + int(lengths.sum()))
