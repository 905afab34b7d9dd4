"""WebP: its RIFF chunks."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.formats.base import Facts, Limits, Samples, decoding
from imagest_core.painting.formats.exif import Exif
from imagest_core.painting.formats.whole import WholeSource
from imagest_core.painting.metadata import xmp
from imagest_core.painting.metadata.model import Metadata
from imagest_core.painting.metadata.writing_notes import WritingNote

_ALPHA, _ANIMATED = 0x10, 0x02
_KNOWN = {b"VP8X", b"VP8L", b"VP8 ", b"ALPH", b"ICCP", b"EXIF", b"XMP "}


def is_webp(head: bytes) -> bool:
    """Return whether a file that starts with these 12 bytes is a WebP."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def open_webp(path: Path, limits: Limits) -> WholeSource:
    """Open a WebP, which is decoded on first access; raise ``PaintingError`` on failure."""
    with decoding(path):
        chunks = _chunks(path)
        flags = chunks.get(b"VP8X", b"\0")[0]
        if flags & _ANIMATED:
            raise PaintingError(
                Message("{path} is an animation: save one of its pictures as a still.", path=path.name)
            )
        width, height, alpha = canvas_size(chunks)
    exif = Exif(chunks.get(b"EXIF"))
    facts = Facts(
        format="WebP",
        width=width,
        height=height,
        channels=4 if alpha else 3,
        depth=8,
        compression="WebP",
        lossy=b"VP8L" not in chunks,
        orientation=exif.orientation,
        profile=chunks.get(b"ICCP"),
        resolution=exif.resolution,
        metadata=_metadata(exif, chunks),
    )

    def decode(data: bytes) -> Samples:
        import imagecodecs

        return imagecodecs.webp_decode(data, hasalpha=alpha)

    return WholeSource(path, facts, decode, limits)


def _metadata(exif: Exif, chunks: dict[bytes, bytes]) -> Metadata:
    left = [name.decode("latin-1").strip() for name in chunks if name not in _KNOWN]
    notes = (WritingNote(Message("WebP chunks {names}", names=", ".join(left)), "lost"),) if left else ()
    packet = chunks.get(b"XMP ")
    return replace(exif.metadata(packet and xmp.as_utf8(packet)), notes=notes)


def _chunks(path: Path) -> dict[bytes, bytes]:
    """Return the chunks by name (of coded images only the start); raise ``PaintingError`` if truncated."""
    chunks: dict[bytes, bytes] = {}
    size = path.stat().st_size
    with path.open("rb") as file:
        end = 8 + struct.unpack("<4xI", file.read(8))[0]
        if end > size:
            raise PaintingError(
                Message(
                    "{path} is cut short ({size} of its {end} bytes exist): get an intact copy of it.",
                    path=path.name,
                    size=size,
                    end=end,
                )
            )
        file.seek(12)
        while file.tell() + 8 <= end:
            name, length = struct.unpack("<4sI", file.read(8))
            after = file.tell() + length + length % 2
            chunks.setdefault(name, file.read(min(length, 64 if name.startswith(b"VP8") else 32 << 20)))
            file.seek(after)
    return chunks


def canvas_size(chunks: dict[bytes, bytes]) -> tuple[int, int, bool]:
    """Return width, height and whether there is alpha, from the coded image itself."""
    if b"VP8L" in chunks:
        bits = int.from_bytes(chunks[b"VP8L"][1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = struct.unpack_from("<HH", chunks[b"VP8 "], 6)
    return width & 0x3FFF, height & 0x3FFF, b"ALPH" in chunks and bool(chunks.get(b"VP8X", b"\0")[0] & _ALPHA)
