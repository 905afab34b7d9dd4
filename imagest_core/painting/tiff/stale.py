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
    Field,
    IfdEntry,
    Structure,
    packed_field,
)
from imagest_core.painting.tiff.pyramid import ReducedCopy, children, reduced_copies

_BYTES = (1, 6, 7)
"""Types of values that can hold a picture."""

_JPEG_STREAM, _JPEG_LENGTH = 513, 514
_LONGEST = 256 << 20
"""Bytes of a value beyond which no picture is looked for in it."""


@dataclass
class RemovalPlan:
    """Changes of one file: entries to drop or change and directories to unlink, by place; bytes to erase."""

    notes: list[WritingNote] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    values: dict[int, bytes] = field(default_factory=dict)
    child_offsets: dict[int, list[int]] = field(default_factory=dict)
    unlinked: set[int] = field(default_factory=set)
    doomed: Spans = field(default_factory=list)


def stale_notes(path: Path, page: int) -> list[WritingNote]:
    """What patching ``page`` of the TIFF file updates or removes."""
    with open(path, "rb") as file:
        structure = Structure(file)
        levels = [each for each in reduced_copies(structure, page) if each.level]
        return [WritingNote(each.name, "updated") for each in levels] + removal_plan(structure, page).notes


def remove_stale(file: BinaryIO, page: int) -> list[WritingNote]:
    """Remove from the open TIFF file what shows ``page`` as it was; its bytes are erased."""
    structure = Structure(file)
    plan = removal_plan(structure, page)
    if plan.notes:
        _Remover(structure, plan).run(page)
        erase_unused(file, plan.doomed)
    return plan.notes


def pages_before(path: Path, page: int) -> int:
    """How many of the pages before ``page`` are removed with what is stale."""
    with open(path, "rb") as file:
        structure = Structure(file)
        unlinked = removal_plan(structure, page).unlinked
        chain = [directory.offset for directory in structure.chain()]
    return sum(offset in unlinked for offset in chain[:page])


def removal_plan(structure: Structure, page: int) -> RemovalPlan:
    """What is to be removed from the file so that nothing in it shows ``page`` as it was."""
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
            plan.doomed.append(_value_span(entry))
        plan.notes.append(WritingNote(each.name, "removed"))
        plan.doomed += _whole(structure, each.directory)
        plan.unlinked.add(each.directory.offset)


def _next_kept(structure: Structure, offset: int, gone: set[int]) -> int:
    """``place``, or that of the first directory behind it that stays; 0 for none."""
    seen: set[int] = set()
    while offset in gone and offset not in seen:
        seen.add(offset)
        offset = structure.directory(offset).next
    return 0 if offset in seen else offset


def _plan_thumbnail(structure: Structure, native: Directory, plan: RemovalPlan) -> None:
    """A JPEG thumbnail that the page's own directory points to, beside its strips or tiles."""
    offset, length = native.find(_JPEG_STREAM), native.find(_JPEG_LENGTH)
    if offset and length and native.find(STRIP_OFFSETS, TILE_OFFSETS) and not _is_old_jpeg(structure, native):
        start = structure.number(native, _JPEG_STREAM, 0)
        plan.dropped |= {offset.offset, length.offset}
        plan.doomed.append((start, start + structure.number(native, _JPEG_LENGTH, 0)))
        plan.notes.append(WritingNote(f"JPEG thumbnail (tag {_JPEG_STREAM})", "removed"))


def _is_old_jpeg(structure: Structure, directory: Directory) -> bool:
    return structure.number(directory, 259, 1) == 6


def _plan_value(structure: Structure, entry: IfdEntry, plan: RemovalPlan) -> None:
    tag = entry.tag
    known = tag in (stale_values.IPTC, stale_values.PHOTOSHOP, stale_values.LAYERS)
    if entry.inline or not (known or entry.kind in _BYTES) or entry.size > structure.size:
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
    plan.doomed.append(_value_span(entry))
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


def _whole(structure: Structure, directory: Directory) -> Spans:
    """The bytes of ``directory``, its values and data, and of all directories below it."""
    spans: Spans = []
    seen, waiting = {directory.offset}, [directory]
    while waiting:
        current = waiting.pop()
        spans += directory_spans(structure, current)
        new = {offset for offset in structure.child_offsets(current) if offset not in seen}
        seen |= new
        waiting += filter(None, map(structure.try_directory, new))
    return spans


class _Remover:
    """Writes a plan into the file."""

    def __init__(self, structure: Structure, plan: RemovalPlan) -> None:
        self._structure, self._plan = structure, plan
        self._file, self._flavour = structure.file, structure.flavour
        self._extents = Extents(structure)

    def run(self, page: int) -> None:
        structure, unlinked = self._structure, self._plan.unlinked
        pages = list(structure.chain())
        native = structure.page(page)
        seen: set[int] = set()
        below = [other for each in (native, *self._kept(page)) for other in children(structure, each, seen)]
        found = {each.offset: each for each in (*pages, *_exif(structure, native), *below)}
        for directory in found.values():
            if directory.offset not in unlinked:
                self._rewrite(directory, self._after(directory.next))
        first = self._after(structure.first)
        if first != structure.first:
            self._file.seek(0)
            self._file.write(self._flavour.header(first))

    def _kept(self, page: int) -> list[Directory]:
        """The smaller copies of ``page`` that stay."""
        found = (each.directory for each in reduced_copies(self._structure, page))
        return [each for each in found if each.offset not in self._plan.unlinked]

    def _after(self, offset: int) -> int:
        return _next_kept(self._structure, offset, self._plan.unlinked)

    def _rewrite(self, directory: Directory, following: int) -> None:
        """Write the directory in its place with the entries it keeps; what it no longer needs is zeros."""
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
        """The entry's bytes as they are to be; None where it goes."""
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
        """The entry with a value no longer than its own, in the same bytes unless others use these too."""
        size = KIND_SIZE[entry.kind]
        value += bytes(-len(value) % size)
        changed = Field(entry.tag, entry.kind, len(value) // size, value)
        start, end = _value_span(entry)
        alone = self._extents.owners(start, end) <= 1
        if alone and self._flavour.offset_size < len(value) <= end - start:
            self._file.seek(start)
            self._file.write(value)
            changed = Field(entry.tag, entry.kind, len(value) // size, offset=start)
        return packed_field(self._file, self._flavour, changed)
