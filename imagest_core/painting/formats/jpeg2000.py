"""JPEG 2000: JP2 boxes and bare codestreams."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting import resolution
from imagest_core.painting.formats.base import Facts, Limits, Samples, decoding
from imagest_core.painting.formats.exif import Exif
from imagest_core.painting.formats.whole import WholeSource
from imagest_core.painting.metadata.model import Metadata, split_photoshop
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.metadata.xmp import as_utf8

SIGNATURES = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIFS = (b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"))
_IPTCS = (
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"),
    bytes.fromhex("09a14e97c0b442e0bebf36df6f0ce36f"),
)
_PHOTOSHOP = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb")
_GEO = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
_OF_THE_PICTURE = {b"jP  ", b"ftyp", b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"resc", b"resd"}
_OF_THE_PICTURE |= {b"rreq", b"free", b"jp2c"}
"""Boxes that define how samples are stored."""
_CONTAINERS = (b"jp2h", b"res ")
_REVERSIBLE = 1
_SPACES = {12: Message("a CMYK picture"), 14: Message("a CIE L*a*b* picture")}
_SRGB, _GREY, _YCC = 16, 17, 18
"""Enumerated colour spaces that are read; samples of sYCC are decoded as RGB."""


@dataclass
class _Parts:
    """Content of the boxes and of the first markers of the codestream."""

    codestream: bytes = b""
    profile: bytes | None = None
    space: int = _SRGB
    palette: bool = False
    alpha: bool = False
    xmp: bytes | None = None
    exif: bytes | None = None
    iptc: bytes | None = None
    photoshop: bytes | None = None
    geo: bytes | None = None
    left: list[str] = field(default_factory=list)
    resolution: resolution.Resolution | None = None
    complete: bool = False


def open_jpeg2000(path: Path, limits: Limits) -> WholeSource:
    """Open a JPEG 2000, which is decoded on first access; raise ``PaintingError`` on failure."""
    with decoding(path):
        parts = _read(path)
        width, height, channels, depths = codestream_size(parts.codestream)
        reversible = _reversible(parts.codestream)
    _check_complete(path, parts)
    depth = _checked_depth(path.name, parts, channels, depths)
    exif = Exif(parts.exif)
    facts = Facts(
        format="JPEG 2000",
        width=width,
        height=height,
        channels=channels,
        depth=depth,
        compression="JPEG 2000",
        lossy=not reversible,
        orientation=exif.orientation,
        profile=parts.profile,
        resolution=parts.resolution or exif.resolution,
        metadata=_metadata(exif, parts),
        notes=(Message("The file stores YCbCr samples; they are read as RGB."),)
        if parts.space == _YCC
        else (),
    )
    return WholeSource(path, facts, _decode, limits)


def _metadata(exif: Exif, parts: _Parts) -> Metadata:
    left = ", ".join(dict.fromkeys(parts.left))
    notes = (WritingNote(Message("JPEG 2000 boxes {names}", names=left), "lost"),) if left else ()
    photoshop, iptc = split_photoshop(parts.photoshop or b"")
    if parts.iptc and parts.iptc.startswith(b"8BIM"):
        photoshop, iptc = split_photoshop(parts.iptc + (parts.photoshop or b""))
        parts.iptc = None
    found = exif.metadata(parts.xmp and as_utf8(parts.xmp), parts.iptc or iptc or None)
    return replace(found, photoshop=photoshop or None, geo=parts.geo, notes=notes)


def _check_complete(path: Path, parts: _Parts) -> None:
    if not parts.complete:
        raise PaintingError(
            Message(
                "{path} is cut short (the end of its data is missing): get an intact copy of it.",
                path=path.name,
            )
        )


def jpeg2000_size(path: Path) -> tuple[int, int, int]:
    """Return width, height and bits of the deepest sample; raise ``PaintingError`` on failure."""
    with decoding(path):
        parts = _read(path)
        width, height, _, depths = codestream_size(parts.codestream)
    _check_complete(path, parts)
    return width, height, max(depths)


def _decode(data: bytes) -> Samples:
    import imagecodecs

    return np.ascontiguousarray(imagecodecs.jpeg2k_decode(data, planar=False))


def _checked_depth(name: str, parts: _Parts, channels: int, depths: set[int]) -> int:
    kind = _SPACES.get(parts.space)
    if kind is None and parts.profile is None and parts.space not in (_SRGB, _GREY, _YCC):
        kind = Message("a JPEG 2000 of the unknown colour space {space}", space=parts.space)
    if is_signed(parts.codestream, channels):
        kind = Message("a signed whole-number picture")
    if parts.palette:
        kind = Message("a palette (indexed colour) picture")
    elif kind is None and channels not in (1, 2, 3, 4):
        kind = Message("a picture of {channels} channels", channels=channels)
    elif kind is None and not (len(depths) == 1 and depths <= {8, 16}):
        kind = Message("a JPEG 2000 of {bits} bits per sample", bits=", ".join(map(str, sorted(depths))))
    if kind:
        raise PaintingError(
            Message(
                "{name} is {kind}: convert it to 8- or 16-bit RGB, then open it again.", name=name, kind=kind
            )
        )
    return depths.pop()


def _read(path: Path) -> _Parts:
    parts = _Parts()
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        if data[:4] == SIGNATURES[1]:
            parts.codestream = data[:4096]
            parts.complete = b"\xff\xd9" in data[-64:]
            return parts
        for name, start, end in _boxes(data, 0, len(data)):
            _keep(parts, name, data, start, end)
    return parts


def _boxes(data: mmap, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start and end of the content) of each box, including those inside containers."""
    while start + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, start)
        head = 8
        if length == 1 and start + 16 <= end:
            (length,), head = struct.unpack_from(">Q", data, start + 8), 16
        stop = end if length == 0 else start + length
        if stop < start + head:
            raise ValueError("a box shorter than its head")
        if name in _CONTAINERS:
            yield from _boxes(data, start + head, min(stop, end))
        else:
            yield name, start + head, stop
        start = stop


