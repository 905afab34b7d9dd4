"""Maker notes: private camera data whose offsets count from the start of the EXIF block.

They stay valid in a new TIFF if they keep their distance from the start of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from imagest_core.messages import Message
from imagest_core.painting.metadata import embedded
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.tiff.copy import Fields
from imagest_core.painting.tiff.erase import directory_spans, erase
from imagest_core.painting.tiff.ifd import (
    EXIF_IFD,
    KIND_SIZE,
    NUMBER_CODE,
    SEGMENT_TAGS,
    Directory,
    Field,
    Flavour,
    IfdEntry,
    Structure,
    append,
    numbers_field,
)

MAKER_NOTE = 37500
_LONGEST = 16 << 20


@dataclass(frozen=True)
class PlacedMakerNote:
    """A maker note that keeps its offset in the EXIF block, with the data it may point to."""

    entry: IfdEntry
    block: bytes
    notes: list[WritingNote] = field(default_factory=list)

    @property
    def field(self) -> Field:
        """The note's field in the new file."""
        entry = self.entry
        return Field(entry.tag, entry.kind, entry.count, offset=entry.value_offset)

    def write_into(self, structure: Structure, own: Fields) -> Fields:
        """Write the block behind the header of the new file; move strips, tiles and values out of the way.

        ``own`` are the fields of the raster; returns them with their new offsets.
        """
        file, flavour, end = structure.file, structure.flavour, len(self.block)
        updated = {
            tag: replace(each, value=structure.bytes_at(each.offset, _size(each)), offset=None)
            if each.offset is not None and each.offset < end
            else each
            for tag, each in own.items()
        }
        offset_tag, count_tag = next((a, b) for a, b in SEGMENT_TAGS if a in updated)
        offsets, sizes = (_numbers(structure, updated[tag]) for tag in (offset_tag, count_tag))
        segments = (offsets < end).nonzero()[0]
        kept = [structure.bytes_at(int(offsets[index]), int(sizes[index])) for index in segments]
        reach = max([end, *(int(offsets[index] + sizes[index]) for index in segments)])
        if structure.size < end:
            file.truncate(end)
        for index, data in zip(segments, kept):
            offsets[index] = append(file, data)
        erase(file, flavour.header_size, min(reach, structure.size) - flavour.header_size)
        file.seek(flavour.header_size)
        file.write(self.block[flavour.header_size :])
        return updated | {offset_tag: numbers_field(offset_tag, offsets, flavour)}


def place_maker_note(
    structure: Structure, directory: Directory, block: bytes, flavour: Flavour
) -> PlacedMakerNote | None:
    """Return the maker note of an EXIF ``block``, or None if there is none or it can't keep its offset."""
    entry = _maker_note(structure, directory)
    if entry is None or entry.inline or flavour.order != structure.flavour.order or len(block) > _LONGEST:
        return None
    if not flavour.header_size <= entry.value_offset <= len(block) - entry.size:
        return None
    data = np.frombuffer(block, np.uint8).copy()
    start, end = entry.value_offset, entry.value_offset + entry.size
    for known in structure.walk():
        for first, last in directory_spans(structure, known):
            data[first:last] = 0
    data[start:end] = np.frombuffer(block, np.uint8)[start:end]
    left = data.tobytes()
    spans = embedded.find_pictures(left)
    note = WritingNote(Message("Maker note preview (EXIF tag {tag})", tag=MAKER_NOTE), "removed")
    return PlacedMakerNote(
        entry, embedded.zero_spans(left, spans).rstrip(b"\0").ljust(end, b"\0"), [note] if spans else []
    )


def has_maker_note(structure: Structure, directory: Directory) -> bool:
    """Return whether there is a maker note that is large enough to contain offsets."""
    entry = _maker_note(structure, directory)
    return entry is not None and not entry.inline


def _maker_note(structure: Structure, directory: Directory) -> IfdEntry | None:
    pointer = directory.find(EXIF_IFD)
    below = filter(
        None, map(structure.try_directory, structure.directory_offsets(pointer) if pointer else [])
    )
    return next((entry for each in below if (entry := each.find(MAKER_NOTE))), None)


def _size(each: Field) -> int:
    return KIND_SIZE[each.kind] * each.count


def _numbers(structure: Structure, each: Field) -> np.ndarray:
    data = each.value if each.offset is None else structure.bytes_at(each.offset, _size(each))
    return np.frombuffer(data[: _size(each)], structure.flavour.order + NUMBER_CODE[each.kind]).astype(
        np.uint64
    )
