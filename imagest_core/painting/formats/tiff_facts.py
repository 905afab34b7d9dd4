"""The properties of a TIFF page, read from its tags."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
from tifffile import TiffFile, TiffPage

from imagest_core.messages import Message
from imagest_core.painting import resolution
from imagest_core.painting.formats.base import Facts
from imagest_core.painting.formats.tiff_kind import COMPRESSIONS, GREY, is_plain_ycbcr
from imagest_core.painting.metadata.model import Metadata

_PROFILE = 34675
WHITE_IS_ZERO = 0
"""Value of the tag PhotometricInterpretation."""


def page_facts(
    tiff: TiffFile, page: TiffPage, index: int, pages: int, unreadable: Container[int] = ()
) -> Facts:
    """Return the properties of a page from its tags; ``unreadable`` ones are damaged."""
    bilevel = page.bitspersample == 1
    compression, lossy = COMPRESSIONS[page.compression]
    return Facts(
        format="BigTIFF" if tiff.is_bigtiff else "TIFF",
        width=page.imagewidth,
        height=page.imagelength,
        channels=page.samplesperpixel,
        depth=max(page.bitspersample, 8),
        compression=compression,
        lossy=lossy,
        stores_samples=not bilevel and not is_plain_ycbcr(page),
        extra=_extra(page),
        white_is_zero=page.photometric == WHITE_IS_ZERO and not bilevel,
        orientation=tag_number(page, 274, 1),
        profile=b"" if _PROFILE in unreadable else _blob(page, _PROFILE),
        resolution=_resolution(page),
        metadata=_metadata(page),
        page=index,
        pages=pages,
        notes=_notes(page, index, pages),
    )


def _notes(page: TiffPage, index: int, pages: int) -> tuple[str, ...]:
    notes = []
    if pages > 1:
        shown = Message("the first") if index == 0 else Message("page {index} (counted from 0)", index=index)
        notes.append(Message("The file has {pages} pages; {shown} is shown.", pages=pages, shown=shown))
    if page.bitspersample == 1:
        notes.append(Message("The file is black and white (1 bit); it is read as 8-bit grey."))
    if is_plain_ycbcr(page):
        notes.append(Message("The file stores YCbCr samples; they are read as RGB."))
    return tuple(notes)


def _resolution(page: TiffPage) -> resolution.Resolution | None:
    try:
        x, y = (top / bottom for top, bottom in (page.tags[282].value, page.tags[283].value))
        return resolution.from_unit(x, y, tag_number(page, 296, 2), "TIFF tags")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def _metadata(page: TiffPage) -> Metadata:
    return Metadata(
        xmp=_blob(page, 700),
        iptc=_blob(page, 33723),
        photoshop=_blob(page, 34377),
        description=_text(page, 270),
        software=_text(page, 305),
        date=_text(page, 306),
        artist=_text(page, 315),
        copyright=_text(page, 33432),
    )


def _blob(page: TiffPage, code: int) -> bytes | None:
    value = page.tags.valueof(code)
    if isinstance(value, tuple):  # IPTC is often written as 32-bit words
        value = np.array(value, f"{page.parent.byteorder}u4").tobytes()
    return value if isinstance(value, bytes) and value else None


def tag_number(page: TiffPage, code: int, default: int) -> int:
    """Return the first number of a tag of any integer type (some writers store BYTE for SHORT)."""
    value = page.tags.valueof(code, default)
    if isinstance(value, bytes | tuple) and len(value):
        value = value[0]
    return int(value) if isinstance(value, int) else default


def _extra(page: TiffPage) -> tuple[int, ...] | None:
    """Return the kinds of the samples after the colours; None for alpha without the tag."""
    colours = 1 if page.photometric in GREY else 3
    count = page.samplesperpixel - colours
    kinds = tuple(map(int, page.extrasamples))
    if not kinds and count <= 1:
        return None
    return (*kinds, *[0] * count)[:count]


def _text(page: TiffPage, code: int) -> str:
    value = page.tags.valueof(code)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.strip("\0 \r\n\t") if isinstance(value, str) else ""
