"""Solvers over noise levels σ = noise / signal, in NumPy and in torch alike.

The sampling loop copies known latents back into the predicted z₀. The solvers are therefore written in terms
of z₀, so that their history contains the known latents. Without copied latents they take the steps of
diffusers' ``DPMSolverMultistepScheduler`` and ``UniPCMultistepScheduler``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.models.array_devices import Array
from imagest_core.models.schedule import NoiseSchedule, Prediction

LEAST_KEPT = 2.0**-24
"""Smallest squared signal: zero terminal signal has no finite noise level."""
RHO = 7.0
"""How far the levels of Karras et al. (2022) gather at little noise."""

Levels = NDArray[np.float64]


def noise_levels(schedule: NoiseSchedule) -> Levels:
    """Return σ for each timestep of the training, increasing."""
    signals = np.array([schedule.levels(step)[0] for step in range(schedule.steps)])
    kept = np.maximum(signals**2, LEAST_KEPT)
    return np.sqrt((1 - kept) / kept)


def karras_levels(sigmas: Levels, count: int) -> tuple[list[float], Levels]:
    """Return timesteps, rounded, and ``count`` levels between the largest and the smallest of ``sigmas``."""
    share = np.linspace(0, 1, count)
    low, high = sigmas[0] ** (1 / RHO), sigmas[-1] ** (1 / RHO)
    levels = (high + share * (low - high)) ** RHO
    times = np.interp(np.log(levels), np.log(sigmas), np.arange(len(sigmas)))
    return times.round().tolist(), levels


class SigmaSteps:
    """What both solvers share: the levels, and z₀ from a prediction of ε or v."""

    def __init__(self, schedule: NoiseSchedule, name: str, times: Sequence[float], levels: Levels) -> None:
        if schedule.prediction is Prediction.FLOW:
            raise InputError(
                Message("The scheduler {name} can't be used with a flow model; use ddim.", name=name)
            )
        self.schedule, self.times = schedule, times
        self._sigmas = [float(level) for level in levels]
        self._last: Array = None
        """The z₀ of the step before."""
        self._last_index = 0

    def begin(self, index: int) -> None:
        """Forget what came before: nothing else depends on the first step."""
        self._last = None

    def _weights(self, index: int) -> tuple[float, float]:
        """Return the weights of z₀ and ε at ``times[index]``."""
        sigma = self._sigmas[index]
        signal = (1 + sigma**2) ** -0.5
        return signal, sigma * signal

    def _log_snr(self, index: int) -> float:
        return -math.log(self._sigmas[index])

    def add(self, clean: Array, noise: Array, index: int) -> Array:
        """Return latents noised to the level of ``times[index]``."""
        signal, weight = self._weights(index)
        return signal * clean + weight * noise

    def clean(self, noisy: Array, predicted: Array, index: int) -> Array:
        """Return z₀ from noisy latents and the model's prediction."""
        signal, weight = self._weights(index)
        if self.schedule.prediction is Prediction.EPSILON:
            return (noisy - weight * predicted) / signal
        return signal * noisy - weight * predicted

    def next(self, noisy: Array, clean: Array, index: int) -> Array:
        """Return the latents at the level of ``times[index + 1]``: second order after the first step."""
        direction = clean
        if self._last is not None:
            span, last_span = self._span(index, index + 1), self._span(self._last_index, index)
            direction = clean + span / (2 * last_span) * (clean - self._last)
        self._last, self._last_index = clean, index
        return self._step(noisy, direction, index, index + 1)

    def _span(self, start: int, end: int) -> float:
        return self._log_snr(end) - self._log_snr(start)

    def _step(self, noisy: Array, direction: Array, start: int, end: int) -> Array:
        """Return the latents at ``times[end]``, exact if z₀ is ``direction`` from ``times[start]`` on."""
        signal, weight = self._weights(end)
        factor = signal * math.expm1(-self._span(start, end))
        return weight / self._weights(start)[1] * noisy - factor * direction


class KarrasSteps(SigmaSteps):
    """DPM-Solver++(2M) (Lu et al., 2022) with the noise levels of Karras et al. (2022)."""

    def __init__(self, schedule: NoiseSchedule, name: str, count: int) -> None:
        super().__init__(schedule, name, *karras_levels(noise_levels(schedule), count))


class UnipcSteps(SigmaSteps):
    """UniPC of second order, B₂(h) (Zhao et al., 2023): each step corrects the one before with its z₀."""

    def __init__(self, schedule: NoiseSchedule, name: str, count: int) -> None:
        times = schedule.timesteps(count)
        super().__init__(schedule, name, times.astype(float).tolist(), noise_levels(schedule)[times])
        self._sample: Array = None
        """Where the last step started."""
        self._before: tuple[Array, int] | None = None
        """The z₀ of the step before the last, and its index."""

    def begin(self, index: int) -> None:
        """Forget what came before."""
        super().begin(index)
        self._sample, self._before = None, None

    def next(self, noisy: Array, clean: Array, index: int) -> Array:
        """Return the latents at the level of ``times[index + 1]``, from the corrected ``noisy``."""
        start = noisy if self._last is None else self._corrected(clean, index)
        self._sample = start
        before = None if self._last is None else (self._last, self._last_index)
        following = super().next(start, clean, index)
        self._before = before
        return following

    def _corrected(self, clean: Array, index: int) -> Array:
        """Return the latents at ``times[index]`` once more, now that their z₀ is known."""
        last, at = self._last, self._last_index
        change = 0.5 * (clean - last)
        if self._before is not None:
            previous, earlier = self._before
            ratio = -self._span(earlier, at) / self._span(at, index)
            weight, own = _corrector_weights(ratio, -self._span(at, index))
            change = weight / ratio * (previous - last) + own * (clean - last)
        return self._step(self._sample, last + change, at, index)


def _corrector_weights(ratio: float, span: float) -> tuple[float, float]:
    """Return the weights of the earlier and of the new difference of z₀ (Zhao et al., eq. 9)."""
    grown = math.expm1(span)
    first = (grown / span - 1) / grown
    second = ((grown / span - 1) / span - 0.5) * 2 / grown
    earlier = (second - first) / (ratio - 1)
    return earlier, first - earlier
