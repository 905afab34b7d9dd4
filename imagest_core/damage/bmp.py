"""Read BMP pictures with a palette.

Pillow decodes 4 and 8 bits a pixel as if they were 1 or 8 if the palette is black and white, or a row of
greys. Format: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHORT_HEADER = struct.pack("<I", 12)
"""Size of the header of OS/2, whose width and height have 16 bits."""

_START = 14
"""Offset of the header, which starts with its size."""

_BITS = (1, 4, 8)


def has_palette(head: bytes) -> bool:
    """Return whether the picture whose file starts with ``head`` has at most 8 bits a pixel."""
    (bits,) = struct.unpack_from("<H", head, 24 if _is_short(head) else 28)
    return bool(bits <= 8)


def read_palette_picture(path: Path) -> NDArray[np.uint8]:
    """Return the picture at ``path``: (height, width) if its palette is grey, else (height, width, 3).

    Raises ``ValueError`` or another exception if it is damaged.
    """
    data = path.read_bytes()
    (start,) = struct.unpack_from("<I", data, 10)
    width, height, bits, method = _layout(data)
    if method != 0 or bits not in _BITS:
        return _with_pillow(path)
    stride = (width * bits + 31) // 32 * 4
    rows = np.frombuffer(data, np.uint8, stride * abs(height), start).reshape(-1, stride)
    indices = _unpacked(rows, bits)[:, :width]
    palette = _palette(data, bits)
    colours = palette[:, 0] if (palette == palette[:, :1]).all() else palette
    return np.asarray(colours[indices if height < 0 else indices[::-1]])


def _is_short(head: bytes) -> bool:
    return head[_START : _START + 4] == SHORT_HEADER


def _layout(data: bytes) -> tuple[int, int, int, int]:
    """Return width, height (negative: from the top), bits a pixel, and the compression."""
    if _is_short(data):
        width, height, _, bits = struct.unpack_from("<HHHH", data, _START + 4)
        return width, height, bits, 0
    width, height, _, bits, method = struct.unpack_from("<iiHHI", data, _START + 4)
    return width, height, bits, method


def _unpacked(rows: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Return one index a pixel of ``rows`` with several pixels a byte."""
    single = np.unpackbits(rows, axis=1).reshape(len(rows), -1, bits)
    weights = 1 << np.arange(bits)[::-1].astype(np.uint8)
    return np.asarray(rows if bits == 8 else (single * weights).sum(axis=2, dtype=np.uint8))


def _palette(data: bytes, bits: int) -> NDArray[np.uint8]:
    """Return the colours (n, 3) that the file lists."""
    (header,) = struct.unpack_from("<I", data, _START)
    size, used = 3, 0
    if not _is_short(data):
        size, (used,) = 4, struct.unpack_from("<I", data, _START + 32)
    count = min(used or 1 << bits, 1 << bits)
    table = np.frombuffer(data, np.uint8, count * size, _START + header).reshape(-1, size)
    return np.asarray(table[:, 2::-1])


def _with_pillow(path: Path) -> NDArray[np.uint8]:
    """Decode a picture with run lengths; raise ``ValueError`` if Pillow would take it for another kind.

    A palette of all greys is read right: there the indices are the greys.
    """
    from PIL import Image

    with Image.open(path, formats=["BMP"]) as picture:
        if picture.mode not in ("P", "L"):
            raise ValueError(f"run lengths of a palette, read as {picture.mode}")
        return np.asarray(picture.convert("RGB") if picture.mode == "P" else picture)
