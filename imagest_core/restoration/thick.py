"""The thick parts of damage: a loss without the cracks that run out of it."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap
from imagest_core.damage.regions import Regions
from imagest_core.damage.thickness import deepest
from imagest_core.painting.geometry import Box

ROUNDING = 1.5
"""How far the thick part reaches beyond its heart, in radii: a square's corners lie at 1.41."""


def thick_parts(grown: DamageMap, regions: Regions, ids: Collection[int], radius: float) -> DamageMap:
    """The part of the regions ``ids`` near a pixel deeper than ``radius``: an opening with a disc.

    A region without any such pixel is taken whole.
    """
    hearts = _hearts(grown, regions, ids, radius)
    reach = int(radius * ROUNDING) + 1
    parts = DamageMap(grown.width, grown.height)
    for tile in grown.occupied():
        own = _chosen(regions.labels(tile), ids)
        if own.any():
            parts.write(tile, own & _near(hearts, tile, reach))
    return parts


def _hearts(grown: DamageMap, regions: Regions, ids: Collection[int], radius: float) -> DamageMap:
    hearts = DamageMap(grown.width, grown.height)
    depths = deepest(grown)
    shallow = [region for region in ids if regions.by_id(region).thickness <= 2 * radius]
    for tile in grown.occupied():
        labels = regions.labels(tile)
        depth = depths[tile.x // TILE, tile.y // TILE][: tile.height, : tile.width]
        heart = _chosen(labels, ids) & (depth > radius) | _chosen(labels, shallow)
        hearts.write(tile, heart)
    return hearts


def _near(hearts: DamageMap, tile: Box, reach: int) -> NDArray[np.bool_]:
    """(h, w) where a heart lies within ``reach`` pixels."""
    around = hearts.read(tile.grown(reach)) == 0
    if around.all():
        return np.zeros((tile.height, tile.width), np.bool_)
    distance = cv2.distanceTransform(around.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance[reach:-reach, reach:-reach] <= reach)


def _chosen(labels: NDArray[np.int32], ids: Collection[int]) -> NDArray[np.bool_]:
    return np.isin(labels, np.fromiter(ids, np.int32, len(ids)))
