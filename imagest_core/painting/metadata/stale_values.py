"""Remove images of the scan before its restoration from the values of tags."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from imagest_core.messages import Message
from imagest_core.painting.metadata import embedded, iptc, photoshop, xmp
from imagest_core.painting.metadata.writing_notes import WritingNote

XMP, IPTC, PHOTOSHOP, PROFILE, MAKER_NOTE, LAYERS, JPEG_TABLES = 700, 33723, 34377, 34675, 37500, 37724, 347

Cleaned = tuple[bytes, list[WritingNote]]
"""A value without stale images (empty: the tag is removed), and notes on what was removed."""

_SMALLEST = 64
_WHOLE = 0.9
"""Share of a value above which it consists of the embedded image only."""


def clean_value(tag: int, value: bytes) -> Cleaned:
    """Return the value of ``tag`` without images of the original scan; the same bytes if it has none."""
    if tag == LAYERS:
        return b"", [WritingNote(Message("Photoshop layers (tag {tag})", tag=LAYERS), "removed")]
    if tag in (PROFILE, JPEG_TABLES) or (len(value) < _SMALLEST and tag not in (IPTC, PHOTOSHOP)):
        return value, []
    known = {XMP: _clean_xmp, IPTC: _clean_iptc, PHOTOSHOP: clean_photoshop}
    if tag in known:
        return known[tag](value)
    return _clean_other(tag, value)


def clean_photoshop(value: bytes) -> Cleaned:
    """Remove thumbnails from Photoshop resources, and images inside other resources."""
    resources, rest = photoshop.parse(value)
    kept, notes = [], []
    for resource in resources:
        data, found = _clean_resource(resource)
        notes += found
        if data or not found:
            kept.append(replace(resource, data=data))
    rest, found = _clean_rest(rest)
    notes += found
    return (photoshop.pack(kept) + rest, notes) if notes else (value, [])


def _clean_resource(resource: photoshop.Resource) -> Cleaned:
    number, data = resource.number, resource.data
    if number in (photoshop.OLD_THUMBNAIL, photoshop.THUMBNAIL):
        return b"", [
            WritingNote(
                Message(
                    "Photoshop thumbnail (resource {number} in tag {tag})",
                    number=number,
                    tag=PHOTOSHOP,
                ),
                "removed",
            )
        ]
    known: dict[int, Callable[[bytes], Cleaned]] = {
        photoshop.IPTC: _clean_iptc,
        photoshop.XMP: _clean_xmp,
        photoshop.EXIF: clean_exif,
        photoshop.EXIF_MORE: clean_exif,
    }
    if number in known:
        return known[number](data)
    if embedded.find_pictures(data):
        return b"", [
            WritingNote(
                Message(
                    "Photoshop preview (resource {number} in tag {tag})",
                    number=number,
                    tag=PHOTOSHOP,
                ),
                "removed",
            )
        ]
    return data, []


def _clean_rest(rest: bytes) -> Cleaned:
    """Zero images in the bytes after the last readable resource."""
    spans = embedded.find_pictures(rest)
    if not spans:
        return rest, []
    return embedded.zero_spans(rest, spans), [
        WritingNote(Message("Photoshop preview (tag {tag})", tag=PHOTOSHOP), "removed")
    ]


def _clean_xmp(value: bytes) -> Cleaned:
    shorter = xmp.without_thumbnails(value)
    if shorter is value:
        return value, []
    return xmp.padded(shorter, len(value)), [
        WritingNote(Message("XMP thumbnails (tag {tag})", tag=XMP), "removed")
    ]


def _clean_iptc(value: bytes) -> Cleaned:
    shorter = iptc.without_previews(value)
    if shorter is value:
        return value, []
    return shorter, [WritingNote(Message("IPTC preview (data set 2:202 in tag {tag})", tag=IPTC), "removed")]


def _clean_other(tag: int, value: bytes) -> Cleaned:
    spans = embedded.find_pictures(value)
    if not spans:
        return value, []
    if tag == MAKER_NOTE:
        note = WritingNote(Message("Maker note preview (EXIF tag {tag})", tag=MAKER_NOTE), "removed")
        return embedded.zero_spans(value, spans), [note]
    note = WritingNote(Message("Embedded preview (tag {tag})", tag=tag), "removed")
    covered = sum(end - start for start, end in spans)
    return b"" if covered > _WHOLE * len(value) else embedded.zero_spans(value, spans), [note]


def clean_exif(value: bytes) -> Cleaned:
    """Remove the thumbnail and other images from an EXIF block, keeping its length."""
    from imagest_core.errors import PaintingError
    from imagest_core.painting.tiff.stale import remove_stale

    file = io.BytesIO(value)
    try:
        notes = remove_stale(file, 0)
    except PaintingError:
        notes = []
    left, spans = file.getvalue(), embedded.find_pictures(file.getvalue())
    if spans:
        notes.append(WritingNote(Message("Preview in the EXIF block"), "removed"))
    return (embedded.zero_spans(left, spans), notes) if notes else (value, [])
