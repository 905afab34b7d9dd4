"""Solvers: how noisy latents get from one noise level to the next.

A :class:`Steps` object belongs to one run of the sampling loop: it holds the timesteps and, for multistep
solvers, the history. Those over timesteps are here, those over noise levels in
:mod:`imagest_core.restoration.diffusion.sigma_steps`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.models.array_devices import Array, move_to, on_like
from imagest_core.models.schedule import NoiseSchedule
from imagest_core.restoration.diffusion.sigma_steps import KarrasSteps, UnipcSteps
from imagest_core.restoration.modes import DDIM, KARRAS, LCM, MULTISTEP, SCHEDULERS, UNIPC

PAPER_STEPS = 30
DISTILLED_STEPS = 50
"""Timesteps at which latent consistency models were distilled, evenly spaced up to the last one."""

FreshNoise = Callable[[int], Array]
"""Index of a step → standard normal noise (n, c, h, w), keyed by window and step."""


@dataclass(frozen=True)
class Solver:
    """Name and number of steps; see :data:`~imagest_core.restoration.modes.SCHEDULERS`."""

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

    def start(self, schedule: NoiseSchedule, fresh: FreshNoise) -> Steps:
        """Return the steps of one run; raises ``InputError`` if the schedule doesn't allow them."""
        if self.scheduler in _BY_SIGMA:
            return _BY_SIGMA[self.scheduler](schedule, self.scheduler, self.steps)
        return _BY_TIME[self.scheduler](schedule, self.steps, fresh)


class Steps(Protocol):
    """The noise levels of one run, from the noisiest to the cleanest, and the solver between them."""

    times: Sequence[float]
    """Timesteps in 0…999 at which the model is evaluated, decreasing."""

    def begin(self, index: int) -> None:
        """Start at ``times[index]`` instead of the first."""

    def add(self, clean: Array, noise: Array, index: int) -> Array:
        """Return latents noised to the level of ``times[index]``."""

    def clean(self, noisy: Array, predicted: Array, index: int) -> Array:
        """Return z₀ from noisy latents and the model's prediction."""

    def next(self, noisy: Array, clean: Array, index: int) -> Array:
        """Return the latents at the level of ``times[index + 1]``, given the predicted z₀."""


class DdimSteps:
    """z_s = signal(s) z₀ + noise(s) ε, with the predicted z₀ and ε (Song et al., eq. 12, η = 0)."""

    def __init__(self, schedule: NoiseSchedule, count: int, fresh: FreshNoise) -> None:
        self.schedule, self._fresh = schedule, fresh
        self.times: Sequence[float] = schedule.timesteps(count).tolist()

    def begin(self, index: int) -> None:
        """Nothing depends on the first step."""

    def _at(self, index: int, like: Array) -> Array:
        return on_like(like, np.full(len(like), int(self.times[index]), np.int64))

    def add(self, clean: Array, noise: Array, index: int) -> Array:
        """Return latents noised to the level of ``times[index]``."""
        return self.schedule.add(clean, noise, self._at(index, clean))

    def clean(self, noisy: Array, predicted: Array, index: int) -> Array:
        """Return z₀ from noisy latents and the model's prediction."""
        return self.schedule.clean(noisy, predicted, self._at(index, noisy))

    def next(self, noisy: Array, clean: Array, index: int) -> Array:
        """Return the latents at the level of ``times[index + 1]``."""
        t, s = self._at(index, noisy), self._at(index + 1, noisy)
        noise = (noisy - self.schedule.signal(t, noisy) * clean) / self.schedule.noise(t, noisy)
        return self.schedule.add(clean, noise, s)


class MultistepSteps(DdimSteps):
    """DPM-Solver++(2M): second order from the last two predictions (Lu et al., 2022, algorithm 2)."""

    def __init__(self, schedule: NoiseSchedule, count: int, fresh: FreshNoise) -> None:
        super().__init__(schedule, count, fresh)
        self._last: tuple[Array, float] | None = None

    def next(self, noisy: Array, clean: Array, index: int) -> Array:
        """Return the latents at the level of ``times[index + 1]``."""
        t, s = self._at(index, noisy), self._at(index + 1, noisy)
        span = self._log_snr(index + 1) - self._log_snr(index)
        if not math.isfinite(span):  # from pure noise: first order, and no history to lean on
            self._last = None
            return super().next(noisy, clean, index)
        direction = clean
        if self._last is not None:
            previous, last_span = self._last
            weight = span / (2 * last_span)
            direction = (1 + weight) * clean - weight * previous
        self._last = (clean, span)
        ratio = self.schedule.noise(s, noisy) / self.schedule.noise(t, noisy)
        return ratio * noisy - self.schedule.signal(s, noisy) * math.expm1(-span) * direction

    def _log_snr(self, index: int) -> float:
        """λ = ln(signal / noise) at ``times[index]``, computed on the CPU; −∞ at zero signal."""
        signal, noise = self.schedule.levels(int(self.times[index]))
        return math.log(signal / noise) if signal > 0 else -math.inf


class ConsistencySteps(DdimSteps):
    """Latent consistency: z₀ is predicted at once and noised again (Luo et al., 2023, algorithm 1).

    The timesteps are among those that the models were distilled at, as far as there are enough of them.
    """

    def __init__(self, schedule: NoiseSchedule, count: int, fresh: FreshNoise) -> None:
        super().__init__(schedule, count, fresh)
        if count <= DISTILLED_STEPS:
            spaced = np.floor(np.linspace(0, DISTILLED_STEPS, count, endpoint=False)).astype(np.int64)
            self.times = schedule.timesteps(DISTILLED_STEPS)[spaced].tolist()

    def next(self, noisy: Array, clean: Array, index: int) -> Array:
        """Return the predicted z₀ with fresh noise at the level of ``times[index + 1]``."""
        return self.add(clean, move_to(self._fresh(index), clean), index + 1)


_BY_TIME: dict[str, Callable[[NoiseSchedule, int, FreshNoise], Steps]] = {
    DDIM: DdimSteps,
    MULTISTEP: MultistepSteps,
    LCM: ConsistencySteps,
}
_BY_SIGMA: dict[str, Callable[[NoiseSchedule, str, int], Steps]] = {KARRAS: KarrasSteps, UNIPC: UnipcSteps}
assert {*_BY_TIME, *_BY_SIGMA} == set(SCHEDULERS)
