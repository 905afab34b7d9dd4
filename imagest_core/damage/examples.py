"""Example strokes of a project as lines, the model learned from them, and drawing strokes into a map."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from imagest_core.damage.map import DamageMap
from imagest_core.damage.strokes import stroke_cells
from imagest_core.painting.geometry import Box, union

INTACT = 255
"""The label of intact paint among strokes."""
ERASED = 0
"""The label of a stroke that erases strokes before it."""
MAX_POINTS, MAX_WIDTH, MAX_COORDINATE = 100_000, 10_000.0, 2.0**31
_STRAIGHT = 0.5
"""Points within this distance (px) of the line between their neighbours are dropped."""


@dataclass(frozen=True)
class ExampleStroke:
    """A brush stroke on damage or on intact paint.

    Parameters
    ----------
    label
        A damage class (1–254), :data:`INTACT` or :data:`ERASED`.
    width
        Diameter of the brush (px).
    points
        x and y of each point of the line, one after the other (px as displayed).

    Raises ``ValueError`` if a value is out of range.
    """

    label: int
    width: float
    points: tuple[float, ...]

    def __post_init__(self) -> None:
        if not ERASED <= self.label <= INTACT or not 0 < self.width <= MAX_WIDTH:
            raise ValueError("a stroke has an invalid label or width")
        if not 2 <= len(self.points) <= MAX_POINTS or len(self.points) % 2:
            raise ValueError("a stroke has an invalid number of points")
        if not all(math.isfinite(value) and abs(value) <= MAX_COORDINATE for value in self.points):
            raise ValueError("a stroke has invalid coordinates")

    @classmethod
    def along(cls, label: int, width: float, line: list[tuple[float, float]]) -> ExampleStroke:
        """Return a stroke along ``line``, without points that change nothing."""
        kept = _simplified(line[: MAX_POINTS // 2])
        return cls(label, width, tuple(round(value, 1) for point in kept for value in point))

    def draw(self, onto: DamageMap) -> Box:
        """Draw the stroke into a map; return the box that has changed."""
        points = list(zip(self.points[::2], self.points[1::2], strict=True))
        boxes = []
        for start, end in zip(points[:1] + points, points, strict=False):
            for box, mask in stroke_cells(start, end, self.width, onto.box):
                labels = onto.read(box)
                labels[mask] = self.label
                onto.write(box, labels)
                boxes.append(box)
        return union(boxes)


Examples = tuple[ExampleStroke, ...]


def draw_examples(strokes: Iterable[ExampleStroke], onto: DamageMap) -> DamageMap:
    """Draw ``strokes`` into ``onto``, later ones over earlier ones, and return it."""
    for stroke in strokes:
        stroke.draw(onto)
    return onto


def _simplified(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Drop points that lie within ``_STRAIGHT`` of the remaining line."""
    if len(line) < 3:
        return line
    import cv2
    import numpy as np

    points = np.array(line, np.float32).reshape(-1, 1, 2)
    kept = cv2.approxPolyDP(points, _STRAIGHT, False).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in kept]
