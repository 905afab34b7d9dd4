"""Magic wand: pixels similar to a seed point and connected to it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask

_SMOOTHING = 1.0
_SEED_RADIUS = 2


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
    """

    def __init__(self, image: NDArray[np.float32], seed: tuple[int, int]) -> None:
        height, width = image.shape[:2]
        self._seed = min(max(seed[0], 0), width - 1), min(max(seed[1], 0), height - 1)
        clipped = np.ascontiguousarray(np.clip(image, 0, 1), np.float32)
        smooth = cv2.GaussianBlur(clipped, (0, 0), _SMOOTHING)
        lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2Lab)
        self._distance: NDArray[np.float32] = np.linalg.norm(lab - self._colour(lab), axis=2)

    def _colour(self, lab: NDArray[np.float32]) -> NDArray[np.float32]:
        x, y = self._seed
        neighbourhood = lab[
            max(y - _SEED_RADIUS, 0) : y + _SEED_RADIUS + 1, max(x - _SEED_RADIUS, 0) : x + _SEED_RADIUS + 1
        ]
        return np.asarray(np.median(neighbourhood.reshape(-1, 3), axis=0), np.float32)

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
