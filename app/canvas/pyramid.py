"""The scan at reduced levels, built band by band in worker threads. No Qt."""

from __future__ import annotations

from copy import copy

import numpy as np

from app.canvas.picture import halved
from app.levels import at_level, level_count, native, reduced_size
from imagest_core.cached import cached_property
from imagest_core.painting.color.display import Display, Pixels
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting

HELD_BYTES = 192 << 20
_BAND_BYTES = 24 << 20
_FIRST_TRANSPOSED = 5


class Pyramid:
    """The coarser levels of a painting in memory; the finer ones are read on demand.

    As many levels are held as fit into ``budget`` bytes (``HELD_BYTES`` by default) at 4 bytes a pixel.
    They are built in one pass over the file, so that each sample is decoded once. ``screen``: the ICC
    profile of the screen.
    """

    def __init__(self, painting: Painting, screen: bytes | None = None, budget: int | None = None) -> None:
        self.painting, self._screen = painting, screen
        self.width, self.height = painting.width, painting.height
        self.levels = level_count(self.width, self.height)
        self.finest = self._finest(HELD_BYTES if budget is None else budget)
        """The finest level in memory."""
        self._held = {level: self._blank(level) for level in range(self.finest, self.levels)}

    @cached_property
    def _display(self) -> Display:
        """Created on first use, in a worker: building its tables takes a while."""
        return Display(self.painting, self._screen)

    def held(self, level: int) -> Pixels | None:
        """The whole level, or None if it is not kept in memory."""
        return self._held.get(level)

    def make(self, level: int, part: Box) -> Pixels:
        """Read ``part`` of a level from the file."""
        return self.to_screen(self.painting.read(native(part, level).within(self.painting.box), level))

    def to_screen(self, samples: np.ndarray) -> Pixels:
        """Convert samples of the painting to screen pixels."""
        return self._display(samples)

    def bands(self) -> list[Box]:
        """The native boxes to pass to :meth:`build`; together they cover the picture."""
        granularity = 1 << (self.levels - 1)
        swapped = self.painting.orientation >= _FIRST_TRANSPOSED
        across = self.height if swapped else self.width
        line = across * self.painting.channels * self.painting.dtype.itemsize * granularity
        step = granularity * max(_BAND_BYTES // line, 1)
        if swapped:
            whole = (Box(x, 0, step, self.height) for x in range(0, self.width, step))
        else:
            whole = (Box(0, y, self.width, step) for y in range(0, self.height, step))
        return [band.within(self.painting.box) for band in whole]

    def build(self, band: Box) -> Box:
        """Fill ``band`` of every level in memory and return it. Raises ``PaintingError``."""
        self.put(band, self.to_screen(self.painting.read(band, self.finest)))
        return band

    def put(self, box: Box, pixels: Pixels) -> None:
        """Write ``pixels`` of the finest level in memory to the native ``box``; update coarser levels."""
        for level in range(self.finest, self.levels):
            self._held[level][at_level(box, level).slices] = pixels
            if level + 1 < self.levels:
                pixels = halved(pixels)

    def copy(self) -> Pyramid:
        """A pyramid of the same painting with copied levels."""
        duplicate = copy(self)
        duplicate._held = {level: pixels.copy() for level, pixels in self._held.items()}
        return duplicate

    def _finest(self, budget: int) -> int:
        level, sizes = 0, [self._bytes(level) for level in range(self.levels)]
        while level + 1 < self.levels and sum(sizes[level:]) > budget:
            level += 1
        return level

    def _bytes(self, level: int) -> int:
        width, height = reduced_size(self.width, self.height, level)
        return width * height * 4

    def _blank(self, level: int) -> Pixels:
        width, height = reduced_size(self.width, self.height, level)
        return np.zeros((height, width, 4), np.uint8)
