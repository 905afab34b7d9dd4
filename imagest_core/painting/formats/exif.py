"""The fields of an EXIF block that are needed here, from its first directory."""

from __future__ import annotations

import struct
from typing import Any

from imagest_core.painting import resolution
from imagest_core.painting.metadata.model import Metadata

PREFIX = b"Exif\0\0"
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
_NUMBERS = {1: "B", 3: "H", 4: "I"}
_ORIENTATION, _X, _Y, _UNIT = 0x112, 0x11A, 0x11B, 0x128
_DESCRIPTION, _SOFTWARE, _DATE, _ARTIST, _COPYRIGHT = 0x10E, 0x131, 0x132, 0x13B, 0x8298


class Exif:
    """The first directory of an EXIF block; empty if the block is missing or damaged."""

    def __init__(self, blob: bytes | None) -> None:
        self.blob = blob.removeprefix(PREFIX) if blob else None
        try:
            self._tags = _first_directory(self.blob) if self.blob else {}
        except struct.error:
            self._tags = {}

    @property
    def orientation(self) -> int:
        """The orientation, 1–8; 1 if not given."""
        value = self._tags.get(_ORIENTATION)
        return value if isinstance(value, int) else 1

    @property
    def resolution(self) -> resolution.Resolution | None:
        """The resolution in pixels per millimetre, or None."""
        x, y, unit = (self._tags.get(code) for code in (_X, _Y, _UNIT))
        if isinstance(x, float) and isinstance(y, float):
            return resolution.from_unit(x, y, unit if isinstance(unit, int) else 2, "EXIF")
        return None

    def metadata(self, xmp: bytes | None = None, iptc: bytes | None = None, **texts: str) -> Metadata:
        """Combine this block with other blocks; ``texts`` replace missing EXIF texts."""
        found = {
            "description": self._text(_DESCRIPTION),
            "software": self._text(_SOFTWARE),
            "date": self._text(_DATE),
            "artist": self._text(_ARTIST),
            "copyright": self._text(_COPYRIGHT),
        }
        merged = {name: text or texts.get(name, "") for name, text in found.items()}
        return Metadata(
            xmp=xmp,
            exif=self.blob,
            iptc=iptc,
            description=merged["description"],
            software=merged["software"],
            date=merged["date"],
            artist=merged["artist"],
            copyright=merged["copyright"],
        )

    def _text(self, code: int) -> str:
        value = self._tags.get(code)
        return value if isinstance(value, str) else ""


def _first_directory(blob: bytes) -> dict[int, Any]:
    order = {b"II": "<", b"MM": ">"}.get(blob[:2])
    if order is None:
        return {}
    (start,) = struct.unpack_from(order + "I", blob, 4)
    (count,) = struct.unpack_from(order + "H", blob, start)
    tags = {}
    for index in range(min(count, 512)):
        entry = start + 2 + 12 * index
        code, kind, number = struct.unpack_from(order + "HHI", blob, entry)
        size = _SIZES.get(kind, 0) * number
        (far,) = struct.unpack_from(order + "I", blob, entry + 8)
        value = blob[entry + 8 : entry + 8 + size] if size <= 4 else blob[far : far + size]
        if size and len(value) == size:
            tags[code] = _value(order, kind, value)
    return tags


def _value(order: str, kind: int, value: bytes) -> int | float | str | bytes:
    """Return the first number of a value, or its whole text."""
    if kind == 2:
        return value.split(b"\0")[0].decode("utf-8", "replace").strip()
    if kind == 5:
        top, bottom = struct.unpack_from(order + "II", value)
        return top / bottom if bottom else float("nan")
    if kind in _NUMBERS:
        return int(struct.unpack_from(order + _NUMBERS[kind], value)[0])
    return value
