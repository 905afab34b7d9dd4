"""The rim of damage: pixels outside a mask that still show ground, shadow or a raised edge.

The ring around a mask is compared with the paint further out and with the damage inside, in CIELAB and
locally. A rim is what lies outside the local spread of the paint, and does so far more often along a stretch
of the boundary than the paint further out does. Cost and memory follow the damaged area.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Labels, Mask
from imagest_core.damage.map import TILE, DamageMap, tile_box
from imagest_core.damage.regions import Regions
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

AUTO_LIMIT, MAX_LIMIT = 8, 32
"""Pixels by which a mask grows at most: the default, and the largest value."""
PAINT_WIDTH = 12
"""Width (px) of the ring beyond the limit whose paint is the reference."""
CELL, REACH = 8, 20
"""Side (px) of the cells with one reference each, and how far around a cell the reference is collected."""
MIN_SAMPLES = 40
"""Pixels of paint that a reference needs; nothing grows without it."""
STRETCH = 13
"""Length (px) of a stretch of the boundary whose pixels are judged together."""
SPREADS, MIN_STEP = 2.0, 2.5
"""Distance from the paint, in robust standard deviations and in CIELAB units, from which a pixel differs."""
START_EXCESS, EXCESS = 0.5, 0.35
"""How much more often the pixels of a stretch differ than the paint does: next to the mask, and further."""
MIN_SHARE = 0.02
"""Share of a region's surrounding pixels (at least ``MIN_REPORTED``) that is reported as a rim."""
MIN_REPORTED = 6


@dataclass(frozen=True, eq=False)
class CleanedRim:
    """A map whose damage was grown over its rim.

    Parameters
    ----------
    damage
        The map with the rim, which has the class of the nearest damage.
    added
        Only the rim, with the same labels.
    limit
        Pixels by which the damage could grow at most.
    """

    damage: DamageMap
    added: DamageMap
    limit: int

    @property
    def pixels(self) -> int:
        """Number of pixels added."""
        return self.added.count()


def check_limit(limit: int) -> int:
    """Return ``limit``; raise ``MaskError`` if it isn't from 1 to 32."""
    if not 1 <= limit <= MAX_LIMIT:
        raise MaskError(
            Message("A rim is cleaned by 1 to {largest} px, not {limit}.", largest=MAX_LIMIT, limit=limit)
        )
    return limit


def clean_rim(
    painting: Painting,
    damage: DamageMap,
    limit: int = AUTO_LIMIT,
    progress: Progress | None = None,
    *,
    dilation: int = 0,
) -> CleanedRim:
    """Grow the damage to be filled over the rim that still shows ground, shadow or a raised edge.

    Damage grows over intact pixels only, never over another class.

    Parameters
    ----------
    painting, damage
        The scan, and its damage at the same size.
    limit
        Pixels by which the damage grows at most.
    progress
        Progress and cancellation.
    dilation
        Pixels by which the damage is dilated later; a rim that this covers is not added.

    Raises
    ------
    MaskError
        If ``limit`` isn't from 1 to 32.
    Cancelled
        If the user cancelled.
    """
    limit, progress = check_limit(limit), progress or Progress()
    added = DamageMap(damage.width, damage.height, damage.classes)
    result = damage.copy()
    for cell in progress.steps(cells_around(damage.filled(), limit)):
        labels = rim_labels(painting, damage, cell, limit)
        added.write(cell, labels)
        result.write(cell, np.where(labels > 0, labels, damage.read(cell)))
    return CleanedRim(result, added, limit)


def regions_with_rim(
    painting: Painting,
    damage: DamageMap,
    regions: Regions,
    limit: int = AUTO_LIMIT,
    progress: Progress | None = None,
) -> tuple[int, ...]:
    """Return the ids of the ``regions`` of ``damage`` whose rim still shows ground or shadow."""
    progress = progress or Progress()
    rim, around = np.zeros(len(regions) + 1, np.int64), np.zeros(len(regions) + 1, np.int64)
    for cell in progress.steps(cells_around(damage, 1)):
        found = rim_labels(painting, damage, cell, limit) > 0
        ids = _nearest_ids(regions, cell)
        rim += np.bincount(ids[found], minlength=len(rim))[: len(rim)]
        around += np.bincount(ids[damage.read(cell) == 0], minlength=len(rim))[: len(rim)]
    least = np.maximum(around * MIN_SHARE, MIN_REPORTED)
    return tuple(int(number) for number in np.flatnonzero(rim >= least) if number)


