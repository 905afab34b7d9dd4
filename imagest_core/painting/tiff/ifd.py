"""How a TIFF file is put together: header, directories (IFDs), entries, and where their bytes lie.

Read from the bytes themselves, so that private tags and vendors' directories are known as well as
standard ones. Classic TIFF: TIFF 6.0, section 2; BigTIFF: https://www.awaresystems.be/imaging/tiff/bigtiff.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import PaintingError

Order = Literal["<", ">"]
"""Byte order, as :mod:`struct` and numpy write it."""

SHORT, LONG, IFD, LONG8, IFD8 = 3, 4, 13, 16, 18
KIND_SIZE = {1: 1, 2: 1, SHORT: 2, LONG: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, IFD: 4} | {
    LONG8: 8,
    17: 8,
    IFD8: 8,
}
"""Bytes of one value of each TIFF field type."""

NUMBER_CODE = {1: "u1", SHORT: "u2", LONG: "u4", IFD: "u4", LONG8: "u8", IFD8: "u8"}
"""Types of unsigned numbers, as numpy calls them."""

SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROP_IFD = 330, 34665, 34853, 40965
POINTER_TAGS = {SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROP_IFD, 400}
"""Tags whose values are the places of further directories (400: GlobalParametersIFD)."""

STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
SEGMENT_TAGS = ((STRIP_OFFSETS, STRIP_COUNTS), (TILE_OFFSETS, TILE_COUNTS))


OVERLAP = 4
"""Times that the bytes of a file may be used by its directories and tables: honest ones use each once."""

DEEPEST = 32
"""Directories that may lie below each other."""

_PLACES = {tag for pair in SEGMENT_TAGS for tag in pair}


@dataclass(frozen=True)
class Flavour:
    """Byte order (``<`` or ``>``) and whether the file is a BigTIFF, with the sizes that follow."""

    order: Order
    big: bool

    @property
    def header_size(self) -> int:
        return 16 if self.big else 8

    @property
    def entry_size(self) -> int:
        return 20 if self.big else 12

    @property
    def count_size(self) -> int:
        """Bytes of a directory's number of entries."""
        return 8 if self.big else 2

    @property
    def offset_size(self) -> int:
        """Bytes of an offset; also the most that an entry holds inline."""
        return 8 if self.big else 4

    def code(self, layout: str) -> str:
        """A :mod:`struct` format in which ``n`` is an entry count and ``o`` an offset."""
        return self.order + layout.replace("n", "Q" if self.big else "H").replace(
            "o", "Q" if self.big else "I"
        )

    def pack(self, layout: str, *values: int) -> bytes:
        return struct.pack(self.code(layout), *values)

    def header(self, first: int) -> bytes:
        """The file's first bytes, with the first directory at ``first``."""
        mark = b"II" if self.order == "<" else b"MM"
        return mark + (self.pack("HHHo", 43, 8, 0, first) if self.big else self.pack("Ho", 42, first))


@dataclass(frozen=True)
class Entry:
    """One tag: its type and count, the place of its 12 or 20 bytes, and the place of its value."""

    tag: int
    kind: int
    count: int
    place: int
    value_place: int
    inline: bool

    @property
    def size(self) -> int:
        """Bytes of the value; 0 where the type is unknown."""
        return KIND_SIZE.get(self.kind, 0) * self.count


@dataclass(frozen=True)
class Directory:
    """One IFD: where it lies, its entries, and the next one of its chain (0 for the last)."""

    place: int
    entries: tuple[Entry, ...]
    next: int
    size: int

    def find(self, *tags: int) -> Entry | None:
        """The first entry with one of ``tags``."""
        return next((entry for entry in self.entries if entry.tag in tags), None)


