"""Metadata in the segments of a JPEG, and in the bytes after its end."""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from dataclasses import dataclass, field, replace

from imagest_core.messages import Message
from imagest_core.painting.formats.exif import PREFIX, Exif
from imagest_core.painting.metadata import xmp
from imagest_core.painting.metadata.iptc import join_records
from imagest_core.painting.metadata.model import Metadata, split_photoshop
from imagest_core.painting.metadata.writing_notes import WritingNote

_COMMENT, _APPS = 0xFE, range(0xE0, 0xF0)
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_ICC = b"ICC_PROFILE\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_TIFF = (b"II*\0", b"MM\0*")
_JFIF_HEAD = 14
TRAILER = 64 << 20
"""Largest number of bytes after the end of the image that are searched."""


@dataclass
class JpegMetadata:
    """Collects the metadata of segments."""

    exif: bytes | None = None
    profile: dict[int, bytes] = field(default_factory=dict)
    jfif: bytes = b""
    comments: list[str] = field(default_factory=list)
    _packets: list[bytes] = field(default_factory=list)
    _extended: dict[bytes, dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))
    _lengths: dict[bytes, int] = field(default_factory=dict)
    _photoshop: bytes = b""
    _iptc: list[bytes] = field(default_factory=list)
    _left: list[str] = field(default_factory=list)
    _notes: list[WritingNote] = field(default_factory=list)

    def add(self, marker: int, value: bytes) -> None:
        """Add one segment; segments of the coded image are ignored."""
        if marker == 0xE0 and value.startswith(b"JFIF\0"):
            self._add_jfif(value)
        elif marker == 0xE1 and value.startswith(PREFIX):
            self._add_exif(value)
        elif marker == 0xE1 and value.startswith(_XMP):
            self._packets.append(xmp.as_utf8(value[len(_XMP) :]))
        elif marker == 0xE1 and value.startswith(_EXTENDED) and len(value) > len(_EXTENDED) + 40:
            self._add_extended(value[len(_EXTENDED) :])
        elif marker == 0xE2 and value.startswith(_ICC) and len(value) > 14:
            self.profile[value[12]] = value[14:]
        elif marker == 0xED and value.startswith(_PHOTOSHOP):
            self._photoshop += value[len(_PHOTOSHOP) :]
        elif marker == _COMMENT:
            self.comments.append(value.decode("utf-8", "replace").strip("\0 \r\n"))
        elif marker in _APPS:
            self._left.append(segment_label(marker, value))

    def add_trailer(self, data: bytes, place: int, whole: int) -> None:
        """Add ``data``, the last of the ``whole`` bytes from ``place`` on, after the end of the image."""
        place += whole - len(data)
        if not data.strip(b"\0 \r\n"):
            return
        found = _trailers(data, place)
        for name, content in found:
            if name == "IPTC":
                self._iptc.append(content)
            else:
                shows = name.endswith(("thumbnail", "preview"))
                self._notes.append(
                    WritingNote(Message("{part} after the JPEG", part=name), "removed" if shows else "lost")
                )
        if not found:
            self._notes.append(WritingNote(_rest_name(data, whole), "lost"))

    def metadata(self) -> Metadata:
        """Return all collected metadata."""
        photoshop, iptc = split_photoshop(self._photoshop)
        records = join_records([iptc, *self._iptc])
        packet = self._packet()
        if self._left:
            names = ", ".join(dict.fromkeys(self._left))
            self._notes.append(WritingNote(Message("JPEG segments {names}", names=names), "lost"))
        comment = "\n".join(filter(None, self.comments))
        found = Exif(self.exif).metadata(packet, records or None, description=comment)
        texts = tuple(("Comment", text) for text in self.comments if text)
        return replace(found, photoshop=photoshop or None, texts=texts, notes=tuple(self._notes))

    def _add_jfif(self, value: bytes) -> None:
        self.jfif = self.jfif or value
        if len(value) > _JFIF_HEAD:
            self._notes.append(WritingNote(Message("JFIF thumbnail (JPEG segment APP0)"), "removed"))

    def _add_exif(self, value: bytes) -> None:
        """Add an EXIF segment; a block of more than 64 KB continues in further segments without a header."""
        if self.exif is None:
            self.exif = value
        elif value[len(PREFIX) : len(PREFIX) + 4] not in _TIFF:
            self.exif += value[len(PREFIX) :]
        elif value != self.exif:
            self._notes.append(WritingNote(Message("Second EXIF block (JPEG segment APP1)"), "lost"))

    def _add_extended(self, value: bytes) -> None:
        name, (length, start) = value[:32], struct.unpack_from(">II", value, 32)
        self._extended[name][start] = value[40:]
        self._lengths[name] = length

    def _packet(self) -> bytes | None:
        """Return the XMP with its extension and further packets, merged into one packet."""
        if not self._packets:
            return self._without_packet()
        packet, *others = self._packets
        guid = xmp.extended_guid(packet).encode()
        for name in self._extended:
            extension = self._whole(name)
            if extension is None or name != guid:
                self._notes.append(
                    WritingNote(Message("Extended XMP (JPEG segment APP1), which is incomplete"), "lost")
                )
            else:
                others.append(extension)
        for other in others:
            packet, notes = xmp.with_packet(packet, other, "JPEG segment APP1")
            self._notes += notes
        return packet

    def _without_packet(self) -> bytes | None:
        if self._extended:
            self._notes.append(
                WritingNote(Message("Extended XMP (JPEG segment APP1), which is incomplete"), "lost")
            )
        return None

    def _whole(self, name: bytes) -> bytes | None:
        data = b"".join(part for _, part in sorted(self._extended[name].items()))
        starts = sorted(self._extended[name])
        ends = [0] + [start + len(self._extended[name][start]) for start in starts[:-1]]
        return xmp.as_utf8(data) if starts == ends and len(data) == self._lengths[name] else None


