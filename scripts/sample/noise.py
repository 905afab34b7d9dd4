"""Smooth random fields, drawn from an explicit generator."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> Field:
    """Return Gaussian noise of about unit deviation with a correlation length of ``cell`` pixels."""
    height, width = shape
    coarse = rng.standard_normal((int(height / cell) + 3, int(width / cell) + 3)).astype(np.float32)
    full = cv2.resize(coarse, None, fx=cell, fy=cell, interpolation=cv2.INTER_CUBIC)
    return full[:height, :width]


def fractal(rng: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 5) -> Field:
    """Return a sum of octaves of smooth noise, each half as wide and about half as strong; unit deviation."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        total += smooth_noise(rng, shape, max(cell / 2**octave, 1.0)) * 0.55**octave
    return total / total.std()


def smoothstep(low: float, high: float, values: Field) -> Field:
    """Return 0 below ``low``, 1 above ``high``, and a smooth transition between them."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(first: Field, second: Field | tuple[float, ...], share: Field) -> Field:
    """Blend ``second`` over ``first`` with the weight ``share`` (h, w)."""
    return first + (np.asarray(second, np.float32) - first) * share[..., None]
