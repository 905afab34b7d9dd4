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
GAP = 3
STEPS = (3, 3, 3)
REACH, WIDE = 12, 32
SMOOTHING = 0.6
MIN_SAMPLES = 40
STRETCH = 11
MIN_STEP, MIN_CONTRAST, CLIP = 2.0, 6.0, 15.0
START, GO_ON, CONFIRM = (1.2, 5.0), (0.8, 2.0), 4.0
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
    around = cell.expanded(limit * 3 + GAP + REACH + STRETCH + WIDE).within(damage.box)
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
    distance, nearest, _ = _distances(filled, labels)
    smooth = cv2.GaussianBlur(lab, (0, 0), SMOOTHING)
    ground = _ground(smooth, filled, _nearest(filled)[1])
    front, free = filled, labels == 0
    for reach in STEPS:
        near = _nearest(front)[0]
        evidence = _evidence(smooth, ground, free & ~front, near, reach)
        pretended = _evidence(smooth, ground, free & ~front, near - (reach + GAP), reach)
        grown = _growth(evidence, pretended, near, free & ~front, reach) & (distance <= limit + 0.5)
        front = front | _connected(grown, front, reach)
    grown = front & ~filled
    result[grown] = nearest[grown]
    return result


def _distances(filled: Mask, labels: Labels) -> tuple[Image, Labels, NDArray[np.intp]]:
    """Return for every pixel the distance (px) to the damage, its class, and its index in the image."""
    distance, nearest = _nearest(filled)
    return distance, np.asarray(labels.ravel()[nearest]), nearest


