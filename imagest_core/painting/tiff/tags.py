"""Carry tags from an image into a new TIFF: everything except how the samples are stored.

They come from the source's own directory (of a lossy TIFF), from the EXIF block of a JPEG, PNG, WebP or
JPEG 2000, and from the metadata blocks next to it. EXIF and GPS keep directories of their own. A note names
what can't be carried.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.metadata import stale_values
from imagest_core.painting.metadata.maker_notes import (
    MAKER_NOTE,
    PlacedMakerNote,
    has_maker_note,
    place_maker_note,
)
from imagest_core.painting.metadata.texts import add_texts
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.metadata.xmp import upright_xmp
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import Painting
from imagest_core.painting.resolution import MM_PER_INCH, Resolution
from imagest_core.painting.tiff.byte_order import reordered
from imagest_core.painting.tiff.copy import Copier, Fields, copyable
from imagest_core.painting.tiff.ifd import (
    Directory,
    Field,
    Flavour,
    IfdEntry,
    Order,
    Structure,
    append_directory,
)
from imagest_core.painting.tiff.pyramid import POSSIBLE_COPY, possible_copies, reduced_copies

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
"""TIFF field types."""

SOFTWARE, ORIENTATION = 305, 274
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
XMP, IPTC, PHOTOSHOP, PROFILE = 700, 33723, 34377, 34675
_GEO = {33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113}
"""GeoTIFF tags, with those of GDAL."""

_UNITS = ((2, MM_PER_INCH), (3, 10.0))
"""Values of ResolutionUnit, with the unit in millimetres."""

_ALIKE = 1e-4
"""Largest relative difference between two values of the same resolution."""

# fmt: off
_SPANS_OF_THE_RASTER = (
    (254, 259), (262, 266), (273, 274), (277, 281), (284, 284), (288, 293), (317, 317),
    (320, 320), (322, 328), (330, 336), (338, 343), (347, 347), (400, 400), (512, 521), (529, 532),
    (559, 559), (32997, 32998),
)
_SPANS_WITHOUT_MEANING = (
    (254, 259), (262, 262), (266, 266), (273, 274), (277, 279), (284, 284), (317, 317), (322, 325),
    (330, 330), (338, 339), (347, 347), (512, 521),
)
# fmt: on
_OF_THE_RASTER = frozenset(tag for first, last in _SPANS_OF_THE_RASTER for tag in range(first, last + 1))
"""Tags that define how samples are stored, or point to other images."""

_WITHOUT_MEANING = frozenset(tag for first, last in _SPANS_WITHOUT_MEANING for tag in range(first, last + 1))
"""Those of them that lose their meaning in a new file, or have notes of their own."""

_OF_SAMPLES = {338, 339}
"""Tags that have a meaning only next to samples, not in an EXIF block."""

_NAMES = {
    338: "ExtraSamples", 339: "SampleFormat",
    280: "MinSampleValue", 281: "MaxSampleValue", 343: "ClipPath", 529: "YCbCrCoefficients",
    530: "YCbCrSubSampling", 531: "YCbCrPositioning", 532: "ReferenceBlackWhite",
}  # fmt: skip


@contextmanager
def source_directory(painting: Painting) -> Iterator[tuple[Structure, Directory] | None]:
    """Provide the directory whose tags describe the image, or None if the source has none."""
    if is_tiff(painting):
        with open(painting.path, "rb") as file:
            structure = Structure(file)
            yield structure, structure.page(painting.page)
    else:
        yield _exif_directory(painting.metadata.exif)


def is_tiff(painting: Painting) -> bool:
    """Return whether the scan's file is a TIFF."""
    return painting.format in ("TIFF", "BigTIFF")


def _exif_directory(exif: bytes | None) -> tuple[Structure, Directory] | None:
    try:
        structure = Structure(io.BytesIO(exif or b""))
        return structure, structure.directory(structure.first)
    except PaintingError:
        return None


