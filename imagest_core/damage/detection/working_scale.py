"""The reduced scale that a detector works at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from imagest_core.arrays import Image
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting

MAX_LEVEL = 6
SCALES = (1, 2, 4, 8)
"""Reductions that can be chosen."""


@dataclass(frozen=True)
class WorkingScale:
    """A scan of ``width`` × ``height`` px, reduced by 2**``level``."""

    width: int
    height: int
    level: int

    @classmethod
    def of(cls, painting: Painting, level: int) -> Self:
        """Return the scale for ``painting``, whose reduced image has at least one pixel."""
        return cls(painting.width, painting.height, level)

    @property
    def box(self) -> Box:
        """The whole reduced image."""
        return Box(0, 0, _up(self.width, self.level), _up(self.height, self.level))

    def reduced(self, box: Box) -> Box:
        """Return the reduced pixels that cover the native ``box``."""
        level = self.level
        return Box.spanning(
            box.x >> level, box.y >> level, _up(box.right, level), _up(box.bottom, level)
        ).within(self.box)

    def native(self, box: Box) -> Box:
        """Return the native pixels of the reduced ``box``."""
        level = self.level
        return Box(box.x << level, box.y << level, box.width << level, box.height << level).within(
            Box(0, 0, self.width, self.height)
        )

    def read(self, painting: Painting, box: Box) -> Image:
        """Read the reduced ``box`` as working colour (h, w, 3)."""
        return painting.read_working(self.native(box), self.level)


def _up(length: int, level: int) -> int:
    return -(-length // (1 << level))
