"""The scan at reduced levels, built band by band off the window's thread. No Qt in here."""

from __future__ import annotations

from copy import copy
from functools import cached_property

import numpy as np

from app.canvas.picture import halved
from app.levels import at_level, level_count, native, reduced_size
from imagest_core.painting.color.display import Display, Pixels
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting

HELD_BYTES = 192 << 20
_BAND_BYTES = 24 << 20
_SWAPPING = 5


class Pyramid:
    """The coarser levels of a painting in memory, the finer ones read when they are looked at.

    As many levels are held as fit ``budget`` bytes (``HELD_BYTES`` by default), at 4 bytes a pixel; they
    come from one pass over the file, so each of its samples is decoded once. ``screen``: the ICC profile
    to show them in.
    """

    def __init__(self, painting: Painting, screen: bytes | None = None, budget: int | None = None) -> None:
        self.painting, self._screen = painting, screen
        self.width, self.height = painting.width, painting.height
        self.levels = level_count(self.width, self.height)
        self.finest = self._finest(HELD_BYTES if budget is None else budget)
        """The finest level that is held."""
        self._held = {level: self._blank(level) for level in range(self.finest, self.levels)}

    @cached_property
    def _display(self) -> Display:
        """Its tables take a moment: they are made by the worker that needs them first."""
        return Display(self.painting, self._screen)

    def held(self, level: int) -> Pixels | None:
        """The whole level, or None where it is too large to keep."""
        return self._held.get(level)

    def make(self, level: int, part: Box) -> Pixels:
        """``part`` of a level, from the file."""
        return self.shown(self.painting.read(native(part, level).within(self.painting.box), level))

    def shown(self, samples: np.ndarray) -> Pixels:
        """Samples of the painting as pixels."""
        return self._display(samples)

    def bands(self) -> list[Box]:
        """The native boxes :meth:`build` takes; together they are the picture."""
        along = 1 << (self.levels - 1)
        swapped = self.painting.orientation >= _SWAPPING
        across = self.height if swapped else self.width
        line = across * self.painting.channels * self.painting.dtype.itemsize * along
        step = along * max(_BAND_BYTES // line, 1)
        if swapped:
            whole = (Box(x, 0, step, self.height) for x in range(0, self.width, step))
        else:
            whole = (Box(0, y, self.width, step) for y in range(0, self.height, step))
        return [band.within(self.painting.box) for band in whole]

    def build(self, band: Box) -> Box:
        """Fill ``band`` of every held level; answers the band. Raises ``PaintingError``."""
        self.put(band, self.shown(self.painting.read(band, self.finest)))
        return band

    def put(self, box: Box, pixels: Pixels) -> None:
        """Put ``pixels`` of the finest held level into ``box`` (native) of it and all coarser ones."""
        for level in range(self.finest, self.levels):
            self._held[level][at_level(box, level).slices] = pixels
            if level + 1 < self.levels:
                pixels = halved(pixels)

    def copy(self) -> Pyramid:
        """Another pyramid of the same painting, its levels copied."""
        made = copy(self)
        made._held = {level: pixels.copy() for level, pixels in self._held.items()}
        return made

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
