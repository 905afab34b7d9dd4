"""Add white noise to a smooth fill: a control for the energy metrics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8, Mask
from imagest_core.evaluation.metrics import octaves

STEPS = 30
"""Bisection steps for the σ of the noise."""
MAX_SIGMA = 255.0


def with_grain(smooth: Image8, like: Image8, mask: Mask, filled: Mask, seed: int = 0) -> Image8:
    """Add grain to ``smooth`` until its finest octave within ``mask`` has the energy of ``like``.

    The grain is Gaussian, white and neutral, added where ``filled`` is true. A fill that already has the
    energy of ``like`` is returned unchanged. All pictures are (h, w, 3) uint8 sRGB.
    """
    grain = np.random.default_rng(seed).standard_normal(mask.shape) * filled
    target = _fine_energy(like, mask)
    low, high = 0.0, MAX_SIGMA
    for _ in range(STEPS):
        middle = (low + high) / 2
        enough = _fine_energy(_with_grain(smooth, grain, middle), mask) > target
        low, high = (low, middle) if enough else (middle, high)
    return _with_grain(smooth, grain, low)


def _with_grain(smooth: Image8, grain: NDArray[np.float64], sigma: float) -> Image8:
    return np.rint(np.clip(smooth + sigma * grain[..., None], 0, 255)).astype(np.uint8)


def _fine_energy(picture: Image8, mask: Mask) -> float:
    return float(np.sqrt(np.mean(octaves(picture)[0][mask] ** 2)))
