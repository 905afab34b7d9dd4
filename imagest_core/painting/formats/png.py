"""PNG: its chunks; 8 and 16 bit, grey and RGB, with or without alpha."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting import resolution
from imagest_core.painting.formats.base import Facts, Limits, Samples, check_size, decoding
from imagest_core.painting.formats.exif import Exif
from imagest_core.painting.formats.png_texts import PngTexts, inflate
from imagest_core.painting.formats.whole import WholeSource

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _PALETTE = 0, 3
_CHANNELS = {_GREY: 1, 2: 3, 4: 2, 6: 4}
_MAX_PROFILE = 32 << 20
_MAX_DEFLATE_RATIO = 1100
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_KNOWN = {b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"pHYs", b"eXIf", b"tIME"}
"""Chunks that are read, besides texts and samples."""


@dataclass
class _Chunks:
    """The chunks by name, and the total size of IDAT."""

    found: dict[bytes, bytes] = field(default_factory=dict)
    texts: PngTexts = field(default_factory=PngTexts)
    left: list[str] = field(default_factory=list)
    data: int = 0


def open_png(path: Path, limits: Limits) -> WholeSource:
    """Open a PNG, which is decoded on first access; raise ``PaintingError`` on failure."""
    with decoding(path):
        chunks = _read_chunks(path)
        width, height, depth, kind = struct.unpack_from(">IIBB", chunks.found[b"IHDR"])
    if kind == _PALETTE:
        raise PaintingError(
            Message(
                "{path} is a palette (indexed colour) picture: convert it to RGB, then open it again.",
                path=path.name,
            )
        )
    if kind not in _CHANNELS or depth not in (1, 2, 4, 8, 16):
        raise PaintingError(
            Message("{path} is a PNG of an unknown kind: save it again as 8- or 16-bit RGB.", path=path.name)
        )
    check_size(path.name, width, height, limits)
    facts = _facts(chunks, width, height, depth, kind)
    if width * height * _CHANNELS[kind] * depth // 8 > chunks.data * _MAX_DEFLATE_RATIO + 4096:
        raise PaintingError(
            Message(
                "{path} is cut short (too few bytes for {width} × {height} px): get an intact copy of it.",
                path=path.name,
                width=width,
                height=height,
            )
        )
    return WholeSource(path, facts, _decode, limits)


@dataclass(frozen=True)
class PngHeader:
    """What a PNG declares about its samples.

    Attributes
    ----------
    depth
        Bits per sample as stored.
    transparent
        Whether a colour, or a palette entry, is transparent.
    palette
        Colours (n, 3) uint8 if the samples are indices, otherwise None.
    pictures
        How many pictures an animation has, otherwise 1.
    """

    width: int
    height: int
    depth: int
    channels: int
    orientation: int
    interlaced: bool
    transparent: bool
    palette: NDArray[np.uint8] | None
    pictures: int = 1


def read_png_header(path: Path) -> PngHeader:
    """Read the header of a PNG of any kind; raise ``PaintingError`` on failure."""
    with decoding(path):
        chunks = _read_chunks(path)
        width, height, depth, kind, *_, interlaced = struct.unpack_from(">IIBBBBB", chunks.found[b"IHDR"])
        palette = None
        if kind == _PALETTE:
            table = chunks.found[b"PLTE"]
            palette = np.frombuffer(table, np.uint8, len(table) // 3 * 3).reshape(-1, 3)
    if kind not in (*_CHANNELS, _PALETTE) or depth not in (1, 2, 4, 8, 16):
        raise PaintingError(
            Message("{path} is a PNG of an unknown kind: save it again as 8- or 16-bit RGB.", path=path.name)
        )
    return PngHeader(
        width,
        height,
        depth,
        _CHANNELS.get(kind, 1),
        Exif(chunks.found.get(b"eXIf")).orientation,
        bool(interlaced),
        b"tRNS" in chunks.found,
        palette,
        int.from_bytes(chunks.found.get(b"acTL", b"\0\0\0\1")[:4], "big"),
    )


def _decode(data: bytes) -> Samples:
    import imagecodecs

    samples = imagecodecs.png_decode(data)
    return samples.astype(np.uint8) if samples.dtype == bool else samples


def _read_chunks(path: Path) -> _Chunks:
    """Read every chunk except the samples; raise ``PaintingError`` if the file ends before IEND."""
    chunks, size = _Chunks(), path.stat().st_size
    with path.open("rb") as file:
        file.seek(len(SIGNATURE))
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            if file.tell() + length + 4 > size:
                break
            if name == b"IEND":
                return chunks
            if name == b"IDAT" or length > _MAX_PROFILE:
                chunks.data += length if name == b"IDAT" else 0
                chunks.left += [] if name == b"IDAT" else [name.decode("latin-1")]
                file.seek(length + 4, 1)
            else:
                _keep(chunks, name, file.read(length))
                file.seek(4, 1)
    raise PaintingError(
        Message(
            "{path} is cut short (it ends before its last row): get an intact copy of it.", path=path.name
        )
    )


def _keep(chunks: _Chunks, name: bytes, value: bytes) -> None:
    if name in _TEXTS:
        chunks.texts.add(name, value)
        return
    if name not in _KNOWN or name in chunks.found:
        chunks.left.append(name.decode("latin-1"))
    chunks.found.setdefault(name, value)


def _facts(chunks: _Chunks, width: int, height: int, depth: int, kind: int) -> Facts:
    if b"pHYs" in chunks.found and _resolution(chunks) is None:
        chunks.left.append("pHYs")
    metadata = chunks.texts.metadata(chunks.found.get(b"eXIf"), chunks.found.get(b"tIME"), chunks.left)
    exif = Exif(metadata.exif)
    return Facts(
        format="PNG",
        width=width,
        height=height,
        channels=_CHANNELS[kind] + (b"tRNS" in chunks.found),
        depth=max(depth, 8),
        compression="Deflate",
        lossy=False,
        orientation=exif.orientation,
        profile=_profile(chunks),
        resolution=_resolution(chunks) or exif.resolution,
        metadata=metadata,
        notes=tuple(_notes(chunks, depth)),
    )


def _notes(chunks: _Chunks, depth: int) -> Iterator[str]:
    if b"acTL" in chunks.found:
        yield Message("The file is animated; its first picture is shown.")
    if depth < 8:
        yield Message("The file has {depth} bits per sample; it is read as 8-bit grey.", depth=depth)


def _profile(chunks: _Chunks) -> bytes | None:
    value = chunks.found.get(b"iCCP")
    return None if value is None else inflate(value.partition(b"\0")[2][1:]) or b""


def _resolution(chunks: _Chunks) -> resolution.Resolution | None:
    value = chunks.found.get(b"pHYs", b"")
    if len(value) != 9 or value[8] != 1:
        return None
    x, y = struct.unpack_from(">II", value)
    return resolution.from_metre(x, y, "PNG pHYs")
