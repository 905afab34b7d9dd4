from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from imagest_core.errors import InputError
from imagest_core.models.schedule import (
    NoiseSchedule,
    Prediction,
    cosine_schedule,
    flow_schedule,
    scaled_linear_schedule,
)
from imagest_core.painting.geometry import Box
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.diffusion.sampler import sample, window_noise
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.modes import DDIM, KARRAS, LCM, MULTISTEP, SCHEDULERS, UNIPC
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import RestorationRequest

SCHEDULE = cosine_schedule()
STABLE_DIFFUSION = scaled_linear_schedule(Prediction.EPSILON)
OWN = (DDIM, MULTISTEP)
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


def wiener(schedule: NoiseSchedule, spread: float = 0.5):
    """The exact prediction of ε or v for independent latents of standard deviation ``spread``."""

    def predict(z: Tensor, t: Tensor) -> Tensor:
        low = t.floor().long().clamp(max=schedule.steps - 1)
        signal, noise = schedule.signal(low, z), schedule.noise(low, z)
        clean = signal * spread**2 * z / (signal**2 * spread**2 + noise**2)
        epsilon = (z - signal * clean) / noise
        return epsilon if schedule.prediction is Prediction.EPSILON else signal * epsilon - noise * clean

    return predict


@pytest.mark.parametrize("scheduler", OWN)
@pytest.mark.parametrize("steps", [1, 4, 15, 30])
def test_sampler_with_exact_velocity_reaches_the_target(scheduler: str, steps: int) -> None:
    target = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    answer = sample(oracle(target), KNOWN, INSIDE, NOISE, Solver(scheduler, steps), SCHEDULE)
    inside = INSIDE.expand_as(answer) > 0
    assert torch.allclose(answer[inside], target[inside], atol=1e-3)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_unmasked_latents_are_unchanged(scheduler: str) -> None:
    solver = Solver(scheduler, 5)
    answer = sample(lambda z, t: torch.sin(z * 3), KNOWN, INSIDE, NOISE, solver, STABLE_DIFFUSION)
    known = INSIDE.expand_as(answer) == 0
    assert torch.equal(answer[known], KNOWN[known])
    assert not torch.allclose(answer[~known], KNOWN[~known])


@pytest.mark.parametrize("scheduler", OWN)
def test_known_latents_are_noised_with_the_same_noise(scheduler: str) -> None:
    seen = []

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        seen.append((z, t))
        return torch.zeros_like(z)

    sample(velocity, KNOWN, INSIDE, NOISE, Solver(scheduler, 4), SCHEDULE)
    known = INSIDE.expand_as(KNOWN) == 0
    assert [int(t[0]) for _, t in seen] == [999, 749, 499, 249]
    for z, t in seen[1:]:
        assert torch.allclose(z[known], SCHEDULE.add(KNOWN, NOISE, t)[known], atol=1e-6)


@pytest.mark.parametrize("scheduler", [KARRAS, UNIPC])
def test_solvers_over_noise_levels_keep_known_latents_in_their_history(scheduler: str) -> None:
    """With all latents known but one, no step may move them from the noised known ones."""
    seen = []

    def epsilon(z: Tensor, t: Tensor) -> Tensor:
        seen.append(z)
        return torch.full_like(z, 3.0)

    steps = Solver(scheduler, 6).start(STABLE_DIFFUSION, lambda index: NOISE)
    sample(epsilon, KNOWN, INSIDE, NOISE, Solver(scheduler, 6), STABLE_DIFFUSION)
    known = INSIDE.expand_as(KNOWN) == 0
    for index, z in enumerate(seen[1:], 1):
        assert torch.allclose(z[known], steps.add(KNOWN, NOISE, index)[known], atol=1e-5)


@pytest.mark.parametrize(("scheduler", "count"), [(KARRAS, 12), (UNIPC, 8), (MULTISTEP, 20)])
@pytest.mark.parametrize("prediction", [Prediction.EPSILON, Prediction.VELOCITY])
def test_few_steps_of_a_good_solver_are_near_many_of_ddim(
    scheduler: str, count: int, prediction: Prediction
) -> None:
    schedule, everywhere = scaled_linear_schedule(prediction), torch.ones_like(INSIDE)

    def run(solver: Solver) -> Tensor:
        return sample(wiener(schedule), KNOWN, everywhere, NOISE, solver, schedule)

    exact = run(Solver(DDIM, 1000))
    assert (run(Solver(scheduler, count)) - exact).abs().mean() < (
        run(Solver(DDIM, count)) - exact
    ).abs().mean()


def test_a_flow_is_refused_by_solvers_over_noise_levels() -> None:
    with pytest.raises(InputError, match="flow model"):
        Solver(UNIPC, 4).start(flow_schedule(), lambda index: NOISE)


def test_consistency_sampling_uses_fresh_noise_at_each_step() -> None:
    indices = []

    def fresh(index: int) -> Tensor:
        indices.append(index)
        return torch.zeros_like(NOISE)

    sample(oracle(KNOWN), KNOWN, INSIDE, NOISE, Solver(LCM, 4), SCHEDULE, fresh=fresh)
    assert indices == [0, 1, 2]


def test_each_latent_can_have_its_own_strength() -> None:
    init = KNOWN + 1
    strength = torch.zeros_like(INSIDE)
    strength[..., 2:4, 2:6], strength[..., 4:6, 2:6] = 0.3, 0.8
    answer = sample(
        lambda z, t: torch.sin(3 * z), KNOWN, torch.ones_like(INSIDE), NOISE, Solver(DDIM, 20), SCHEDULE,
        init=init, strength=strength,
    )  # fmt: skip
    change = (answer - init).abs().mean((0, 1))
    assert change[:2].max() == 0
    assert 0 < change[2:4, 2:6].mean() < change[4:6, 2:6].mean()

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
        for s in (DDIM, MULTISTEP)
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
