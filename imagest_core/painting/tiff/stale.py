"""What in a TIFF file would still show a page as it was before its restoration, found and removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.painting.metadata import stale_values
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.tiff.erase import Spans, directory_spans, erase_unused
from imagest_core.painting.tiff.extents import Extents
from imagest_core.painting.tiff.ifd import (
    EXIF_IFD,
    KIND_SIZE,
    STRIP_OFFSETS,
    SUB_IFDS,
    TILE_OFFSETS,
    Directory,
    Entry,
    Field,
    Structure,
    packed_field,
)
from imagest_core.painting.tiff.pyramid import Rendition, children, renditions

_BYTES = (1, 6, 7)
"""Types of values that can hold a picture."""

_JPEG_STREAM, _JPEG_LENGTH = 513, 514
_LONGEST = 256 << 20
"""Bytes of a value beyond which no picture is looked for in it."""


@dataclass
class Plan:
    """Changes of one file: entries to drop or change and directories to unlink, by place; bytes to erase."""

    notes: list[WritingNote] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    values: dict[int, bytes] = field(default_factory=dict)
    pointers: dict[int, list[int]] = field(default_factory=dict)
    unlinked: set[int] = field(default_factory=set)
    doomed: Spans = field(default_factory=list)


def stale_notes(path: Path, page: int) -> list[WritingNote]:
    """What patching ``page`` of the TIFF file updates or removes."""
    with open(path, "rb") as file:
        structure = Structure(file)
        levels = [each for each in renditions(structure, page) if each.level]
        return [WritingNote(each.name, "updated") for each in levels] + plan(structure, page).notes


def remove_stale(file: BinaryIO, page: int) -> list[WritingNote]:
    """Remove from the open TIFF file what shows ``page`` as it was; its bytes are erased."""
    structure = Structure(file)
    planned = plan(structure, page)
    if planned.notes:
        _Removal(structure, planned).run(page)
        erase_unused(file, planned.doomed)
    return planned.notes


def pages_before(path: Path, page: int) -> int:
    """How many of the pages before ``page`` are removed with what is stale."""
    with open(path, "rb") as file:
        structure = Structure(file)
        unlinked = plan(structure, page).unlinked
        chain = [directory.place for directory in structure.chain()]
    return sum(place in unlinked for place in chain[:page])


def plan(structure: Structure, page: int) -> Plan:
    """What is to be removed from the file so that nothing in it shows ``page`` as it was."""
    planned, native = Plan(), structure.page(page)
    found = renditions(structure, page)
    stale = [each for each in found if not each.level]
    _plan_renditions(structure, stale, planned)
    _plan_thumbnail(structure, native, planned)
    kept = [each.directory for each in found if each.level]
    for directory in (native, *_exif(structure, native), *kept):
        for entry in directory.entries:
            _plan_value(structure, entry, planned)
    return planned


def _plan_renditions(structure: Structure, stale: list[Rendition], planned: Plan) -> None:
    gone = {each.directory.place for each in stale}
    for each in stale:
        entry = each.parent.find(SUB_IFDS) if each.parent else None
        if entry and entry.place not in planned.pointers:
            places = (_survivor(structure, place, gone) for place in structure.places(entry))
            planned.pointers[entry.place] = list(dict.fromkeys(place for place in places if place))
            planned.doomed.append(_value_span(entry))
        planned.notes.append(WritingNote(each.name, "removed"))
        planned.doomed += _whole(structure, each.directory)
        planned.unlinked.add(each.directory.place)


def _survivor(structure: Structure, place: int, gone: set[int]) -> int:
    """``place``, or that of the first directory behind it that stays; 0 for none."""
    seen: set[int] = set()
    while place in gone and place not in seen:
        seen.add(place)
        place = structure.directory(place).next
    return 0 if place in seen else place


def _plan_thumbnail(structure: Structure, native: Directory, planned: Plan) -> None:
    """A JPEG thumbnail that the page's own directory points to, beside its strips or tiles."""
    offset, length = native.find(_JPEG_STREAM), native.find(_JPEG_LENGTH)
    if offset and length and native.find(STRIP_OFFSETS, TILE_OFFSETS) and not _is_old_jpeg(structure, native):
        start = structure.number(native, _JPEG_STREAM, 0)
        planned.dropped |= {offset.place, length.place}
        planned.doomed.append((start, start + structure.number(native, _JPEG_LENGTH, 0)))
        planned.notes.append(WritingNote(f"JPEG thumbnail (tag {_JPEG_STREAM})", "removed"))


def _is_old_jpeg(structure: Structure, directory: Directory) -> bool:
    return structure.number(directory, 259, 1) == 6