def _keep(parts: _Parts, name: bytes, data: mmap, start: int, end: int) -> None:
    if name == b"jp2c":
        parts.codestream = data[start : min(start + 4096, end)]
        parts.complete = end <= len(data) and b"\xff\xd9" in data[max(end - 64, start) : end]
        return
    value = data[start : min(end, start + (32 << 20))]
    if name == b"colr" and value[:1] == b"\2":
        parts.profile = value[3:]
    elif name == b"colr" and value[:1] == b"\1":
        parts.space = int.from_bytes(value[3:7], "big")
    elif name == b"pclr":
        parts.palette = True
    elif name in (b"resc", b"resd") and len(value) >= 10:
        parts.resolution = parts.resolution or _resolution(value)
    elif name == b"uuid":
        _keep_uuid(parts, value[:16], value[16:])
    elif name not in _OF_THE_PICTURE:
        parts.left.append(name.decode("latin-1").strip().upper())


def _keep_uuid(parts: _Parts, kind: bytes, value: bytes) -> None:
    """Store the first box of each known kind; record the names of the others."""
    fields = {_XMP: "xmp", _PHOTOSHOP: "photoshop", _GEO: "geo"}
    fields |= dict.fromkeys(_EXIFS, "exif") | dict.fromkeys(_IPTCS, "iptc")
    name = fields.get(kind)
    if name and getattr(parts, name) is None:
        setattr(parts, name, value)
    else:
        parts.left.append(f"uuid {name or kind.hex()}")


def _resolution(value: bytes) -> resolution.Resolution | None:
    top_y, bottom_y, top_x, bottom_x, power_y, power_x = struct.unpack_from(">HHHHbb", value)
    if not bottom_x or not bottom_y:
        return None
    x, y = top_x / bottom_x * 10.0**power_x, top_y / bottom_y * 10.0**power_y
    return resolution.from_metre(x, y, "JPEG 2000 resolution box")


def codestream_size(codestream: bytes) -> tuple[int, int, int, set[int]]:
    """Return width, height, components and the set of their depths from the SIZ marker."""
    right, bottom, left, top = struct.unpack_from(">IIII", codestream, 8)
    (channels,) = struct.unpack_from(">H", codestream, 40)
    depths = {(codestream[42 + 3 * i] & 0x7F) + 1 for i in range(min(channels, 16))}
    return right - left, bottom - top, channels, depths


def is_signed(codestream: bytes, channels: int) -> bool:
    """Return whether a component of the codestream has signed samples."""
    return any(codestream[42 + 3 * i] & 0x80 for i in range(min(channels, 16)))


def _reversible(codestream: bytes) -> bool:
    """Return whether the COD marker specifies the reversible wavelet."""
    at = 2
    while at + 4 <= len(codestream) and codestream[at] == 0xFF:
        if codestream[at + 1] == 0x52:
            return codestream[at + 13] == _REVERSIBLE
        at += 2 + int.from_bytes(codestream[at + 2 : at + 4], "big")
    return False
