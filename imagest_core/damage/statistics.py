"""Figures of the damage, class by class: how many, how large, how long, in pixels and in millimetres."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
THICK = 48
"""Damage wider than this (px) has an area but no length: its centre line would say nothing."""
HALO = THICK + 16
"""What is seen around a tile (px), so that the centre line doesn't depend on where tiles are cut."""
_SQUARE = int(THICK / 2**0.5)
"""What is thicker than ``THICK`` has room for a square of this side (px)."""
NO_SCALE = "no resolution: pixels only"


class Sizes(NamedTuple):
    """How the areas of pieces are spread: the smallest, the quartiles, the largest."""

    smallest: float
    quarter: float
    median: float
    three_quarters: float
    largest: float


@dataclass(frozen=True)
class ClassFigures:
    """What there is of one class; lengths and areas in mm are ``None`` where the scale isn't known.

    ``count``: connected pieces; ``percent``: of the picture's surface, 0–100; ``length``: of the centre
    lines of what isn't thicker than ``THICK``, which for cracks is how long they are; ``scale``: where
    the millimetres came from.
    """

    label: int
    name: str
    policy: str
    count: int
    area_px: int
    area_mm2: float | None
    percent: float
    sizes_px: Sizes
    sizes_mm2: Sizes | None
    length_px: float
    length_mm: float | None
    scale: str


_UNITS = {"sizes_px": "px", "sizes_mm2": "mm2"}


def _columns(name: str) -> list[str]:
    return [f"{size}_{_UNITS[name]}" for size in Sizes._fields] if name in _UNITS else [name]


COLUMNS = tuple(column for item in fields(ClassFigures) for column in _columns(item.name))
"""The names of the flat values of a class, in their order."""


def class_figures(
    damage: DamageMap, resolution: Resolution | None = None, progress: Progress | None = None
) -> tuple[ClassFigures, ...]:
    """The figures of every class that occurs, in the order of the labels."""
    labels = list(damage.counts())
    whole = progress or Progress()
    parts = (whole.part(i / len(labels), (i + 1) / len(labels)) for i in range(len(labels)))
    return tuple(_figures(damage, label, resolution, part) for label, part in zip(labels, parts, strict=True))


def row(figures: ClassFigures) -> dict[str, str | float | None]:
    """The figures as flat, named values; ``None`` for what isn't known."""
    facts: dict[str, str | float | None] = {}
    for name, value in vars(figures).items():
        values = (value or [None] * len(Sizes._fields)) if name in _UNITS else [value]
        facts |= zip(_columns(name), values, strict=True)
    return facts