def carry(painting: Painting, path: Path, software: str, profile: bytes | None) -> None:
    """Add the tags and further pages of ``painting``'s file to the one-page TIFF at ``path``.

    ``profile`` is the colour profile of the new samples, ``software`` the name of the writing program.
    """
    with open(path, "rb+") as file, source_directory(painting) as origin:
        structure = Structure(file)
        flavour = structure.flavour
        own = _own_fields(structure)
        note = _place_maker_note(painting, origin, flavour)
        if note is not None:
            own = note.write_into(structure, own)
        carried, _ = _carried(painting, origin, file, flavour, software, note)
        fields = (carried | _profile(profile) | own).values()
        copier = Copier(origin[0], file, flavour) if origin else None
        before, after = other_pages(painting, origin)
        following = 0
        for page in reversed(after):
            assert copier
            following = copier.page(page, following)
        following = append_directory(file, flavour, fields, following)
        for page in reversed(before):
            assert copier
            following = copier.page(page, following)
        file.seek(0)
        file.write(flavour.header(following))


def carrying_notes(painting: Painting, software: str) -> list[WritingNote]:
    """Return notes on what :func:`carry` changes, loses or removes."""
    with source_directory(painting) as origin:
        flavour = Flavour(origin[0].flavour.order if origin else "<", big=False)
        note = _place_maker_note(painting, origin, flavour)
        _, notes = _carried(painting, origin, io.BytesIO(bytes(8)), flavour, software, note)
        return notes + _page_notes(painting, origin)


def _page_notes(painting: Painting, origin: tuple[Structure, Directory] | None) -> list[WritingNote]:
    """Return notes on the file's other pages, except reduced copies of the displayed one."""
    if origin is None or not is_tiff(painting):
        return []
    structure, shown = origin
    kept = {each.offset for pages in other_pages(painting, origin) for each in pages}
    copies = reduced_copies(structure, painting.page)
    gone = {each.directory.offset for each in copies} | {shown.offset}
    similar = possible_copies(structure, painting.page, copies)
    notes = []
    for number, page in enumerate(structure.chain(), 1):
        name = Message("Page {number} of the file", number=number)
        if page.offset in kept:
            notes.append(WritingNote(name, "kept", POSSIBLE_COPY if number in similar else ""))
        elif page.offset not in gone:
            notes.append(WritingNote(name, "lost", Message("as it is damaged")))
    return notes


def other_pages(
    painting: Painting, origin: tuple[Structure, Directory] | None
) -> tuple[list[Directory], list[Directory]]:
    """Return the pages before and after the displayed one, without its reduced copies and damaged pages."""
    if origin is None or not is_tiff(painting):
        return [], []
    structure = origin[0]
    gone = {each.directory.offset for each in reduced_copies(structure, painting.page)}
    pages = list(structure.chain())

    def kept(found: list[Directory]) -> list[Directory]:
        return [each for each in found if each.offset not in gone and copyable(structure, each)]

    return kept(pages[: painting.page]), kept(pages[painting.page + 1 :])


def bytes_of_pages(painting: Painting) -> int:
    """Return the largest size in bytes of further pages of the scan's file."""
    with source_directory(painting) as origin:
        return painting.path.stat().st_size if any(other_pages(painting, origin)) else 0


def byte_order(painting: Painting) -> Order:
    """Return the byte order in which the source's values can be copied unchanged."""
    with source_directory(painting) as origin:
        return origin[0].flavour.order if origin else "<"


def _place_maker_note(
    painting: Painting, origin: tuple[Structure, Directory] | None, flavour: Flavour
) -> PlacedMakerNote | None:
    """Return the maker note of an EXIF block, which keeps its offset in the new file."""
    exif = painting.metadata.exif
    return place_maker_note(*origin, exif, flavour) if origin and exif and not is_tiff(painting) else None


