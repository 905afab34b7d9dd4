"""Carry texts of an image that have a tag or an XMP property: descriptions, authors, comments, dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime

from imagest_core.messages import Message
from imagest_core.painting.metadata import xmp
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.copy import Fields
from imagest_core.painting.tiff.ifd import Field

ASCII, BYTE, XMP = 2, 1, 700
DESCRIPTION, SOFTWARE, DATE, ARTIST, COPYRIGHT = 270, 305, 306, 315, 33432
_TAGS = {
    "description": DESCRIPTION,
    "author": ARTIST,
    "artist": ARTIST,
    "copyright": COPYRIGHT,
    "time": DATE,
}
"""Tags by keyword, in lower case."""

_PROPERTIES = {
    "title": ("dc", "title"),
    "source": ("dc", "source"),
    "comment": ("exif", "UserComment"),
    "software": ("xmp", "CreatorTool"),
    "creation time": ("xmp", "CreateDate"),
}
"""XMP properties by keyword."""

_EXIF_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_ISO_DATE = re.compile(r"\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?")

Property = tuple[str, str, str]


def add_texts(painting: Painting, fields: Fields, software: str, notes: list[WritingNote]) -> Fields:
    """Return ``fields`` with the missing texts of ``painting``, and ``software`` as the writing program.

    The program named by the source is kept as the XMP's CreatorTool.
    """
    fields = _fallbacks(painting) | fields
    packet = fields[XMP].value if XMP in fields else None
    texts = list(painting.metadata.texts)
    if maker := painting.metadata.software:
        texts.append(("Software", maker))
    properties: list[Property] = []
    for keyword, text in dict.fromkeys(texts):
        if keyword.lower() == "software" and text == software:
            continue
        name = _source_name(painting, keyword)
        if tag := _tag_of(keyword.lower(), text, fields):
            _add_tag(fields, tag, text, name, notes)
        else:
            _add_property(packet, properties, keyword, text, name, notes)
    return _with_properties(fields, packet, properties, notes) | text_field(SOFTWARE, software)


def _tag_of(keyword: str, text: str, fields: Fields) -> int | None:
    """Return the tag for a keyword; a comment has one if it equals the description."""
    if keyword == "comment" and _same(fields, DESCRIPTION, text):
        return DESCRIPTION
    return _TAGS.get(keyword)


def _same(fields: Fields, tag: int, text: str) -> bool:
    expected = text_field(tag, text)
    return not expected or (
        tag in fields and fields[tag].value.rstrip(b"\0 ") == expected[tag].value.rstrip(b"\0 ")
    )


def _source_name(painting: Painting, keyword: str) -> str:
    if keyword == "Software":
        return Message("Software (tag {tag})", tag=SOFTWARE)
    return Message("{format} text {keyword}", format=painting.format, keyword=keyword)


def text_field(tag: int, text: str) -> Fields:
    """Return a field with ``text``; no field if it is empty."""
    value = text.encode() + b"\0"
    return {tag: Field(tag, ASCII, len(value), value)} if text else {}


def _fallbacks(painting: Painting) -> Fields:
    """Return the texts that are known from other sources than a tag."""
    data = painting.metadata
    date = data.date if _EXIF_DATE.fullmatch(data.date) else ""
    return (
        text_field(DESCRIPTION, data.description)
        | text_field(DATE, date)
        | text_field(ARTIST, data.artist)
        | text_field(COPYRIGHT, data.copyright)
    )


def _add_tag(fields: Fields, tag: int, text: str, name: str, notes: list[WritingNote]) -> None:
    if tag not in fields:
        fields |= text_field(tag, text)
    if _same(fields, tag, text):
        notes.append(WritingNote(name, "converted", Message("as tag {tag}", tag=tag)))
    else:
        notes.append(WritingNote(name, "lost", Message("as tag {tag} has another value", tag=tag)))


def _add_property(
    packet: bytes | None,
    properties: list[Property],
    keyword: str,
    text: str,
    name: str,
    notes: list[WritingNote],
) -> None:
    target = _PROPERTIES.get(keyword.lower())
    value = _iso_date(text) if keyword.lower() == "creation time" else text
    if target is None or not value:
        notes.append(WritingNote(name, "lost"))
        return
    existing = xmp.text_of(packet, *target) if packet else ""
    existing = existing or next((each[2] for each in properties if each[:2] == target), "")
    if existing and existing != value:
        notes.append(
            WritingNote(name, "lost", Message("as {target} has another value", target=":".join(target)))
        )
        return
    if not existing:
        properties.append((*target, value))
    notes.append(WritingNote(name, "converted", Message("as {target}", target=":".join(target))))


def _iso_date(text: str) -> str:
    """Return the date in XMP format, or "" if it can't be parsed."""
    if match := _EXIF_DATE.fullmatch(text.strip()):
        return f"{match[1]}-{match[2]}-{match[3]}T{match[4]}"
    if _ISO_DATE.fullmatch(text.strip()):
        return text.strip()
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError):
        return ""


def _with_properties(
    fields: Fields, packet: bytes | None, properties: Sequence[Property], notes: list[WritingNote]
) -> Fields:
    changed = xmp.with_properties(packet, properties)
    if changed is None:
        if packet is not None:
            names = ", ".join(f"{prefix}:{name}" for prefix, name, _ in properties)
            notes.append(
                WritingNote(Message("Texts for {names}, as the XMP is damaged", names=names), "lost")
            )
        return fields
    before = fields.get(XMP, Field(XMP, BYTE, 0))
    return fields | {XMP: replace(before, count=len(changed), value=changed)}