class Structure:
    """The directories of an open TIFF file, read when asked for.

    Raises :class:`PaintingError` where the file's structure is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, 2)
        self.flavour, self.first = self._header()

    def bytes_at(self, place: int, size: int) -> bytes:
        """Exactly ``size`` bytes from ``place``."""
        if size < 0 or place < 0 or place + size > self.size:
            raise damaged()
        self.file.seek(place)
        return self.file.read(size)

    def directory(self, place: int) -> Directory:
        """The directory at ``place``."""
        flavour = self.flavour
        (count,) = self._unpack("n", place)
        start = place + flavour.count_size
        table = self.bytes_at(start, count * flavour.entry_size + flavour.offset_size)
        entries = tuple(
            self._entry(table[i * flavour.entry_size :], start + i * flavour.entry_size) for i in range(count)
        )
        (following,) = struct.unpack_from(flavour.code("o"), table, count * flavour.entry_size)
        return Directory(place, entries, following, flavour.count_size + len(table))

    def chain(self, place: int | None = None) -> Iterator[Directory]:
        """The directories linked from ``place`` on (from the first: the file's pages), as far as readable."""
        seen: set[int] = set()
        bounded = _Bounded(self)
        place = self.first if place is None else place
        while place not in seen and (directory := self.readable(place)):
            seen.add(place)
            bounded.add(directory)
            yield directory
            place = directory.next

    def page(self, index: int) -> Directory:
        """The directory ``index`` of the first chain; :class:`PaintingError` where there is none."""
        for number, directory in enumerate(self.chain()):
            if number == index:
                return directory
        raise damaged()

    def walk(self) -> Iterator[Directory]:
        """Every directory once: pages and, below them, all that their entries point to.

        Pointers that lead to nothing readable are passed over: they are the file's own business.
        """
        seen: set[int] = set()
        bounded = _Bounded(self)
        waiting = [self.first]
        while waiting:
            place = waiting.pop()
            if place in seen or (directory := self.readable(place)) is None:
                continue
            seen.add(place)
            bounded.add(directory)
            yield directory
            waiting += [directory.next, *self.pointers(directory)]

    def pointers(self, directory: Directory) -> list[int]:
        """Places of the directories below ``directory``."""
        return [place for entry in directory.entries for place in self.places(entry)]

    def places(self, entry: Entry) -> list[int]:
        """Where ``entry`` says that directories are; nowhere if it is no pointer, or its value is lost."""
        try:
            return [int(place) for place in self.numbers(entry)] if is_pointer(entry) else []
        except PaintingError:
            return []

    def value(self, entry: Entry) -> bytes:
        """The value's bytes, as they lie in the file."""
        return self.bytes_at(entry.value_place, entry.size)

    def numbers(self, entry: Entry) -> NDArray[np.uint64]:
        """The value as unsigned numbers."""
        code = NUMBER_CODE.get(entry.kind)
        if code is None:
            raise damaged()
        return np.frombuffer(self.value(entry), self.flavour.order + code).astype(np.uint64)

    def number(self, directory: Directory, tag: int, default: int) -> int:
        """The first number of ``tag``, or ``default`` where the directory has none."""
        entry = directory.find(tag)
        return int(self.numbers(entry)[0]) if entry and entry.count else default

    def readable(self, place: int) -> Directory | None:
        """The directory at ``place``, or None where there is none."""
        try:
            return self.directory(place) if place else None
        except PaintingError:
            return None

    def _header(self) -> tuple[Flavour, int]:
        orders: dict[bytes, Order] = {b"II": "<", b"MM": ">"}
        order = orders.get(self.bytes_at(0, 2))
        if order is None:
            raise damaged()
        (magic,) = struct.unpack(order + "H", self.bytes_at(2, 2))
        if magic not in (42, 43):
            raise damaged()
        flavour = Flavour(order, magic == 43)
        (first,) = struct.unpack(
            flavour.code("o"), self.bytes_at(flavour.header_size - flavour.offset_size, flavour.offset_size)
        )
        return flavour, first

    def _unpack(self, layout: str, place: int) -> tuple[int, ...]:
        code = self.flavour.code(layout)
        return struct.unpack(code, self.bytes_at(place, struct.calcsize(code)))

    def _entry(self, data: bytes, place: int) -> Entry:
        tag, kind, count, value = struct.unpack_from(self.flavour.code("HHoo"), data)
        inline = KIND_SIZE.get(kind, 0) * count <= self.flavour.offset_size
        field = place + self.flavour.entry_size - self.flavour.offset_size
        return Entry(tag, kind, count, place, field if inline else value, inline)


class _Bounded:
    """Refuses files whose directories and tables lie over each other, so that few bytes say very much."""

    def __init__(self, structure: Structure) -> None:
        self._size = structure.size
        self._left = OVERLAP * structure.size

    def add(self, directory: Directory) -> None:
        """Count the bytes of ``directory`` and its tables of places; raises :class:`PaintingError`."""
        tables = (entry for entry in directory.entries if entry.tag in _PLACES or is_pointer(entry))
        sizes = (entry.size for entry in tables if entry.value_place + entry.size <= self._size)
        self._left -= directory.size + sum(sizes)
        if self._left < 0:
            raise damaged()


def is_pointer(entry: Entry) -> bool:
    """Whether the entry's values are places of directories."""
    return entry.kind in (IFD, IFD8) or (entry.tag in POINTER_TAGS and entry.kind in (LONG, LONG8))


@dataclass(frozen=True)
class Field:
    """An entry about to be written: ``value`` in the file's byte order, or its ``place`` in the file."""

    tag: int
    kind: int
    count: int
    value: bytes = b""
    place: int | None = None


def numbers_field(tag: int, values: Iterable[int] | NDArray[np.uint64], flavour: Flavour) -> Field:
    """A field of offsets or counts, LONG in a classic file and LONG8 in a BigTIFF."""
    kind = LONG8 if flavour.big else LONG
    data = np.fromiter(values, np.uint64).astype(flavour.order + NUMBER_CODE[kind])
    return Field(tag, kind, data.size, data.tobytes())


def append(file: BinaryIO, data: bytes) -> int:
    """Write ``data`` at the file's end, on an even place as TIFF wants it; gives that place."""
    end = file.seek(0, 2)
    if end % 2:
        file.write(b"\0")
    file.write(data)
    return end + end % 2


def append_directory(file: BinaryIO, flavour: Flavour, fields: Iterable[Field], following: int = 0) -> int:
    """Write a directory and the values it has no place for at the file's end; gives its place."""
    packed = [packed_field(file, flavour, field) for field in sorted(fields, key=lambda field: field.tag)]
    return append(file, flavour.pack("n", len(packed)) + b"".join(packed) + flavour.pack("o", following))


def packed_field(file: BinaryIO, flavour: Flavour, field: Field) -> bytes:
    """The 12 or 20 bytes of a field; a long value is written at the file's end first."""
    head = flavour.pack("HHo", field.tag, field.kind, field.count)
    if field.place is None and len(field.value) <= flavour.offset_size:
        return head + field.value.ljust(flavour.offset_size, b"\0")
    place = append(file, field.value) if field.place is None else field.place
    return head + flavour.pack("o", place)


def damaged() -> PaintingError:
    """What is raised where a file's structure makes no sense."""
    return PaintingError("The TIFF file's structure is damaged; save it anew with the program it came from.")
