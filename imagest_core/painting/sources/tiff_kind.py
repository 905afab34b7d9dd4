"""Which TIFF pages are paintings this program can read, and one sentence for each that isn't."""

from __future__ import annotations

from tifffile import TiffPage

from imagest_core.errors import PaintingError
from imagest_core.printable import counted, with_article

JPEG = frozenset({7})
COMPRESSIONS = {
    1: ("none", False),
    2: ("CCITT RLE", False),
    3: ("CCITT G3", False),
    4: ("CCITT G4", False),
    5: ("LZW", False),
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
"""TIFF compression: (its name, whether it may be lossy)."""

_GREY, _RGB, _YCBCR = (0, 1, 4), 2, 6
_KINDS = {
    3: "a palette (indexed colour) picture",
    5: "a CMYK picture",
    6: "a YCbCr picture without JPEG compression",
    8: "a CIE L*a*b* picture",
    9: "an ICC L*a*b* picture",
    10: "an ITU L*a*b* picture",
    32803: "a raw camera picture (colour filter array)",
    32844: "a LogL picture",
    32845: "a LogLuv picture",
    34892: "a raw camera picture (linear raw)",
}
_UNSIGNED = (1, 4)
_FORMATS = {
    2: "signed whole-number",
    3: "floating-point",
    5: "complex whole-number",
    6: "complex floating-point",
}


def check_kind(name: str, page: TiffPage) -> None:
    """Raise ``PaintingError`` unless the page is 8- or 16-bit grey or RGB, with or without alpha.

    1-bit grey passes too: a mask may be one.
    """
    _check_photometric(name, page)
    _check_samples(name, page)
    if page.compression not in COMPRESSIONS:
        _refuse(
            name, f"compressed by {_title(page.compression)}", "save it with LZW, Deflate or no compression"
        )
    if page.imagedepth > 1 or page.tiledepth > 1:
        _refuse(name, "a volume of several layers", "save one layer as a flat picture")
    if page.is_subsampled and page.planarconfig == 2:
        _refuse(name, "a planar YCbCr picture", "convert it to 8- or 16-bit RGB")


def _check_photometric(name: str, page: TiffPage) -> None:
    kind = page.photometric
    if kind == _YCBCR and page.compression in (*JPEG, 50001, 33003, 33005, 34712):
        return
    if kind not in (*_GREY, _RGB):
        _refuse(
            name, _KINDS.get(kind, f"a picture of an unknown kind ({kind})"), "convert it to 8- or 16-bit RGB"
        )


def _check_samples(name: str, page: TiffPage) -> None:
    bits, kind = page.bitspersample, page.sampleformat
    if kind in _FORMATS:
        _refuse(name, with_article(f"{_FORMATS[kind]} picture"), "convert it to 16-bit RGB or grey")
    if kind not in _UNSIGNED or not isinstance(bits, int) or page.dtype is None:
        _refuse(
            name, "a picture with samples of an unknown or mixed kind", "convert it to 16-bit RGB or grey"
        )
    grey, channels = page.photometric in _GREY, page.samplesperpixel
    if bits == 1 and grey and channels == 1:
        return
    if bits not in (8, 16):
        _refuse(name, with_article(f"{bits}-bit picture"), "convert it to 8 or 16 bits a channel")
    if channels not in ((1, 2) if grey else (3, 4)):
        what = with_article(
            f"{'grey' if grey else 'RGB'} picture of {counted(channels, 'channel', commas=False)}"
        )
        _refuse(name, what, "flatten it to grey, RGB or RGB with alpha")


def _title(compression: int) -> str:
    return getattr(compression, "name", "an unknown method").replace("_", " ")


def _refuse(name: str, what: str, remedy: str) -> None:
    raise PaintingError(f"{name} is {what}: {remedy}, then open it again.")
