"""What a file says about its picture beside the samples."""

from __future__ import annotations

from dataclasses import dataclass

from imagest_core.painting.metadata import iptc as iptc_records
from imagest_core.painting.metadata import photoshop as resources
from imagest_core.painting.metadata.writing_notes import WritingNote


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
    photoshop: bytes | None = None
    geo: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()
    notes: tuple[WritingNote, ...] = ()


def split_photoshop(blob: bytes) -> tuple[bytes, bytes]:
    """Image resources without their IPTC records, and these records; TIFF has a tag for each."""
    found, rest = resources.parse(blob)
    others = resources.pack(each for each in found if not each.is_iptc)
    return others + rest, iptc_records.join_records(each.data for each in found if each.is_iptc)
