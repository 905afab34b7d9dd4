"""Check which TIFF pages can be read as paintings, with a message for each other kind."""

from __future__ import annotations

from collections.abc import Container
from itertools import islice
from pathlib import Path

from tifffile import TiffPage

from imagest_core.errors import PaintingError
from imagest_core.messages import Message, template
from imagest_core.painting.formats.base import counted_channels
from imagest_core.painting.tiff.codec import predictor_of
from imagest_core.painting.tiff.ifd import Structure
from imagest_core.printable import article

JPEG = frozenset({7})
OLD_JPEG = 6
COMPRESSIONS = {
    1: ("none", False),
    2: ("CCITT RLE", False),
    3: ("CCITT G3", False),
    4: ("CCITT G4", False),
    5: ("LZW", False),
    OLD_JPEG: ("old-style JPEG", True),
    7: ("JPEG", True),
    8: ("Deflate", False),
    32773: ("PackBits", False),
    32946: ("Deflate", False),
    34925: ("LZMA", False),
    34926: ("Zstd", False),
    50000: ("Zstd", False),
    50001: ("WebP", True),
    33003: ("JPEG 2000", True),
    33004: ("JPEG 2000", True),
    33005: ("JPEG 2000", True),
    34712: ("JPEG 2000", True),
}
"""Name of each TIFF compression, and whether it may be lossy."""

GREY, _RGB, YCBCR = (0, 1, 4), 2, 6
_MOST_CHANNELS = 64
"""Largest number of samples per pixel; image editors store up to 56."""
_KINDS = {
    3: Message("a palette (indexed colour) picture"),
    5: Message("a CMYK picture"),
    8: Message("a CIE L*a*b* picture"),
    9: Message("an ICC L*a*b* picture"),
    10: Message("an ITU L*a*b* picture"),
    32844: Message("a LogL picture"),
    32845: Message("a LogLuv picture"),
}
_DECODED_AS_RGB = frozenset({OLD_JPEG, *JPEG, 50001, 33003, 33005, 34712})
_CAMERA = frozenset({32803, 34892})
_RAW_COMPRESSIONS = frozenset({32767, 34713, 65535})
"""Compressions of Sony, Nikon and Pentax raw files."""
_MOST_SUB_PAGES = 16
_UNSIGNED = (1, 4)
_NEEDED = (
    *(256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 338, 339),
    *(347, 530, 532),
)
"""Tags that define the samples, their order and their layout."""
_FORMATS = {
    2: Message("a signed whole-number picture"),
    3: Message("a floating-point picture"),
    5: Message("a complex whole-number picture"),
    6: Message("a complex floating-point picture"),
}


def check_kind(name: str, page: TiffPage) -> None:
    """Raise ``PaintingError`` unless the page is 8- or 16-bit grey or RGB, with or without extra channels.

    1-bit grey and 8-bit YCbCr, which is read as RGB, are allowed too.
    """
    check_not_raw(name, page)
    _check_photometric(name, page)
    _check_samples(name, page)
    check_compression(name, page)
    if page.imagedepth > 1 or page.tiledepth > 1:
        _refuse(name, Message("a volume of several layers"), Message("save one layer as a flat picture"))
    if page.photometric == YCBCR and page.planarconfig == 2:
        _refuse(name, Message("a planar YCbCr picture"), Message("convert it to 8- or 16-bit RGB"))
    predictor = predictor_of(page.compression, page.predictor)
    if is_plain_ycbcr(page) and (page.bitspersample, page.samplesperpixel, predictor) != (8, 3, 1):
        _refuse(
            name, Message("a YCbCr picture of an unknown layout"), Message("convert it to 8- or 16-bit RGB")
        )


def unreadable_tags(path: Path, page: TiffPage) -> set[int]:
    """Return the tags of the page whose values tifffile skipped because they are damaged."""
    with path.open("rb") as file:
        directory = Structure(file).try_directory(page.offset)
    entries = directory.entries if directory else ()
    return {entry.tag for entry in entries if entry.count and entry.tag not in page.tags}