def cells_around(damage: DamageMap, pixels: int) -> list[Box]:
    """Return the tiles, clipped to the image, that have damage within ``pixels``."""
    keys = {
        (cell.x // TILE, cell.y // TILE)
        for box in damage.occupied()
        for cell in _bounds(damage, box).expanded(pixels).within(damage.box).tiles(TILE)
    }
    return [tile_box(key).within(damage.box) for key in sorted(keys, key=lambda key: key[::-1])]


def rim_labels(painting: Painting, damage: DamageMap, cell: Box, limit: int) -> Labels:
    """Return (h, w) the class that each intact pixel of ``cell`` gets as part of a rim, else 0."""
    margin = 2 * limit + PAINT_WIDTH + REACH + STRETCH
    around = cell.expanded(margin)
    around = Box.spanning(
        *(max(edge // CELL * CELL, 0) for edge in (around.x, around.y)), around.right, around.bottom
    ).within(damage.box)
    labels = damage.read(around)
    lab = _lab(painting.read_working(around))
    part = cell.moved(-around.x, -around.y).slices
    return find_rim(lab, labels, damage.fill_mask(around), limit)[part]


def find_rim(lab: Image, labels: Labels, filled: Mask, limit: int) -> Labels:
    """Return (h, w) the class of the rim pixels of an image in CIELAB.

    Parameters
    ----------
    lab
        (h, w, 3) float32.
    labels
        (h, w) classes of the damage.
    filled
        (h, w) the damage that grows; the rest of the damage is neither entered nor a reference.
    limit
        Maximum growth in pixels.
    """
    result = np.zeros_like(labels)
    if not filled.any() or filled.all():
        return result
    distance, nearest = _distances(filled, labels)
    intact = labels == 0
    ring = intact & (distance <= limit + 0.5)
    paint = intact & (distance > limit + 1.5) & (distance <= limit + 1.5 + PAINT_WIDTH)
    differs = _differences(lab, ring, paint)
    grown = _connected(_growth(differs, distance, ring, paint, limit), filled, limit)
    result[grown] = nearest[grown]
    return result


def _distances(filled: Mask, labels: Labels) -> tuple[Image, Labels]:
    """Return the distance (px) of every pixel to the damage, and the class of the nearest damage."""
    distance, index = cv2.distanceTransformWithLabels(
        (~filled).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    classes = np.zeros(int(index.max()) + 1, np.uint8)
    classes[index[filled]] = labels[filled]
    return np.asarray(distance), np.asarray(classes[index])


def _differences(lab: Image, ring: Mask, paint: Mask) -> Mask:
    """Return (h, w) bool: pixels of the ring and of the paint that differ from the local paint."""
    differs = np.zeros(ring.shape, np.bool_)
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.5)
    for own, around in _cells_of(ring | paint):
        samples = smooth[around][paint[around]]
        if len(samples) < MIN_SAMPLES:
            continue
        median = np.median(samples, axis=0)
        spread = np.maximum(1.4826 * np.median(np.abs(samples - median), axis=0), MIN_STEP / SPREADS)
        off = (smooth[own] - median) / spread
        differs[own] = np.sqrt((off * off).max(axis=2)) > SPREADS
    return differs & (ring | paint)


def _cells_of(mask: Mask) -> Iterable[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Yield the slices of each cell with pixels of ``mask``, and of its surroundings."""
    height, width = mask.shape
    for y in range(0, height, CELL):
        for x in range(0, width, CELL):
            if mask[y : y + CELL, x : x + CELL].any():
                top, left = max(y - REACH, 0), max(x - REACH, 0)
                own = slice(y, y + CELL), slice(x, x + CELL)
                yield own, (slice(top, y + CELL + REACH), slice(left, x + CELL + REACH))


def _growth(differs: Mask, distance: Image, ring: Mask, paint: Mask, limit: int) -> Mask:
    """Return the pixels of the ring that differ where their stretch of the boundary does."""
    usual = _share(differs, paint, 2 * REACH + 1)
    grown, open_ = np.zeros_like(ring), np.ones_like(ring)
    for step in range(1, limit + 1):
        line = ring & (np.abs(distance - step) <= 0.5)
        excess = _share(differs, line, STRETCH) - usual
        continues = line & open_ & (excess > (START_EXCESS if step == 1 else EXCESS))
        grown |= continues
        open_ = cv2.dilate(continues.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        if not continues.any():
            break
    return grown


def _share(differs: Mask, where: Mask, side: int) -> Image:
    """Return the local share of the pixels ``where`` that differ, 1 where there are none."""
    size = (side, side)
    total = cv2.boxFilter(where.astype(np.float32), -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    count = cv2.boxFilter(
        (where & differs).astype(np.float32), -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(np.where(total > 0.5, count / np.maximum(total, 1), 1.0))


def _connected(grown: Mask, filled: Mask, limit: int) -> Mask:
    """Return the pixels of ``grown`` that are connected to the damage."""
    front, kernel = filled.view(np.uint8), np.ones((3, 3), np.uint8)
    allowed = (grown | filled).view(np.uint8)
    for _ in range(limit):
        front = cv2.dilate(front, kernel) & allowed
    return np.asarray((front > 0) & ~filled)


def _nearest_ids(regions: Regions, cell: Box) -> NDArray[np.int32]:
    """Return (h, w) the id of the region nearest to each pixel of ``cell``, among those close to it."""
    around = cell.expanded(MAX_LIMIT)
    ids = regions.labels(around)
    if not ids.any():
        return np.zeros((cell.height, cell.width), np.int32)
    _, index = cv2.distanceTransformWithLabels(
        (ids == 0).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    numbers = np.zeros(int(index.max()) + 1, np.int32)
    numbers[index[ids > 0]] = ids[ids > 0]
    nearest = numbers[index]
    return np.asarray(nearest[cell.moved(-around.x, -around.y).slices])


def _bounds(damage: DamageMap, box: Box) -> Box:
    x, y, width, height = cv2.boundingRect((damage.read(box) > 0).view(np.uint8))
    return Box(x + box.x, y + box.y, width, height)


def _lab(rgb: Image) -> Image:
    return np.asarray(cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB))
