"""Recognise files in known but unsupported formats by their first bytes."""

from __future__ import annotations

from imagest_core.messages import Message

_RAW = Message("a raw camera file")
_DEVELOP = Message("develop it and save it as a 16-bit TIFF")
_SAVE = Message("save it as a 16-bit TIFF")
_RENDER = Message("export it as a 16-bit TIFF")

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"8BPS\0\1", Message("a {format} document ({suffix})", format="Photoshop", suffix="PSD")),
    (b"8BPS\0\2", Message("a large {format} document ({suffix})", format="Photoshop", suffix="PSB")),
    (b"\x76\x2f\x31\x01", Message("an {format} picture", format="OpenEXR")),
    (b"\xff\x0a", Message("a {format} picture", format="JPEG XL")),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Message("a {format} picture", format="JPEG XL")),
    (b"GIF87a", Message("a {format} picture", format="GIF")),
    (b"GIF89a", Message("a {format} picture", format="GIF")),
    (b"#?RADIANCE", Message("a {format} picture", format="Radiance HDR")),
    (b"#?RGBE", Message("a {format} picture", format="Radiance HDR")),
    (b"gimp xcf", Message("a {format} document ({suffix})", format="GIMP", suffix="XCF")),
    (b"SDPX", Message("a {format} picture", format="DPX")),
    (b"XPDS", Message("a {format} picture", format="DPX")),
    (b"II\xbc\x01", Message("a {format} picture", format="JPEG XR")),
    (b"WMPHOTO", Message("a {format} picture", format="JPEG XR")),
    (b"\xff\xd8\xff\xf7", Message("a {format} picture", format="JPEG-LS")),
    (b"SIMPLE  =", Message("a {format} picture", format="FITS")),
    (b"\x8aMNG\r\n\x1a\n", Message("an {format} animation", format="MNG")),
    (b"\0\0\1\0", Message("an icon (ICO)")),
    (b"qoif", Message("a {format} picture", format="QOI")),
    (b"P1", Message("a {format} picture", format="PBM")),
    (b"P2", Message("a {format} picture", format="PGM")),
    (b"P3", Message("a {format} picture", format="PPM")),
    (b"P4", Message("a {format} picture", format="PBM")),
    (b"P5", Message("a {format} picture", format="PGM")),
    (b"P6", Message("a {format} picture", format="PPM")),
    (b"P7", Message("a {format} picture", format="PAM")),
    (b"PF", Message("a {format} picture", format="PFM")),
    (b"Pf", Message("a {format} picture", format="PFM")),
)
_DOCUMENTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", Message("a {format} document", format="PDF")),
    (b"%!PS", Message("a {format} document", format="PostScript")),
    (b"\xc5\xd0\xd3\xc6", Message("a {format} document", format="PostScript")),
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
    b"avif": Message("an {format} picture", format="AVIF"),
    b"avis": Message("an {format} picture", format="AVIF"),
    b"crx ": _RAW,
    b"heic": Message("a {format} picture", format="HEIC"),
    b"heix": Message("a {format} picture", format="HEIC"),
    b"hevc": Message("a {format} picture", format="HEIC"),
    b"hevx": Message("a {format} picture", format="HEIC"),
    b"heim": Message("a {format} picture", format="HEIC"),
    b"heis": Message("a {format} picture", format="HEIC"),
    b"mif1": Message("a {format} picture", format="HEIF"),
    b"msf1": Message("a {format} picture", format="HEIF"),
}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
HEAD = 512
"""Number of bytes that are read to recognise a file."""


def unsupported_message(name: str, head: bytes) -> str | None:
    """Return the message for a file that starts with ``head``, or None if its format is unknown."""
    found = _camera(head) or _document(head) or _picture(head)
    return (
        None
        if found is None
        else Message("{name} is {kind}: {remedy}, then open that.", name=name, kind=found[0], remedy=found[1])
    )


def _camera(head: bytes) -> tuple[str, str] | None:
    canon = head[:4] in (b"II*\0", b"MM\0*") and head[8:10] == b"CR"
    return (_RAW, _DEVELOP) if canon or head.startswith(_CAMERAS) else None


def _document(head: bytes) -> tuple[str, str] | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<svg") or (
        text.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in text
    ):
        return Message("an {format} drawing", format="SVG"), _RENDER
    return next(((kind, _RENDER) for start, kind in _DOCUMENTS if head.startswith(start)), None)


def _picture(head: bytes) -> tuple[str, str] | None:
    kinds = (kind for start, kind in _STARTS if head.startswith(start) and _is_valid_start(head))
    kind = next(kinds, None)
    if head[4:8] == b"ftyp":
        kind = _iso_media(head)
    elif head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        kind = Message("a {format} picture", format="BMP")
    elif head[128:132] == b"DICM":
        kind = Message("a {format} picture", format="DICOM")
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
        return Message("an {format} document", format="OpenRaster")
    return Message("a {format} document", format="Krita") if b"mimetypeapplication/x-krita" in head else None