def check_tags(name: str, unreadable: Container[int]) -> None:
    """Raise ``PaintingError`` if a tag without which samples have another meaning can't be read."""
    lost = [tag for tag in _NEEDED if tag in unreadable]
    if lost:
        raise PaintingError(
            Message(
                "{name} is damaged (its tag {tag} can't be read): get an intact copy of it.",
                name=name,
                tag=lost[0],
            )
        )


def check_compression(name: str, page: TiffPage) -> None:
    """Raise ``PaintingError`` unless the page's compression is supported."""
    if page.compression not in COMPRESSIONS:
        _refuse(
            name,
            Message("compressed by {method}", method=_title(page.compression)),
            Message("save it with LZW, Deflate or no compression"),
        )


def is_plain_ycbcr(page: TiffPage) -> bool:
    """Return whether the page contains YCbCr samples that no image codec converts to RGB."""
    return page.photometric == YCBCR and page.compression not in _DECODED_AS_RGB


def check_not_raw(name: str, page: TiffPage) -> None:
    """Raise ``PaintingError`` if the page is a preview of raw camera data in the same file."""
    raw = _CAMERA & {page.photometric} or any(
        _CAMERA & {getattr(other, "photometric", -1)} for other in _sub_pages(page)
    )
    if raw or page.compression in _RAW_COMPRESSIONS:
        raise PaintingError(
            Message(
                "{name} is a raw camera file: develop it and save it as a 16-bit TIFF, then open that.",
                name=name,
            )
        )


def _sub_pages(page: TiffPage) -> list[object]:
    """Return the subdirectories of the page; none if they can't be read."""
    try:
        return list(islice(page.pages, _MOST_SUB_PAGES)) if page.subifds else []
    except Exception:  # tifffile raises various exceptions on damaged directories
        return []


def _check_photometric(name: str, page: TiffPage) -> None:
    kind = page.photometric
    if kind not in (*GREY, _RGB, YCBCR):
        _refuse(
            name,
            _KINDS.get(kind, Message("a picture of an unknown kind ({kind})", kind=kind)),
            Message("convert it to 8- or 16-bit RGB"),
        )


def _check_samples(name: str, page: TiffPage) -> None:
    bits, kind = page.bitspersample, page.sampleformat
    if kind in _FORMATS:
        _refuse(name, _FORMATS[kind], Message("convert it to 16-bit RGB or grey"))
    if kind not in _UNSIGNED or not isinstance(bits, int) or page.dtype is None:
        _refuse(
            name,
            Message("a picture with samples of an unknown or mixed kind"),
            Message("convert it to 16-bit RGB or grey"),
        )
    grey, channels = page.photometric in GREY, page.samplesperpixel
    if bits == 1 and grey and channels == 1:
        return
    if bits not in (8, 16):
        _refuse(name, _bits_picture(bits), Message("convert it to 8 or 16 bits per channel"))
    if not (1 if grey else 3) <= channels <= _MOST_CHANNELS:
        what = _channels_picture(grey, channels)
        _refuse(name, what, Message("flatten it to grey, RGB or RGB with alpha"))


def _bits_picture(bits: object) -> Message:
    an = template("an {bits}-bit picture")
    return Message(an if article(str(bits)) == "an" else template("a {bits}-bit picture"), bits=bits)


def _channels_picture(grey: bool, channels: int) -> Message:
    count = counted_channels(channels)
    if grey:
        return Message("a grey picture of {channels}", channels=count)
    return Message("an RGB picture of {channels}", channels=count)


def _title(compression: int) -> str:
    name = getattr(compression, "name", "")
    return name.replace("_", " ") if name else Message("an unknown method")


def _refuse(name: str, what: str, remedy: str) -> None:
    raise PaintingError(
        Message("{name} is {what}: {remedy}, then open it again.", name=name, what=what, remedy=remedy)
    )
