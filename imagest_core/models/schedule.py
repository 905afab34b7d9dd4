"""Noise schedules of latent diffusion models, for all types of prediction.

All types share one form, ``z_t = signal(t) · z₀ + noise(t) · ε``:

* ε prediction and v prediction (v = signal · ε − noise · z₀; Salimans and Ho, 2022) with
  signal = √ᾱ, noise = √(1 − ᾱ) (eq. 1 of the Imagest paper);
* flow matching (v = ε − z₀; Lipman et al., 2023) with signal = 1 − σ, noise = σ.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.models.array_devices import Array, device_of, inference, on_device

if TYPE_CHECKING:
    from torch import Tensor

Table = NDArray[np.float64]


class Prediction(StrEnum):
    """The quantity that a network predicts."""

    EPSILON = "epsilon"
    VELOCITY = "v_prediction"
    FLOW = "flow"


class NoiseSchedule:
    """``signal(t)`` and ``noise(t)`` for integer timesteps t in 0…steps − 1, and the type of prediction.

    The methods take NumPy arrays and torch tensors alike.
    """

    def __init__(self, signal: Table | Tensor, noise: Table | Tensor, prediction: Prediction) -> None:
        self.steps = len(signal)
        self.prediction = prediction
        self._signal, self._noise = (np.asarray(table).astype(np.float32) for table in (signal, noise))
        self._copies: dict[tuple[int, Any], Array] = {}

    def _at(self, table: NDArray[np.float32], t: Array, like: Array) -> Array:
        device = device_of(like)
        at = t if device is None else t.to(device)
        return self._on(table, device)[at].reshape(-1, *([1] * (like.ndim - 1)))

    def _on(self, table: NDArray[np.float32], device: Any) -> Array:
        """Return ``table`` on ``device``, copied once: a copy makes the CPU wait for the GPU."""
        key = (id(table), device)
        if key not in self._copies:
            with inference(device, enabled=False):
                self._copies[key] = on_device(device, table)
        return self._copies[key]

    def levels(self, t: int) -> tuple[float, float]:
        """Return the weights of z₀ and ε at one timestep."""
        return float(self._signal[t]), float(self._noise[t])

    def signal(self, t: Array, like: Array) -> Array:
        """Return the weight of z₀, shaped to multiply ``like`` (n, …)."""
        return self._at(self._signal, t, like)

    def noise(self, t: Array, like: Array) -> Array:
        """Return the weight of ε, shaped to multiply ``like`` (n, …)."""
        return self._at(self._noise, t, like)

    def add(self, clean: Array, noise: Array, t: Array) -> Array:
        """Return noisy latents z_t."""
        return self.signal(t, clean) * clean + self.noise(t, clean) * noise

    def target(self, clean: Array, noise: Array, t: Array) -> Array:
        """Return the target of the network's prediction."""
        if self.prediction is Prediction.EPSILON:
            return noise
        if self.prediction is Prediction.FLOW:
            return noise - clean
        return self.signal(t, clean) * noise - self.noise(t, clean) * clean

    def clean(self, noisy: Array, predicted: Array, t: Array) -> Array:
        """Return z₀, computed from z_t and the network's prediction."""
        signal, noise = self.signal(t, noisy), self.noise(t, noisy)
        if self.prediction is Prediction.EPSILON:
            return (noisy - noise * predicted) / signal
        if self.prediction is Prediction.FLOW:
            return noisy - noise * predicted
        return signal * noisy - noise * predicted

    def residual_noise(self, noisy: Array, predicted: Array, t: Array) -> Array:
        """Return ε, computed from z_t and the network's prediction."""
        signal, noise = self.signal(t, noisy), self.noise(t, noisy)
        if self.prediction is Prediction.EPSILON:
            return predicted
        if self.prediction is Prediction.FLOW:
            return noisy + signal * predicted
        return noise * noisy + signal * predicted

    def timesteps(self, count: int) -> NDArray[np.int64]:
        """Return ``count`` decreasing timesteps that start at the last one ("trailing" spacing).

        Spaced from both ends, as ``torch.linspace`` does it: halves are rounded as ever.
        """
        if not 1 <= count <= self.steps:
            raise ValueError(f"Between 1 and {self.steps} steps, not {count}")
        step, index = self.steps / count, np.arange(count)
        spaced = np.where(index < (count + 1) // 2, self.steps - step * index, step * (count - index))
        return np.round(spaced).astype(np.int64) - 1


def cosine_schedule(steps: int = 1000) -> NoiseSchedule:
    """Return the embedded network's schedule: cosine with zero terminal signal, v prediction.

    Zero terminal signal-to-noise ratio (Lin et al., "Common Diffusion Noise Schedules and Sample Steps are
    Flawed", 2023) lets sampling start from pure noise.
    """
    angle = np.linspace(0.0, math.pi / 2, steps + 1)[1:]
    signal = np.cos(angle)
    signal[-1] = 0.0
    return NoiseSchedule(signal, np.sin(angle), Prediction.VELOCITY)


def scaled_linear_schedule(
    prediction: Prediction, steps: int = 1000, first: float = 0.00085, last: float = 0.012
) -> NoiseSchedule:
    """Return Stable Diffusion's schedule: β from ``first`` to ``last``, linear in √β."""
    import torch

    beta = torch.linspace(first**0.5, last**0.5, steps, dtype=torch.float64) ** 2
    kept = torch.cumprod(1 - beta, 0)
    return NoiseSchedule(kept.sqrt(), (1 - kept).sqrt(), prediction)


def flow_schedule(steps: int = 1000, shift: float = 1.0) -> NoiseSchedule:
    """Return a rectified flow: σ from 1/steps to 1, shifted for larger pictures (Esser et al., 2024)."""
    sigma = np.arange(1, steps + 1, dtype=np.float64) / steps
    sigma = shift * sigma / (1 + (shift - 1) * sigma)
    return NoiseSchedule(1 - sigma, sigma, Prediction.FLOW)
