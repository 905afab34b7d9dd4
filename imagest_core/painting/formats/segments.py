"""Read strips and tiles: the parts of a TIFF page that are decoded separately."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.formats.base import Samples, decoding
from imagest_core.painting.formats.cache import SegmentCache
from imagest_core.painting.formats.file_bytes import FileBytes
from imagest_core.painting.geometry import Box

_WIDE_ROW = 1 << 16
_READ_BYTES = 16 << 20
_UNIFORM_BYTES = 4096
"""Tiles of at most this many bytes often have one value; the last one is reused for equal tiles."""


@dataclass(frozen=True)
class SegmentLayout:
    """Offsets and layout of the segments of a page.

    Attributes
    ----------
    segment_width, segment_height
        Size in pixels.
    planar
        One plane of segments per channel.
    dtype
        Sample type in the file's byte order.
    decode
        Function (bytes, index) → samples (rows, columns, samples); None if the bytes are the samples.
    empty
        Value of the samples of segments that the file leaves out (offset and size 0).
    """

    width: int
    height: int
    channels: int
    dtype: np.dtype
    planar: bool
    tiled: bool
    segment_width: int
    segment_height: int
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    decode: Callable[[bytes, int], Samples] | None
    empty: int = 0

    def missing(self, index: int) -> bool:
        """Return whether the file leaves a segment out."""
        return self.offsets[index] == self.counts[index] == 0

    @property
    def columns(self) -> int:
        """The number of segments per row."""
        return -(-self.width // self.segment_width)

    @property
    def rows(self) -> int:
        """The number of rows of segments."""
        return -(-self.height // self.segment_height)

    @property
    def samples(self) -> int:
        """The number of samples per pixel in one segment."""
        return 1 if self.planar else self.channels

    @property
    def planes(self) -> int:
        """The number of planes of segments."""
        return self.channels if self.planar else 1

    @property
    def segment_bytes(self) -> int:
        """The size in bytes of the largest decoded segment."""
        height = self.segment_height if self.tiled else min(self.segment_height, self.height)
        return self.segment_width * height * self.samples * self.dtype.itemsize

    def needed(self) -> NDArray[np.int64]:
        """Return the bytes of each row of uncompressed segments; only the last strip is shorter."""
        heights = np.full(self.rows, self.segment_height, np.int64)
        if not self.tiled:
            heights[-1] = self.height - (self.rows - 1) * self.segment_height
        return heights * self.segment_width * self.samples * self.dtype.itemsize


class SegmentReader:
    """Reads boxes of one page from the segments they touch."""

    def __init__(self, path: Path, layout: SegmentLayout, data: FileBytes, cache: SegmentCache) -> None:
        self._path, self._layout, self._data, self._cache = path, layout, data, cache
        self._shape = layout.segment_height, layout.segment_width
        self._latest: tuple[bytes, Samples | None] = b"", None

    def read(self, box: Box) -> Samples:
        """Read samples (height, width, channels) of a stored box, in native byte order."""
        layout = self._layout
        out = np.empty((box.height, box.width, layout.channels), layout.dtype.newbyteorder("="))
        for row, column in self._touched(box):
            x, y = column * layout.segment_width, row * layout.segment_height
            part = Box(x, y, layout.segment_width, layout.segment_height).within(box)
            target, inside = out[part.moved(-box.x, -box.y).slices], part.moved(-x, -y)
            for plane in range(layout.planes):
                index = (plane * layout.rows + row) * layout.columns + column
                piece = target[..., plane : plane + layout.samples]
                if layout.missing(index):
                    piece[:] = layout.empty
                elif layout.decode is None:
                    self._copy(index, inside, piece)
                else:
                    self._decode(index, inside, piece)
        return out

    def _touched(self, box: Box) -> Iterator[tuple[int, int]]:
        width, height = self._layout.segment_width, self._layout.segment_height
        for row in range(box.y // height, -(-box.bottom // height)):
            for column in range(box.x // width, -(-box.right // width)):
                yield row, column

    def _copy(self, index: int, inside: Box, out: Samples) -> None:
        """Copy stored samples: whole rows, or for narrow boxes in wide rows only the needed part."""
        layout = self._layout
        pixel = layout.samples * layout.dtype.itemsize
        row_bytes = layout.segment_width * pixel
        narrow = row_bytes > _WIDE_ROW and inside.width * 4 < layout.segment_width
        step = 1 if narrow else max(_READ_BYTES // row_bytes, 1)
        left, width = (inside.x, inside.width) if narrow else (0, layout.segment_width)
        crop = slice(None) if narrow else slice(inside.x, inside.right)
        start = layout.offsets[index] + inside.y * row_bytes + left * pixel
        for y in range(0, inside.height, step):
            rows = min(step, inside.height - y)
            data = self._data.read(start + y * row_bytes, rows * width * pixel)
            samples = np.frombuffer(data, layout.dtype).reshape(rows, width, layout.samples)
            out[y : y + rows] = samples[:, crop]

    def _decode(self, index: int, inside: Box, out: Samples) -> None:
        """Copy samples from a segment that is decoded as a whole and cached."""
        size = self._layout.segment_bytes
        segment = self._cache.get((id(self), index), size, lambda: self._decoded(index))[inside.slices]
        if segment.shape != out.shape:
            raise PaintingError(
                Message(
                    "{path} is damaged (one of its tiles or strips is too small): get an intact copy of it.",
                    path=self._path.name,
                )
            )
        out[:] = segment

    def _decoded(self, index: int) -> Samples:
        layout = self._layout
        assert layout.decode is not None
        data = self._data.read(layout.offsets[index], layout.counts[index])
        known, samples = self._latest
        if samples is not None and data == known:
            return samples
        with decoding(self._path):
            samples = layout.decode(data, index)
        if layout.tiled and len(data) <= _UNIFORM_BYTES and samples.shape[:2] == self._shape:
            self._latest = data, samples
        return samples
