"""Find the thick parts of damage: a loss without the cracks that run out of it."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np

from imagest_core.arrays import Mask
from imagest_core.damage.map import DamageMap, tile_box
from imagest_core.damage.regions import Regions
from imagest_core.damage.thickness import Depths
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress

ROUNDING = 1.5
"""Reach of the thick part beyond its core, in radii: the corners of a square lie at 1.41."""


def thick_parts(
    dilated: DamageMap, regions: Regions, ids: Collection[int], radius: float, progress: Progress
) -> DamageMap:
    """Return the parts of the regions ``ids`` near a pixel deeper than ``radius``: an opening with a disc.

    A region without such a pixel is returned whole. Raises ``Cancelled``.
    """
    selected = _only(dilated, regions, ids)
    shallow = [region for region in ids if regions.by_id(region).thickness <= 2 * radius]
    cores = _only(selected, regions, shallow)
    depths = Depths(selected, progress)
    for key in selected.tiles():
        box, depth = tile_box(key).within(selected.box), depths.of(key)
        assert depth is not None
        cores.write(box, (depth[: box.height, : box.width] > radius) | (cores.read(box) > 0))
    reach = int(radius * ROUNDING) + 1
    parts = DamageMap(dilated.width, dilated.height)
    for tile in selected.occupied():
        progress.check()
        parts.write(tile, (selected.read(tile) > 0) & _near(cores, tile, reach))
    return parts


def _only(damage: DamageMap, regions: Regions, ids: Collection[int]) -> DamageMap:
    """Return the pixels of the regions ``ids``."""
    chosen = np.zeros(len(regions) + 1, np.bool_)
    chosen[list(ids)] = True
    kept = DamageMap(damage.width, damage.height)
    for tile in damage.occupied() if chosen.any() else ():
        kept.write(tile, chosen[regions.labels(tile)])
    return kept


def _near(cores: DamageMap, tile: Box, reach: int) -> Mask:
    """Mask (h, w) of the pixels within ``reach`` of a core."""
    around = cores.read(tile.expanded(reach)) == 0
    if around.all():
        return np.zeros((tile.height, tile.width), np.bool_)
    distance = cv2.distanceTransform(around.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance[reach:-reach, reach:-reach] <= reach)
