"""Damage statistics by class: number, areas and lengths, in pixels and in millimetres."""

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
from imagest_core.damage.edits import extracted
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.damage.selection import Selection
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
THICK = 48
"""Damage wider than this (px) has an area but no length, because its centre line is meaningless."""
HALO = THICK + 16
"""Context around a tile (px), so that the skeleton doesn't depend on tile borders."""
_SQUARE = int(THICK / 2**0.5)
"""Anything thicker than ``THICK`` contains a square of this side (px)."""
NO_SCALE = "no resolution: pixels only"


class AreaQuantiles(NamedTuple):
    """Distribution of component areas: the smallest, the quartiles and the largest."""

    smallest: float
    quarter: float
    median: float
    three_quarters: float
    largest: float


@dataclass(frozen=True)
class ClassStatistics:
    """Statistics of one damage class; values in mm are None if the scale is unknown.

    Parameters
    ----------
    label, name, policy
        The class.
    count
        Number of connected components.
    area_px, area_mm2
        Total area.
    percent
        Share of the area of the image, or of the selection, 0–100.
    sizes_px, sizes_mm2
        Distribution of the component areas.
    length_px, length_mm
        Length of the centre lines of all parts up to ``THICK`` px wide; for cracks, their length.
    scale
        Origin of the scale.
    """

    label: int
    name: str
    policy: str
    count: int
    area_px: int
    area_mm2: float | None
    percent: float
    sizes_px: AreaQuantiles
    sizes_mm2: AreaQuantiles | None
    length_px: float
    length_mm: float | None
    scale: str


_UNITS = {"sizes_px": "px", "sizes_mm2": "mm2"}


def _columns(name: str) -> list[str]:
    return [f"{size}_{_UNITS[name]}" for size in AreaQuantiles._fields] if name in _UNITS else [name]


COLUMNS = tuple(column for item in fields(ClassStatistics) for column in _columns(item.name))
"""Names of the columns of :func:`as_row` and :func:`as_csv`."""


def class_statistics(
    damage: DamageMap,
    resolution: Resolution | None = None,
    progress: Progress | None = None,
    *,
    within: Selection | None = None,
) -> tuple[ClassStatistics, ...]:
    """Measure every class that occurs, in the order of the labels.

    With ``within``, only its damage is measured, and shares are those of its area.
    """
    damage = damage if within is None else within.limit(damage)
    area = damage.box.area if within is None else within.pixels
    labels = list(damage.counts())
    whole = progress or Progress()
    parts = (whole.part(i / len(labels), (i + 1) / len(labels)) for i in range(len(labels)))
    return tuple(
        _statistics(damage, label, resolution, part, area) for label, part in zip(labels, parts, strict=True)
    )


def as_row(statistics: ClassStatistics) -> dict[str, str | float | None]:
    """Flatten the statistics of a class into named values, None for unknown ones."""
    values: dict[str, str | float | None] = {}
    for name, value in vars(statistics).items():
        items = (value or [None] * len(AreaQuantiles._fields)) if name in _UNITS else [value]
        values |= zip(_columns(name), items, strict=True)
    return values


