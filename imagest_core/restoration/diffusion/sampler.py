"""The sampling loop: masked latents are denoised, known ones are copied back at every step.

Copying back is the idea of RePaint (Lugmayr et al., CVPR 2022) and the paper's "updating only masked latents
with per-step copy-back". diffusers does it for four-channel U-Nets only; and its multistep solvers keep a
history of predicted clean latents that drifts unless known latents are copied back into it too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from imagest_core.models.array_devices import Array, on_like
from imagest_core.models.schedule import NoiseSchedule
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.noise import normal_noise
from imagest_core.restoration.diffusion.solvers import FreshNoise, Solver
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import RestorationRequest

Predict = Callable[[Array, Array], Array]
"""Noisy latents (n, c, h, w) and timesteps (n,) → the model's prediction (n, c, h, w)."""


def window_seed(request: RestorationRequest, window: Window, purpose: str = "") -> int:
    """Return a 56-bit seed keyed by seed, variation, window origin, scale and ``purpose``.

    Neither the order nor the batch of the windows changes it, and no two windows share it.
    """
    box = window.box
    key = f"{request.seed}/{request.variation}/{box.x}/{box.y}/{window.scale}"
    key = f"{key}/{purpose}" if purpose else key
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:7], "big")


def window_noise(
    request: RestorationRequest, window: Window, shape: tuple[int, int, int], purpose: str = ""
) -> Array:
    """Return standard normal noise (c, h, w) as a torch tensor, made on the CPU whatever the device."""
    import torch

    generator = torch.Generator().manual_seed(window_seed(request, window, purpose))
    return torch.randn(shape, generator=generator)


def array_noise(
    request: RestorationRequest, window: Window, shape: tuple[int, int, int], purpose: str = ""
) -> NDArray[np.float32]:
    """Return the noise of :func:`window_noise` in NumPy, the same to the last bits."""
    return normal_noise(window_seed(request, window, purpose), shape)


def sample(
    predict: Predict,
    known: Array,
    inside: Array,
    noise: Array,
    solver: Solver,
    schedule: NoiseSchedule,
    *,
    init: Array | None = None,
    strength: float | Array = 1.0,
    fresh: FreshNoise | None = None,
    progress: Progress | None = None,
    seen: Callable[[Array], None] | None = None,
) -> Array:
    """Clean latents: sampled where ``inside`` (n, 1, h, w) is 1, exactly ``known`` where it is 0.

    ``known``, ``noise`` and ``init``: (n, c, h, w). With an ``init``, latents are free from ``strength``
    (0–1) of the schedule on; before, they follow ``init`` with its noise. A tensor (n, 1, h, w) gives each
    latent its own strength (differential diffusion; Levin and Fried, 2023). ``fresh`` makes the noise of
    solvers that add some. ``seen`` is given each predicted clean latent. Raises ``Cancelled`` between steps.
    """
    progress = progress or Progress()
    steps = solver.start(schedule, fresh or (lambda index: _unseeded(noise)))
    xp = array_namespace(known)
    reference = known if init is None else xp.where(inside > 0.5, init, known)
    free = _Freedom(inside, strength if init is not None else None, schedule.steps)
    begin = free.first(steps.times)
    latents = noise if init is None else steps.add(reference, noise, begin)
    steps.begin(begin)
    count = len(steps.times) - begin
    for index in range(begin, len(steps.times)):
        progress.set((index - begin) / count, index - begin, count)
        at = _filled(steps.times[index], known)
        predicted = predict(latents, at)
        clean = copy_back(steps.clean(latents, predicted, index), reference, free.at(at))
        if index + 1 == len(steps.times):
            break
        if seen is not None:
            seen(clean)
        latents = steps.next(latents, clean, index)
        following = xp.full_like(at, steps.times[index + 1])
        latents = copy_back(latents, steps.add(reference, noise, index + 1), free.at(following))
    progress.set(1.0, count, count)
    return clean


def _filled(time: float, like: Array) -> Array:
    """Return (n,) times of a batch ``like`` (n, …): whole ones as integers, which index tables."""
    return on_like(like, np.full(len(like), time, np.int64 if isinstance(time, int) else np.float32))


class _Freedom:
    """Which latents are free at a timestep: those inside, from their strength on."""

    def __init__(self, inside: Array, strength: float | Array | None, steps: int) -> None:
        self._inside, self._limit = inside, None
        if strength is not None:
            xp = array_namespace(inside)
            self._limit = xp.asarray(strength, dtype=xp.float32, device=device(inside)) * steps

    def first(self, times: Sequence[float]) -> int:
        """Return the index of the first of ``times`` at which any latent is free."""
        if self._limit is None:
            return 0
        highest = float(self._limit.max())
        return next((index for index, time in enumerate(times) if time < highest), len(times) - 1)

    def at(self, times: Array) -> Array:
        """Return the mask (n, 1, h, w) of the free latents at ``times`` (n,), all equal."""
        return self._inside if self._limit is None else self._inside * (self._limit > times[0])


def _unseeded(like: Array) -> Array:
    return on_like(like, np.random.default_rng().standard_normal(like.shape, np.float32))


def copy_back(latents: Array, known: Array, inside: Array) -> Array:
    """``latents`` where ``inside`` is 1, ``known`` unchanged elsewhere."""
    return array_namespace(latents).where(inside > 0.5, latents, known)
