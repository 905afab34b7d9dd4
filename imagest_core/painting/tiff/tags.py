"""Tags carried from a picture into a new TIFF of it: everything but how the samples are stored.

They come from the source's own directory (of a lossy TIFF), from the EXIF block of a JPEG, PNG, WebP
or JPEG 2000, and from the blobs beside it; EXIF and GPS stay directories of their own. What can't be
carried is named.
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
from imagest_core.painting.metadata import stale_values
from imagest_core.painting.metadata.maker_notes import MAKER_NOTE, PlacedNote, has_maker_note, placed_note
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
    Entry,
    Field,
    Flavour,
    Order,
    Structure,
    append_directory,
)
from imagest_core.painting.tiff.pyramid import renditions

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
"""TIFF field types."""

SOFTWARE, ORIENTATION = 305, 274
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
XMP, IPTC, PHOTOSHOP, PROFILE = 700, 33723, 34377, 34675
_GEO = {33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113}
"""GeoTIFF tags, with those of GDAL."""

_UNITS = ((2, MM_PER_INCH), (3, 10.0))
"""Values of ResolutionUnit, with their millimetres."""

_ALIKE = 1e-4
"""Share by which two names of one resolution may differ."""

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
"""Tags that say how samples are stored, or point to other pictures."""

_WITHOUT_MEANING = frozenset(tag for first, last in _SPANS_WITHOUT_MEANING for tag in range(first, last + 1))
"""Those of them that say nothing once the samples are stored anew, or that are named by themselves."""

_OF_SAMPLES = {338, 339}
"""Tags that mean something only where samples are stored so: not in an EXIF block."""

_NAMES = {
    338: "ExtraSamples", 339: "SampleFormat",
    280: "MinSampleValue", 281: "MaxSampleValue", 343: "ClipPath", 529: "YCbCrCoefficients",
    530: "YCbCrSubSampling", 531: "YCbCrPositioning", 532: "ReferenceBlackWhite",
}  # fmt: skip


@contextmanager
def source_directory(painting: Painting) -> Iterator[tuple[Structure, Directory] | None]:
    """The directory whose tags describe the picture, where the source has one."""
    if is_tiff(painting):
        with open(painting.path, "rb") as file:
            structure = Structure(file)
            yield structure, structure.page(painting.page)
    else:
        yield _exif_directory(painting.metadata.exif)


def is_tiff(painting: Painting) -> bool:
    """Whether the scan's file is a TIFF."""
    return painting.format in ("TIFF", "BigTIFF")


def _exif_directory(exif: bytes | None) -> tuple[Structure, Directory] | None:
    try:
        structure = Structure(io.BytesIO(exif or b""))
        return structure, structure.directory(structure.first)
    except PaintingError:
        return None


def carry(painting: Painting, path: Path, software: str, profile: bytes | None) -> None:
    """Give the one-page TIFF at ``path`` the tags and further pages of ``painting``'s file, the colour
    ``profile`` of its samples, and ``software`` as its maker."""
    with open(path, "rb+") as file, source_directory(painting) as origin:
        structure = Structure(file)
        flavour = structure.flavour
        own = _own_fields(structure)
        note = _placed_note(painting, origin, flavour)
        if note is not None:
            own = note.make_room(structure, own)
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
    """What :func:`carry` changes, leaves behind or removes."""
    with source_directory(painting) as origin:
        flavour = Flavour(origin[0].flavour.order if origin else "<", big=False)
        note = _placed_note(painting, origin, flavour)
        _, notes = _carried(painting, origin, io.BytesIO(bytes(8)), flavour, software, note)
        return notes + _page_notes(painting, origin)


def _page_notes(painting: Painting, origin: tuple[Structure, Directory] | None) -> list[WritingNote]:
    """What becomes of the file's other pages, but for smaller copies of the one shown."""
    if origin is None or not is_tiff(painting):
        return []
    structure, shown = origin
    kept = {each.place for pages in other_pages(painting, origin) for each in pages}
    gone = {each.directory.place for each in renditions(structure, painting.page)} | {shown.place}
    return [
        WritingNote(f"Page {number} of the file", "kept")
        if page.place in kept
        else WritingNote(f"Page {number} of the file", "lost", "as it is damaged")
        for number, page in enumerate(structure.chain(), 1)
        if page.place not in gone
    ]


