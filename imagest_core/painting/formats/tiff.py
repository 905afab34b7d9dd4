"""TIFF and BigTIFF: any page, strips or tiles, decoded only where they are read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tifffile import TiffFile, TiffPage

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.formats import ycbcr
from imagest_core.painting.formats.base import Facts, Limits, RegionReader, Samples, check_size, decoding
from imagest_core.painting.formats.cache import SegmentCache
from imagest_core.painting.formats.file_bytes import FileBytes
from imagest_core.painting.formats.segment_frame import FrameCheck, frame_check
from imagest_core.painting.formats.segments import SegmentLayout, SegmentReader
from imagest_core.painting.formats.tiff_facts import WHITE_IS_ZERO, page_facts
from imagest_core.painting.formats.tiff_kind import (
    GREY,
    JPEG,
    OLD_JPEG,
    check_kind,
    check_tags,
    is_plain_ycbcr,
    unreadable_tags,
)
from imagest_core.painting.formats.tiff_old_jpeg import old_jpeg
from imagest_core.painting.formats.whole import WholeSource
from imagest_core.painting.geometry import Box
from imagest_core.painting.tiff.codec import SegmentCodec, can_encode, predictor_of

_REDUCED = 1
_MAX_LEVELS = 16
_END_OF_JPEG = b"\xff\xd9"


class TiffSource:
    """One page of a TIFF file, decoded on access."""

    def __init__(self, path: Path, page: int, limits: Limits) -> None:
        silence_tifffile()
        self._data: FileBytes | None = None
        with decoding(path), TiffFile(path) as tiff:
            pages = len(tiff.pages)
            if not 0 <= page < max(pages, 1):
                raise PaintingError(missing_page_message(path.name, pages, page))
            chosen = _page_of(tiff, page)
            check_size(path.name, chosen.imagewidth, chosen.imagelength, limits)
            unreadable = unreadable_tags(path, chosen)
            check_tags(path.name, unreadable)
            check_kind(path.name, chosen)
            self._facts = page_facts(tiff, chosen, page, pages, unreadable)
            self._reduced: dict[int, RegionReader] = {}
            if chosen.compression == OLD_JPEG:
                self._native: RegionReader | WholeSource = old_jpeg(path, chosen, self._facts, limits)
                self._facts = self._native.facts
                return
            layout = page_layout(path, chosen, limits)
            self._facts = replace(self._facts, notes=(*self._facts.notes, *_missing_notes(layout)))
            candidates = [
                _layout_or_none(path, other, limits) for other in _reduced_pages(tiff, chosen, page)
            ]
        self._data = FileBytes(path)
        self._cache = SegmentCache(limits.cache)
        self._native = SegmentReader(path, layout, self._data, self._cache)
        self._reduced |= {
            level: SegmentReader(path, other, self._data, self._cache)
            for other in candidates
            if other is not None and (level := _level(layout, other))
        }

    @property
    def facts(self) -> Facts:
        """The properties from the tags."""
        return self._facts

    @property
    def reduced(self) -> Mapping[int, RegionReader]:
        """The reduced-resolution pages and subdirectories that halve the size exactly."""
        return self._reduced

    def read(self, box: Box) -> Samples:
        """Read samples (height, width, channels) of a stored box."""
        return self._native.read(box)

    def close(self) -> None:
        """Clear the cache and close the file."""
        if isinstance(self._native, WholeSource):
            self._native.close()
        elif self._data is not None:
            self._cache.clear()
            self._data.close()


def missing_page_message(name: str, pages: int, page: int) -> str:
    """Return the message for a page that doesn't exist."""
    if pages <= 1:
        return Message("{name} has one page, number 0: there is no page {page}.", name=name, page=page)
    return Message(
        "{name} has {pages} pages, numbered from 0 to {last}: there is no page {page}.",
        name=name,
        pages=pages,
        last=pages - 1,
        page=page,
    )


def silence_tifffile() -> None:
    """Disable tifffile's log messages on unusual tags; important ones are checked here."""
    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)


