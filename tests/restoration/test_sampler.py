from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from imagest_core.errors import InputError
from imagest_core.models.schedule import cosine_schedule
from imagest_core.painting.geometry import Box
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.diffusion.sampler import SCHEDULERS, Solver, sample, window_noise
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import RestorationRequest

SCHEDULE = cosine_schedule()
KNOWN = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))
NOISE = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(4))
INSIDE = torch.zeros(2, 1, 8, 8)
INSIDE[..., 2:6, 2:6] = 1


def oracle(target: Tensor):
    """Return the exact velocity for data that always equals ``target``."""

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        signal, noise = SCHEDULE.signal(t, z), SCHEDULE.noise(t, z)
        return signal * (z - signal * target) / noise - noise * target

    return velocity


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("steps", [1, 4, 15, 30])
def test_sampler_with_exact_velocity_reaches_the_target(scheduler: str, steps: int) -> None:
    target = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    answer = sample(oracle(target), KNOWN, INSIDE, NOISE, Solver(scheduler, steps), SCHEDULE)
    inside = INSIDE.expand_as(answer) > 0
    assert torch.allclose(answer[inside], target[inside], atol=1e-3)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_unmasked_latents_are_unchanged(scheduler: str) -> None:
    answer = sample(lambda z, t: torch.sin(z * 3), KNOWN, INSIDE, NOISE, Solver(scheduler, 5), SCHEDULE)
    known = INSIDE.expand_as(answer) == 0
    assert torch.equal(answer[known], KNOWN[known])
    assert not torch.allclose(answer[~known], KNOWN[~known])


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_known_latents_are_noised_with_the_same_noise(scheduler: str) -> None:
    seen = []

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        seen.append((z, t))
        return torch.zeros_like(z)

    sample(velocity, KNOWN, INSIDE, NOISE, Solver(scheduler, 4), SCHEDULE)
    known = INSIDE.expand_as(KNOWN) == 0
    assert [int(t[0]) for _, t in seen] == [999, 749, 499, 249]
    for z, t in seen:
        assert torch.allclose(z[known], SCHEDULE.add(KNOWN, NOISE, t)[known], atol=1e-6)


def test_multistep_solver_is_more_accurate_than_ddim() -> None:
    """For data of unit variance the exact velocity is known; the two-step solver must need fewer steps."""
    spread = 0.5

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        signal, noise = SCHEDULE.signal(t, z), SCHEDULE.noise(t, z)
        clean = signal * spread**2 * z / (signal**2 * spread**2 + noise**2)
        return signal * (z - signal * clean) / noise.clamp(min=1e-6) - noise * clean

    everywhere = torch.ones_like(INSIDE)
    exact = sample(velocity, KNOWN, everywhere, NOISE, Solver("ddim", 1000), SCHEDULE)
    errors = {
        s: (sample(velocity, KNOWN, everywhere, NOISE, Solver(s, 10), SCHEDULE) - exact).abs().mean()
        for s in SCHEDULERS
    }
    assert errors["dpm++2m"] < 0.5 * errors["ddim"]


def test_refinement_starts_from_the_given_latents() -> None:
    init = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(6))
    times = []

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        times.append(int(t[0]))
        return oracle(init)(z, t)

    answer = sample(velocity, KNOWN, INSIDE, NOISE, Solver("ddim", 10), SCHEDULE, init=init, strength=0.4)
    assert max(times) < 400
    assert torch.allclose(answer[INSIDE.expand_as(answer) > 0], init[INSIDE.expand_as(init) > 0], atol=1e-3)


def test_cancellation_is_checked_between_steps() -> None:
    calls = []
    progress = Progress(cancelled=lambda: len(calls) >= 3)

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        calls.append(1)
        return z

    with pytest.raises(Cancelled):
        sample(velocity, KNOWN, INSIDE, NOISE, Solver("ddim", 30), SCHEDULE, progress=progress)
    assert len(calls) == 3


def test_noise_is_keyed_by_seed_variation_and_window() -> None:
    request, window = RestorationRequest.of(seed=7), Window(1, Box(10, 20, 64, 64))
    shape = (4, 16, 16)
    first = window_noise(request, window, shape)
    assert torch.equal(first, window_noise(request, replace(window, region=99), shape))
    others = [
        window_noise(request.changed(seed=8), window, shape),
        window_noise(request.changed(variation=1), window, shape),
        window_noise(request, replace(window, box=Box(11, 20, 64, 64)), shape),
        window_noise(request, replace(window, scale=2), shape),
    ]
    assert not any(torch.equal(first, other) for other in others)


def test_an_unknown_scheduler_is_refused() -> None:
    with pytest.raises(InputError, match=r"ddim, dpm\+\+2m"):
        Solver("euler")
