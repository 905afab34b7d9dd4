"""Line filter: how much each pixel looks like part of a thin dark or light line."""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Image
from imagest_core.damage.detection.difference import LUMA

SIGMAS = (1.0, 1.5, 2.2)
"""Scales (px) of the ridge filter; the top-hat covers wider lines."""


def support(widest: int) -> int:
    """Return the support radius (px) of the filter."""
    return 2 * widest + int(4 * max(SIGMAS)) + 2


def luma_of(rgb: Image) -> Image:
    """Return the (h, w) luma of an (h, w, 3) image."""
    return np.asarray(cv2.transform(rgb, LUMA[np.newaxis]), np.float32)


def responses(luma: Image, widest: int) -> tuple[Image, Image]:
    """Return the responses to dark and to light lines, (h, w) ≥ 0 each.

    A response is the geometric mean of top-hat (contrast) and ridge filter (shape). Either alone responds to
    more than lines: the top-hat to any small shape, the ridge filter to the edges of broad ones.
    """
    dark, light = ridges(luma)
    return _geometric_mean(dark, top_hat(luma, widest)), _geometric_mean(
        light, top_hat(luma, widest, cv2.MORPH_TOPHAT)
    )


def top_hat(luma: Image, widest: int, operation: int = cv2.MORPH_BLACKHAT) -> Image:
    """Apply a black (or white) top-hat by a disk ``widest`` px wide: the contrast to the surroundings."""
    side = widest | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(luma, operation, kernel))


def ridges(luma: Image) -> tuple[Image, Image]:
    """Return the strongest response to dark and to light lines over all scales, (h, w) ≥ 0 each.

    Based on the scale-normalised (σ²) eigenvalues of the Hessian: the one across the line minus the magnitude
    of the other, so that spots respond less than lines.

    References
    ----------
    Y. Sato et al., Three-dimensional multi-scale line filter, Medical Image Analysis 2 (1998).
    A. F. Frangi et al., Multiscale vessel enhancement filtering, MICCAI (1998).
    """
    dark, light = np.zeros((2, *luma.shape), np.float32)
    for sigma in SIGMAS:
        smooth = cv2.GaussianBlur(luma, (0, 0), sigma)
        across, down, mixed = (cv2.Sobel(smooth, -1, *order, ksize=3) for order in ((2, 0), (0, 2), (1, 1)))
        trace = across + down
        spread = cv2.magnitude(across - down, 2 * mixed)
        for best, curvature in ((dark, trace), (light, -trace)):
            np.maximum(best, np.float32(sigma**2 / 4) * np.minimum(curvature, spread), out=best)
    return dark, light


def _geometric_mean(ridge: Image, contrast: Image) -> Image:
    ridge *= contrast
    return np.asarray(cv2.sqrt(ridge))
