"""IPTC-IIM records: a stream of data sets, each a record, a number and a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MARK = 0x1C
PREVIEWS = {(2, 200), (2, 201), (2, 202), (7, 10), (7, 20), (7, 90), (7, 95), (8, 10)}
"""Data sets of a preview (ObjectDataPreview) and of the object itself, with what describes them."""


def without_previews(blob: bytes) -> bytes:
    """The records without previews; the same bytes where there is none."""
    kept, end = [], 0
    for key, start, stop in _data_sets(blob):
        if key not in PREVIEWS:
            kept.append(blob[start:stop])
        end = stop
    shorter = b"".join(kept)
    return blob if len(shorter) == end else shorter


def join_records(blobs: Iterable[bytes]) -> bytes:
    """Several streams as one, each once and without padding."""
    parts = []
    for blob in blobs:
        end = max((stop for _, _, stop in _data_sets(blob)), default=0)
        parts.append(blob if blob[end:].strip(b"\0") else blob[:end])
    return b"".join(dict.fromkeys(parts))


def _data_sets(blob: bytes) -> Iterator[tuple[tuple[int, int], int, int]]:
    """(record and number, first byte, byte after the last) of each data set, as far as readable."""
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