def _plan_value(structure: Structure, entry: Entry, planned: Plan) -> None:
    tag = entry.tag
    known = tag in (stale_values.IPTC, stale_values.PHOTOSHOP, stale_values.LAYERS)
    if entry.inline or not (known or entry.kind in _BYTES) or entry.size > structure.size:
        return
    if tag == stale_values.LAYERS:
        value, notes = stale_values.clean(tag, b"")
    elif entry.size > _LONGEST or not (before := _readable(structure, entry)):
        return
    else:
        value, notes = stale_values.clean(tag, before)
    if not notes:
        return
    planned.notes += notes
    planned.doomed.append(_value_span(entry))
    if value:
        planned.values[entry.place] = value
    else:
        planned.dropped.add(entry.place)


def _readable(structure: Structure, entry: Entry) -> bytes:
    try:
        return structure.value(entry)
    except PaintingError:
        return b""


def _exif(structure: Structure, native: Directory) -> Iterator[Directory]:
    entry = native.find(EXIF_IFD)
    yield from filter(None, map(structure.readable, structure.places(entry) if entry else []))


def _value_span(entry: Entry) -> tuple[int, int]:
    return (0, 0) if entry.inline else (entry.value_place, entry.value_place + entry.size)


def _whole(structure: Structure, directory: Directory) -> Spans:
    """The bytes of ``directory``, its values and data, and of all directories below it."""
    spans: Spans = []
    seen, waiting = {directory.place}, [directory]
    while waiting:
        current = waiting.pop()
        spans += directory_spans(structure, current)
        new = {place for place in structure.pointers(current) if place not in seen}
        seen |= new
        waiting += filter(None, map(structure.readable, new))
    return spans


class _Removal:
    """Writes a plan into the file."""

    def __init__(self, structure: Structure, planned: Plan) -> None:
        self._structure, self._plan = structure, planned
        self._file, self._flavour = structure.file, structure.flavour
        self._extents = Extents(structure)

    def run(self, page: int) -> None:
        structure, unlinked = self._structure, self._plan.unlinked
        pages = list(structure.chain())
        native = structure.page(page)
        seen: set[int] = set()
        below = [other for each in (native, *self._kept(page)) for other in children(structure, each, seen)]
        found = {each.place: each for each in (*pages, *_exif(structure, native), *below)}
        for directory in found.values():
            if directory.place not in unlinked:
                self._rewrite(directory, self._after(directory.next))
        first = self._after(structure.first)
        if first != structure.first:
            self._file.seek(0)
            self._file.write(self._flavour.header(first))

    def _kept(self, page: int) -> list[Directory]:
        """The smaller copies of ``page`` that stay."""
        found = (each.directory for each in renditions(self._structure, page))
        return [each for each in found if each.place not in self._plan.unlinked]

    def _after(self, place: int) -> int:
        return _survivor(self._structure, place, self._plan.unlinked)

    def _rewrite(self, directory: Directory, following: int) -> None:
        """Write the directory in its place with the entries it keeps; what it no longer needs is zeros."""
        planned, flavour = self._plan, self._flavour
        places = {entry.place for entry in directory.entries}
        changed = places & (planned.dropped | planned.values.keys() | planned.pointers.keys())
        if not changed and following == directory.next:
            return
        packed = [data for entry in directory.entries if (data := self._packed(entry))]
        table = flavour.pack("n", len(packed)) + b"".join(packed) + flavour.pack("o", following)
        self._file.seek(directory.place)
        self._file.write(table.ljust(directory.size, b"\0"))

    def _packed(self, entry: Entry) -> bytes | None:
        """The entry's bytes as they are to be; None where it goes."""
        planned = self._plan
        if entry.place in planned.dropped:
            return None
        if entry.place in planned.pointers:
            places = planned.pointers[entry.place]
            if not places:
                return None
            kind = Field(entry.tag, entry.kind, len(places), self._numbers(entry, places))
            return packed_field(self._file, self._flavour, kind)
        if entry.place in planned.values:
            return self._with_value(entry, planned.values[entry.place])
        return self._structure.bytes_at(entry.place, self._flavour.entry_size)

    def _numbers(self, entry: Entry, places: list[int]) -> bytes:
        width = KIND_SIZE[entry.kind]
        return np.array(places, f"{self._flavour.order}u{width}").tobytes()

    def _with_value(self, entry: Entry, value: bytes) -> bytes:
        """The entry with a value no longer than its own, in the same bytes unless others use these too."""
        size = KIND_SIZE[entry.kind]
        value += bytes(-len(value) % size)
        changed = Field(entry.tag, entry.kind, len(value) // size, value)
        start, end = _value_span(entry)
        alone = self._extents.owners(start, end) <= 1
        if alone and self._flavour.offset_size < len(value) <= end - start:
            self._file.seek(start)
            self._file.write(value)
            changed = Field(entry.tag, entry.kind, len(value) // size, place=start)
        return packed_field(self._file, self._flavour, changed)
