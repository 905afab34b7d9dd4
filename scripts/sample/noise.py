"""Smooth random fields, all drawn from one explicit generator."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> Field:
    """Gaussian noise of about unit deviation whose bumps are ``cell`` pixels apart."""
    height, width = shape
    coarse = rng.standard_normal((int(height / cell) + 3, int(width / cell) + 3)).astype(np.float32)
    full = cv2.resize(coarse, None, fx=cell, fy=cell, interpolation=cv2.INTER_CUBIC)
    return full[:height, :width]


def fractal(rng: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 5) -> Field:
    """A sum of octaves of smooth noise, each half as wide and half as strong; unit deviation."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        total += smooth_noise(rng, shape, max(cell / 2**octave, 1.0)) * 0.55**octave
    return total / total.std()


def smoothstep(low: float, high: float, values: Field) -> Field:
    """0 below ``low``, 1 above ``high``, an S between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(first: Field, second: Field | tuple[float, ...], share: Field) -> Field:
    """``second`` over ``first`` by ``share`` (h, w)."""
    return first + (np.asarray(second, np.float32) - first) * share[..., None]
