"""The clean-up chain of every derived mask: opening, closing, small components, dilation.

Each step takes a map and returns one with label 1, tile by tile, whatever the size of the scan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Labels
from imagest_core.damage.map import DamageMap, tile_box
from imagest_core.damage.regions import Regions, find_regions
from imagest_core.errors import MaskError

LARGEST_OPENING = 2
SPARED = 0.995
"""An automatic opening keeps at least this share of what was found."""
LARGEST_RADIUS = 50


@dataclass(frozen=True, kw_only=True)
class Cleanup:
    """How a raw mask is cleaned.

    ``opening``: radius (px) a component must hold somewhere to stay, 0 for none, ``None`` to choose it
    (:func:`chosen_opening`); ``closing``: radius (px) of the gaps that are bridged; ``min_area``:
    components of fewer pixels go, unless something vouches for them; ``dilate``: 0–50 px of growth
    over the uncertain rim at the end, 1–3 in the paper.
    """

    opening: int | None = None
    closing: int = 1
    min_area: int = 8
    dilate: int = 1

    def __post_init__(self) -> None:
        for name in ("opening", "closing", "dilate"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= LARGEST_RADIUS:
                raise MaskError(f"The {name} must be 0 to {LARGEST_RADIUS} pixels, not {value}.")
        if self.min_area < 0:
            raise MaskError(f"The smallest area can't be negative, but is {self.min_area}.")

    def reduced(self, level: int) -> Self:
        """The same for a picture reduced by 2**``level``: lengths in its pixels, to the nearest whole one."""
        return replace(
            self,
            opening=None if self.opening is None else scaled(self.opening, level),
            closing=scaled(self.closing, level),
            min_area=self.min_area >> 2 * level,
            dilate=scaled(self.dilate, level),
        )


def scaled(length: float, level: int) -> int:
    """A ``length`` (px) in pixels of a picture reduced by 2**``level``."""
    return int(length / 2**level + 0.5)


def clean_up(damage: DamageMap, how: Cleanup, vouched: DamageMap | None = None) -> DamageMap:
    """The whole chain; components that hold a pixel of ``vouched`` stay however small they are."""
    radius = chosen_opening(damage) if how.opening is None else how.opening
    closed_map = closed(opened(damage, radius), how.closing)
    return without_small(closed_map, how.min_area, vouched).dilated(how.dilate)


def opened(damage: DamageMap, radius: int) -> DamageMap:
    """Opening by reconstruction: components that hold a disk of ``radius`` px stay, whole.

    A plain opening would also eat every crack thinner than its disk that leaves a loss.
    """
    if radius < 1:
        return damage
    return touched(damage, eroded(damage, radius))


def chosen_opening(damage: DamageMap) -> int:
    """The largest radius up to 2 px whose opening spares 99.5 % of the damage; 0 where cracks are thin.

    Noise comes in specks and cracks in lines of 1–3 px: an opening can't tell them apart. So it is
    applied only where what was found is thick throughout; otherwise the area decides.
    """
    total = damage.count()
    for radius in range(LARGEST_OPENING, 0, -1):
        if opened(damage, radius).count() >= SPARED * total:
            return radius
    return 0


def eroded(damage: DamageMap, radius: int) -> DamageMap:
    """Damage pixels whose whole disk of ``radius`` px is damaged; the picture's edge doesn't count."""
    return _each_tile(damage, damage, radius, lambda mask: cv2.erode(mask, disk(radius)))


def closed(damage: DamageMap, radius: int) -> DamageMap:
    """Gaps narrower than a disk of ``radius`` px are bridged."""
    if radius < 1:
        return damage

    def close(mask: Labels) -> NDArray:
        padded = np.pad(mask, radius)
        spread = cv2.erode(cv2.dilate(padded, disk(radius)), disk(radius))
        return np.asarray(spread[radius:-radius, radius:-radius])

    return _each_tile(damage, damage.dilated(radius), 2 * radius, close)


def without_small(damage: DamageMap, min_area: int, vouched: DamageMap | None = None) -> DamageMap:
    """Without components of fewer than ``min_area`` px, unless they hold a pixel of ``vouched``."""
    if min_area <= 1:
        return damage
    regions = find_regions(damage, thickness=False)
    kept = np.array([False, *(region.area >= min_area for region in regions)])
    if vouched is not None:
        kept[_ids_under(regions, vouched)] = True
    return kept_regions(damage, regions, kept)


def touched(damage: DamageMap, seeds: DamageMap) -> DamageMap:
    """The components of ``damage`` that hold a pixel of ``seeds`` (reconstruction, hysteresis)."""
    regions = find_regions(damage, thickness=False)
    kept = np.zeros(len(regions) + 1, np.bool_)
    kept[_ids_under(regions, seeds)] = True
    return kept_regions(damage, regions, kept)


def kept_regions(damage: DamageMap, regions: Regions, kept: NDArray[np.bool_]) -> DamageMap:
    """The map of the regions whose id is true in ``kept`` ((n + 1,) bool, by id)."""
    kept = kept.copy()
    kept[0] = False
    made = DamageMap(damage.width, damage.height)
    for box in damage.occupied():
        made.write(box, kept[regions.labels(box)])
    return made


def disk(radius: int) -> Labels:
    """A disk of ``radius`` px as a structuring element; the 3×3 square for 1."""
    shape = cv2.MORPH_RECT if radius < 2 else cv2.MORPH_ELLIPSE
    return np.asarray(cv2.getStructuringElement(shape, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _ids_under(regions: Regions, seeds: DamageMap) -> NDArray[np.int32]:
    found = [np.zeros(0, np.int32)]
    for box in seeds.occupied():
        found.append(np.unique(regions.labels(box)[seeds.read(box) > 0]))
    return np.unique(np.concatenate(found))


def _each_tile(
    damage: DamageMap, where: DamageMap, halo: int, change: Callable[[Labels], NDArray]
) -> DamageMap:
    """``change`` applied to the 0/1 mask of each tile of ``where`` with ``halo`` px around it."""
    made = DamageMap(damage.width, damage.height)
    for key in where.tiles():
        cell = tile_box(key).within(damage.box)
        around = cell.expanded(halo).within(damage.box)
        mask = (damage.read(around) > 0).view(np.uint8)
        made.write(cell, change(mask)[cell.moved(-around.x, -around.y).slices])
    return made
