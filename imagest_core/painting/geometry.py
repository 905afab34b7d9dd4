"""Boxes: rectangles of whole pixels in the picture as displayed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Box(NamedTuple):
    """``x, y`` of the upper left pixel and ``width, height``, in pixels as displayed."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.y + self.height

    @property
    def area(self) -> int:
        """Pixels in the box."""
        return self.width * self.height

    @property
    def empty(self) -> bool:
        """Whether the box holds no pixel."""
        return self.width <= 0 or self.height <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices into an array of the whole picture."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    @classmethod
    def spanning(cls, left: int, top: int, right: int, bottom: int) -> Box:
        """The box from (left, top) up to, not including, (right, bottom)."""
        return cls(left, top, right - left, bottom - top)

    def expanded(self, pixels: int) -> Box:
        """The box with ``pixels`` more on each side (fewer when negative)."""
        return Box(self.x - pixels, self.y - pixels, self.width + 2 * pixels, self.height + 2 * pixels)

    def moved(self, dx: int, dy: int) -> Box:
        """The box shifted by (dx, dy)."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def within(self, other: Box) -> Box:
        """The intersection; :attr:`empty` where there is none."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box.spanning(left, top, max(left, right), max(top, bottom))

    def touches(self, other: Box) -> bool:
        """Whether the two boxes share a pixel."""
        return not self.within(other).empty

    def contains(self, other: Box) -> bool:
        """Whether every pixel of ``other`` is in this box."""
        return self.within(other) == other

    def tiles(self, size: int) -> Iterator[Box]:
        """The cells of the ``size`` grid (anchored at 0, 0) that the box touches, cut to it."""
        if self.empty:
            return
        for y in range(self.y // size * size, self.bottom, size):
            for x in range(self.x // size * size, self.right, size):
                yield Box(x, y, size, size).within(self)


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all the non-empty ``boxes``; an empty box for none."""
    kept = [box for box in boxes if not box.empty]
    if not kept:
        return Box(0, 0, 0, 0)
    return Box.spanning(
        min(b.x for b in kept),
        min(b.y for b in kept),
        max(b.right for b in kept),
        max(b.bottom for b in kept),
    )
