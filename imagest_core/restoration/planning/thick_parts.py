"""The thick parts of damage: a loss without the cracks that run out of it."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import DamageMap, tile_box
from imagest_core.damage.regions import Regions
from imagest_core.damage.thickness import Depths
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress

ROUNDING = 1.5
"""How far the thick part reaches beyond its heart, in radii: a square's corners lie at 1.41."""


def thick_parts(
    dilated: DamageMap, regions: Regions, ids: Collection[int], radius: float, progress: Progress
) -> DamageMap:
    """The part of the regions ``ids`` near a pixel deeper than ``radius``: an opening with a disc.

    A region without any such pixel is taken whole. Raises ``Cancelled``.
    """
    own = _only(dilated, regions, ids)
    shallow = [region for region in ids if regions.by_id(region).thickness <= 2 * radius]
    hearts = _only(own, regions, shallow)
    depths = Depths(own, progress)
    for key in own.tiles():
        box, depth = tile_box(key).within(own.box), depths.of(key)
        assert depth is not None
        hearts.write(box, (depth[: box.height, : box.width] > radius) | (hearts.read(box) > 0))
    reach = int(radius * ROUNDING) + 1
    parts = DamageMap(dilated.width, dilated.height)
    for tile in own.occupied():
        progress.check()
        parts.write(tile, (own.read(tile) > 0) & _near(hearts, tile, reach))
    return parts


def _only(damage: DamageMap, regions: Regions, ids: Collection[int]) -> DamageMap:
    """The pixels of the regions ``ids``."""
    chosen = np.zeros(len(regions) + 1, np.bool_)
    chosen[list(ids)] = True
    kept = DamageMap(damage.width, damage.height)
    for tile in damage.occupied() if chosen.any() else ():
        kept.write(tile, chosen[regions.labels(tile)])
    return kept


def _near(hearts: DamageMap, tile: Box, reach: int) -> NDArray[np.bool_]:
    """(h, w) where a heart lies within ``reach`` pixels."""
    around = hearts.read(tile.expanded(reach)) == 0
    if around.all():
        return np.zeros((tile.height, tile.width), np.bool_)
    distance = cv2.distanceTransform(around.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance[reach:-reach, reach:-reach] <= reach)
