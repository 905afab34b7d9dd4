"""Photoshop image resources: numbered blocks in TIFF tag 34377, JPEG APP13 and elsewhere."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

SIGNATURES = (b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa")
IPTC, OLD_THUMBNAIL, THUMBNAIL, EXIF, EXIF_MORE, XMP, IPTC_DIGEST = 1028, 1033, 1036, 1058, 1059, 1060, 1061
"""Resource numbers."""


@dataclass(frozen=True)
class Resource:
    """One block: signature, number, name (with its length and padding) and data."""

    signature: bytes
    number: int
    name: bytes
    data: bytes

    @property
    def is_iptc(self) -> bool:
        """Whether the data are IPTC records; blocks of other programs use their own numbers."""
        return self.signature == SIGNATURES[0] and self.number == IPTC

    def packed(self) -> bytes:
        """Return the block's bytes."""
        head = self.signature + struct.pack(">H", self.number) + self.name
        return head + struct.pack(">I", len(self.data)) + self.data + bytes(len(self.data) % 2)


def parse(blob: bytes) -> tuple[list[Resource], bytes]:
    """Return the blocks of ``blob`` and the bytes after the last readable one (empty if only padding)."""
    resources: list[Resource] = []
    at = 0
    while blob[at : at + 4] in SIGNATURES and (parsed := _resource(blob, at)):
        resource, at = parsed
        resources.append(resource)
    rest = blob[at:]
    return resources, rest if rest.strip(b"\0") else b""


def pack(resources: Iterable[Resource]) -> bytes:
    """Join the bytes of ``resources``."""
    return b"".join(resource.packed() for resource in resources)


def _resource(blob: bytes, at: int) -> tuple[Resource, int] | None:
    """Return the block at ``at`` and the offset after it; None if it is truncated."""
    if at + 7 > len(blob):
        return None
    (number,) = struct.unpack_from(">H", blob, at + 4)
    length = blob[at + 6] + 1
    size_at = at + 6 + length + length % 2
    if size_at + 4 > len(blob):
        return None
    (size,) = struct.unpack_from(">I", blob, size_at)
    start, end = size_at + 4, size_at + 4 + size
    if end > len(blob):
        return None
    return Resource(blob[at : at + 4], number, blob[at + 6 : size_at], blob[start:end]), end + size % 2
