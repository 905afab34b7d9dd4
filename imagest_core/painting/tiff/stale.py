"""Find and remove everything in a TIFF file that would show a page before its restoration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
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
    Field,
    IfdEntry,
    Structure,
    is_pointer,
    packed_field,
)
from imagest_core.painting.tiff.pyramid import (
    POSSIBLE_COPY,
    ReducedCopy,
    children,
    possible_copies,
    reduced_copies,
)

_BYTES, _PRIVATE = (1, 6, 7), 32768
"""Types of values that can contain an image, and the first tag whose values of other types can, too."""

_JPEG_STREAM, _JPEG_LENGTH = 513, 514
_LONGEST = 256 << 20
"""Size in bytes above which a value is not searched for images."""


@dataclass
class RemovalPlan:
    """Changes to a file: entries to drop or change, directories to unlink (by offset), bytes to erase."""

    notes: list[WritingNote] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    values: dict[int, bytes] = field(default_factory=dict)
    child_offsets: dict[int, list[int]] = field(default_factory=dict)
    unlinked: set[int] = field(default_factory=set)
    erased: Spans = field(default_factory=list)


def stale_notes(path: Path, page: int) -> list[WritingNote]:
    """Return notes on what patching ``page`` of the TIFF file updates or removes, and on possible copies."""
    with open(path, "rb") as file:
        structure = Structure(file)
        copies = reduced_copies(structure, page)
        updated = [WritingNote(each.name, "updated") for each in copies if each.level]
        kept = [
            WritingNote(Message("Page {number} of the file", number=number), "kept", POSSIBLE_COPY)
            for number in possible_copies(structure, page, copies)
        ]
        return updated + removal_plan(structure, page).notes + kept


def remove_stale(file: BinaryIO, page: int) -> list[WritingNote]:
    """Remove and erase everything in the open TIFF that shows ``page`` before its restoration."""
    structure = Structure(file)
    plan = removal_plan(structure, page)
    if plan.notes:
        _Remover(structure, plan).run(page)
        erase_unused(file, plan.erased)
    return plan.notes


def pages_before(path: Path, page: int) -> int:
    """Return how many of the pages before ``page`` are removed because they are stale."""
    with open(path, "rb") as file:
        structure = Structure(file)
        unlinked = removal_plan(structure, page).unlinked
        chain = [directory.offset for directory in structure.chain()]
    return sum(offset in unlinked for offset in chain[:page])


def removal_plan(structure: Structure, page: int) -> RemovalPlan:
    """Plan what to remove from the file so that nothing in it shows ``page`` before its restoration."""
    plan, native = RemovalPlan(), structure.page(page)
    found = reduced_copies(structure, page)
    stale = [each for each in found if not each.level]
    _plan_renditions(structure, stale, plan)
    _plan_thumbnail(structure, native, plan)
    kept = [each.directory for each in found if each.level]
    for directory in (native, *_exif(structure, native), *kept):
        for entry in directory.entries:
            _plan_value(structure, entry, plan)
    return plan


def _plan_renditions(structure: Structure, stale: list[ReducedCopy], plan: RemovalPlan) -> None:
    gone = {each.directory.offset for each in stale}
    for each in stale:
        entry = each.parent.find(SUB_IFDS) if each.parent else None
        if entry and entry.offset not in plan.child_offsets:
            offsets = (_next_kept(structure, offset, gone) for offset in structure.directory_offsets(entry))
            plan.child_offsets[entry.offset] = list(dict.fromkeys(offset for offset in offsets if offset))
            plan.erased.append(_value_span(entry))
        plan.notes.append(WritingNote(each.name, "removed"))
        plan.erased += _all_ranges(structure, each.directory)
        plan.unlinked.add(each.directory.offset)


def _next_kept(structure: Structure, offset: int, gone: set[int]) -> int:
    """Return ``offset``, or that of the first directory behind it that is kept; 0 if there is none."""
    visited: set[int] = set()
    while offset in gone and offset not in visited:
        visited.add(offset)
        offset = structure.directory(offset).next
    return 0 if offset in visited else offset


def _plan_thumbnail(structure: Structure, native: Directory, plan: RemovalPlan) -> None:
    """Plan the removal of a JPEG thumbnail next to the strips or tiles of the page's own directory."""
    offset, length = native.find(_JPEG_STREAM), native.find(_JPEG_LENGTH)
    if offset and length and native.find(STRIP_OFFSETS, TILE_OFFSETS) and not _is_old_jpeg(structure, native):
        start = structure.number(native, _JPEG_STREAM, 0)
        plan.dropped |= {offset.offset, length.offset}
        plan.erased.append((start, start + structure.number(native, _JPEG_LENGTH, 0)))
        plan.notes.append(WritingNote(Message("JPEG thumbnail (tag {tag})", tag=_JPEG_STREAM), "removed"))


def _is_old_jpeg(structure: Structure, directory: Directory) -> bool:
    return structure.number(directory, 259, 1) == 6


