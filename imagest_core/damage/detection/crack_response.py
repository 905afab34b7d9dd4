"""How much each pixel looks like part of a thin line, darker or lighter than the paint around it."""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Image
from imagest_core.damage.detection.difference import LUMA

SIGMAS = (1.0, 1.5, 2.2)
"""Scales (px) of the ridge filter; the top-hat takes what is wider."""


def reach(widest: int) -> int:
    """How far (px) from a pixel the picture decides its response."""
    return 2 * widest + int(4 * max(SIGMAS)) + 2


def luma_of(rgb: Image) -> Image:
    """(h, w) luma of (h, w, 3)."""
    return np.asarray(cv2.transform(rgb, LUMA[np.newaxis]), np.float32)


def responses(luma: Image, widest: int) -> tuple[Image, Image]:
    """(h, w) ≥ 0 for dark and for light lines: geometric mean of top-hat (contrast) and ridge (shape).

    Either alone answers to more than lines: the top-hat to every small form, the ridge also to the
    rims of broad ones.
    """
    dark, light = ridges(luma)
    return _mean(dark, top_hat(luma, widest)), _mean(light, top_hat(luma, widest, cv2.MORPH_TOPHAT))


def top_hat(luma: Image, widest: int, operation: int = cv2.MORPH_BLACKHAT) -> Image:
    """Black (or white) top-hat by a disk ``widest`` px across: how much darker than its surroundings."""
    side = widest | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(luma, operation, kernel))


def ridges(luma: Image) -> tuple[Image, Image]:
    """(h, w) ≥ 0: the strongest dark and the strongest light line over all scales.

    From the Hessian's eigenvalues, scale-normalised (σ²): the one across the line less the size of the
    other, so that spots answer less than lines. After Sato et al., Medical Image Analysis 2 (1998),
    and Frangi et al. (1998).
    """
    dark, light = np.zeros((2, *luma.shape), np.float32)
    for sigma in SIGMAS:
        smooth = cv2.GaussianBlur(luma, (0, 0), sigma)
        across, down, mixed = (cv2.Sobel(smooth, -1, *order, ksize=3) for order in ((2, 0), (0, 2), (1, 1)))
        middle = across + down
        spread = cv2.magnitude(across - down, 2 * mixed)
        for best, towards in ((dark, middle), (light, -middle)):
            np.maximum(best, np.float32(sigma**2 / 4) * np.minimum(towards, spread), out=best)
    return dark, light


def _mean(ridge: Image, contrast: Image) -> Image:
    ridge *= contrast
    return np.asarray(cv2.sqrt(ridge))