def _carried(
    painting: Painting,
    origin: tuple[Structure, Directory] | None,
    file: BinaryIO,
    flavour: Flavour,
    software: str,
    placed: PlacedMakerNote | None,
) -> tuple[Fields, list[WritingNote]]:
    """Return the new file's fields except raster and profile; append their directories to the file."""
    fields: Fields = {}
    notes = list(painting.metadata.notes)
    if origin:
        kept = {placed.entry.offset: placed.field} if placed else {}
        copier = Copier(origin[0], file, flavour, notes, kept, stale_values.clean_value)
        fields = _copied(painting, copier, origin[1])
        notes += placed.notes if placed else _maker_note_notes(*origin)
    elif painting.metadata.exif:
        notes.append(WritingNote(Message("EXIF block, which is damaged"), "lost"))
    if not is_tiff(painting):
        fields |= _blobs(painting, fields, notes)
        fields = _geo(painting, flavour, notes) | fields
    fields = _upright(fields, painting, notes, flavour)
    has_tags = {X_RESOLUTION, Y_RESOLUTION} <= fields.keys()
    matches = has_tags and (is_tiff(painting) or _contains_resolution(fields, painting.resolution, flavour))
    if painting.resolution and not matches:
        if has_tags:
            notes.append(
                WritingNote(Message("XResolution, YResolution and ResolutionUnit in the EXIF block"), "lost")
            )
        fields |= _resolution(painting.resolution, flavour)
    return add_texts(painting, fields, software, notes), notes


def _copied(painting: Painting, copier: Copier, directory: Directory) -> Fields:
    """Copy the tags that don't concern the raster, with the directories below them."""
    entries = [entry for entry in directory.entries if entry.tag not in _OF_THE_RASTER]
    fields = copier.fields(entry for entry in entries if not _is_layers(entry, copier.notes))
    profile = fields.pop(PROFILE, None)
    if profile and profile.value != painting.profile:
        copier.notes.append(
            WritingNote(Message("Colour profile (tag {tag}), which isn't used", tag=PROFILE), "lost")
        )
    meaning = _OF_THE_RASTER - _WITHOUT_MEANING | (set() if is_tiff(painting) else _OF_SAMPLES)
    left = [
        f"{_NAMES.get(entry.tag, 'tag')} ({entry.tag})" for entry in directory.entries if entry.tag in meaning
    ]
    if left:
        copier.notes.append(
            WritingNote(Message("Tags of the old encoding: {tags}", tags=", ".join(left)), "lost")
        )
    for each in reduced_copies(copier.source, painting.page if is_tiff(painting) else 0):
        copier.notes.append(WritingNote(each.name, "removed"))
    return fields


def _is_layers(entry: IfdEntry, notes: list[WritingNote]) -> bool:
    """Return whether these are Photoshop layers, which may be very large and are not read."""
    if entry.tag != stale_values.LAYERS:
        return False
    notes += stale_values.clean_value(entry.tag, b"")[1]
    return True


def _maker_note_notes(structure: Structure, directory: Directory) -> list[WritingNote]:
    """Return a note for a TIFF's maker note, whose copy has another offset than its addresses expect."""
    if not has_maker_note(structure, directory):
        return []
    detail = Message("but its internal offsets may be invalid")
    return [WritingNote(Message("Maker note (EXIF tag {tag})", tag=MAKER_NOTE), "kept", detail)]


def _own_fields(structure: Structure) -> Fields:
    """Return the tags of the written raster; long values keep their offsets."""
    directory = structure.directory(structure.first)
    return {
        entry.tag: Field(entry.tag, entry.kind, entry.count, structure.value(entry))
        if entry.inline
        else Field(entry.tag, entry.kind, entry.count, offset=entry.value_offset)
        for entry in directory.entries
        if entry.tag in _OF_THE_RASTER
    }


def _upright(fields: Fields, painting: Painting, notes: list[WritingNote], flavour: Flavour) -> Fields:
    """Adjust the carried tags to the image as displayed: resolutions and the orientation in the XMP."""
    fields = dict(fields)
    orientation = Orientation.of(painting.orientation)
    if orientation.swaps and {X_RESOLUTION, Y_RESOLUTION} <= fields.keys():
        x, y = fields[X_RESOLUTION], fields[Y_RESOLUTION]
        fields |= {X_RESOLUTION: replace(y, tag=X_RESOLUTION), Y_RESOLUTION: replace(x, tag=Y_RESOLUTION)}
        if x.value != y.value:
            name = Message(
                "XResolution and YResolution (tags {first} and {second}), exchanged",
                first=X_RESOLUTION,
                second=Y_RESOLUTION,
            )
            notes.append(WritingNote(name, "converted"))
    if XMP in fields:
        before = fields[XMP]
        fields[XMP] = replace(before, value=upright_xmp(before.value))
        if fields[XMP] != before:
            notes.append(
                WritingNote(
                    Message("tiff:Orientation in the XMP (tag {tag}), as 1 (upright)", tag=XMP), "converted"
                )
            )
    if painting.orientation != 1:
        notes.append(
            WritingNote(
                Message("Orientation (tag {tag}), by turning the picture upright", tag=ORIENTATION),
                "converted",
            )
        )
    fields[ORIENTATION] = Field(ORIENTATION, SHORT, 1, flavour.pack("H", 1))
    return fields


