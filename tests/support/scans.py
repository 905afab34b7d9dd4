"""Small scans and masks for the tests of restorations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from imagest_core.damage.map import DamageMap


def smooth_picture(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """(h, w, 3) in 0.1–0.9: slow waves and a little grain."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(x / random.uniform(9, 40) + y / random.uniform(9, 40)) for _ in range(3)]
    grain = random.normal(0, 0.02, (height, width, 3))
    return np.clip(0.5 + 0.3 * np.stack(waves, -1) + grain, 0.1, 0.9).astype(np.float32)


def write_scan(path: Path, picture: NDArray[np.float32], depth: int = 8) -> Path:
    """``picture`` (h, w, 3) in 0–1 as an uncompressed TIFF."""
    most = 2**depth - 1
    samples = np.rint(picture * most).astype(f"u{depth // 8}")
    tifffile.imwrite(path, samples, photometric="rgb", rowsperstrip=16)
    return path


def some_damage(height: int, width: int, seed: int, pieces: int = 5) -> NDArray[np.bool_]:
    """(h, w) bool: discs and cracks; never all of the picture, never nothing."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    mask = np.zeros((height, width), np.bool_)
    for _ in range(pieces):
        row, column = random.integers(0, height), random.integers(0, width)
        radius = random.integers(1, max(2, min(height, width) // 6))
        mask |= (y - row) ** 2 + (x - column) ** 2 < radius**2
        slope = random.uniform(-1, 1)
        mask |= (np.abs(y - row - slope * (x - column)) < 1) & (np.abs(x - column) < width // 3)
    mask[-2:, -2:] = False
    return mask


def damage_of(mask: NDArray[np.bool_]) -> DamageMap:
    """A map of ``mask`` whose class is filled."""
    return DamageMap.from_mask(mask)
