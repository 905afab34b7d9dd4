"""The sampling loop: masked latents are denoised, known ones are copied back at every step.

Copying back is the idea of RePaint (Lugmayr et al., CVPR 2022) and the paper's "updating only masked latents
with per-step copy-back". diffusers does it for four-channel U-Nets only; and its multistep solvers keep a
history of predicted clean latents that drifts unless known latents are copied back into it too.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.models.schedule import NoiseSchedule
from imagest_core.progress import Progress
from imagest_core.restoration.modes import DDIM, MULTISTEP, SCHEDULERS
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import RestorationRequest

PAPER_STEPS = 30

Predict = Callable[[Tensor, Tensor], Tensor]
"""Noisy latents (n, c, h, w) and timesteps (n,) → the model's prediction (n, c, h, w)."""


@dataclass(frozen=True)
class Solver:
    """Solver and number of steps: ``ddim`` (Song et al., ICLR 2021) or ``dpm++2m`` (Lu et al., 2022)."""

    scheduler: str = DDIM
    steps: int = PAPER_STEPS

    def __post_init__(self) -> None:
        if self.scheduler not in SCHEDULERS:
            raise InputError(
                Message(
                    "The scheduler is one of {schedulers}, not {scheduler}.",
                    schedulers=", ".join(SCHEDULERS),
                    scheduler=f"{self.scheduler!r}",
                )
            )


def window_seed(request: RestorationRequest, window: Window, purpose: str = "") -> int:
    """Return a 56-bit seed keyed by seed, variation, window origin, scale and ``purpose``.

    Neither the order nor the batch of the windows changes it, and no two windows share it.
    """
    box = window.box
    key = f"{request.seed}/{request.variation}/{box.x}/{box.y}/{window.scale}"
    key = f"{key}/{purpose}" if purpose else key
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:7], "big")


def window_noise(request: RestorationRequest, window: Window, shape: tuple[int, int, int]) -> Tensor:
    """Return standard normal noise (c, h, w), made on the CPU whatever the device."""
    generator = torch.Generator().manual_seed(window_seed(request, window))
    return torch.randn(shape, generator=generator)


def sample(
    predict: Predict,
    known: Tensor,
    inside: Tensor,
    noise: Tensor,
    solver: Solver,
    schedule: NoiseSchedule,
    *,
    init: Tensor | None = None,
    strength: float = 1.0,
    progress: Progress | None = None,
    seen: Callable[[Tensor], None] | None = None,
) -> Tensor:
    """Clean latents: sampled where ``inside`` (n, 1, h, w) is 1, exactly ``known`` where it is 0.

    ``known``, ``noise`` and ``init``: (n, c, h, w). With an ``init`` the noise starts at ``strength`` (0–1)
    of the whole way. ``seen`` is given each predicted clean latent. Raises ``Cancelled`` between steps.
    """
    progress = progress or Progress()
    times = schedule.timesteps(solver.steps).tolist()
    latents = noise
    if init is not None:
        times = [t for t in times if t < strength * schedule.steps] or times[-1:]
        latents = schedule.add(init, noise, torch.full((len(init),), times[0], device=init.device))
    step = _SOLVERS[solver.scheduler](schedule)
    for index, t in enumerate(times):
        progress.set(index / len(times), index, len(times))
        at = torch.full((len(known),), t, device=known.device, dtype=torch.long)
        predicted = predict(latents, at)
        clean = copy_back(schedule.clean(latents, predicted, at), known, inside)
        if index + 1 == len(times):
            progress.set(1.0, len(times), len(times))
            return clean
        if seen is not None:
            seen(clean)
        following = torch.full_like(at, times[index + 1])
        latents = step(latents, clean, predicted, at, following)
        latents = copy_back(latents, schedule.add(known, noise, following), inside)
    return known


def copy_back(latents: Tensor, known: Tensor, inside: Tensor) -> Tensor:
    """``latents`` where ``inside`` is 1, ``known`` unchanged elsewhere."""
    return torch.where(inside > 0.5, latents, known)


class _Ddim:
    """z_s = signal(s) z₀ + noise(s) ε, with the predicted z₀ and ε (Song et al., eq. 12, η = 0)."""

    def __init__(self, schedule: NoiseSchedule) -> None:
        self.schedule = schedule

    def __call__(self, z: Tensor, clean: Tensor, predicted: Tensor, t: Tensor, s: Tensor) -> Tensor:
        return self.schedule.add(clean, self.schedule.residual_noise(z, predicted, t), s)


class _Multistep(_Ddim):
    """DPM-Solver++(2M): second order from the last two predictions (Lu et al., algorithm 2)."""

    def __init__(self, schedule: NoiseSchedule) -> None:
        super().__init__(schedule)
        self.last: tuple[Tensor, float] | None = None

    def __call__(self, z: Tensor, clean: Tensor, predicted: Tensor, t: Tensor, s: Tensor) -> Tensor:
        span = self._log_snr(s) - self._log_snr(t)
        if not math.isfinite(span):  # from pure noise: first order, and no history to lean on
            self.last = None
            return super().__call__(z, clean, predicted, t, s)
        direction = clean
        if self.last is not None:
            previous, last_span = self.last
            weight = span / (2 * last_span)
            direction = (1 + weight) * clean - weight * previous
        self.last = (clean, span)
        ratio = self.schedule.noise(s, z) / self.schedule.noise(t, z)
        return ratio * z - self.schedule.signal(s, z) * math.expm1(-span) * direction

    def _log_snr(self, t: Tensor) -> float:
        """λ = ln(signal / noise); −∞ at zero signal."""
        one = torch.ones(1, 1, 1, 1)
        signal = float(self.schedule.signal(t[:1].cpu(), one))
        return math.log(signal / float(self.schedule.noise(t[:1].cpu(), one))) if signal > 0 else -math.inf


_SOLVERS: dict[str, Callable[[NoiseSchedule], _Ddim]] = {DDIM: _Ddim, MULTISTEP: _Multistep}
