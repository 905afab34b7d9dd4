"""Strips and tiles: the parts of a TIFF page that are decoded one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.painting.geometry import Box
from imagest_core.painting.sources.base import Samples, decoding
from imagest_core.painting.sources.cache import SegmentCache


@dataclass(frozen=True)
class Layout:
    """Where the segments of a page lie and how they are put together.

    ``segment_width`` and ``segment_height`` in pixels; ``planar``: one plane of segments a channel;
    ``dtype`` in the file's byte order; ``decode``: (bytes, index) → samples (rows, columns, samples),
    or None where the bytes are the samples.
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

    @property
    def columns(self) -> int:
        """Segments side by side."""
        return -(-self.width // self.segment_width)

    @property
    def rows(self) -> int:
        """Segments one below the other."""
        return -(-self.height // self.segment_height)

    @property
    def samples(self) -> int:
        """Samples a pixel has in one segment."""
        return 1 if self.planar else self.channels

    @property
    def planes(self) -> int:
        """Planes of segments."""
        return self.channels if self.planar else 1

    @property
    def segment_bytes(self) -> int:
        """Bytes of the largest decoded segment."""
        height = self.segment_height if self.tiled else min(self.segment_height, self.height)
        return self.segment_width * height * self.samples * self.dtype.itemsize

    def shape(self, row: int) -> tuple[int, int, int]:
        """Rows, columns and samples stored in each segment of ``row``; only the last strip is shorter."""
        rest = self.height - row * self.segment_height
        height = self.segment_height if self.tiled else min(self.segment_height, rest)
        return height, self.segment_width, self.samples


class Segments:
    """Reads boxes of one page by the segments they touch."""

    def __init__(self, path: Path, layout: Layout, data: mmap, cache: SegmentCache) -> None:
        self._path, self._layout, self._data, self._cache = path, layout, data, cache

    def read(self, box: Box) -> Samples:
        """Samples (height, width, channels) of a stored box, in the machine's byte order."""
        layout = self._layout
        out = np.empty((box.height, box.width, layout.channels), layout.dtype.newbyteorder("="))
        for row, column in self._touched(box):
            x, y = column * layout.segment_width, row * layout.segment_height
            part = Box(x, y, layout.segment_width, layout.segment_height).within(box)
            target = out[part.moved(-box.x, -box.y).slices]
            for plane in range(layout.planes):
                segment = self._segment(plane, row, column)[part.moved(-x, -y).slices]
                if segment.shape[:2] != target.shape[:2]:
                    raise PaintingError(
                        f"{self._path.name} is damaged: one of its tiles or strips is too small."
                    )
                target[..., plane : plane + layout.samples] = segment
        return out

    def _touched(self, box: Box) -> Iterator[tuple[int, int]]:
        width, height = self._layout.segment_width, self._layout.segment_height
        for row in range(box.y // height, -(-box.bottom // height)):
            for column in range(box.x // width, -(-box.right // width)):
                yield row, column

    def _segment(self, plane: int, row: int, column: int) -> Samples:
        layout = self._layout
        index = (plane * layout.rows + row) * layout.columns + column
        if layout.decode is None:
            return np.ndarray(layout.shape(row), layout.dtype, self._data, layout.offsets[index])
        return self._cache.get((id(self), index), lambda: self._decoded(index))

    def _decoded(self, index: int) -> Samples:
        layout = self._layout
        start, count = layout.offsets[index], layout.counts[index]
        assert layout.decode is not None
        with decoding(self._path):
            return layout.decode(self._data[start : start + count], index)
