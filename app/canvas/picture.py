"""What a layer of the canvas shows, and how a picture is cut into levels and cells. No Qt in here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.color.display import Pixels
from imagest_core.painting.geometry import Box

CELL = 512
"""Side of a cell in pixels of its level."""
LAST_LEVEL = 8
"""A damage tile of 256 px is one pixel there; coarser levels are never needed on a screen."""


class Picture(Protocol):
    """Pixels of a picture at reduced levels; level n has ``ceil(size / 2**n)`` of them."""

    width: int
    height: int
    levels: int

    def held(self, level: int) -> Pixels | None:
        """The whole level where it is kept in memory (transparent where it isn't ready yet)."""

    def make(self, level: int, part: Box) -> Pixels:
        """The pixels of ``part`` (of the level), however long it takes; for a worker's thread."""


def level_count(width: int, height: int) -> int:
    """How many levels a picture has: the last fits about 256 pixels."""
    return min(max(math.ceil(math.log2(max(width, height) / 256)), 0), LAST_LEVEL) + 1


def level_for(scale: float, levels: int) -> int:
    """The level to draw at ``scale`` device pixels per native one: never fewer pixels than shown."""
    return min(max(math.floor(-math.log2(scale) + 1e-6), 0), levels - 1)


def reduced_size(width: int, height: int, level: int) -> tuple[int, int]:
    """The size of a level."""
    return -(-width // (1 << level)), -(-height // (1 << level))


def at_level(box: Box, level: int) -> Box:
    """All pixels of a level that a native ``box`` touches."""
    scale = 1 << level
    return Box.spanning(box.x // scale, box.y // scale, -(-box.right // scale), -(-box.bottom // scale))


def native(part: Box, level: int) -> Box:
    """The native box of pixels of a level; it may reach over the picture's edge."""
    return Box(part.x << level, part.y << level, part.width << level, part.height << level)


def cells(part: Box) -> Iterator[tuple[int, int]]:
    """(column, row) of the cells that ``part`` of a level touches."""
    for row in range(part.y // CELL, -(-part.bottom // CELL)):
        for column in range(part.x // CELL, -(-part.right // CELL)):
            yield column, row


def halved(pixels: Pixels) -> Pixels:
    """The next level, by area mean; an odd last row or column counts for itself."""
    height, width = pixels.shape[:2]
    even: NDArray[np.uint8] = pixels
    if height % 2 or width % 2:
        even = cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = even.shape[1] // 2, even.shape[0] // 2
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA))
