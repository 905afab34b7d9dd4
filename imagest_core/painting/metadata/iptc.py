"""IPTC-IIM records: a stream of data sets, each with a record number, a data set number and a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MARK = 0x1C
PREVIEWS = {(2, 200), (2, 201), (2, 202), (7, 10), (7, 20), (7, 90), (7, 95), (8, 10)}
"""Data sets that contain or describe a preview (ObjectDataPreview) or the object itself."""


def without_previews(blob: bytes) -> bytes:
    """Return the records without previews, or the same bytes if there are none."""
    kept, end = [], 0
    for key, start, stop in _data_sets(blob):
        if key not in PREVIEWS:
            kept.append(blob[start:stop])
        end = stop
    shorter = b"".join(kept)
    return blob if len(shorter) == end else shorter


def join_records(blobs: Iterable[bytes]) -> bytes:
    """Join several streams, without duplicates and padding."""
    parts = []
    for blob in blobs:
        end = max((stop for _, _, stop in _data_sets(blob)), default=0)
        parts.append(blob if blob[end:].strip(b"\0") else blob[:end])
    return b"".join(dict.fromkeys(parts))


def _data_sets(blob: bytes) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Yield (record and number, first byte, byte after the last) of each data set, as far as readable."""
    at = 0
    while at + 5 <= len(blob) and blob[at] == MARK:
        size, start = int.from_bytes(blob[at + 3 : at + 5], "big"), at + 5
        if size & 0x8000:
            start += size & 0x7FFF
            size = int.from_bytes(blob[at + 5 : start], "big")
        if start + size > len(blob):
            return
        yield (blob[at + 1], blob[at + 2]), at, start + size
        at = start + size
