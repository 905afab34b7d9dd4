"""The pictures that layers of the canvas draw, and their cells. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.color.display import Pixels
from imagest_core.painting.geometry import Box

CELL = 512
"""Side of a cell, in pixels of its level."""


class Picture(Protocol):
    """A picture at reduced levels; level n is ``ceil(size / 2**n)`` pixels wide and high."""

    width: int
    height: int
    levels: int

    def held(self, level: int) -> Pixels | None:
        """The whole level if it is kept in memory, transparent where it is not ready yet; else None."""

    def make(self, level: int, part: Box) -> Pixels:
        """Compute the pixels of ``part`` of a level; slow, for worker threads."""


def cells(part: Box) -> Iterator[tuple[int, int]]:
    """Yield (column, row) of the cells that ``part`` of a level touches."""
    for row in range(part.y // CELL, -(-part.bottom // CELL)):
        for column in range(part.x // CELL, -(-part.right // CELL)):
            yield column, row


def halved(pixels: Pixels) -> Pixels:
    """Halve by area mean; an odd last row or column is replicated."""
    height, width = pixels.shape[:2]
    even: NDArray[np.uint8] = pixels
    if height % 2 or width % 2:
        even = cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = even.shape[1] // 2, even.shape[0] // 2
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA))
