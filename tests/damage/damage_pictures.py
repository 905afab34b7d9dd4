from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

Pictures = Callable[..., Path]


def painted(height: int = 320, width: int = 400, seed: int = 0) -> np.ndarray:
    """Return an image with shapes and brush texture, (h, w, 3) float32 in 0–1."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 0.5, np.float32)
    for sigma, weight in ((40, 18.0), (8, 2.2), (2, 0.35)):
        noise = rng.standard_normal((height, width, 3)).astype(np.float32)
        picture += cv2.GaussianBlur(noise, (0, 0), sigma) * weight * (0.6 if sigma > 8 else 1)
    for _ in range(40):
        x, y, radius = int(rng.integers(width)), int(rng.integers(height)), int(rng.integers(4, 22))
        shade = [float(value) for value in rng.random(3)]
        cv2.ellipse(picture, (x, y), (radius, radius // 2 + 1), float(rng.integers(180)), 0, 360, shade, -1)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8), 0.02, 0.98)


def scratches(height: int, width: int, seed: int = 1, count: int = 14, thickness: int = 2) -> np.ndarray:
    """Return crack-like polylines, (h, w) bool."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((height, width), np.uint8)
    for _ in range(count):
        steps = rng.normal(0, 5, (14, 2)) + rng.normal(0, 9, (1, 2))
        line = (rng.random(2) * (width, height) + steps.cumsum(axis=0)).astype(np.int32)
        cv2.polylines(mask, [line], False, 1, thickness)
    return mask > 0


def blots(height: int, width: int, seed: int = 2, share: float = 0.08) -> np.ndarray:
    """Return loss-like blots, (h, w) bool."""
    noise = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 7)
    return smooth > np.quantile(smooth, 1 - share)


def damaged_with(picture: np.ndarray, mask: np.ndarray, colour: object, noise: float = 0.01) -> np.ndarray:
    """Set ``colour`` under the mask, and add photographic noise everywhere."""
    grain = np.random.default_rng(9).normal(0, noise, picture.shape)
    return np.clip(np.where(mask[..., np.newaxis], np.array(colour), picture) + grain, 0, 1).astype(
        np.float32
    )


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


def dilated(mask: np.ndarray, pixels: int = 1) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=pixels) > 0
