"""Clean-up of detected masks: opening, closing, removal of small components, dilation.

Each step returns a map with label 1 and works tile by tile, so the size of the scan doesn't matter.
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
from imagest_core.messages import Message

MAX_OPENING = 2
MIN_KEPT_SHARE = 0.995
"""An automatic opening keeps at least this share of the detected pixels."""
MAX_RADIUS = 50


@dataclass(frozen=True, kw_only=True)
class Cleanup:
    """Parameters of the mask clean-up.

    Parameters
    ----------
    opening
        Radius (px) of a disk that must fit into a component somewhere for it to be kept: 0 for none, None to
        choose it (:func:`chosen_opening`).
    closing
        Radius (px) of the gaps that are bridged.
    min_area
        Components with fewer pixels are removed unless they are protected.
    dilate
        Final dilation over the uncertain boundary, 0–50 px; 1–3 in the paper.
    """

    opening: int | None = None
    closing: int = 1
    min_area: int = 8
    dilate: int = 1

    def __post_init__(self) -> None:
        for name in ("opening", "closing", "dilate"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= MAX_RADIUS:
                raise MaskError(
                    Message(
                        "The {name} must be 0 to {largest} pixels, not {value}.",
                        name=name,
                        largest=MAX_RADIUS,
                        value=value,
                    )
                )
        if self.min_area < 0:
            raise MaskError(
                Message("The smallest area can't be negative, but is {area}.", area=self.min_area)
            )

    def reduced(self, level: int) -> Self:
        """Return the parameters for an image reduced by 2**``level``, lengths in whole pixels."""
        return replace(
            self,
            opening=None if self.opening is None else scaled(self.opening, level),
            closing=scaled(self.closing, level),
            min_area=self.min_area >> 2 * level,
            dilate=scaled(self.dilate, level),
        )


def scaled(length: float, level: int) -> int:
    """Convert a ``length`` (px) to pixels of an image reduced by 2**``level``."""
    return int(length / 2**level + 0.5)


def clean_up(damage: DamageMap, parameters: Cleanup, protected: DamageMap | None = None) -> DamageMap:
    """Apply all steps; components with a pixel of ``protected`` are kept however small they are."""
    radius = chosen_opening(damage) if parameters.opening is None else parameters.opening
    closed_map = closed(opened(damage, radius), parameters.closing)
    return without_small(closed_map, parameters.min_area, protected).dilated(parameters.dilate)


def opened(damage: DamageMap, radius: int) -> DamageMap:
    """Apply an opening by reconstruction: keep whole components that contain a disk of ``radius`` px.

    A plain opening would also remove every crack thinner than the disk that is connected to a loss.
    """
    if radius < 1:
        return damage
    return reconstructed(damage, eroded(damage, radius))


def chosen_opening(damage: DamageMap) -> int:
    """Return the largest radius up to 2 px whose opening keeps 99.5 % of the damage.

    Noise consists of specks and cracks of lines 1–3 px wide, which an opening can't tell apart. So opening is
    used only if all detected damage is thick; otherwise the result is 0 and the minimum area removes noise.
    """
    total = damage.count()
    for radius in range(MAX_OPENING, 0, -1):
        if opened(damage, radius).count() >= MIN_KEPT_SHARE * total:
            return radius
    return 0


def eroded(damage: DamageMap, radius: int) -> DamageMap:
    """Keep damaged pixels whose disk of ``radius`` px is all damage; the image edge is ignored."""
    return _map_tiles(damage, damage, radius, lambda mask: cv2.erode(mask, disk(radius)))


def closed(damage: DamageMap, radius: int) -> DamageMap:
    """Bridge gaps narrower than a disk of ``radius`` px."""
    if radius < 1:
        return damage

    def close(mask: Labels) -> NDArray:
        padded = np.pad(mask, radius)
        closed_mask = cv2.erode(cv2.dilate(padded, disk(radius)), disk(radius))
        return np.asarray(closed_mask[radius:-radius, radius:-radius])

    return _map_tiles(damage, damage.dilated(radius), 2 * radius, close)


def without_small(damage: DamageMap, min_area: int, protected: DamageMap | None = None) -> DamageMap:
    """Remove components of fewer than ``min_area`` px without a pixel of ``protected``."""
    if min_area <= 1:
        return damage
    regions = find_regions(damage, thickness=False)
    keep = np.array([False, *(region.area >= min_area for region in regions)])
    if protected is not None:
        keep[_ids_under(regions, protected)] = True
    return keep_regions(damage, regions, keep)


def reconstructed(damage: DamageMap, seeds: DamageMap) -> DamageMap:
    """Keep the components of ``damage`` with a pixel of ``seeds`` (reconstruction, hysteresis)."""
    regions = find_regions(damage, thickness=False)
    keep = np.zeros(len(regions) + 1, np.bool_)
    keep[_ids_under(regions, seeds)] = True
    return keep_regions(damage, regions, keep)


def keep_regions(damage: DamageMap, regions: Regions, keep: NDArray[np.bool_]) -> DamageMap:
    """Return a map of the regions for which ``keep`` ((n + 1,) bool, indexed by id) is true."""
    keep = keep.copy()
    keep[0] = False
    result = DamageMap(damage.width, damage.height)
    for box in damage.occupied():
        result.write(box, keep[regions.labels(box)])
    return result


def disk(radius: int) -> Labels:
    """Return a disk of ``radius`` px as a structuring element; a 3×3 square for 1."""
    shape = cv2.MORPH_RECT if radius < 2 else cv2.MORPH_ELLIPSE
    return np.asarray(cv2.getStructuringElement(shape, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _ids_under(regions: Regions, seeds: DamageMap) -> NDArray[np.int32]:
    ids = [np.zeros(0, np.int32)]
    for box in seeds.occupied():
        ids.append(np.unique(regions.labels(box)[seeds.read(box) > 0]))
    return np.unique(np.concatenate(ids))


def _map_tiles(
    damage: DamageMap, tiles_of: DamageMap, halo: int, operation: Callable[[Labels], NDArray]
) -> DamageMap:
    """Apply ``operation`` to the 0/1 mask of each tile of ``tiles_of`` with ``halo`` px of context."""
    result = DamageMap(damage.width, damage.height)
    for key in tiles_of.tiles():
        cell = tile_box(key).within(damage.box)
        padded = cell.expanded(halo).within(damage.box)
        mask = (damage.read(padded) > 0).view(np.uint8)
        result.write(cell, operation(mask)[cell.moved(-padded.x, -padded.y).slices])
    return result