def as_csv(figures: Iterable[ClassFigures]) -> str:
    """One row a class under a row of names; what isn't known is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row(item) for item in figures)
    return text.getvalue()


def only(damage: DamageMap, label: int) -> DamageMap:
    """The map of one class alone."""
    made = DamageMap(damage.width, damage.height, damage.classes)
    for box in damage.occupied():
        tile = damage.read(box)
        made.write(box, np.where(tile == label, tile, 0))
    return made


class Steps(NamedTuple):
    """The steps of centre lines from pixel to pixel: along x, along y, and diagonal."""

    across: int = 0
    down: int = 0
    diagonal: int = 0

    def __add__(self, other: object) -> Self:
        if not isinstance(other, Steps):
            return NotImplemented
        return type(self)(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def length(self, x_step: float = 1.0, y_step: float = 1.0) -> float:
        """Their length, a pixel being ``x_step`` × ``y_step`` units."""
        return self.across * x_step + self.down * y_step + self.diagonal * float(np.hypot(x_step, y_step))


def centre_steps(damage: DamageMap, progress: Progress | None = None) -> Steps:
    """The centre lines of all damage that isn't thicker than ``THICK``.

    Skeleton by T. Y. Zhang and C. Y. Suen (1984); neighbours along a line are one step apart, straight
    or diagonal. Diagonals that only cut a corner between two straight steps aren't counted.
    """
    total = Steps()
    for tile in (progress or Progress()).steps(damage.occupied()):
        total += _tile_steps(damage, tile)
    return total


def _figures(damage: DamageMap, label: int, scale: Resolution | None, progress: Progress) -> ClassFigures:
    alone = only(damage, label)
    areas = np.array([region.area for region in find_regions(alone, thickness=False)])
    sizes = Sizes(*(float(size) for size in np.quantile(areas, QUANTILES)))
    steps = centre_steps(alone, progress)
    name, policy = _known_as(damage, label)
    per_mm2 = scale.px_per_mm_x * scale.px_per_mm_y if scale else 1.0
    return ClassFigures(
        label=label,
        name=name,
        policy=policy,
        count=len(areas),
        area_px=int(areas.sum()),
        area_mm2=float(areas.sum() / per_mm2) if scale else None,
        percent=float(100 * areas.sum() / damage.box.area),
        sizes_px=sizes,
        sizes_mm2=Sizes(*(size / per_mm2 for size in sizes)) if scale else None,
        length_px=steps.length(),
        length_mm=steps.length(1 / scale.px_per_mm_x, 1 / scale.px_per_mm_y) if scale else None,
        scale=scale.source if scale else NO_SCALE,
    )


def _known_as(damage: DamageMap, label: int) -> tuple[str, str]:
    known = [item for item in damage.classes if item.label == label]
    return (known[0].name, known[0].policy.value) if known else (f"class {label}", "fill")


# Centre lines


def _tile_steps(damage: DamageMap, tile: Box) -> Steps:
    """The steps that begin in the tile."""
    around = Box(tile.x, tile.y, TILE, TILE).expanded(HALO)
    line = _centre_line(damage.read(around) > 0)
    return _steps(line, (slice(HALO, HALO + TILE), slice(HALO, HALO + TILE)))


def _centre_line(mask: Mask) -> Mask:
    """The skeleton of ``mask`` (h, w) but of its thick parts; worked out only where there is something
    thin: thinning a thick part takes long, and other threads wait for it."""
    from skimage.morphology import skeletonize

    line, thin = np.zeros(mask.shape, np.bool_), mask & ~_thick(mask)
    if not thin.any():
        return line
    around = Box(*cv2.boundingRect(mask.astype(np.uint8))).expanded(1)
    part = around.within(Box(0, 0, *mask.shape[::-1])).slices
    line[part] = np.asarray(skeletonize(mask[part]), np.bool_)
    return line & thin


def _thick(mask: Mask) -> Mask:
    """The parts of ``mask`` (h, w) that are more than ``THICK`` pixels across."""
    damaged = mask.astype(np.uint8)
    if not cv2.erode(damaged, np.ones((_SQUARE, _SQUARE), np.uint8)).any():
        return np.zeros_like(mask)
    shallow = _depth(damaged) <= THICK / 2
    near: Mask = _depth(shallow.astype(np.uint8)) <= THICK / 2 + 1
    return mask & near


def _depth(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far each pixel under ``mask`` is from the nearest outside it, in px."""
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _steps(line: Mask, part: tuple[slice, slice]) -> Steps:
    """The steps from pixels in ``part`` to their right and lower neighbours."""
    right, below, left = _moved(line, 0, 1), _moved(line, 1, 0), _moved(line, 0, -1)
    falling = line & _moved(line, 1, 1) & ~right & ~below
    rising = line & _moved(line, 1, -1) & ~left & ~below
    kinds = line & right, line & below, falling | rising
    both = falling & rising
    across, down, diagonal = (int(np.count_nonzero(kind[part])) for kind in kinds)
    return Steps(across, down, diagonal + int(np.count_nonzero(both[part])))


def _moved(line: Mask, rows: int, columns: int) -> Mask:
    """The value ``rows`` below and ``columns`` to the right of each pixel; the edge wraps, unused."""
    return np.roll(line, (-rows, -columns), axis=(0, 1))
