"""Match and blend a fill with the intact paint at the boundary of the damage.

Reads known samples only, and changes only samples inside the dilated mask.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.restoration.inpainting.pde import fill_image, harmonic

RING = 3
"""Width in working px of the bands inside and outside the boundary whose colours are compared."""
SIGMA = 6.0
"""Standard deviation in working px of their smoothing; finer differences are texture, not a shift."""
MIN_WEIGHT = 1e-3
"""Smoothed weight below which a band is too far away to be used."""


def match_boundary(fill: Image, image: Image, mask: Mask) -> Image:
    """Shift ``fill`` (h, w, 3) so that its local mean along the boundary is that of the intact paint.

    The difference of the two local means is a smooth field on the inner band. Its harmonic extension over
    the rest of the hole is the whole correction, so texture is kept.
    """
    kernel = np.ones((2 * RING + 1,) * 2, np.uint8)
    outside = (cv2.dilate(mask.astype(np.uint8), kernel) > 0) & ~mask
    inside = (cv2.dilate((~mask).astype(np.uint8), kernel) > 0) & mask
    outer, outer_weight = _local_sums(image, outside)
    inner, inner_weight = _local_sums(fill, inside)
    valid = inside & (outer_weight > MIN_WEIGHT) & (inner_weight > MIN_WEIGHT)
    if not valid.any():
        return fill
    difference = np.zeros_like(fill)
    difference[valid] = outer[valid] / outer_weight[valid, None] - inner[valid] / inner_weight[valid, None]
    return np.where(mask[..., None], fill + fill_image(harmonic, difference, ~valid), fill)


def _local_sums(image: Image, band: Mask) -> tuple[Image, Image]:
    masked = np.where(band[..., None], image, np.float32(0))
    sums = cv2.GaussianBlur(masked, (0, 0), SIGMA, borderType=cv2.BORDER_CONSTANT)
    weight = cv2.GaussianBlur(band.astype(np.float32), (0, 0), SIGMA, borderType=cv2.BORDER_CONSTANT)
    return sums, weight


def blend_boundary(fill: Image, image: Image, mask: Mask, width: NDArray[np.floating]) -> Image:
    """Blend ``fill`` with the harmonic fill over the first ``width`` (h, w) pixels from the boundary.

    The harmonic fill continues the known samples of ``image``; its weight falls linearly from almost 1 at
    the boundary to 0 after ``width`` pixels. A width of 0 changes nothing.
    """
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    share = np.clip(1 - depth / (width + 1), 0, 1) * (mask & (width > 0))
    if not share.any():
        return fill
    mixed = fill + share[..., None].astype(np.float32) * (fill_image(harmonic, image, mask) - fill)
    return np.asarray(mixed, np.float32)