def other_pages(
    painting: Painting, origin: tuple[Structure, Directory] | None
) -> tuple[list[Directory], list[Directory]]:
    """The pages before and after the one shown, without smaller copies of that one and damaged pages."""
    if origin is None or not is_tiff(painting):
        return [], []
    structure = origin[0]
    gone = {each.directory.place for each in renditions(structure, painting.page)}
    pages = list(structure.chain())

    def kept(found: list[Directory]) -> list[Directory]:
        return [each for each in found if each.place not in gone and copyable(structure, each)]

    return kept(pages[: painting.page]), kept(pages[painting.page + 1 :])


def bytes_of_pages(painting: Painting) -> int:
    """Bytes that further pages of the scan's file may take."""
    with source_directory(painting) as origin:
        return painting.path.stat().st_size if any(other_pages(painting, origin)) else 0


def byte_order(painting: Painting) -> Order:
    """The order (``<`` or ``>``) in which the source's values can be copied as they stand."""
    with source_directory(painting) as origin:
        return origin[0].flavour.order if origin else "<"


def _placed_note(
    painting: Painting, origin: tuple[Structure, Directory] | None, flavour: Flavour
) -> PlacedNote | None:
    """The maker note of an EXIF block, which is put where it lay in the block."""
    exif = painting.metadata.exif
    return placed_note(*origin, exif, flavour) if origin and exif and not is_tiff(painting) else None


def _carried(
    painting: Painting,
    origin: tuple[Structure, Directory] | None,
    file: BinaryIO,
    flavour: Flavour,
    software: str,
    placed: PlacedNote | None,
) -> tuple[Fields, list[WritingNote]]:
    """The fields of the new file but those of the raster and the profile; directories are appended to it."""
    fields: Fields = {}
    notes = list(painting.metadata.notes)
    if origin:
        kept = {placed.entry.place: placed.field} if placed else {}
        copier = Copier(origin[0], file, flavour, notes, kept, stale_values.clean)
        fields = _copied(painting, copier, origin[1])
        notes += placed.notes if placed else _maker_note_notes(*origin)
    elif painting.metadata.exif:
        notes.append(WritingNote("EXIF block, which is damaged", "lost"))
    if not is_tiff(painting):
        fields |= _blobs(painting, fields, notes)
        fields = _geo(painting, flavour, notes) | fields
    fields = _upright(fields, painting, notes, flavour)
    there = {X_RESOLUTION, Y_RESOLUTION} <= fields.keys()
    says = there and (is_tiff(painting) or _says(fields, painting.resolution, flavour))
    if painting.resolution and not says:
        if there:
            notes.append(WritingNote("XResolution, YResolution and ResolutionUnit in the EXIF block", "lost"))
        fields |= _resolution(painting.resolution, flavour)
    return add_texts(painting, fields, software, notes), notes


def _copied(painting: Painting, copier: Copier, directory: Directory) -> Fields:
    """The tags that don't concern the raster, with the directories below them."""
    entries = [entry for entry in directory.entries if entry.tag not in _OF_THE_RASTER]
    fields = copier.fields(entry for entry in entries if not _is_layers(entry, copier.notes))
    profile = fields.pop(PROFILE, None)
    if profile and profile.value != painting.profile:
        copier.notes.append(WritingNote(f"Colour profile (tag {PROFILE}), which isn't used", "lost"))
    meaning = _OF_THE_RASTER - _WITHOUT_MEANING | (set() if is_tiff(painting) else _OF_SAMPLES)
    left = [
        f"{_NAMES.get(entry.tag, 'tag')} ({entry.tag})" for entry in directory.entries if entry.tag in meaning
    ]
    if left:
        copier.notes.append(WritingNote(f"Tags of the old encoding: {', '.join(left)}", "lost"))
    for each in renditions(copier.source, painting.page if is_tiff(painting) else 0):
        copier.notes.append(WritingNote(each.name, "removed"))
    return fields


