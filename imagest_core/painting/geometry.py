"""Boxes: rectangles of whole pixels in the image as displayed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle: ``x, y`` of the upper left pixel and ``width, height``, in pixels as displayed."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.y + self.height

    @property
    def area(self) -> int:
        """The number of pixels in the box."""
        return self.width * self.height

    @property
    def empty(self) -> bool:
        """Whether the box contains no pixel."""
        return self.width <= 0 or self.height <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices into an array of the whole image."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    @classmethod
    def spanning(cls, left: int, top: int, right: int, bottom: int) -> Box:
        """Return the box from (left, top) up to, not including, (right, bottom)."""
        return cls(left, top, right - left, bottom - top)

    def expanded(self, pixels: int) -> Box:
        """Return the box extended by ``pixels`` on each side (shrunk if negative)."""
        return Box(self.x - pixels, self.y - pixels, self.width + 2 * pixels, self.height + 2 * pixels)

    def moved(self, dx: int, dy: int) -> Box:
        """Return the box shifted by (dx, dy)."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def within(self, other: Box) -> Box:
        """Return the intersection with ``other``; :attr:`empty` if there is none."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box.spanning(left, top, max(left, right), max(top, bottom))

    def touches(self, other: Box) -> bool:
        """Return whether the two boxes share a pixel."""
        return not self.within(other).empty

    def contains(self, other: Box) -> bool:
        """Return whether every pixel of ``other`` is in this box."""
        return self.within(other) == other

    def tiles(self, size: int) -> Iterator[Box]:
        """Yield the cells of a grid of ``size`` px, anchored at (0, 0), clipped to the box."""
        if self.empty:
            return
        for y in range(self.y // size * size, self.bottom, size):
            for x in range(self.x // size * size, self.right, size):
                yield Box(x, y, size, size).within(self)


def union(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that contains all non-empty ``boxes``; an empty box if there are none."""
    kept = [box for box in boxes if not box.empty]
    if not kept:
        return Box(0, 0, 0, 0)
    return Box.spanning(
        min(b.x for b in kept),
        min(b.y for b in kept),
        max(b.right for b in kept),
        max(b.bottom for b in kept),
    )
