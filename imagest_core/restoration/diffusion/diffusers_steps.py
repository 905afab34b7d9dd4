"""diffusers' schedulers as :class:`~imagest_core.restoration.diffusion.solvers.Steps`.

The sampling loop copies known latents back into the predicted z₀. The schedulers are therefore given z₀
instead of the network's prediction (``prediction_type="sample"``), so that the history of multistep solvers
contains the known latents.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from torch import Tensor

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.models.schedule import NoiseSchedule, Prediction
from imagest_core.restoration.modes import KARRAS, UNIPC


class DiffusersSteps:
    """UniPC (Zhao et al., 2023) or DPM-Solver++(2M) with the noise levels of Karras et al. (2022)."""

    def __init__(self, schedule: NoiseSchedule, name: str, count: int) -> None:
        if schedule.prediction is Prediction.FLOW:
            raise InputError(
                Message("The scheduler {name} can't be used with a flow model; use ddim.", name=name)
            )
        self.schedule = schedule
        self._scheduler = _scheduler(name, schedule.betas())
        self._scheduler.set_timesteps(count)
        self.times: Sequence[float] = [float(t) for t in self._scheduler.timesteps]
        self._sigmas = [float(sigma) for sigma in self._scheduler.sigmas]

    def begin(self, index: int) -> None:
        """Start at ``times[index]``."""
        self._scheduler.set_begin_index(index)

    def _weights(self, index: int) -> tuple[float, float]:
        sigma = self._sigmas[index]
        signal = float((1 + sigma**2) ** -0.5)
        return signal, sigma * signal

    def add(self, clean: Tensor, noise: Tensor, index: int) -> Tensor:
        """Return latents noised to the level of ``times[index]``."""
        signal, weight = self._weights(index)
        return signal * clean + weight * noise

    def clean(self, noisy: Tensor, predicted: Tensor, index: int) -> Tensor:
        """Return z₀ from noisy latents and the model's prediction."""
        signal, weight = self._weights(index)
        if self.schedule.prediction is Prediction.EPSILON:
            return (noisy - weight * predicted) / signal
        return signal * noisy - weight * predicted

    def next(self, noisy: Tensor, clean: Tensor, index: int) -> Tensor:
        """Return the latents at the level of ``times[index + 1]``."""
        time = self._scheduler.timesteps[index]
        stepped: Tensor = self._scheduler.step(clean, time, noisy, return_dict=False)[0]
        return stepped.to(noisy.dtype)


def _scheduler(name: str, betas: Tensor) -> Any:
    diffusers: Any = import_module("diffusers")
    common = {"trained_betas": betas.tolist(), "prediction_type": "sample", "timestep_spacing": "trailing"}
    if name == UNIPC:
        return diffusers.UniPCMultistepScheduler(**common)
    if name == KARRAS:
        return diffusers.DPMSolverMultistepScheduler(**common, use_karras_sigmas=True)
    raise ValueError(f"No scheduler of diffusers is called {name}")
