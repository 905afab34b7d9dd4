"""Forward noising and the velocity it is undone by.

Eq. 1 of the paper: z_t = √ᾱ_t · z₀ + √(1 − ᾱ_t) · ε. The schedule is a shifted cosine with zero terminal
signal-to-noise ratio (Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed",
2023), so that the first sampling step starts from pure noise; the network predicts
v = √ᾱ · ε − √(1 − ᾱ) · z₀ (Salimans & Ho, 2022), for which the step from T is about the posterior mean.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


class NoiseSchedule:
    """``signal(t)`` = √ᾱ and ``noise(t)`` = √(1 − ᾱ) for whole t in 0…steps − 1."""

    def __init__(self, steps: int = 1000) -> None:
        self.steps = steps
        angle = torch.linspace(0.0, math.pi / 2, steps + 1, dtype=torch.float64)[1:]
        self._signal = torch.cos(angle).float()
        self._signal[-1] = 0.0
        self._noise = torch.sin(angle).float()

    def _at(self, table: Tensor, t: Tensor, like: Tensor) -> Tensor:
        return table.to(like.device)[t.to(like.device)].view(-1, *([1] * (like.ndim - 1)))

    def signal(self, t: Tensor, like: Tensor) -> Tensor:
        """√ᾱ_t, shaped to multiply ``like`` (n, …)."""
        return self._at(self._signal, t, like)

    def noise(self, t: Tensor, like: Tensor) -> Tensor:
        """√(1 − ᾱ_t), shaped to multiply ``like`` (n, …)."""
        return self._at(self._noise, t, like)

    def add(self, clean: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """Eq. 1: the noisy latents z_t."""
        return self.signal(t, clean) * clean + self.noise(t, clean) * noise

    def velocity(self, clean: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """What the network learns to predict."""
        return self.signal(t, clean) * noise - self.noise(t, clean) * clean

    def clean(self, noisy: Tensor, velocity: Tensor, t: Tensor) -> Tensor:
        """Predicted z₀ from z_t and v."""
        return self.signal(t, noisy) * noisy - self.noise(t, noisy) * velocity

    def residual_noise(self, noisy: Tensor, velocity: Tensor, t: Tensor) -> Tensor:
        """Predicted ε from z_t and v."""
        return self.noise(t, noisy) * noisy + self.signal(t, noisy) * velocity

    def timesteps(self, count: int) -> Tensor:
        """``count`` falling timesteps from the last one on ("trailing" spacing)."""
        if not 1 <= count <= self.steps:
            raise ValueError(f"Between 1 and {self.steps} steps, not {count}")
        spaced = torch.linspace(self.steps, 0, count + 1, dtype=torch.float64)[:-1]
        return spaced.round().long() - 1
