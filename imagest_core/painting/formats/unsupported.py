"""Recognise files in known but unsupported formats by their first bytes."""

from __future__ import annotations

_RAW = "a raw camera file"
_DEVELOP = "develop it and save it as a 16-bit TIFF"
_SAVE = "save it as a 16-bit TIFF"
_RENDER = "export it as a 16-bit TIFF"

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"8BPS\0\1", "a Photoshop document (PSD)"),
    (b"8BPS\0\2", "a large Photoshop document (PSB)"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"#?RGBE", "a Radiance HDR picture"),
    (b"gimp xcf", "a GIMP document (XCF)"),
    (b"SDPX", "a DPX picture"),
    (b"XPDS", "a DPX picture"),
    (b"II\xbc\x01", "a JPEG XR picture"),
    (b"WMPHOTO", "a JPEG XR picture"),
    (b"\xff\xd8\xff\xf7", "a JPEG-LS picture"),
    (b"SIMPLE  =", "a FITS picture"),
    (b"\x8aMNG\r\n\x1a\n", "an MNG animation"),
    (b"\0\0\1\0", "an icon (ICO)"),
    (b"qoif", "a QOI picture"),
    (b"P1", "a PBM picture"),
    (b"P2", "a PGM picture"),
    (b"P3", "a PPM picture"),
    (b"P4", "a PBM picture"),
    (b"P5", "a PGM picture"),
    (b"P6", "a PPM picture"),
    (b"P7", "a PAM picture"),
    (b"PF", "a PFM picture"),
    (b"Pf", "a PFM picture"),
)
_DOCUMENTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
)
_CAMERAS = (
    b"IIRO",
    b"IIRS",
    b"MMOR",
    b"IIU\0",
    b"FUJIFILMCCD-RAW",
    b"FOVb",
    b"\0MRM",
    b"HEAPCCDR",
)
"""Raw files of Olympus, Panasonic, Fujifilm, Sigma, Minolta and old Canon cameras."""
_BRANDS = {
    b"avif": "an AVIF picture",
    b"avis": "an AVIF picture",
    b"crx ": _RAW,
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"hevc": "a HEIC picture",
    b"hevx": "a HEIC picture",
    b"heim": "a HEIC picture",
    b"heis": "a HEIC picture",
    b"mif1": "a HEIF picture",
    b"msf1": "a HEIF picture",
}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
HEAD = 512
"""Number of bytes that are read to recognise a file."""


def unsupported_message(name: str, head: bytes) -> str | None:
    """Return the message for a file that starts with ``head``, or None if its format is unknown."""
    found = _camera(head) or _document(head) or _picture(head)
    return None if found is None else f"{name} is {found[0]}: {found[1]}, then open that."


def _camera(head: bytes) -> tuple[str, str] | None:
    canon = head[:4] in (b"II*\0", b"MM\0*") and head[8:10] == b"CR"
    return (_RAW, _DEVELOP) if canon or head.startswith(_CAMERAS) else None


def _document(head: bytes) -> tuple[str, str] | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<svg") or (
        text.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in text
    ):
        return "an SVG drawing", _RENDER
    return next(((kind, _RENDER) for start, kind in _DOCUMENTS if head.startswith(start)), None)


def _picture(head: bytes) -> tuple[str, str] | None:
    kinds = (kind for start, kind in _STARTS if head.startswith(start) and _is_valid_start(head))
    kind = next(kinds, None)
    if head[4:8] == b"ftyp":
        kind = _iso_media(head)
    elif head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        kind = "a BMP picture"
    elif head[128:132] == b"DICM":
        kind = "a DICOM picture"
    elif head[:2] == b"PK":
        kind = _zip_archive(head)
    if kind is None:
        return None
    return kind, _DEVELOP if kind == _RAW else _SAVE


def _is_valid_start(head: bytes) -> bool:
    """Return whether a file that starts like a portable bitmap continues like one."""
    return head[:1] != b"P" or head[2:3] in (b" ", b"\t", b"\r", b"\n")


def _iso_media(head: bytes) -> str | None:
    """Return the kind of an ISO base media file according to its first known brand."""
    size = min(max(int.from_bytes(head[:4], "big"), 12), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    specific = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    return next((kind for kind in specific if "HEIF" not in kind), specific[0] if specific else None)


def _zip_archive(head: bytes) -> str | None:
    if b"mimetypeimage/openraster" in head:
        return "an OpenRaster document"
    return "a Krita document" if b"mimetypeapplication/x-krita" in head else None
