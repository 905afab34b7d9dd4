"""JPEG: all markers are read first, so that a truncated file is detected before decoding."""

from __future__ import annotations

from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from imagest_core.errors import PaintingError
from imagest_core.messages import Message, template
from imagest_core.painting import resolution
from imagest_core.painting.formats.base import Facts, Limits, Samples, check_size, counted_channels, decoding
from imagest_core.painting.formats.exif import Exif
from imagest_core.painting.formats.jpeg_metadata import TRAILER, JpegMetadata
from imagest_core.painting.formats.whole import WholeSource
from imagest_core.printable import article

SIGNATURE = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_END, _JPEG_LS = 0xD9, 0xF7
_UNIT_OF_JFIF = {1: 2, 2: 3}


def _kind(depth: int) -> Message:
    an = article(str(depth)) == "an"
    return Message(template("an {bits}-bit JPEG") if an else template("a {bits}-bit JPEG"), bits=depth)


def open_jpeg(path: Path, limits: Limits) -> WholeSource:
    """Open a JPEG, which is decoded on first access; raise ``PaintingError`` on failure."""
    with decoding(path):
        frame, parts = _read(path)
    if len(frame) < 6:
        raise PaintingError(
            Message("{path} is cut short (it contains no picture): get an intact copy of it.", path=path.name)
        )
    depth, channels = frame[0], frame[5]
    height, width = (int.from_bytes(frame[i : i + 2], "big") for i in (1, 3))
    _check_kind(path, depth, channels)
    check_size(path.name, width, height, limits)
    _check_length(path, width, height)
    exif = Exif(parts.exif)
    facts = Facts(
        format="JPEG",
        width=width,
        height=height,
        channels=channels,
        depth=8,
        compression="JPEG",
        lossy=True,
        orientation=exif.orientation,
        profile=b"".join(parts.profile[key] for key in sorted(parts.profile)) or None,
        resolution=exif.resolution or _jfif_resolution(parts.jfif),
        metadata=parts.metadata(),
    )
    return WholeSource(path, facts, _decode, limits)


def _check_kind(path: Path, depth: int, channels: int) -> None:
    if channels == 4:
        raise PaintingError(
            Message(
                "{path} is a CMYK picture: convert it to 8- or 16-bit RGB, then open it again.",
                path=path.name,
            )
        )
    if depth != 8 or channels not in (1, 3):
        raise PaintingError(
            Message(
                "{path} is {kind} of {channels}: convert it to 8-bit RGB or grey.",
                path=path.name,
                kind=_kind(depth),
                channels=counted_channels(channels),
            )
        )


def _check_length(path: Path, width: int, height: int) -> None:
    if path.stat().st_size * 8 < (width // 8) * (height // 8):  # an 8 × 8 block takes at least one bit
        raise PaintingError(
            Message(
                "{path} is cut short (too few bytes for {width} × {height} px): get an intact copy of it.",
                path=path.name,
                width=width,
                height=height,
            )
        )


def _decode(data: bytes) -> Samples:
    import imagecodecs

    return imagecodecs.jpeg8_decode(data)


def _read(path: Path) -> tuple[bytes, JpegMetadata]:
    """Return the frame header and the other segments; raise ``PaintingError`` without an end marker."""
    frame, parts = b"", JpegMetadata()
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        for marker, start, end in _markers(data):
            if marker == _END:
                parts.add_trailer(data[max(end, len(data) - TRAILER) :], end, len(data) - end)
                return frame, parts
            if marker == _JPEG_LS:
                raise PaintingError(
                    Message(
                        "{path} is a JPEG-LS picture: save it as a 16-bit TIFF, then open that.",
                        path=path.name,
                    )
                )
            if marker in _FRAMES:
                frame = frame or data[start:end][:6]
            else:
                parts.add(marker, data[start:end])
    raise PaintingError(
        Message(
            "{path} is cut short (it ends before its last row): get an intact copy of it.", path=path.name
        )
    )


def find_frame(data: bytes) -> bytes | None:
    """Return the frame header of a JPEG: bits, height, width and channels; None if it has none."""
    headers = (data[start:end] for marker, start, end in _markers(data) if marker in _FRAMES)
    return next((header for header in headers if len(header) > 5), None)


def _markers(data: mmap | bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, start and end of its payload), skipping the entropy-coded data."""
    at = 2
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        marker = data[at + 1]
        if marker in (0x00, 0xFF) or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _END:
            yield marker, at + 2, at + 2
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            return
        yield marker, at + 4, end
        at = end


def _jfif_resolution(jfif: bytes) -> resolution.Resolution | None:
    if len(jfif) < 12:
        return None
    x, y = (int.from_bytes(jfif[i : i + 2], "big") for i in (8, 10))
    return resolution.from_unit(x, y, _UNIT_OF_JFIF.get(jfif[7], 1), "JFIF")
