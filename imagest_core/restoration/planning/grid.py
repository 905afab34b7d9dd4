"""The fixed grid of windows over a picture, which does not depend on the mask.

So marking a new loss moves no other window, and a rerun changes only what must change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.geometry import Box

Indices = NDArray[np.int64]
Ramp = NDArray[np.float32]


@dataclass(frozen=True)
class Axis:
    """Windows of ``side`` along ``length``, ``core`` apart; all in native pixels.

    Each window fills one cell. The cells tile the length without overlap; a cell lies ``margin`` inside its
    window, except at the ends, where it reaches the picture's edge.
    """

    length: int
    side: int
    core: int

    @property
    def margin(self) -> int:
        """Pixels of a window on either side of its cell."""
        return (self.side - self.core) // 2

    @property
    def count(self) -> int:
        """Number of windows that cover the length."""
        return 1 if self.length <= self.side else -(-(self.length - self.side) // self.core) + 1

    def index(self, positions: Indices) -> Indices:
        """Return the index of the cell that contains each position."""
        return np.clip((positions - self.margin) // self.core, 0, self.count - 1)

    def start(self, index: int) -> int:
        """Return the start of a window."""
        return max(0, min(index * self.core, self.length - self.side))

    def cell(self, index: int) -> tuple[int, int]:
        """Return the start and the end of a cell."""
        first = 0 if index == 0 else self.margin + index * self.core
        last = self.length if index == self.count - 1 else self.margin + (index + 1) * self.core
        return first, last


@dataclass(frozen=True)
class Grid:
    """Square windows of ``side`` and their cells of ``core`` native pixels over ``picture``."""

    picture: Box
    side: int
    core: int

    @property
    def across(self) -> Axis:
        """The horizontal axis."""
        return Axis(self.picture.width, self.side, self.core)

    @property
    def down(self) -> Axis:
        """The vertical axis."""
        return Axis(self.picture.height, self.side, self.core)

    def numbers(self, x: Indices, y: Indices) -> Indices:
        """Return the number of the cell that contains each pixel, counted row by row from 0."""
        return self.down.index(y) * self.across.count + self.across.index(x)

    def cell(self, number: int) -> Box:
        """Return the area that the window fills."""
        row, column = divmod(number, self.across.count)
        (left, right), (top, bottom) = self.across.cell(column), self.down.cell(row)
        return Box.spanning(left, top, right, bottom)

    def window(self, number: int) -> Box:
        """Return the window around a cell."""
        row, column = divmod(number, self.across.count)
        return Box(self.across.start(column), self.down.start(row), self.side, self.side)

    def centered(self, box: Box) -> Box:
        """Return a window with ``box`` in its middle, as far as the picture's edges allow."""
        x = min(box.x + box.width // 2 - self.side // 2, self.picture.width - self.side)
        y = min(box.y + box.height // 2 - self.side // 2, self.picture.height - self.side)
        return Box(max(x, 0), max(y, 0), self.side, self.side)


def ramps(cell: Box, part: Box, picture: Box, overlap: float) -> Ramp:
    """Return (h, w) weights of ``cell`` over ``part``: 1 inside, 0 beyond ``overlap`` pixels outside.

    They are smooth in between, so the weights of all cells of a grid add up to 1. They do not fall towards
    the picture's edge.
    """
    across = _ramp(cell.x, cell.right, part.x, part.width, picture.width, overlap)
    down = _ramp(cell.y, cell.bottom, part.y, part.height, picture.height, overlap)
    return down[:, None] * across[None, :]


def _ramp(first: int, last: int, start: int, size: int, length: int, overlap: float) -> Ramp:
    centres = np.arange(start, start + size) + 0.5
    rise = _smooth((centres - first) / overlap) if first > 0 else np.ones(size)
    fall = _smooth((last - centres) / overlap) if last < length else np.ones(size)
    return (rise * fall).astype(np.float32)


def _smooth(distance: NDArray[np.floating]) -> NDArray[np.floating]:
    """Smooth step from 0 at −1 to 1 at 1."""
    t = np.clip((distance + 1) / 2, 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