_LABELS = {
    b"JFXX": "JFXX thumbnail",
    b"MPF\0": "MPF (further pictures)",
    b"FPXR": "FlashPix",
    b"EPPIM": "PrintIM",
    b"\x1aQualcomm": "Qualcomm",
    b"UNICODE\0": "comment",
    b"QVCI": "Casio QVCI",
}


def segment_label(marker: int, value: bytes) -> str:
    """Return the name of a segment: APP and its number, and its vendor or the name it starts with."""
    name = next((name for mark, name in _LABELS.items() if value.startswith(mark)), "")
    if value[6:14] == b"HEAPJPGM":
        name = "CIFF"
    elif value.startswith(b"JP") and value[12:16] == b"jumb":
        name = "JUMBF"
    found = re.match(rb"[\x20-\x7e]{2,24}", value)
    name = name or (found[0].decode().strip() if found else f"of {len(value):,} bytes")
    return f"APP{marker - 0xE0} {name}"


_SIGNATURES = {
    b"cbipcbbl": "Photo Mechanic",
    b"CANON OPTIONAL DATA\0": "Canon VRD",
    b"SEFT": "Samsung",
    b"0MIE": "MIE",
}


def _rest_name(data: bytes, whole: int) -> str:
    """Name the ``whole`` bytes after the image, with their vendors where they are known."""
    names = [name for mark, name in _SIGNATURES.items() if mark in data[-4096:]]
    names += ["AFCP"] if data[-12:-9] == b"AXS" else []
    names += ["FotoStation"] if data[-4:] == _FOTOSTATION else []
    if not names:
        return Message("{count} bytes after the end of the JPEG", count=f"{whole:,}")
    return Message(
        "{count} bytes after the end of the JPEG ({names})", count=f"{whole:,}", names=", ".join(names)
    )


_FOTOSTATION = b"\xa1\xb2\xc3\xd4"
_FOTOSTATION_NAMES = {
    1: "IPTC",
    2: Message("{program} edits", program="FotoStation"),
    3: Message("{program} thumbnail", program="FotoStation"),
    4: Message("{program} preview", program="FotoStation"),
}
_AFCP_NAMES = {
    b"IPTC": "IPTC",
    b"TEXT": Message("{program} text", program="AFCP"),
    b"Nail": Message("{program} thumbnail", program="AFCP"),
    b"PrVw": Message("{program} preview", program="AFCP"),
}


def _trailers(data: bytes, place: int) -> list[tuple[str, bytes]]:
    """Return names and contents of the known parts after the image."""
    found: list[tuple[str, bytes]] = []
    while data[-4:] == _FOTOSTATION and len(data) >= 10:
        kind, size = struct.unpack_from(">HI", data, len(data) - 10)
        if not 10 <= size <= len(data):
            break
        found.append(
            (
                _FOTOSTATION_NAMES.get(kind, Message("{program} data", program="FotoStation")),
                data[len(data) - size : -10],
            )
        )
        data = data[: len(data) - size]
    return found + _afcp(data, place)


def _afcp(data: bytes, place: int) -> list[tuple[str, bytes]]:
    """Return the parts of an AFCP trailer, whose offsets count from the start of the file."""
    if data[-12:-9] != b"AXS":
        return []
    order = ">" if data[-9:-8] == b"!" else "<"
    (start,) = struct.unpack_from(order + "I", data, len(data) - 8)
    table = start - place
    if not 0 <= table <= len(data) - 12:
        return []
    (count,) = struct.unpack_from(order + "H", data, table + 6)
    found = []
    for entry in range(table + 12, min(table + 12 + 12 * count, len(data) - 11), 12):
        size, at = struct.unpack_from(order + "II", data, entry + 4)
        name = data[entry : entry + 4]
        if at - place >= 0 and at - place + size <= len(data):
            found.append(
                (
                    _AFCP_NAMES.get(name, Message("{program} data", program="AFCP")),
                    data[at - place : at - place + size],
                )
            )
    return found