def _blobs(painting: Painting, fields: Fields, notes: list[WritingNote]) -> Fields:
    """Return XMP, IPTC and Photoshop resources that are stored next to the EXIF block."""
    data = painting.metadata
    iptc = data.iptc or b""
    found = {
        XMP: (BYTE, data.xmp),
        IPTC: (LONG, iptc + bytes(-len(iptc) % 4)),
        PHOTOSHOP: (BYTE, data.photoshop),
    }
    blobs: Fields = {}
    for tag, (kind, value) in found.items():
        if not value:
            continue
        if tag in fields and fields[tag].value != value:
            notes.append(
                WritingNote(Message("Tag {tag} in the EXIF block, besides that of the file", tag=tag), "lost")
            )
        value, removed = stale_values.clean_value(tag, value)
        notes += removed
        size = 4 if kind == LONG else 1
        value += bytes(-len(value) % size)
        if value:
            blobs[tag] = Field(tag, kind, len(value) // size, value)
    return blobs


def _geo(painting: Painting, flavour: Flavour, notes: list[WritingNote]) -> Fields:
    """Return the GeoTIFF tags of a JPEG 2000 box."""
    box = painting.metadata.geo
    if not box:
        return {}
    origin = _exif_directory(box)
    if origin is None:
        notes.append(WritingNote(Message("GeoTIFF box, which is damaged"), "lost"))
        return {}
    structure, directory = origin
    copier = Copier(structure, io.BytesIO(), structure.flavour, notes)
    fields = copier.fields(entry for entry in directory.entries if entry.tag in _GEO)
    order = structure.flavour.order
    return {tag: reordered(field, order, flavour.order) for tag, field in fields.items()}


def _profile(profile: bytes | None) -> Fields:
    return {PROFILE: Field(PROFILE, UNDEFINED, len(profile), profile)} if profile else {}


def _contains_resolution(fields: Fields, resolution: Resolution | None, flavour: Flavour) -> bool:
    """Return whether the fields already contain this resolution."""
    if resolution is None:
        return True
    unit = fields.get(RESOLUTION_UNIT)
    code = struct.unpack_from(flavour.order + "H", unit.value)[0] if unit and unit.kind == SHORT else 2
    millimetres = dict(_UNITS).get(code)
    for tag, size in ((X_RESOLUTION, resolution.px_per_mm_x), (Y_RESOLUTION, resolution.px_per_mm_y)):
        field = fields.get(tag)
        if millimetres is None or field is None or field.kind != RATIONAL or len(field.value) != 8:
            return False
        top, bottom = struct.unpack(flavour.order + "II", field.value)
        if not bottom or abs(top / bottom / millimetres - size) > _ALIKE * size:
            return False
    return True


def _resolution(resolution: Resolution, flavour: Flavour) -> Fields:
    """Return resolution tags in inches or centimetres, whichever is more exact."""
    sizes = resolution.px_per_mm_x, resolution.px_per_mm_y
    unit, millimetres = min(
        _UNITS, key=lambda unit: sum(abs(_ratio(s * unit[1]) - s * unit[1]) for s in sizes)
    )
    fields = {RESOLUTION_UNIT: Field(RESOLUTION_UNIT, SHORT, 1, flavour.pack("H", unit))}
    for tag, size in zip((X_RESOLUTION, Y_RESOLUTION), sizes):
        ratio = _ratio(size * millimetres)
        fields[tag] = Field(tag, RATIONAL, 1, flavour.pack("II", ratio.numerator, ratio.denominator))
    return fields


def _ratio(value: float) -> Fraction:
    return Fraction(value).limit_denominator(1000)
