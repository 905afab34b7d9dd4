"""Edit XMP packets as text where they must change; everything else keeps its bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape, unescape
from xml.parsers import expat

from imagest_core.messages import Message
from imagest_core.painting.metadata.embedded import Spans
from imagest_core.painting.metadata.writing_notes import WritingNote

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
NOTE = "http://ns.adobe.com/xmp/note/"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": XMP,
}
"""Namespaces of the properties that :func:`with_properties` can add, by prefix."""

_ALTERNATIVES = {"title", "description", "rights", "UserComment"}
"""Properties with language alternatives."""

_PICTURES = {
    f"{XMP} Thumbnails",
    "http://ns.adobe.com/xap/1.0/g/img/ image",
    "http://ns.google.com/photos/1.0/image/ Data",
}
"""Elements that contain images in base64."""

_TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
_ATTRIBUTE = rb"""\s[^\s=<>"']*:?%s\s*=\s*("[^"]*"|'[^']*')"""
_BASE64 = re.compile(rb"(?:/9j/|iVBORw0KGgo)(?:[A-Za-z0-9+/=\s]|&#x[aAdD];){100,}")
"""A JPEG or PNG in base64."""


@dataclass(frozen=True)
class Element:
    """One element: ``name`` as "namespace local", the range of its bytes, and of those between its tags."""

    name: str
    start: int
    end: int
    inner: tuple[int, int]
    attributes: dict[str, str]
    namespaces: dict[str, str]
    depth: int


def elements(packet: bytes) -> list[Element]:
    """Return the closed elements, children before parents; none if the packet declares a document type."""
    scan = _Scan(packet)
    with suppress(expat.ExpatError):
        scan.parser.Parse(packet, True)
    return scan.found


class _Scan:
    def __init__(self, packet: bytes) -> None:
        self.found: list[Element] = []
        self._packet = packet
        self._open: list[tuple[str, int, int, bool, dict[str, str], dict[str, str]]] = []
        self._scopes: list[tuple[str, str]] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartNamespaceDeclHandler = lambda prefix, uri: self._scopes.append((prefix or "", uri))
        self.parser.EndNamespaceDeclHandler = lambda prefix: self._scopes.pop()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self.parser.CurrentByteIndex
        tag = _TAG.match(self._packet, at)
        end = tag.end() if tag else at
        empty = self._packet[end - 2 : end] == b"/>"
        self._open.append((name, at, end, empty, dict(attributes), dict(self._scopes)))

    def _end(self, name: str) -> None:
        known, start, inside, empty, attributes, namespaces = self._open.pop()
        close = inside if empty else self.parser.CurrentByteIndex
        end = inside if empty else self._packet.find(b">", close) + 1
        self.found.append(
            Element(known, start, end, (inside, close), attributes, namespaces, len(self._open))
        )

    def _refuse(self, *_: object) -> None:
        raise expat.ExpatError("a document type")


def as_utf8(packet: bytes) -> bytes:
    """Return the packet in UTF-8, as TIFF requires."""
    head = packet[:4]
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return packet.decode(encoding, "replace").encode()
    if head[:1] == b"<" and head[1:2] == b"\0":
        return packet.decode("utf-16-le", "replace").encode()
    if head[:2] == b"\0<":
        return packet.decode("utf-16-be", "replace").encode()
    return packet


def upright_xmp(packet: bytes) -> bytes:
    """Return the packet, of the same length, with ``tiff:Orientation`` 1."""
    return re.sub(rb"""(tiff:Orientation(?:\s*=\s*["']|>))[2-8](?=["'<])""", rb"\g<1>1", packet)


def without_thumbnails(packet: bytes) -> bytes:
    """Return the packet without the images in it, or the same bytes if it has none."""
    spans = sorted(_pictures(packet))
    kept, at = [], 0
    for start, end in spans:
        kept.append(packet[at : max(start, at)])
        at = max(at, end)
    return b"".join(kept) + packet[at:] if spans else packet


def padded(packet: bytes, size: int) -> bytes:
    """Pad the packet with spaces to ``size`` bytes, before its end marker if it has one."""
    room = b" " * (size - len(packet))
    mark = packet.rfind(b"<?xpacket end")
    return packet + room if mark < 0 else packet[:mark] + room + packet[mark:]


def _pictures(packet: bytes) -> Spans:
    """Return the ranges of elements, attributes and texts that contain images."""
    spans = [found.span() for found in _BASE64.finditer(packet)]
    for element in elements(packet):
        if element.name in _PICTURES:
            spans.append((element.start, element.end))
        for name in element.attributes.keys() & _PICTURES:
            pattern = _ATTRIBUTE % re.escape(name.rpartition(" ")[2].encode())
            spans += [
                found.span()
                for found in re.compile(pattern).finditer(packet, element.start, element.inner[0])
            ]
    return spans


def extended_guid(packet: bytes) -> str:
    """Return the GUID of the extended XMP that belongs to this packet, or "" if there is none."""
    for element in elements(packet):
        if element.name == f"{NOTE} HasExtendedXMP":
            return packet[slice(*element.inner)].decode("ascii", "replace").strip()
        if found := element.attributes.get(f"{NOTE} HasExtendedXMP"):
            return found.strip()
    return ""


def with_packet(packet: bytes, other: bytes, where: str) -> tuple[bytes, list[WritingNote]]:
    """Merge ``other`` into ``packet``, or return a note that ``other`` at ``where`` is lost.

    A packet has one value per property; a packet that contradicts the first is not merged.
    """
    if other == packet:
        return packet, []
    joined = None if _properties(packet) & _properties(other) else merged(packet, other)
    return (
        (packet, [WritingNote(Message("Further XMP ({where})", where=where), "lost")])
        if joined is None
        else (joined, [])
    )


def merged(packet: bytes, other: bytes) -> bytes | None:
    """Add the properties of ``other`` to ``packet``; return None if one of them can't be parsed."""
    place, descriptions = _end_of_rdf(packet), _descriptions(other)
    if place is None or not descriptions:
        return None
    parts = [_self_contained(other, element) for element in descriptions]
    return _without_reference(packet[:place] + b"".join(parts) + packet[place:])


def _properties(packet: bytes) -> set[str]:
    """Return the names of all properties."""
    names: set[str] = set()
    found = elements(packet)
    for outer in _descriptions(packet):
        names |= {name for name in outer.attributes if not name.startswith((RDF, NOTE))}
        names |= {
            element.name
            for element in found
            if element.depth == outer.depth + 1 and outer.start < element.start < outer.end
        }
    return names - {f"{NOTE} HasExtendedXMP"}


def with_properties(packet: bytes | None, properties: Sequence[tuple[str, str, str]]) -> bytes | None:
    """Add ``properties`` (prefix, name, text) to ``packet`` or a new one; None if it can't be parsed."""
    if not properties:
        return packet
    packet = packet or _EMPTY
    place = _end_of_rdf(packet)
    if place is None:
        return None
    about = next((element.attributes.get(f"{RDF} about", "") for element in _descriptions(packet)), "")
    prefixes = sorted({prefix for prefix, _, _ in properties})
    declared = "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)
    body = "".join(_property(*each) for each in properties)
    added = (
        f'<rdf:Description xmlns:rdf="{RDF}" rdf:about="{escape(about)}"{declared}>{body}</rdf:Description>'
    )
    return packet[:place] + added.encode() + packet[place:]


def text_of(packet: bytes, prefix: str, name: str) -> str:
    """Return the plain text of a property, whether element or attribute, or "" if it is absent."""
    qualified = f"{NAMESPACES[prefix]} {name}"
    for element in elements(packet):
        if qualified in element.attributes:
            return element.attributes[qualified]
        if element.name == qualified:
            inner = packet[slice(*element.inner)].decode("utf-8", "replace")
            return unescape(re.sub(r"<[^>]*>", "", inner)).strip()
    return ""


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 doesn't allow (section 2.2)."""

_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


def _property(prefix: str, name: str, text: str) -> str:
    text = escape(_NOT_XML.sub("", text))
    if name in _ALTERNATIVES:
        text = f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
    return f"<{prefix}:{name}>{text}</{prefix}:{name}>"


def _end_of_rdf(packet: bytes) -> int | None:
    """Return where another description can be inserted."""
    for element in elements(packet):
        if element.name == f"{RDF} RDF" and element.end > element.inner[1]:
            return element.inner[1]
    return None


def _descriptions(packet: bytes) -> list[Element]:
    """Return the descriptions directly below the RDF element, in order."""
    found = [element for element in elements(packet) if element.name == f"{RDF} Description"]
    outer: list[Element] = []
    for element in sorted(found, key=lambda element: element.start):
        if not outer or element.start >= outer[-1].end:
            outer.append(element)
    return outer


def _self_contained(packet: bytes, element: Element) -> bytes:
    """Return the element's bytes with all its namespaces declared in its own tag."""
    text = packet[element.start : element.end]
    tag = packet[element.start : element.inner[0]]
    names = {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in element.namespaces.items()}
    missing = "".join(
        f' {name}="{escape(uri)}"'
        for name, uri in names.items()
        if not re.search(rb"\s" + re.escape(name.encode()) + rb"\s*=", tag)
    )
    name = re.match(rb"<[^\s/>]+", text)
    assert name
    return text[: name.end()] + missing.encode() + text[name.end() :]


def _without_reference(packet: bytes) -> bytes:
    """Remove the reference to extended XMP, which is now part of the packet."""
    reference = f"{NOTE} HasExtendedXMP"
    for element in elements(packet):
        if element.name == reference:
            return packet[: element.start] + packet[element.end :]
        if reference in element.attributes:
            match = re.compile(_ATTRIBUTE % b"HasExtendedXMP").search(packet, element.start, element.inner[0])
            if match:
                return packet[: match.start()] + packet[match.end() :]
    return packet
