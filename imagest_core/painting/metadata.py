"""What a file says about its picture beside the samples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metadata:
    """Blobs as they stand in the file, and the few texts worth showing (empty where absent).

    ``exif`` is a TIFF stream without the ``Exif\\0\\0`` prefix; a TIFF keeps its EXIF in its own
    directories and has None here. ``iptc`` is IIM records, or the Photoshop resources around them.
    """

    xmp: bytes | None = None
    exif: bytes | None = None
    iptc: bytes | None = None
    description: str = ""
    software: str = ""
    date: str = ""
    artist: str = ""
    copyright: str = ""
