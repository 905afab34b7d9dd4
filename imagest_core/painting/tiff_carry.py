"""Tags carried from a picture into a new TIFF of it: everything but how the samples are stored.

They come from the source's own directory (of a lossy TIFF), from the EXIF block of a JPEG, PNG, WebP
or JPEG 2000, and from the blobs beside it; EXIF and GPS stay directories of their own.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from imagest_core.errors import PaintingError
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.painting import Painting
from imagest_core.painting.resolution import MM_PER_INCH, Resolution
from imagest_core.painting.tiff_layout import (
    DEEPEST,
    OVERLAP,
    Directory,
    Entry,
    Field,
    Flavour,
    Order,
    Structure,
    append_directory,
    damaged,
    is_pointer,
    numbers_field,
)

Fields = dict[int, Field]
BYTE, ASCII, SHORT, RATIONAL, UNDEFINED = 1, 2, 3, 5, 7
"""TIFF field types."""

DESCRIPTION, SOFTWARE, DATE, ARTIST, COPYRIGHT = 270, 305, 306, 315, 33432
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
XMP, IPTC, PHOTOSHOP, PROFILE = 700, 33723, 34377, 34675
_UNITS = ((2, MM_PER_INCH), (3, 10.0))
"""Values of ResolutionUnit, with their millimetres."""

# fmt: off
_SPANS_OF_THE_RASTER = (
    (254, 259), (262, 266), (273, 274), (277, 281), (284, 284), (288, 293), (317, 317),
    (320, 320), (322, 328), (330, 336), (338, 343), (347, 347), (400, 400), (512, 521), (529, 532),
    (559, 559), (32997, 32998),
)
# fmt: on
_OF_THE_RASTER = frozenset(tag for first, last in _SPANS_OF_THE_RASTER for tag in range(first, last + 1))
"""Tags that say how samples are stored, or point to other pictures."""


@contextmanager
def source_directory(painting: Painting) -> Iterator[tuple[Structure, Directory] | None]:
    """The directory whose tags describe the picture, where the source has one."""
    if painting.format in ("TIFF", "BigTIFF"):
        with open(painting.path, "rb") as file:
            structure = Structure(file)
            yield structure, structure.page(painting.page)
    else:
        yield _exif_directory(painting.metadata.exif)


def _exif_directory(exif: bytes | None) -> tuple[Structure, Directory] | None:
    try:
        structure = Structure(io.BytesIO(exif or b""))
        return structure, structure.directory(structure.first)
    except PaintingError:
        return None


def carry(painting: Painting, path: Path, software: str, profile: bytes | None) -> None:
    """Give the one-page TIFF at ``path`` the tags of ``painting``'s file, the colour ``profile`` of its
    samples, and ``software`` as its maker."""
    with open(path, "rb+") as file, source_directory(painting) as origin:
        structure = Structure(file)
        flavour = structure.flavour
        fields = _own_fields(structure)
        carried = _copied(*origin, file, flavour) if origin else {}
        carried = _blobs(painting) | _texts(painting) | _upright(carried, painting)
        carried = {tag: field for tag, field in carried.items() if tag != PROFILE} | _profile(profile)
        if not {X_RESOLUTION, Y_RESOLUTION} <= carried.keys() and painting.resolution:
            carried |= _resolution(painting.resolution, flavour)
        carried |= _text(SOFTWARE, software)
        first = append_directory(file, flavour, (carried | fields).values())
        file.seek(0)
        file.write(flavour.header(first))


def byte_order(painting: Painting) -> Order:
    """The order (``<`` or ``>``) in which the source's values can be copied as they stand."""
    with source_directory(painting) as origin:
        return origin[0].flavour.order if origin else "<"


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


def _copied(structure: Structure, directory: Directory, file: BinaryIO, flavour: Flavour) -> Fields:
    """The tags that don't concern the raster, with the directories below them."""
    kept = (entry for entry in directory.entries if entry.tag not in _OF_THE_RASTER)
    return _fields(
        structure, kept, file, flavour, _Copying(OVERLAP * structure.size, {directory.place: None})
    )


