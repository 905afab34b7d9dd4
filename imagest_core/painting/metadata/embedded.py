"""Find complete JPEG and PNG files inside other data, such as previews in maker notes."""

from __future__ import annotations

import re

Spans = list[tuple[int, int]]

_START = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n")
_END_OF_PNG = b"IEND\xae\x42\x60\x82"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9


def find_pictures(data: bytes) -> Spans:
    """Return (first byte, byte after the last) of each image in ``data``, in order."""
    spans: Spans = []
    at = 0
    while match := _START.search(data, at):
        start = match.start()
        end = _end_of_jpeg(data, start) if data[start] == 0xFF else _end_of_png(data, start)
        if end:
            spans.append((start, end))
        at = end or start + 1
    return spans


def _end_of_png(data: bytes, start: int) -> int:
    end = data.find(_END_OF_PNG, start)
    return end + len(_END_OF_PNG) if end >= 0 else 0


def _end_of_jpeg(data: bytes, start: int) -> int:
    """Return the byte after the JPEG at ``start``; the end of the data if truncated, 0 if there is none."""
    at, frame, scan = start + 2, False, False
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == _END:
            return at + 2 if frame else 0
        elif marker == 0 or 0xD0 <= marker <= 0xD7:
            if not scan:
                return 0
            at += 2
        else:
            frame, scan = frame or marker in _FRAMES, scan or marker == _SCAN
            at += 2 + max(int.from_bytes(data[at + 2 : at + 4], "big"), 2)
    return len(data) if scan and frame else 0


def zero_spans(data: bytes, spans: Spans) -> bytes:
    """Return ``data`` with the bytes in ``spans`` set to zero."""
    out = bytearray(data)
    for start, end in spans:
        out[start:end] = bytes(end - start)
    return bytes(out)
