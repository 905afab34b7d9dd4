"""The rim: fills that don't meet it by themselves are brought to its colour and led over to it.

Known samples only are looked at, and only samples inside the dilated mask are changed.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.restoration.inpainting.pde import fill_image, harmonic

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

RING = 3
"""Width in working pixels of the two bands, within and without, whose colours are compared."""
SIGMA = 6.0
"""Radius in working pixels over which they are averaged: finer differences are texture, not a shift."""
LEAST = 1e-3
"""A band weighs less than this where it is out of reach."""


def match_boundary(fill: Image, image: Image, mask: Mask) -> Image:
    """``fill`` (h, w, 3) with its local mean along the rim moved to that of the intact ring outside.

    The difference of the two local means is a smooth field on the inner band; its harmonic
    extension over the rest of the hole is the whole correction, so texture is left alone.
    """
    kernel = np.ones((2 * RING + 1,) * 2, np.uint8)
    outside = (cv2.dilate(mask.astype(np.uint8), kernel) > 0) & ~mask
    inside = (cv2.dilate((~mask).astype(np.uint8), kernel) > 0) & mask
    outer, outer_weight = _local_sums(image, outside)
    inner, inner_weight = _local_sums(fill, inside)
    told = inside & (outer_weight > LEAST) & (inner_weight > LEAST)
    if not told.any():
        return fill
    difference = np.zeros_like(fill)
    difference[told] = outer[told] / outer_weight[told, None] - inner[told] / inner_weight[told, None]
    return np.where(mask[..., None], fill + fill_image(harmonic, difference, ~told), fill)


def _local_sums(image: Image, band: Mask) -> tuple[Image, Image]:
    chosen = np.where(band[..., None], image, np.float32(0))
    sums = cv2.GaussianBlur(chosen, (0, 0), SIGMA, borderType=cv2.BORDER_CONSTANT)
    weight = cv2.GaussianBlur(band.astype(np.float32), (0, 0), SIGMA, borderType=cv2.BORDER_CONSTANT)
    return sums, weight


def blend_boundary(fill: Image, image: Image, mask: Mask, width: NDArray[np.floating]) -> Image:
    """``fill`` with the first ``width`` (h, w) pixels from the rim mixed with the rim's continuation.

    The continuation is the harmonic surface through the known samples of ``image``; its share falls
    linearly from almost 1 at the rim to 0 after ``width`` pixels. A width of 0 changes nothing.
    """
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    share = np.clip(1 - depth / (width + 1), 0, 1) * (mask & (width > 0))
    if not share.any():
        return fill
    mixed = fill + share[..., None].astype(np.float32) * (fill_image(harmonic, image, mask) - fill)
    return np.asarray(mixed, np.float32)