def as_csv(statistics: Iterable[ClassStatistics]) -> str:
    """Format one row per class below a header; unknown values are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(as_row(item) for item in statistics)
    return text.getvalue()


class SkeletonSteps(NamedTuple):
    """Numbers of steps between neighbouring skeleton pixels: along x, along y and diagonal."""

    across: int = 0
    down: int = 0
    diagonal: int = 0

    def __add__(self, other: object) -> Self:
        if not isinstance(other, SkeletonSteps):
            return NotImplemented
        return type(self)(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def length(self, x_step: float = 1.0, y_step: float = 1.0) -> float:
        """Return the total length if a pixel measures ``x_step`` × ``y_step`` units."""
        return self.across * x_step + self.down * y_step + self.diagonal * float(np.hypot(x_step, y_step))


def skeleton_steps(damage: DamageMap, progress: Progress | None = None) -> SkeletonSteps:
    """Count the skeleton steps of all damage up to ``THICK`` px wide.

    Neighbours along a line are one step apart, straight or diagonal. Diagonals that cut the corner between
    two straight steps are not counted.

    References
    ----------
    T. Y. Zhang and C. Y. Suen, A fast parallel algorithm for thinning digital patterns, CACM 27 (1984).
    """
    total = SkeletonSteps()
    for tile in (progress or Progress()).steps(damage.occupied()):
        total += _steps_in_tile(damage, tile)
    return total


def _statistics(
    damage: DamageMap, label: int, scale: Resolution | None, progress: Progress, area: int
) -> ClassStatistics:
    single = extracted(damage, label)
    areas = np.array([region.area for region in find_regions(single, thickness=False)])
    sizes = AreaQuantiles(*(float(size) for size in np.quantile(areas, QUANTILES)))
    steps = skeleton_steps(single, progress)
    name, policy = name_and_policy(damage, label)
    per_mm2 = scale.px_per_mm_x * scale.px_per_mm_y if scale else 1.0
    return ClassStatistics(
        label=label,
        name=name,
        policy=policy,
        count=len(areas),
        area_px=int(areas.sum()),
        area_mm2=float(areas.sum() / per_mm2) if scale else None,
        percent=float(100 * areas.sum() / area),
        sizes_px=sizes,
        sizes_mm2=AreaQuantiles(*(size / per_mm2 for size in sizes)) if scale else None,
        length_px=steps.length(),
        length_mm=steps.length(1 / scale.px_per_mm_x, 1 / scale.px_per_mm_y) if scale else None,
        scale=scale.source if scale else NO_SCALE,
    )


def name_and_policy(damage: DamageMap, label: int) -> tuple[str, str]:
    """Return name and policy of a class, for a table."""
    known = [item for item in damage.classes if item.label == label]
    return (known[0].name, known[0].policy.value) if known else (f"class {label}", "fill")


# Centre lines


def _steps_in_tile(damage: DamageMap, tile: Box) -> SkeletonSteps:
    """Count the steps that start in the tile."""
    padded = Box(tile.x, tile.y, TILE, TILE).expanded(HALO)
    line = _skeleton(damage.read(padded) > 0)
    return _steps(line, (slice(HALO, HALO + TILE), slice(HALO, HALO + TILE)))


def _skeleton(mask: Mask) -> Mask:
    """Return the skeleton of ``mask`` (h, w) without its thick parts.

    Only the surroundings of thin parts are thinned: thinning thick parts is slow and holds the GIL.
    """
    from skimage.morphology import skeletonize

    line, is_thin = np.zeros(mask.shape, np.bool_), mask & ~_thick_parts(mask)
    if not is_thin.any():
        return line
    padded = Box(*cv2.boundingRect(mask.astype(np.uint8))).expanded(1)
    part = padded.within(Box(0, 0, *mask.shape[::-1])).slices
    line[part] = np.asarray(skeletonize(mask[part]), np.bool_)
    return line & is_thin


def _thick_parts(mask: Mask) -> Mask:
    """Return the parts of ``mask`` (h, w) that are more than ``THICK`` pixels wide."""
    damaged = mask.astype(np.uint8)
    if not cv2.erode(damaged, np.ones((_SQUARE, _SQUARE), np.uint8)).any():
        return np.zeros_like(mask)
    is_shallow = _distance(damaged) <= THICK / 2
    near_shallow: Mask = _distance(is_shallow.astype(np.uint8)) <= THICK / 2 + 1
    return mask & near_shallow


def _distance(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the distance (px) of each pixel in ``mask`` to the nearest one outside."""
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _steps(line: Mask, part: tuple[slice, slice]) -> SkeletonSteps:
    """Count the steps from pixels in ``part`` to their right and lower neighbours."""
    right, below, left = _neighbour(line, 0, 1), _neighbour(line, 1, 0), _neighbour(line, 0, -1)
    falling = line & _neighbour(line, 1, 1) & ~right & ~below
    rising = line & _neighbour(line, 1, -1) & ~left & ~below
    kinds = line & right, line & below, falling | rising
    both = falling & rising
    across, down, diagonal = (int(np.count_nonzero(kind[part])) for kind in kinds)
    return SkeletonSteps(across, down, diagonal + int(np.count_nonzero(both[part])))


def _neighbour(line: Mask, rows: int, columns: int) -> Mask:
    """Return the value ``rows`` below and ``columns`` right of each pixel, wrapping at the (unused) edge."""
    return np.roll(line, (-rows, -columns), axis=(0, 1))
