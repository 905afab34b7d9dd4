"""A textured painting, and other pictures of it: larger, rotated, greyscale, with inverted tones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import tifffile

HEIGHT, WIDTH = 260, 340


def textured(seed: int = 3) -> np.ndarray:
    """Return (h, w, 3) float32 with structure at several scales."""
    rng = np.random.default_rng(seed)
    out = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for sigma, weight in ((1.5, 0.35), (4.0, 0.7), (12.0, 1.4)):
        noise = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH, 1)).astype(np.float32), (0, 0), sigma)
        out += (weight * noise / noise.std())[..., None] * np.float32([1, 0.8, 0.6])
    return np.clip(0.5 + 0.12 * out, 0.02, 0.98)


def warped(picture: np.ndarray, scale: float = 1.3, degrees: float = 1.5) -> np.ndarray:
    """Return the picture as another camera sees it."""
    height, width = (round(side * scale) for side in picture.shape[:2])
    matrix = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), degrees, scale)
    matrix[:, 2] += (width - picture.shape[1]) / 2, (height - picture.shape[0]) / 2
    return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=2)


def write_rgb(path: Path, picture: np.ndarray, depth: type = np.uint16) -> Path:
    """Write an RGB TIFF."""
    samples = np.rint(np.clip(picture, 0, 1) * np.iinfo(depth).max).astype(depth)
    tifffile.imwrite(path, samples, photometric="rgb", metadata=None)
    return path


def write_grey(path: Path, picture: np.ndarray) -> Path:
    """Write an 8-bit greyscale TIFF."""
    grey = np.clip(picture[..., :3].mean(axis=2), 0, 1)
    tifffile.imwrite(path, np.rint(grey * 255).astype(np.uint8), photometric="minisblack", metadata=None)
    return path
