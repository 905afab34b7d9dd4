"""White noise on a smooth fill: the control that any claim of energy has to stand beside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8, Mask
from imagest_core.evaluation.metrics import octaves

STEPS = 30
"""Halvings of the interval in which the noise's σ is sought."""
MOST = 255.0


def grained(smooth: Image8, like: Image8, mask: Mask, filled: Mask, seed: int = 0) -> Image8:
    """``smooth`` with grain of as much energy in the finest octave within ``mask`` as ``like`` has.

    The grain is Gaussian, white and neutral, added where ``filled`` is true. A smooth fill that is
    already as lively as ``like`` comes back as it is. All pictures are (h, w, 3) uint8 sRGB.
    """
    grain = np.random.default_rng(seed).standard_normal(mask.shape) * filled
    wanted = _fine_energy(like, mask)
    low, high = 0.0, MOST
    for _ in range(STEPS):
        middle = (low + high) / 2
        enough = _fine_energy(_with_grain(smooth, grain, middle), mask) > wanted
        low, high = (low, middle) if enough else (middle, high)
    return _with_grain(smooth, grain, low)


def _with_grain(smooth: Image8, grain: NDArray[np.float64], sigma: float) -> Image8:
    return np.rint(np.clip(smooth + sigma * grain[..., None], 0, 255)).astype(np.uint8)


def _fine_energy(picture: Image8, mask: Mask) -> float:
    return float(np.sqrt(np.mean(octaves(picture)[0][mask] ** 2)))
