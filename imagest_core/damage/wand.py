"""Magic wand: pixels similar to a seed point and connected to it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask

_SMOOTHING = 1.0
_SEED_RADIUS = 2
_TEXTURE_SIGMA, _TEXTURE_WEIGHT = 3.0, 1.5
"""Standard deviation (px) of the window of the texture energy, and weight of its difference."""
_CALM_RADIUS, _TEXTURE_RADIUS = 5, 4
"""Radius (px) within which the calmest texture is taken, and around the seed whose median is typical."""


class Wand:
    """Selection by colour similarity, starting at ``seed``.

    A pixel is similar if its colour differs by at most the tolerance (CIELAB units) from the median colour
    around the seed, after slight smoothing against noise. Colour distances are computed once, so that
    :meth:`mask` is fast enough for interactive use.

    Parameters
    ----------
    image
        (h, w, 3) float32 sRGB in 0–1.
    seed
        (column, row).
    texture
        Whether the distance includes the difference of the local texture energy: the logarithm of the
        standard deviation of lightness and of colour around a pixel. Smooth plaster is then told from
        painted areas of the same colour, and a grained area is selected as a whole.
    """

    def __init__(self, image: NDArray[np.float32], seed: tuple[int, int], *, texture: bool = False) -> None:
        height, width = image.shape[:2]
        self._seed = min(max(seed[0], 0), width - 1), min(max(seed[1], 0), height - 1)
        clipped = np.ascontiguousarray(np.clip(image, 0, 1), np.float32)
        smooth = cv2.GaussianBlur(clipped, (0, 0), _SMOOTHING)
        lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2Lab)
        if texture:
            energy = texture_energy(cv2.cvtColor(clipped, cv2.COLOR_RGB2Lab))
            smooth = cv2.GaussianBlur(clipped, (0, 0), _TEXTURE_SIGMA / 2)
            lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2Lab)
        self._distance: NDArray[np.float32] = _distance(lab, self._typical(lab, _SEED_RADIUS))
        if texture:
            difference = _distance(energy, self._typical(energy, _TEXTURE_RADIUS))
            self._distance = np.hypot(self._distance, _TEXTURE_WEIGHT * difference)

    def _typical(self, field: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
        """Return the median (channels,) of a (h, w, channels) field around the seed."""
        x, y = self._seed
        near = field[max(y - radius, 0) : y + radius + 1, max(x - radius, 0) : x + radius + 1]
        return np.asarray(np.median(near.reshape(-1, field.shape[2]), axis=0), np.float32)

    def mask(self, tolerance: float, growth: int = 0) -> Mask:
        """Return (h, w) bool: similar pixels 8-connected to the seed, and the seed itself.

        The selection is dilated by ``growth`` px, over the soft edge of what was selected.
        """
        x, y = self._seed
        similar = (self._distance <= tolerance).astype(np.uint8)
        similar[y, x] = 1
        flooded = np.zeros((similar.shape[0] + 2, similar.shape[1] + 2), np.uint8)
        cv2.floodFill(similar, flooded, (x, y), 1, flags=8 | cv2.FLOODFILL_MASK_ONLY | (1 << 8))
        selected = np.asarray(flooded[1:-1, 1:-1] == 1)
        if growth < 1:
            return selected
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * growth + 1,) * 2)
        return np.asarray(cv2.dilate(selected.view(np.uint8), disc) > 0)


def texture_energy(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the local texture energy (h, w, 2) of CIELAB ``lab`` (h, w, 3): of lightness and of colour.

    It is 10 log2(1 + s), where s is the local standard deviation in CIELAB units. Beside an edge it is
    that of the calmer side.
    """
    mean = cv2.GaussianBlur(lab, (0, 0), _TEXTURE_SIGMA)
    variance = np.maximum(cv2.GaussianBlur(lab * lab, (0, 0), _TEXTURE_SIGMA) - mean * mean, 0)
    spread = np.sqrt(np.stack([variance[..., 0], variance[..., 1] + variance[..., 2]], axis=2))
    calm = cv2.erode(spread, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _CALM_RADIUS + 1,) * 2))
    return np.asarray(10 * np.log2(1 + calm), np.float32)


def _distance(field: NDArray[np.float32], typical: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(field - typical, axis=2), np.float32)
