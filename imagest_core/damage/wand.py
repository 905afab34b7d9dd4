"""The wand: damage that looks like the point it was begun at, and is connected to it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask

_SMOOTHING = 1.0
_SEED = 2


class Wand:
    """Grows from ``seed`` (column, row) over an ``image``, (h, w, 3) float32 sRGB in 0–1.

    A pixel is alike where its colour differs by at most the tolerance (CIE Lab units) from the mean
    colour round the seed, after slight smoothing against grain. The Lab distance is computed once,
    so that :meth:`mask` can follow a hand.
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
        around = lab[max(y - _SEED, 0) : y + _SEED + 1, max(x - _SEED, 0) : x + _SEED + 1]
        return np.asarray(np.median(around.reshape(-1, 3), axis=0), np.float32)

    def mask(self, tolerance: float) -> Mask:
        """(h, w) bool: what is alike and connected (over edges or corners) to the seed, which always is."""
        x, y = self._seed
        alike = (self._distance <= tolerance).astype(np.uint8)
        alike[y, x] = 1
        flooded = np.zeros((alike.shape[0] + 2, alike.shape[1] + 2), np.uint8)
        cv2.floodFill(alike, flooded, (x, y), 1, flags=8 | cv2.FLOODFILL_MASK_ONLY | (1 << 8))
        return np.asarray(flooded[1:-1, 1:-1] == 1)
