"""A table of all damaged regions: class, place, size and width, in pixels and in millimetres."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields

from imagest_core.damage.edits import extracted
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import Region, find_regions
from imagest_core.damage.statistics import name_and_policy
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress


@dataclass(frozen=True)
class RegionRow:
    """One connected region of one class; values in mm are None if the scale is unknown.

    ``x_px``, ``y_px``, ``width_px`` and ``height_px`` are its bounding box, ``thickness_px`` is twice the
    largest distance from a damaged to an intact pixel.
    """

    label: int
    name: str
    policy: str
    region: int
    x_px: int
    y_px: int
    width_px: int
    height_px: int
    area_px: int
    area_mm2: float | None
    thickness_px: float
    thickness_mm: float | None


def region_rows(
    damage: DamageMap, resolution: Resolution | None = None, progress: Progress | None = None
) -> Iterator[RegionRow]:
    """List the regions of every class, in the order of the labels and of their upper left corners."""
    labels, whole = list(damage.counts()), progress or Progress()
    for index, label in enumerate(labels):
        part = whole.part(index / len(labels), (index + 1) / len(labels))
        for region in find_regions(extracted(damage, label), progress=part):
            yield _row(damage, label, region, resolution)


def regions_csv(rows: Iterable[RegionRow]) -> str:
    """Format one row per region below a header; unknown values are empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(item.name for item in fields(RegionRow))
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def _row(damage: DamageMap, label: int, region: Region, scale: Resolution | None) -> RegionRow:
    name, policy = name_and_policy(damage, label)
    per_mm2 = scale.px_per_mm_x * scale.px_per_mm_y if scale else 1.0
    return RegionRow(
        label,
        name,
        policy,
        region.id,
        *region.box,
        region.area,
        region.area / per_mm2 if scale else None,
        float(region.thickness),
        float(region.thickness / per_mm2**0.5) if scale else None,
    )
