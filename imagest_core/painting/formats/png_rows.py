"""Read the rows of a PNG from the top in memory that doesn't depend on the image size."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.formats.png import SIGNATURE

_BLOCK = 1 << 20
_FORMS = {1: (8, 0), 2: (16, 0), 3: (8, 2), 4: (8, 6), 6: (16, 2), 8: (16, 6)}
"""Depth and colour type of a PNG whose rows are filtered in the same way, by bytes per pixel."""


class PngRows:
    """Rows of a non-interlaced PNG: ``width`` pixels of ``channels`` samples of ``depth`` bits.

    Rows of a palette image are its indices. Raises ``PaintingError`` if the file is damaged.
    """

    def __init__(self, path: Path, width: int, height: int, channels: int, depth: int) -> None:
        self._path, self._width, self._channels, self._depth = path, width, channels, depth
        self._left = height
        self._pixel = max(channels * depth // 8, 1)
        self._row = -(-width * channels * depth // 8)
        self._above = bytes(self._row)
        self._bytes = _inflated(path)
        self._buffer = bytearray()

    def read(self, rows: int) -> Samples:
        """Read the next rows as (rows, width, channels) uint8 or uint16; fewer bits are not scaled."""
        filtered = self._take(rows * (1 + self._row))
        plain = self._unfiltered(filtered, rows)
        self._above = plain[-1].tobytes()
        self._left -= rows
        if self._left == 0:
            self._check_end()
        return self._samples(plain)

    def _check_end(self) -> None:
        """Read up to the checksum; a little more data than the image needs is accepted."""
        more = 0
        try:
            while more < _BLOCK and (block := next(self._bytes, None)) is not None:
                more += len(block)
        except zlib.error as error:
            raise self._damaged() from error

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            try:
                self._buffer += next(self._bytes)
            except (StopIteration, zlib.error) as error:
                raise self._damaged() from error
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _unfiltered(self, filtered: bytes, rows: int) -> NDArray[np.uint8]:
        """Return unfiltered bytes (rows, bytes per row).

        libpng decodes a PNG that consists of the previous row and these rows.
        """
        import imagecodecs

        stored = np.frombuffer(filtered, np.uint8).reshape(rows, -1)
        if not stored[:, 1:].any() and self._above.count(0) == self._row:  # every filter keeps zeros
            return np.zeros((rows, self._row), np.uint8)
        depth, kind = _FORMS[self._pixel]
        packer = zlib.compressobj(0)
        data = packer.compress(b"\0" + self._above) + packer.compress(filtered) + packer.flush()
        head = struct.pack(">IIBBBBB", self._row // self._pixel, rows + 1, depth, kind, 0, 0, 0)
        parts = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
        try:
            decoded = imagecodecs.png_decode(SIGNATURE + b"".join(_chunk(*part) for part in parts))
        except RuntimeError as error:
            raise self._damaged() from error
        ordered = decoded.astype(decoded.dtype.newbyteorder(">")) if depth == 16 else decoded
        return np.frombuffer(ordered[1:].tobytes(), np.uint8).reshape(rows, self._row)

    def _samples(self, plain: NDArray[np.uint8]) -> Samples:
        shape = (len(plain), self._width, self._channels)
        if self._depth == 16:
            return plain.view(">u2").astype(np.uint16).reshape(shape)
        if self._depth == 8:
            return plain.reshape(shape)
        bits = np.unpackbits(plain, axis=1).reshape(len(plain), -1, self._depth)
        places = 1 << np.arange(self._depth - 1, -1, -1, dtype=np.uint8)
        return (bits * places).sum(axis=2, dtype=np.uint8)[:, : self._width, np.newaxis]

    def _damaged(self) -> PaintingError:
        return PaintingError(
            Message(
                "{path} is damaged or cut short and can't be decoded: get an intact copy of it.",
                path=self._path.name,
            )
        )


def _chunk(name: bytes, value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + name + value + struct.pack(">I", zlib.crc32(name + value))


def _inflated(path: Path) -> Iterator[bytes]:
    """Yield the content of the IDAT chunks in blocks; raise ``zlib.error`` if it is truncated."""
    inflater = zlib.decompressobj()
    with path.open("rb") as file:
        for block in _packed(file):
            while block:
                yield inflater.decompress(block, _BLOCK)
                block = inflater.unconsumed_tail
            if inflater.eof:
                return
        yield inflater.flush()
    if not inflater.eof:
        raise zlib.error("the data end early")


def _packed(file: BinaryIO) -> Iterator[bytes]:
    file.seek(len(SIGNATURE))
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name != b"IDAT":
            file.seek(length + 4, 1)
            continue
        while length > 0 and (block := file.read(min(length, _BLOCK))):
            length -= len(block)
            yield block
        file.seek(4, 1)