def _page_of(tiff: TiffFile, page: int) -> TiffPage:
    chosen = tiff.pages[page]
    if not isinstance(chosen, TiffPage):
        chosen = chosen.aspage()
    return chosen


def _reduced_pages(tiff: TiffFile, chosen: TiffPage, page: int) -> list[TiffPage]:
    """Return the subdirectories of the page, and the reduced pages that follow it."""
    with_tags = list(chosen.pages)[:_MAX_LEVELS] if chosen.subifds else []
    for index in range(page + 1, min(len(tiff.pages), page + 1 + _MAX_LEVELS)):
        other = _page_of(tiff, index)
        if not other.subfiletype & _REDUCED:
            break
        with_tags.append(other)
    return [other for other in with_tags if isinstance(other, TiffPage)]


def _layout_or_none(path: Path, page: TiffPage, limits: Limits) -> SegmentLayout | None:
    try:
        check_kind(path.name, page)
        return None if page.compression == OLD_JPEG else page_layout(path, page, limits)
    except (PaintingError, ValueError):
        return None


def _level(native: SegmentLayout, other: SegmentLayout) -> int:
    """Return n if ``other`` is ``native`` reduced to ``ceil(size / 2**n)``, otherwise 0."""
    if (other.channels, other.dtype, other.decode is None) != (
        native.channels,
        native.dtype,
        native.decode is None,
    ):
        return 0
    for level in range(1, _MAX_LEVELS):
        scale = 1 << level
        if (other.width, other.height) == (-(-native.width // scale), -(-native.height // scale)):
            return level
    return 0


def page_layout(path: Path, page: TiffPage, limits: Limits) -> SegmentLayout:
    """Return the segments of a page with samples of any type, checked against the file size.

    1-bit grey is read as 0 (black) and 255 (white), YCbCr as RGB. Raises ``PaintingError``.
    """
    page.predictor = predictor_of(page.compression, page.predictor)
    dtype = np.dtype(np.uint8 if page.bitspersample == 1 else page.dtype)
    width, height = (
        (page.tilewidth, page.tilelength) if page.is_tiled else (page.imagewidth, page.rowsperstrip)
    )
    if width < 1 or height < 1:
        raise PaintingError(
            Message(
                "{path} is damaged (its tiles or strips have no size): get an intact copy of it.",
                path=path.name,
            )
        )
    natural = page.bitspersample == dtype.itemsize * 8 and not is_plain_ycbcr(page)
    direct = page.compression == 1 and page.predictor == 1 and page.fillorder == 1 and natural
    layout = SegmentLayout(
        width=page.imagewidth,
        height=page.imagelength,
        channels=page.samplesperpixel,
        dtype=dtype.newbyteorder(page.parent.byteorder) if direct else dtype,
        planar=page.planarconfig == 2 and page.samplesperpixel > 1,
        tiled=page.is_tiled,
        segment_width=width,
        segment_height=height if page.is_tiled else min(height, page.imagelength),
        offsets=tuple(page.dataoffsets),
        counts=tuple(page.databytecounts),
        decode=None if direct else _decoder(page),
        empty=_empty_sample(page),
    )
    _check_segments(path, layout, limits)
    return layout


def _check_segments(path: Path, layout: SegmentLayout, limits: Limits) -> None:
    kind = Message("tiles") if layout.tiled else Message("strips")
    if layout.decode is not None and layout.segment_bytes > limits.at_once:
        size = layout.segment_bytes / 1e9
        raise PaintingError(
            Message(
                "{path} is compressed in {kind} of {size} GB: save it with smaller tiles.",
                path=path.name,
                kind=kind,
                size=f"{size:.1f}",
            )
        )
    expected = layout.planes * layout.rows * layout.columns
    if not len(layout.offsets) == len(layout.counts) == expected:
        raise PaintingError(
            Message(
                "{path} is damaged ({offsets} of {expected} {kind} are listed): get an intact copy of it.",
                path=path.name,
                offsets=len(layout.offsets),
                kind=kind,
                expected=expected,
            )
        )
    _check_inside_file(path, layout, kind)


def _check_inside_file(path: Path, layout: SegmentLayout, kind: Message) -> None:
    offsets, counts = np.array(layout.offsets, np.float64), np.array(layout.counts, np.float64)
    there = (offsets != 0) | (counts != 0)
    lost = (offsets < 8) | (counts < 1) | (offsets + counts > path.stat().st_size)
    if (there & lost).any():
        raise PaintingError(
            Message(
                "{path} is cut short (some of its {kind} lie outside the file): get an intact copy of it.",
                path=path.name,
                kind=kind,
            )
        )
    if layout.decode is None:
        needed = np.tile(np.repeat(layout.needed(), layout.columns), layout.planes)
        if (counts < needed)[there].any():
            raise PaintingError(
                Message(
                    "{path} is cut short (some of its {kind} are too small): get an intact copy of it.",
                    path=path.name,
                    kind=kind,
                )
            )


def _decoder(page: TiffPage) -> Any:
    """Return a function (bytes, index) → samples that needs the tags but not the open file."""
    if is_plain_ycbcr(page):
        return _ycbcr_decoder(page)
    decode, options = page.decode, {}
    if page.compression in JPEG:
        options = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
    return partial(
        _decode_segment,
        decode=partial(decode, **options),
        jpeg=page.compression in JPEG,
        check=frame_check(page),
        bilevel=_is_bilevel(page),
        inverted=page.photometric == WHITE_IS_ZERO,
    )


def _ycbcr_decoder(page: TiffPage) -> Any:
    packing = ycbcr.ycbcr_layout(page.tags.valueof)
    codec = SegmentCodec(page.compression, 1, page.parent.byteorder, page.fillorder == 2)
    if not can_encode(codec):
        raise PaintingError(
            Message(
                "{path} is a YCbCr picture that can't be decoded: convert it to 8- or 16-bit "
                "RGB, then open it again.",
                path=page.parent.filename,
            )
        )
    tiled, width, length = (
        page.is_tiled,
        page.tilewidth if page.is_tiled else page.imagewidth,
        page.imagelength,
    )
    rows = page.tilelength if tiled else min(page.rowsperstrip, length)
    strips = -(-length // rows)

    def decode(data: bytes, index: int) -> Samples:
        high = rows if tiled else min(rows, length - index % strips * rows)
        size = packing.segment_bytes(high, width)
        plain = codec.decode(data, (1, size, 1), np.dtype(np.uint8))
        return packing.decode(plain.tobytes(), high, width)

    return decode


def _is_bilevel(page: TiffPage) -> bool:
    return page.bitspersample == 1 and page.photometric in GREY


def _empty_sample(page: TiffPage) -> int:
    """Return the sample value in strips and tiles that the file leaves out: a stored zero."""
    return 255 if _is_bilevel(page) and page.photometric == WHITE_IS_ZERO else 0


def _missing_notes(layout: SegmentLayout) -> tuple[str, ...]:
    missing = sum(map(layout.missing, range(len(layout.offsets))))
    kind = Message("tiles") if layout.tiled else Message("strips")
    return (
        (
            Message(
                "The file leaves out {missing} of its {kind}; their samples are read as 0.",
                missing=missing,
                kind=kind,
            ),
        )
        if missing
        else ()
    )


def _decode_segment(
    data: bytes,
    index: int,
    *,
    decode: Any,
    jpeg: bool,
    check: FrameCheck | None,
    bilevel: bool,
    inverted: bool,
) -> Samples:
    """Return samples (rows, columns, samples); 1-bit samples become 0 (black) and 255 (white)."""
    if jpeg and _END_OF_JPEG not in data[-64:]:
        raise ValueError("a JPEG segment without its end")
    if check is not None:
        check(data, index)
    samples: Samples = decode(data, index)[0][0]
    if bilevel:
        return np.where((samples != 0) ^ inverted, np.uint8(255), np.uint8(0))
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder("="))
