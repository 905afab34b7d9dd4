"""How broad and deep damage is around each of its samples, as soft masks.

Thin damage is determined by its boundary; thick damage is not. So the weight of a diffusion sample and of
synthesised texture grows with the local thickness of the damage.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask

SAMPLE_RADII = (4, 6, 8)
"""Radii in px of discs that must fit into the damage, for a third of the sample's weight each."""
MAX_SAMPLE_WEIGHT = 0.15
"""Weight of the diffusion sample in thick damage. More is livelier and further from the truth."""
SAMPLE_SOFTNESS = 2.0
"""σ in px over which the weight changes."""
BROAD_RADIUS = 3
"""Damage in which a disc of this radius in px fits is broader than a crack."""
DEEP_RADIUS = 24
"""Damage in which a disc of this radius in px fits is deep: no certain paint is near."""
DEEP_SOFTNESS = 6.0
"""σ in px over which the deep mask changes."""


def sample_weight(mask: Mask) -> Image:
    """Weight (h, w) of a diffusion sample relative to the faithful fill: 0–0.15, 0 in damage under 9 px."""
    inside = np.pad(mask.astype(np.uint8), 1)
    weight = np.zeros(inside.shape, np.float32)
    for radius in SAMPLE_RADII:
        weight += np.float32(MAX_SAMPLE_WEIGHT / len(SAMPLE_RADII)) * _opened(inside, radius)
    if not weight.any():
        return weight[1:-1, 1:-1]
    soft = cv2.GaussianBlur(weight, (0, 0), SAMPLE_SOFTNESS)
    return np.asarray(soft[1:-1, 1:-1] * mask, np.float32)


def thick_mask(weight: Image) -> Image:
    """0 in thin damage to 1 in thick damage (h, w), from :func:`sample_weight`."""
    return np.minimum(weight / np.float32(MAX_SAMPLE_WEIGHT), np.float32(1))


def broad_mask(mask: Mask) -> Image:
    """1 where damage is broader than a crack, 0 in cracks, (h, w)."""
    inside = _opened(np.pad(mask.astype(np.uint8), 1), BROAD_RADIUS)[1:-1, 1:-1].astype(np.float32)
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), 1.0) * mask if inside.any() else inside, np.float32)


def deep_mask(mask: Mask) -> Image:
    """1 deep in large losses, 0 elsewhere, (h, w)."""
    inside = _opened(np.pad(mask.astype(np.uint8), 1), DEEP_RADIUS)[1:-1, 1:-1].astype(np.float32)
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), DEEP_SOFTNESS) if inside.any() else inside, np.float32)


def boundary_ramp(mask: Mask, width: float) -> Image:
    """0 at the hole's boundary to 1 from ``width`` px inside it on, (h, w)."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.clip(depth / width, 0, 1), np.float32)


def _opened(inside: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Where a disc of this radius fits; damage that reaches the edge continues beyond it."""
    if not (cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_3) > radius * 0.9).any():
        border = inside[:, [0, -1]].any() or inside[[0, -1]].any()
        if not border:
            return np.zeros_like(inside)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(
        cv2.morphologyEx(inside, cv2.MORPH_OPEN, disc, borderType=cv2.BORDER_REPLICATE), np.uint8
    )
