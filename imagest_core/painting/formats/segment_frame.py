"""Check the size that a JPEG, JPEG 2000 or WebP strip or tile declares before it is decoded.

Decoders give whatever size the data declare, and tifffile fits any number of samples into the segment: a
segment of another size or number of channels would be read as a scrambled picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tifffile import TiffPage

from imagest_core.painting.formats import jpeg, jpeg2000, webp

_JPEG = frozenset({7})
_JPEG_2000 = frozenset({33003, 33004, 33005, 34712})
_WEBP, _COLOURS = 50001, 3


@dataclass(frozen=True)
class Frame:
    """Size, samples per pixel and bits per sample of encoded data."""

    width: int
    height: int
    samples: int
    bits: int


@dataclass(frozen=True)
class FrameCheck:
    """What the segments of a page must declare; called with the data and the number of a segment."""

    read: Callable[[bytes], Frame | None]
    width: int
    height: int
    segment_width: int
    segment_height: int
    tiled: bool
    samples: int
    bits: int

    def __call__(self, data: bytes, index: int) -> None:
        """Raise ``ValueError`` if the data declare another picture than the segment's."""
        frame = self.read(data)
        if frame is None:
            return
        columns = -(-self.width // self.segment_width)
        rows = -(-self.height // self.segment_height)
        row, column = divmod(index % (rows * columns), columns)
        width = min(self.segment_width, self.width - column * self.segment_width)
        height = min(self.segment_height, self.height - row * self.segment_height)
        fits = width <= frame.width <= self.segment_width and height <= frame.height
        fits = fits and (not self.tiled or frame.height <= self.segment_height)
        if not fits or frame.samples != self.samples or -(-frame.bits // 8) != -(-self.bits // 8):
            raise ValueError(f"a segment declares {frame}")


def frame_check(page: TiffPage) -> FrameCheck | None:
    """Return the check of a page's segments; None for codecs that give the samples as stored."""
    readers = {code: _jpeg_frame for code in _JPEG} | {code: _jpeg_2000_frame for code in _JPEG_2000}
    read = (readers | {_WEBP: _webp_frame}).get(page.compression)
    if read is None:
        return None
    width, height = (
        (page.tilewidth, page.tilelength) if page.is_tiled else (page.imagewidth, page.rowsperstrip)
    )
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    if page.compression == _WEBP and samples == _COLOURS + 1:
        samples = _COLOURS
    return FrameCheck(
        read,
        page.imagewidth,
        page.imagelength,
        width,
        height,
        page.is_tiled,
        samples,
        page.bitspersample,
    )


def _jpeg_frame(data: bytes) -> Frame | None:
    """Return the frame of a JPEG; None if it has none, because its header is elsewhere in the file."""
    found = jpeg.find_frame(data)
    if found is None:
        return None
    bits, samples = found[0], found[5]
    return Frame(int.from_bytes(found[3:5], "big"), int.from_bytes(found[1:3], "big"), samples, bits)


def _jpeg_2000_frame(data: bytes) -> Frame | None:
    at = data.find(jpeg2000.SIGNATURES[1])
    if at < 0:
        return None
    codestream = data[at : at + 4096]
    width, height, samples, depths = jpeg2000.codestream_size(codestream)
    if jpeg2000.is_signed(codestream, samples):
        raise ValueError("signed samples")
    return Frame(width, height, samples, max(depths))


def _webp_frame(data: bytes) -> Frame | None:
    """Return the size of a WebP, with its colours; opaque tiles of a picture with alpha may have none."""
    if not webp.is_webp(data[:12]):
        return None
    chunks, at = dict[bytes, bytes](), 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        chunks.setdefault(data[at : at + 4], data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    width, height, _ = webp.canvas_size(chunks)
    return Frame(width, height, _COLOURS, 8)
