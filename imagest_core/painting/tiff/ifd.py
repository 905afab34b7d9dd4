"""Structure of a TIFF file: header, directories (IFDs), entries, and the offsets of their bytes.

Everything is parsed from the bytes, so that private tags and vendors' directories are known as well as
standard ones. Classic TIFF: TIFF 6.0, section 2. BigTIFF:
https://www.awaresystems.be/imaging/tiff/bigtiff.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import PaintingError
from imagest_core.messages import Message

Order = Literal["<", ">"]
"""Byte order, in the notation of :mod:`struct` and NumPy."""

SHORT, LONG, IFD, LONG8, IFD8 = 3, 4, 13, 16, 18
KIND_SIZE = {1: 1, 2: 1, SHORT: 2, LONG: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, IFD: 4} | {
    LONG8: 8,
    17: 8,
    IFD8: 8,
}
"""Size in bytes of one value, by TIFF field type."""

NUMBER_CODE = {1: "u1", SHORT: "u2", LONG: "u4", IFD: "u4", LONG8: "u8", IFD8: "u8"}
"""NumPy types of unsigned integers, by TIFF field type."""

SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROP_IFD = 330, 34665, 34853, 40965
POINTER_TAGS = {SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROP_IFD, 400}
"""Tags whose values are offsets of further directories (400: GlobalParametersIFD)."""

STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
SEGMENT_TAGS = ((STRIP_OFFSETS, STRIP_COUNTS), (TILE_OFFSETS, TILE_COUNTS))


OVERLAP = 4
"""How often directories and tables may use the file's bytes in total; valid files use them once."""

DEEPEST = 32
"""Largest depth of nested directories."""

_OFFSET_TAGS = {tag for pair in SEGMENT_TAGS for tag in pair}


@dataclass(frozen=True)
class Flavour:
    """Byte order (``<`` or ``>``) and whether the file is a BigTIFF, and the sizes that follow from it."""

    order: Order
    big: bool

    @property
    def header_size(self) -> int:
        """Size of the file header in bytes."""
        return 16 if self.big else 8

    @property
    def entry_size(self) -> int:
        """Size of a directory entry in bytes."""
        return 20 if self.big else 12

    @property
    def count_size(self) -> int:
        """Size in bytes of the number of entries of a directory."""
        return 8 if self.big else 2

    @property
    def offset_size(self) -> int:
        """Size of an offset in bytes; also the largest value that an entry holds inline."""
        return 8 if self.big else 4

    def code(self, layout: str) -> str:
        """Return a :mod:`struct` format in which ``n`` is an entry count and ``o`` an offset."""
        return self.order + layout.replace("n", "Q" if self.big else "H").replace(
            "o", "Q" if self.big else "I"
        )

    def pack(self, layout: str, *values: int) -> bytes:
        """Pack ``values`` in the format of :meth:`code`."""
        return struct.pack(self.code(layout), *values)

    def header(self, first: int) -> bytes:
        """Return the file header, with the first directory at ``first``."""
        mark = b"II" if self.order == "<" else b"MM"
        return mark + (self.pack("HHHo", 43, 8, 0, first) if self.big else self.pack("Ho", 42, first))


@dataclass(frozen=True)
class IfdEntry:
    """One tag: its type and count, the offset of its 12 or 20 bytes, and the offset of its value."""

    tag: int
    kind: int
    count: int
    offset: int
    value_offset: int
    inline: bool

    @property
    def size(self) -> int:
        """Size of the value in bytes; 0 if the type is unknown."""
        return KIND_SIZE.get(self.kind, 0) * self.count


@dataclass(frozen=True)
class Directory:
    """One IFD: its offset, its entries, and the offset of the next in its chain (0 for the last)."""

    offset: int
    entries: tuple[IfdEntry, ...]
    next: int
    size: int

    def find(self, *tags: int) -> IfdEntry | None:
        """Return the first entry with one of ``tags``, or None."""
        return next((entry for entry in self.entries if entry.tag in tags), None)