def _nearest(mask: Mask) -> tuple[Image, NDArray[np.intp]]:
    """Return the distance of every pixel to the nearest one of ``mask``, and that one's flat index."""
    distance, numbers = cv2.distanceTransformWithLabels(
        (~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    index = np.zeros(int(numbers.max()) + 1, np.intp)
    index[numbers[mask]] = np.flatnonzero(mask)
    return np.asarray(distance), np.asarray(index[numbers])


def _ground(smooth: Image, filled: Mask, nearest: NDArray[np.intp]) -> Image:
    """Return for every pixel the colour of the nearest damage, averaged within ``REACH``."""
    size = (2 * REACH + 1, 2 * REACH + 1)
    weight = filled.astype(np.float32)
    total = cv2.boxFilter(smooth * weight[..., np.newaxis], -1, size, normalize=False)
    mean = total / np.maximum(cv2.boxFilter(weight, -1, size, normalize=False), 1)[..., np.newaxis]
    return np.asarray(mean.reshape(-1, 3)[nearest])


def _evidence(smooth: Image, ground: Image, intact: Mask, distance: Image, limit: int) -> Image:
    """Return (h, w, 3): how far each pixel is from the paint beyond the limit, towards ground, dark, light.

    The paint is the median near the closest pixel beyond the limit. Pixels without any are NaN.
    """
    beyond = intact & (distance >= limit + 2.5) & (distance <= limit + 4.5)
    out = np.full((*distance.shape, 3), np.nan, np.float32)
    where = intact & (distance > 0) & (distance <= limit + 0.5)
    if not beyond.any() or not where.any():
        return out
    away, nearest = _nearest(beyond)
    where &= away <= limit + 4
    paint = cv2.medianBlur(smooth, 5).reshape(-1, 3)[nearest[where]]
    step = smooth[where] - paint
    towards = ground[where] - paint
    length = np.linalg.norm(towards, axis=1)
    out[where, 0] = (step * towards).sum(axis=1) / np.maximum(length, MIN_CONTRAST)
    out[where, 1], out[where, 2] = -step[:, 0], step[:, 0]
    return np.clip(out, -CLIP, CLIP)


def _growth(evidence: Image, pretended: Image, distance: Image, intact: Mask, limit: int) -> Mask:
    """Return the pixels around the damage whose stretch of the boundary shows a rim."""
    grown = np.zeros_like(intact)
    far = distance - (limit + GAP)
    for kind in range(evidence.shape[2]):
        usual = [_stretch(pretended[..., kind], np.abs(far - step) <= 0.5) for step in range(1, limit + 1)]
        spread = _spread(usual)
        sure = _confirmed(evidence[..., kind], pretended[..., kind], distance, far, intact)
        sure = cv2.dilate(sure.view(np.uint8), np.ones((2 * limit + 1,) * 2, np.uint8)) > 0
        start = np.maximum(spread * np.where(sure, *START), MIN_STEP)
        go_on = np.maximum(spread * np.where(sure, *GO_ON), MIN_STEP / 2)
        open_ = np.ones_like(intact)
        for step in range(1, limit + 1):
            line = intact & (np.abs(distance - step) <= 0.5)
            score = _stretch(evidence[..., kind], line)
            on = line & open_ & (score > (start if step == 1 else go_on))
            if not on.any():
                break
            grown |= on
            open_ = cv2.dilate(on.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return grown


def _confirmed(evidence: Image, pretended: Image, distance: Image, far: Image, free: Mask) -> Mask:
    """Return (h, w) bool: where a long part of the boundary shows a rim, which no chance explains."""
    score, known = _wide(evidence, free & (distance <= 1.5))
    chance, usual = np.float32(0), np.float32(0)
    for step in (1, 2, 3):
        wide, at = _wide(pretended, free & (np.abs(far - step) <= 0.5))
        chance, usual = chance + np.where(at, wide * wide, 0), usual + at
    side = (4 * WIDE + 1, 4 * WIDE + 1)
    total = cv2.boxFilter(np.asarray(chance, np.float32), -1, side, normalize=False)
    count = cv2.boxFilter(np.asarray(usual, np.float32), -1, side, normalize=False)
    spread = np.sqrt(np.maximum(total, 0) / np.maximum(count, 1))
    return np.asarray(known & (count > MIN_SAMPLES) & (score > np.maximum(CONFIRM * spread, MIN_STEP)))


def _wide(values: Image, line: Mask) -> tuple[Image, Mask]:
    line = line & ~np.isnan(values)
    side = (2 * WIDE + 1, 2 * WIDE + 1)
    total = cv2.boxFilter(np.where(line, values, 0), -1, side, normalize=False)
    count = cv2.boxFilter(line.astype(np.float32), -1, side, normalize=False)
    return np.asarray(total / np.maximum(count, 1)), np.asarray(line & (count > STRETCH))


def _stretch(values: Image, line: Mask) -> Image:
    """Return (h, w) the mean of ``values`` along the stretch of ``line`` around a pixel, NaN outside."""
    known = line & ~np.isnan(values)
    size = (STRETCH, STRETCH)
    total = cv2.boxFilter(np.where(known, values, 0), -1, size, normalize=False)
    count = cv2.boxFilter(known.astype(np.float32), -1, size, normalize=False)
    return np.asarray(np.where(known & (count > STRETCH / 2), total / np.maximum(count, 1), np.nan))


def _spread(scores: list[Image]) -> Image:
    """Return (h, w) the local standard deviation of stretches of intact paint, infinite where unknown."""
    side = (2 * WIDE + 1, 2 * WIDE + 1)
    squares, counts = np.float32(0), np.float32(0)
    for score in scores:
        known = ~np.isnan(score)
        squares = squares + np.where(known, score * score, 0)
        counts = counts + known
    total = cv2.boxFilter(np.asarray(squares, np.float32), -1, side, normalize=False)
    count = cv2.boxFilter(np.asarray(counts, np.float32), -1, side, normalize=False)
    return np.asarray(np.where(count > MIN_SAMPLES, np.sqrt(np.maximum(total, 0) / np.maximum(count, 1)), np.inf))


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
    if ids.any():
        ids = ids.ravel()[_nearest(ids > 0)[1]]
    return np.asarray(ids[cell.moved(-around.x, -around.y).slices])


def _bounds(damage: DamageMap, box: Box) -> Box:
    x, y, width, height = cv2.boundingRect((damage.read(box) > 0).view(np.uint8))
    return Box(x + box.x, y + box.y, width, height)


def _lab(rgb: Image) -> Image:
    return np.asarray(cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB))
