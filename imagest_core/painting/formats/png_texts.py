"""Texts of a PNG: keywords, XMP, and the profiles that ImageMagick and others store as texts."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from imagest_core.messages import Message
from imagest_core.painting.formats.exif import PREFIX, Exif
from imagest_core.painting.metadata import xmp
from imagest_core.painting.metadata.model import Metadata, split_photoshop
from imagest_core.painting.metadata.writing_notes import WritingNote

_MOST = 32 << 20
_XMP_KEYWORD, _RAW = "XML:com.adobe.xmp", "Raw profile type "
_XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_FIELDS = {
    "description": ("Description",),
    "software": ("Software",),
    "date": ("Creation Time",),
    "artist": ("Author", "Artist"),
    "copyright": ("Copyright",),
}
"""Metadata fields and their keywords; the first keyword that exists is used."""


def inflate(data: bytes) -> bytes | None:
    """Return the decompressed bytes; None if they are damaged or exceed 32 MB."""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(data, _MOST)
    except zlib.error:
        return None
    return None if inflater.unconsumed_tail else found


@dataclass
class PngTexts:
    """Collects text chunks."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    _packets: list[bytes] = field(default_factory=list)
    _profiles: dict[str, bytes] = field(default_factory=dict)
    _notes: list[WritingNote] = field(default_factory=list)

    def add(self, name: bytes, value: bytes) -> None:
        """Add one chunk (tEXt, zTXt or iTXt)."""
        key, _, rest = value.partition(b"\0")
        keyword = key.decode("latin-1")
        text = _text(name, rest)
        if text is None:
            self._notes.append(
                WritingNote(Message("PNG text {keyword}, which is damaged", keyword=keyword), "lost")
            )
        elif keyword == _XMP_KEYWORD:
            self._packets.append(xmp.as_utf8(text))
        elif keyword.startswith(_RAW):
            self._add_profile(keyword.removeprefix(_RAW).strip().lower(), text)
        else:
            self.texts.append((keyword, text.decode("utf-8" if name == b"iTXt" else "latin-1", "replace")))

    def metadata(self, exif: bytes | None, time: bytes | None, left: Sequence[str]) -> Metadata:
        """Return all texts with the EXIF chunk, the time chunk and notes on the ``left`` chunks."""
        exif = self._exif(exif)
        photoshop, iptc = self._resources()
        known = {
            field: next((text for key in keys for keyword, text in self.texts if keyword == key), "")
            for field, keys in _FIELDS.items()
        }
        found = Exif(exif).metadata(self._packet(), iptc or None, **known)
        if left:
            self._notes.append(
                WritingNote(Message("PNG chunks {names}", names=", ".join(dict.fromkeys(left))), "lost")
            )
        return replace(
            found,
            photoshop=photoshop or None,
            texts=(*self.texts, *_modified(time)),
            notes=tuple(self._notes),
        )

    def _add_profile(self, kind: str, text: bytes) -> None:
        data = _raw_profile(text)
        if data is None:
            self._notes.append(
                WritingNote(Message("PNG text {keyword}, which is damaged", keyword=f"{_RAW}{kind}"), "lost")
            )
        elif kind == "xmp" or data.startswith(_XMP_PREFIX):
            self._packets.append(xmp.as_utf8(data.removeprefix(_XMP_PREFIX)))
        elif kind in ("exif", "app1"):
            self._profiles.setdefault("exif", data)
        elif kind in ("iptc", "8bim"):
            self._profiles[kind] = data
        else:
            self._notes.append(WritingNote(Message("PNG text {keyword}", keyword=f"{_RAW}{kind}"), "lost"))

    def _exif(self, chunk: bytes | None) -> bytes | None:
        """Return the EXIF chunk, or the EXIF block from a text if there is none."""
        hidden = self._profiles.get("exif")
        if chunk and hidden and chunk.removeprefix(PREFIX) != hidden.removeprefix(PREFIX):
            self._notes.append(
                WritingNote(
                    Message("PNG text {keyword}, besides the EXIF chunk", keyword=f"{_RAW}exif"), "lost"
                )
            )
        return chunk or hidden

    def _resources(self) -> tuple[bytes, bytes]:
        """Return Photoshop resources and IPTC records from the profiles."""
        blocks, records = b"", b""
        for data in self._profiles.get("8bim"), self._profiles.get("iptc"):
            if data and data.startswith(b"8BIM"):
                others, iptc = split_photoshop(data)
                blocks, records = blocks or others, records or iptc
            elif data:
                records = records or data
        return blocks, records

    def _packet(self) -> bytes | None:
        if not self._packets:
            return None
        packet, *others = dict.fromkeys(self._packets)
        for other in others:
            packet, notes = xmp.with_packet(packet, other, "PNG text")
            self._notes += notes
        return packet


def _text(name: bytes, rest: bytes) -> bytes | None:
    """Return the text after its keyword; None if it is damaged."""
    if name == b"tEXt":
        return rest
    if name == b"zTXt":
        return inflate(rest[1:])
    compressed, text = rest[0:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return inflate(text) if compressed else text


def _raw_profile(text: bytes) -> bytes | None:
    """Return the bytes of a text that consists of a name, a (possibly wrong) length and hex digits."""
    found = re.fullmatch(rb"\s*[^\r\n]+\s+\d+\s+([0-9a-fA-F\s]*)\0*", text)
    try:
        return bytes.fromhex(found[1].decode()) if found else None
    except ValueError:
        return None


def _modified(time: bytes | None) -> list[tuple[str, str]]:
    """Return the time chunk as a text."""
    if not time or len(time) != 7:
        return []
    year, *rest = struct.unpack(">HBBBBB", time)
    return [("Time", "{:04}:{:02}:{:02} {:02}:{:02}:{:02}".format(year, *rest))]