@dataclass
class _Copying:
    """What was copied so far: no directory is copied twice, and no more than ``left`` bytes in all.

    ``directories``: their new places by the old ones, None while they are being copied.
    """

    left: int
    directories: dict[int, int | None]
    depth: int = 0

    def spend(self, size: int) -> None:
        """Count ``size`` bytes about to be copied; raises :class:`PaintingError` where they are too many."""
        self.left -= size
        if self.left < 0:
            raise damaged()


def _fields(
    structure: Structure, entries: Iterable[Entry], file: BinaryIO, flavour: Flavour, copying: _Copying
) -> Fields:
    fields = {}
    for entry in entries:
        with suppress(PaintingError):  # a damaged value is left behind
            copy = _pointer if is_pointer(entry) else _value
            fields[entry.tag] = copy(structure, entry, file, flavour, copying)
    return fields


def _value(structure: Structure, entry: Entry, file: BinaryIO, flavour: Flavour, copying: _Copying) -> Field:
    copying.spend(0 if entry.inline else entry.size)
    return Field(entry.tag, entry.kind if entry.size else UNDEFINED, entry.count, structure.value(entry))


def _pointer(
    structure: Structure, entry: Entry, file: BinaryIO, flavour: Flavour, copying: _Copying
) -> Field:
    """A copy of the directories that ``entry`` points to; each is copied once."""
    copying.spend(0 if entry.inline else entry.size)
    places = [_directory(structure, int(place), file, flavour, copying) for place in structure.numbers(entry)]
    return numbers_field(entry.tag, places, flavour)


def _directory(structure: Structure, place: int, file: BinaryIO, flavour: Flavour, copying: _Copying) -> int:
    """The place of the copy of the directory at ``place``."""
    if place not in copying.directories:
        if copying.depth >= DEEPEST:
            raise damaged()
        directory = structure.directory(place)
        copying.spend(directory.size)
        copying.directories[place] = None
        copying.depth += 1
        fields = _fields(structure, directory.entries, file, flavour, copying)
        copying.depth -= 1
        copying.directories[place] = append_directory(file, flavour, fields.values())
    copy = copying.directories[place]
    if copy is None:
        raise PaintingError("A directory of the file lies within itself.")
    return copy


def _upright(fields: Fields, painting: Painting) -> Fields:
    """The carried tags for the picture as displayed: resolutions and the XMP's orientation follow it."""
    fields = dict(fields)
    if Orientation.of(painting.orientation).swaps and {X_RESOLUTION, Y_RESOLUTION} <= fields.keys():
        x, y = fields[X_RESOLUTION], fields[Y_RESOLUTION]
        fields |= {X_RESOLUTION: replace(y, tag=X_RESOLUTION), Y_RESOLUTION: replace(x, tag=Y_RESOLUTION)}
    if XMP in fields:
        fields[XMP] = replace(fields[XMP], value=upright_xmp(fields[XMP].value))
    return fields


def upright_xmp(xmp: bytes) -> bytes:
    """The packet, of the same length, with ``tiff:Orientation`` 1."""
    return re.sub(rb"""(tiff:Orientation(?:\s*=\s*["']|>))[2-8](?=["'<])""", rb"\g<1>1", xmp)


def _blobs(painting: Painting) -> Fields:
    data = painting.metadata
    iptc = data.iptc or b""
    found = (
        Field(XMP, BYTE, 0, upright_xmp(data.xmp or b"")),
        Field(PHOTOSHOP if iptc.startswith(b"8BIM") else IPTC, UNDEFINED, 0, iptc),
    )
    return {field.tag: replace(field, count=len(field.value)) for field in found if field.value}


def _profile(profile: bytes | None) -> Fields:
    return {PROFILE: Field(PROFILE, UNDEFINED, len(profile), profile)} if profile else {}


def _texts(painting: Painting) -> Fields:
    data = painting.metadata
    return (
        _text(DESCRIPTION, data.description)
        | _text(DATE, data.date)
        | _text(ARTIST, data.artist)
        | _text(COPYRIGHT, data.copyright)
    )


def _text(tag: int, text: str) -> Fields:
    value = text.encode() + b"\0"
    return {tag: Field(tag, ASCII, len(value), value)} if text else {}


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