def _is_layers(entry: Entry, notes: list[WritingNote]) -> bool:
    """Whether these are Photoshop's layers, which may be longer than everything else and aren't read."""
    if entry.tag != stale_values.LAYERS:
        return False
    notes += stale_values.clean(entry.tag, b"")[1]
    return True


def _maker_note_notes(structure: Structure, directory: Directory) -> list[WritingNote]:
    """The maker note of a TIFF is copied to another place than its own addresses know."""
    if not has_maker_note(structure, directory):
        return []
    detail = "but addresses inside it may lead nowhere"
    return [WritingNote(f"Maker note (EXIF tag {MAKER_NOTE})", "kept", detail)]


def _own_fields(structure: Structure) -> Fields:
    """The tags of the raster that was written, long values where they are."""
    directory = structure.directory(structure.first)
    return {
        entry.tag: Field(entry.tag, entry.kind, entry.count, structure.value(entry))
        if entry.inline
        else Field(entry.tag, entry.kind, entry.count, place=entry.value_place)
        for entry in directory.entries
        if entry.tag in _OF_THE_RASTER
    }


def _upright(fields: Fields, painting: Painting, notes: list[WritingNote], flavour: Flavour) -> Fields:
    """The carried tags for the picture as displayed: resolutions and the XMP's orientation follow it."""
    fields = dict(fields)
    orientation = Orientation.of(painting.orientation)
    if orientation.swaps and {X_RESOLUTION, Y_RESOLUTION} <= fields.keys():
        x, y = fields[X_RESOLUTION], fields[Y_RESOLUTION]
        fields |= {X_RESOLUTION: replace(y, tag=X_RESOLUTION), Y_RESOLUTION: replace(x, tag=Y_RESOLUTION)}
        if x.value != y.value:
            name = f"XResolution and YResolution (tags {X_RESOLUTION} and {Y_RESOLUTION}), exchanged"
            notes.append(WritingNote(name, "converted"))
    if XMP in fields:
        before = fields[XMP]
        fields[XMP] = replace(before, value=upright_xmp(before.value))
        if fields[XMP] != before:
            notes.append(WritingNote(f"tiff:Orientation in the XMP (tag {XMP}), as 1 (upright)", "converted"))
    if painting.orientation != 1:
        notes.append(
            WritingNote(f"Orientation (tag {ORIENTATION}), by turning the picture upright", "converted")
        )
    fields[ORIENTATION] = Field(ORIENTATION, SHORT, 1, flavour.pack("H", 1))
    return fields


def _blobs(painting: Painting, fields: Fields, notes: list[WritingNote]) -> Fields:
    """XMP, IPTC and Photoshop resources that lie beside the EXIF block."""
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
            notes.append(WritingNote(f"Tag {tag} in the EXIF block, besides that of the file", "lost"))
        value, removed = stale_values.clean(tag, value)
        notes += removed
        size = 4 if kind == LONG else 1
        value += bytes(-len(value) % size)
        if value:
            blobs[tag] = Field(tag, kind, len(value) // size, value)
    return blobs


def _geo(painting: Painting, flavour: Flavour, notes: list[WritingNote]) -> Fields:
    """The GeoTIFF tags of a box of JPEG 2000."""
    box = painting.metadata.geo
    if not box:
        return {}
    origin = _exif_directory(box)
    if origin is None:
        notes.append(WritingNote("GeoTIFF box, which is damaged", "lost"))
        return {}
    structure, directory = origin
    copier = Copier(structure, io.BytesIO(), structure.flavour, notes)
    fields = copier.fields(entry for entry in directory.entries if entry.tag in _GEO)
    order = structure.flavour.order
    return {tag: reordered(field, order, flavour.order) for tag, field in fields.items()}


def _profile(profile: bytes | None) -> Fields:
    return {PROFILE: Field(PROFILE, UNDEFINED, len(profile), profile)} if profile else {}


def _says(fields: Fields, resolution: Resolution | None, flavour: Flavour) -> bool:
    """Whether the fields name this resolution already."""
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
    """Resolution tags in inches or centimetres, whichever says it more exactly."""
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
