"""Metadata of an image besides its samples."""

from __future__ import annotations

from dataclasses import dataclass

from imagest_core.painting.metadata import iptc as iptc_records
from imagest_core.painting.metadata import photoshop as resources
from imagest_core.painting.metadata.writing_notes import WritingNote


@dataclass(frozen=True)
class Metadata:
    r"""Metadata blocks as stored in the file, and the most useful texts (empty if absent).

    ``exif`` is a TIFF stream without the ``Exif\0\0`` prefix; a TIFF has its EXIF in its own directories, so
    None here. ``iptc`` is IIM records, or the Photoshop resources around them.
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
    """Split image resources into those without IPTC records, and the IPTC records.

    TIFF has a tag for each.
    """
    blocks, rest = resources.parse(blob)
    others = resources.pack(block for block in blocks if not block.is_iptc)
    return others + rest, iptc_records.join_records(block.data for block in blocks if block.is_iptc)
