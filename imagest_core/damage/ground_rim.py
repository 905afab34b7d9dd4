"""Ground around a mask that ends within a loss: pixels that look like the damage next to them.

``rim`` compares a narrow ring with the paint just beyond it, so it doesn't see a strip of ground that is
wider than that and ends sharply. Such a strip has the colours of the damage; the paint further out does not.
"""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.damage.ring import MIN_SAMPLES, PART, STEP, STRETCH, Indices, box_sum, widened

RADIUS = 16
"""Radius (px) within which the colours of the damage are averaged."""
EDGE = 2
"""Pixels at the border of the damage that are left out of its colours if enough others are known."""
MIN_INNER = 20
"""Pixels inside the damage without which its border counts as well."""
ALIKE = 2.8
"""Largest distance from the mean colour of the damage, in its standard deviations."""
LEAST_SPREAD = 3.0
"""Least standard deviation (CIELAB) of the damage in a channel."""
SIDE = 5
"""Side (px) of the window in which most pixels must be alike, except at the edge of the ground."""
BEGIN, FAR = 11, 12
"""Distance (px) from the mask at which the paint for comparison begins, and its width."""
RARE = 0.05
"""Largest share of the paint for comparison that may look like the damage, too."""
SEEN, SEEN_IN_PART = 0.6, 0.5
"""Least shares of the pixels next to the mask that look like the damage: in a stretch, and in a part."""
REACH = BEGIN + FAR + SIDE
"""Pixels around a mask whose colours are read."""


def ground_rim(lab: Image, free: Mask, filled: Mask, distance: Image, nearest: Indices, limit: int) -> Mask:
    """Return (h, w) bool: the pixels up to ``limit`` px from the damage that are part of its ground.

    Parameters
    ----------
    lab
        (h, w, 3) float32 CIELAB.
    free, filled
        (h, w) bool the unmarked pixels, and the damage.
    distance, nearest
        (h, w) the distance (px) to the damage, and the flat index of its nearest pixel.
    """
    near = distance <= BEGIN + FAR
    single = _like_damage(lab, free & near, filled, nearest)
    like = single & (2 * _sum(single, SIDE) > _sum(free, SIDE))
    far = free & near & (distance > BEGIN)
    begins = free & (distance <= STEP + 0.5)
    compared = _sum(far, PART)
    known = (compared >= MIN_SAMPLES) & (_sum(like & far, PART) < RARE * compared)
    within = known & (distance <= limit + 0.5)
    seen = _sum(like & begins, STRETCH) > SEEN * _sum(begins, STRETCH)
    within &= _sum(like & begins, PART) > SEEN_IN_PART * _sum(begins, PART)
    front = like & within & begins & seen
    for _ in range(limit):
        front |= widened(front, 1) & like & within
    for _ in range(SIDE // 2):
        front |= widened(front, 1) & single & within
    gaps = _closed(filled | front) & ~_closed(filled)
    return np.asarray(front | (gaps & free & (distance <= limit + 0.5)))


def _closed(mask: Mask) -> Mask:
    """Return the mask with gaps of up to 4 px closed."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (SIDE, SIDE))
    return np.asarray(cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, disc) > 0)


def _like_damage(lab: Image, free: Mask, filled: Mask, nearest: Indices) -> Mask:
    """Return (h, w) bool: the free pixels that look like the nearest damage."""
    mean, spread = _colours(lab, filled, nearest[free])
    away = (lab[free] - mean) / np.maximum(spread, LEAST_SPREAD)
    like = np.zeros_like(free)
    like[free] = (away**2).sum(axis=1) < ALIKE**2
    return like


def _colours(lab: Image, filled: Mask, at: Indices) -> tuple[Image, Image]:
    """Return the mean and the standard deviation (n, 3) of the damage around the pixels ``at``."""
    square = np.ones((2 * EDGE + 1,) * 2, np.uint8)
    inner = cv2.erode(filled.view(np.uint8), square, borderValue=1) > 0
    sums = [_moments(lab, mask, at) for mask in (inner, filled)]
    count, first, second = (
        np.where(sums[0][0] >= MIN_INNER, *both) for both in zip(sums[0], sums[1], strict=True)
    )
    mean = first / np.maximum(count, 1)
    spread = np.sqrt(np.maximum(second / np.maximum(count, 1) - mean**2, 0))
    return np.asarray(mean, np.float32), np.asarray(spread, np.float32)


def _moments(lab: Image, mask: Mask, at: Indices) -> tuple[Image, Image, Image]:
    """Return the number (n, 1) of the pixels of ``mask`` around others, and their sums and squares (n, 3)."""
    weight, side = mask.astype(np.float32)[..., np.newaxis], 2 * RADIUS + 1
    first, second = (box_sum(weight * values, side).reshape(-1, 3)[at] for values in (lab, lab**2))
    return _sum(mask, side).reshape(-1, 1)[at], first, second


def _sum(mask: Mask, side: int) -> Image:
    """Return the number of pixels of ``mask`` in a window."""
    return box_sum(mask.view(np.uint8), side)