def _plan_value(structure: Structure, entry: IfdEntry, plan: RemovalPlan) -> None:
    tag = entry.tag
    known = tag in (stale_values.IPTC, stale_values.PHOTOSHOP, stale_values.LAYERS)
    can_hold = known or entry.kind in _BYTES or (tag >= _PRIVATE and not is_pointer(entry))
    if entry.inline or not can_hold or entry.size > structure.size:
        return
    if tag == stale_values.LAYERS:
        value, notes = stale_values.clean_value(tag, b"")
    elif entry.size > _LONGEST or not (before := _readable(structure, entry)):
        return
    else:
        value, notes = stale_values.clean_value(tag, before)
    if not notes:
        return
    plan.notes += notes
    plan.erased.append(_value_span(entry))
    if value:
        plan.values[entry.offset] = value
    else:
        plan.dropped.add(entry.offset)


def _readable(structure: Structure, entry: IfdEntry) -> bytes:
    try:
        return structure.value(entry)
    except PaintingError:
        return b""


def _exif(structure: Structure, native: Directory) -> Iterator[Directory]:
    entry = native.find(EXIF_IFD)
    yield from filter(None, map(structure.try_directory, structure.directory_offsets(entry) if entry else []))


def _value_span(entry: IfdEntry) -> tuple[int, int]:
    return (0, 0) if entry.inline else (entry.value_offset, entry.value_offset + entry.size)


def _all_ranges(structure: Structure, directory: Directory) -> Spans:
    """Return the ranges of ``directory``, its values and data, and of all directories below it."""
    spans: Spans = []
    visited, pending = {directory.offset}, [directory]
    while pending:
        current = pending.pop()
        spans += directory_spans(structure, current)
        new = {offset for offset in structure.child_offsets(current) if offset not in visited}
        visited |= new
        pending += filter(None, map(structure.try_directory, new))
    return spans


class _Remover:
    """Applies a removal plan to the file."""

    def __init__(self, structure: Structure, plan: RemovalPlan) -> None:
        self._structure, self._plan = structure, plan
        self._file, self._flavour = structure.file, structure.flavour
        self._extents = Extents(structure)

    def run(self, page: int) -> None:
        structure, unlinked = self._structure, self._plan.unlinked
        pages = list(structure.chain())
        native = structure.page(page)
        visited: set[int] = set()
        below = [
            other for each in (native, *self._kept(page)) for other in children(structure, each, visited)
        ]
        found = {each.offset: each for each in (*pages, *_exif(structure, native), *below)}
        for directory in found.values():
            if directory.offset not in unlinked:
                self._rewrite(directory, self._after(directory.next))
        first = self._after(structure.first)
        if first != structure.first:
            self._file.seek(0)
            self._file.write(self._flavour.header(first))

    def _kept(self, page: int) -> list[Directory]:
        """Return the reduced copies of ``page`` that are kept."""
        found = (each.directory for each in reduced_copies(self._structure, page))
        return [each for each in found if each.offset not in self._plan.unlinked]

    def _after(self, offset: int) -> int:
        return _next_kept(self._structure, offset, self._plan.unlinked)

    def _rewrite(self, directory: Directory, following: int) -> None:
        """Rewrite the directory in place with the kept entries; zero what it no longer needs."""
        plan, flavour = self._plan, self._flavour
        offsets = {entry.offset for entry in directory.entries}
        changed = offsets & (plan.dropped | plan.values.keys() | plan.child_offsets.keys())
        if not changed and following == directory.next:
            return
        packed = [data for entry in directory.entries if (data := self._packed(entry))]
        table = flavour.pack("n", len(packed)) + b"".join(packed) + flavour.pack("o", following)
        self._file.seek(directory.offset)
        self._file.write(table.ljust(directory.size, b"\0"))

    def _packed(self, entry: IfdEntry) -> bytes | None:
        """Return the entry's new bytes, or None if it is removed."""
        plan = self._plan
        if entry.offset in plan.dropped:
            return None
        if entry.offset in plan.child_offsets:
            offsets = plan.child_offsets[entry.offset]
            if not offsets:
                return None
            kind = Field(entry.tag, entry.kind, len(offsets), self._numbers(entry, offsets))
            return packed_field(self._file, self._flavour, kind)
        if entry.offset in plan.values:
            return self._with_value(entry, plan.values[entry.offset])
        return self._structure.bytes_at(entry.offset, self._flavour.entry_size)

    def _numbers(self, entry: IfdEntry, offsets: list[int]) -> bytes:
        width = KIND_SIZE[entry.kind]
        return np.array(offsets, f"{self._flavour.order}u{width}").tobytes()

    def _with_value(self, entry: IfdEntry, value: bytes) -> bytes:
        """Return the entry with a new value that is not longer than the old one.

        The value replaces the old bytes unless others use them too.
        """
        size = KIND_SIZE[entry.kind]
        value += bytes(-len(value) % size)
        changed = Field(entry.tag, entry.kind, len(value) // size, value)
        start, end = _value_span(entry)
        exclusive = self._extents.owners(start, end) <= 1
        if exclusive and self._flavour.offset_size < len(value) <= end - start:
            self._file.seek(start)
            self._file.write(value)
            changed = Field(entry.tag, entry.kind, len(value) // size, offset=start)
        return packed_field(self._file, self._flavour, changed)