class Structure:
    """The directories of an open TIFF file, read on demand.

    Methods raise :class:`PaintingError` if the structure is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, 2)
        self.flavour, self.first = self._header()

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Read exactly ``size`` bytes from ``offset``."""
        if size < 0 or offset < 0 or offset + size > self.size:
            raise damaged()
        self.file.seek(offset)
        return self.file.read(size)

    def directory(self, offset: int) -> Directory:
        """Read the directory at ``offset``."""
        flavour = self.flavour
        (count,) = self._unpack("n", offset)
        start = offset + flavour.count_size
        table = self.bytes_at(start, count * flavour.entry_size + flavour.offset_size)
        end = count * flavour.entry_size
        rows = struct.iter_unpack(flavour.code("HHoo"), table[:end])
        offsets = range(start, start + end, flavour.entry_size)
        entries = tuple(self._entry(row, at) for row, at in zip(rows, offsets))
        (following,) = struct.unpack_from(flavour.code("o"), table, end)
        return Directory(offset, entries, following, flavour.count_size + len(table))

    def chain(self, offset: int | None = None) -> Iterator[Directory]:
        """Yield the directories linked from ``offset`` on (by default the pages), as far as readable."""
        visited: set[int] = set()
        guard = _OverlapGuard(self)
        offset = self.first if offset is None else offset
        while offset not in visited and (directory := self.try_directory(offset)):
            visited.add(offset)
            guard.add(directory)
            yield directory
            offset = directory.next

    def page(self, index: int) -> Directory:
        """Return page ``index`` of the file; raise :class:`PaintingError` if there is none."""
        for number, directory in enumerate(self.chain()):
            if number == index:
                return directory
        raise damaged()

    def walk(self) -> Iterator[Directory]:
        """Yield every directory once: pages, and all directories their entries point to.

        Pointers to unreadable directories are skipped.
        """
        visited: set[int] = set()
        guard = _OverlapGuard(self)
        pending = [self.first]
        while pending:
            offset = pending.pop()
            if offset in visited or (directory := self.try_directory(offset)) is None:
                continue
            visited.add(offset)
            guard.add(directory)
            yield directory
            pending += [directory.next, *self.child_offsets(directory)]

    def child_offsets(self, directory: Directory) -> list[int]:
        """Return the offsets of the directories below ``directory``."""
        return [offset for entry in directory.entries for offset in self.directory_offsets(entry)]

    def directory_offsets(self, entry: IfdEntry) -> list[int]:
        """Return the offsets of directories in ``entry``; none if it is no pointer or unreadable."""
        try:
            return [int(offset) for offset in self.numbers(entry)] if is_pointer(entry) else []
        except PaintingError:
            return []

    def value(self, entry: IfdEntry) -> bytes:
        """Return the value's bytes as stored in the file."""
        return self.bytes_at(entry.value_offset, entry.size)

    def numbers(self, entry: IfdEntry) -> NDArray[np.uint64]:
        """Return the value as unsigned integers."""
        code = NUMBER_CODE.get(entry.kind)
        if code is None:
            raise damaged()
        return np.frombuffer(self.value(entry), self.flavour.order + code).astype(np.uint64)

    def number(self, directory: Directory, tag: int, default: int) -> int:
        """Return the first number of ``tag``, or ``default`` if the directory doesn't have it."""
        entry = directory.find(tag)
        return int(self.numbers(entry)[0]) if entry and entry.count else default

    def try_directory(self, offset: int) -> Directory | None:
        """Return the directory at ``offset``, or None if there is no readable one."""
        try:
            return self.directory(offset) if offset else None
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

    def _unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        code = self.flavour.code(layout)
        return struct.unpack(code, self.bytes_at(offset, struct.calcsize(code)))

    def _entry(self, row: tuple[int, ...], offset: int) -> IfdEntry:
        tag, kind, count, value = row
        inline = KIND_SIZE.get(kind, 0) * count <= self.flavour.offset_size
        field = offset + self.flavour.entry_size - self.flavour.offset_size
        return IfdEntry(tag, kind, count, offset, field if inline else value, inline)


class _OverlapGuard:
    """Refuses files whose directories and tables overlap, so that few bytes expand to very many."""

    def __init__(self, structure: Structure) -> None:
        self._size = structure.size
        self._remaining = OVERLAP * structure.size

    def add(self, directory: Directory) -> None:
        """Count the bytes of ``directory`` and its tables; raise :class:`PaintingError` if too many."""
        tables = (entry for entry in directory.entries if entry.tag in _OFFSET_TAGS or is_pointer(entry))
        sizes = (entry.size for entry in tables if entry.value_offset + entry.size <= self._size)
        self._remaining -= directory.size + sum(sizes)
        if self._remaining < 0:
            raise damaged()


def is_pointer(entry: IfdEntry) -> bool:
    """Return whether the entry's values are offsets of directories."""
    return entry.kind in (IFD, IFD8) or (entry.tag in POINTER_TAGS and entry.kind in (LONG, LONG8))


@dataclass(frozen=True)
class Field:
    """An entry to be written: ``value`` in the file's byte order, or its ``offset`` in the file."""

    tag: int
    kind: int
    count: int
    value: bytes = b""
    offset: int | None = None


def numbers_field(tag: int, values: Iterable[int] | NDArray[np.uint64], flavour: Flavour) -> Field:
    """Return a field of offsets or counts: LONG in a classic file, LONG8 in a BigTIFF."""
    kind = LONG8 if flavour.big else LONG
    data = np.fromiter(values, np.uint64).astype(flavour.order + NUMBER_CODE[kind])
    return Field(tag, kind, data.size, data.tobytes())


def append(file: BinaryIO, data: bytes) -> int:
    """Append ``data`` to the file at an even offset, as TIFF requires; return the offset."""
    end = file.seek(0, 2)
    if end % 2:
        file.write(b"\0")
    file.write(data)
    return end + end % 2


def append_directory(file: BinaryIO, flavour: Flavour, fields: Iterable[Field], following: int = 0) -> int:
    """Append a directory and its long values to the file; return its offset."""
    packed = [packed_field(file, flavour, field) for field in sorted(fields, key=lambda field: field.tag)]
    return append(file, flavour.pack("n", len(packed)) + b"".join(packed) + flavour.pack("o", following))


def packed_field(file: BinaryIO, flavour: Flavour, field: Field) -> bytes:
    """Return the 12 or 20 bytes of a field; append a long value to the file first."""
    head = flavour.pack("HHo", field.tag, field.kind, field.count)
    if field.offset is None and len(field.value) <= flavour.offset_size:
        return head + field.value.ljust(flavour.offset_size, b"\0")
    offset = append(file, field.value) if field.offset is None else field.offset
    return head + flavour.pack("o", offset)


def damaged() -> PaintingError:
    """Return the exception for a file whose structure is invalid."""
    return PaintingError(
        Message("The TIFF file's structure is damaged; save it again with the program that created it.")
    )
