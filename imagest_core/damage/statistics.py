"""Figures of the damage, class by class: how many, how large, how long, in pixels and in millimetres."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, Mask
from imagest_core.damage.regions import find_regions
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress

QUANTILES = (0.25, 0.5, 0.75)
HALO = 64
"""The centre line of what is thinner than this (px) doesn't depend on where the tiles are cut."""
NO_SCALE = "no resolution: pixels only"


@dataclass(frozen=True)
class ClassFigures:
    """What there is of one class; lengths and areas in mm are ``None`` where the scale isn't known.

    ``count``: connected pieces; ``share``: of the picture's surface, 0–1; ``smallest_px`` to
    ``largest_px``: area of the smallest piece, the quartiles and the largest; ``length_px`` and
    ``length_mm``: length of the centre lines, which for cracks is how long they are; ``scale``: where
    the millimetres came from.
    """

    label: int
    name: str
    policy: str
    count: int
    area_px: int
    share: float
    smallest_px: int
    quarter_px: float
    median_px: float
    three_quarters_px: float
    largest_px: int
    length_px: float
    area_mm2: float | None
    median_mm2: float | None
    largest_mm2: float | None
    length_mm: float | None
    scale: str


def class_figures(
    damage: DamageMap, resolution: Resolution | None = None, progress: Progress | None = None
) -> tuple[ClassFigures, ...]:
    """The figures of every class that occurs, in the order of the labels."""
    steps = (progress or Progress()).steps(list(damage.counts()))
    return tuple(_figures(damage, label, resolution) for label in steps)


def as_csv(figures: tuple[ClassFigures, ...]) -> str:
    """One row a class under a row of names; what isn't known is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [item.name for item in fields(ClassFigures)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(item) for item in figures)
    return text.getvalue()


def only(damage: DamageMap, label: int) -> DamageMap:
    """The map of one class alone."""
    made = DamageMap(damage.width, damage.height, damage.classes)
    for box in damage.occupied():
        tile = damage.read(box)
        made.write(box, np.where(tile == label, tile, 0))
    return made


def centre_length(damage: DamageMap, x_step: float = 1.0, y_step: float = 1.0) -> float:
    """Length of the centre lines of all damage, a pixel being ``x_step`` × ``y_step`` units.

    Skeleton by T. Y. Zhang and C. Y. Suen (1984); neighbours along a line are one step apart, straight
    or diagonal. Diagonals that only cut a corner between two straight steps aren't counted.
    """
    return sum(_steps_length(line, part, x_step, y_step) for line, part in _centre_lines(damage))


def _figures(damage: DamageMap, label: int, resolution: Resolution | None) -> ClassFigures:
    alone = only(damage, label)
    areas = np.array([region.area for region in find_regions(alone, thickness=False)])
    name, policy = _named(damage, label)
    quarter, median, three_quarters = (float(value) for value in np.quantile(areas, QUANTILES))
    px, py = (resolution.px_per_mm_x, resolution.px_per_mm_y) if resolution else (1.0, 1.0)
    per_mm2 = px * py

    def square_mm(area: float) -> float | None:
        return area / per_mm2 if resolution else None

    return ClassFigures(
        label=label,
        name=name,
        policy=policy,
        count=len(areas),
        area_px=int(areas.sum()),
        share=float(areas.sum() / damage.box.area),
        smallest_px=int(areas.min()),
        quarter_px=quarter,
        median_px=median,
        three_quarters_px=three_quarters,
        largest_px=int(areas.max()),
        length_px=centre_length(alone),
        area_mm2=square_mm(float(areas.sum())),
        median_mm2=square_mm(median),
        largest_mm2=square_mm(float(areas.max())),
        length_mm=centre_length(alone, 1 / px, 1 / py) if resolution else None,
        scale=resolution.source if resolution else NO_SCALE,
    )


def _named(damage: DamageMap, label: int) -> tuple[str, str]:
    known = [item for item in damage.classes if item.label == label]
    return (known[0].name, known[0].policy.value) if known else (f"class {label}", "fill")


def _centre_lines(damage: DamageMap) -> Iterator[tuple[Mask, tuple[slice, slice]]]:
    """Of each tile the skeleton with its surroundings, and where the tile lies in it."""
    from skimage.morphology import skeletonize

    for tile in damage.occupied():
        around = Box(tile.x, tile.y, TILE, TILE).grown(HALO)
        line = np.asarray(skeletonize(damage.read(around) > 0), np.bool_)
        yield line, (slice(HALO, HALO + TILE), slice(HALO, HALO + TILE))


def _steps_length(line: Mask, part: tuple[slice, slice], x_step: float, y_step: float) -> float:
    """Length of the steps from pixels in ``part`` to their right and lower neighbours."""
    right, below = _moved(line, 0, 1), _moved(line, 1, 0)
    down_right, down_left = _moved(line, 1, 1), _moved(line, 1, -1)
    left = _moved(line, 0, -1)
    across = line & right
    down = line & below
    falling = line & down_right & ~right & ~below
    rising = line & down_left & ~left & ~below
    diagonal = float(np.hypot(x_step, y_step))
    return (
        _count(across[part]) * x_step
        + _count(down[part]) * y_step
        + (_count(falling[part]) + _count(rising[part])) * diagonal
    )


def _moved(line: Mask, rows: int, columns: int) -> Mask:
    """The value ``rows`` below and ``columns`` to the right of each pixel; the edge wraps, unused."""
    return np.roll(line, (-rows, -columns), axis=(0, 1))


def _count(mask: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(mask))
