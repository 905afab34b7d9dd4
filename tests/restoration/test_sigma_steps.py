"""Solvers over noise levels beside those of diffusers, in NumPy and in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from imagest_core.models.schedule import NoiseSchedule, Prediction, cosine_schedule, scaled_linear_schedule
from imagest_core.restoration.diffusion.sampler import sample
from imagest_core.restoration.diffusion.sigma_steps import SigmaSteps
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.modes import KARRAS, SCHEDULERS, UNIPC

SHAPE = 2, 4, 8, 8
RANDOM = np.random.default_rng(0)
NOISE, KNOWN, PREDICTED = (RANDOM.standard_normal(SHAPE).astype(np.float32) for _ in range(3))
INSIDE = (RANDOM.random((2, 1, 8, 8)) > 0.5).astype(np.float32)
SCHEDULE = scaled_linear_schedule(Prediction.EPSILON)


def steps_of(name: str, count: int, schedule: NoiseSchedule = SCHEDULE) -> SigmaSteps:
    steps = Solver(name, count).start(schedule, lambda index: NOISE)
    assert isinstance(steps, SigmaSteps)
    return steps


def scheduler_of_diffusers(name: str, count: int):
    """diffusers' scheduler, which is given z₀."""
    import diffusers

    kept = np.array([SCHEDULE.levels(step)[0] for step in range(1000)]) ** 2
    common = {
        "trained_betas": (1 - kept / np.concatenate([[1.0], kept[:-1]])).tolist(),
        "prediction_type": "sample",
        "timestep_spacing": "trailing",
    }
    if name == UNIPC:
        scheduler = diffusers.UniPCMultistepScheduler(**common)
    else:
        scheduler = diffusers.DPMSolverMultistepScheduler(**common, use_karras_sigmas=True)
    scheduler.set_timesteps(count)
    return scheduler


def network(z: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.sin(2 * z) + 0.1 * PREDICTED


@pytest.mark.parametrize("name", [KARRAS, UNIPC])
@pytest.mark.parametrize("begin", [0, 3])
def test_the_steps_are_those_of_diffusers(name: str, begin: int) -> None:
    steps, other = steps_of(name, 9), scheduler_of_diffusers(name, 9)
    steps.begin(begin)
    other.set_begin_index(begin)
    own = theirs = NOISE
    for index in range(begin, 8):
        own = steps.next(own, steps.clean(own, network(own), index), index)
        clean = torch.from_numpy(steps.clean(theirs, network(theirs), index))
        theirs = other.step(clean, other.timesteps[index], torch.from_numpy(theirs), return_dict=False)[0]
        theirs = theirs.numpy()
        assert own.dtype == np.float32
        assert np.abs(own - theirs).max() < 2e-4 * np.abs(theirs).max()


@pytest.mark.parametrize("name", [KARRAS, UNIPC])
@pytest.mark.parametrize("count", [1, 2, 6, 12, 20, 50])
def test_timesteps_and_levels_are_those_of_diffusers(name: str, count: int) -> None:
    steps, other = steps_of(name, count), scheduler_of_diffusers(name, count)
    assert list(steps.times) == other.timesteps.tolist()
    assert np.allclose([s for s in steps._sigmas], other.sigmas[:count], rtol=2e-4)


@pytest.mark.parametrize("name", [KARRAS, UNIPC])
def test_a_schedule_that_ends_in_pure_noise_has_finite_steps(name: str) -> None:
    schedule = cosine_schedule()
    steps = steps_of(name, 5, schedule)
    z = steps.next(NOISE, steps.clean(NOISE, PREDICTED, 0), 0)
    assert np.isfinite(z).all()


@pytest.mark.parametrize("name", SCHEDULERS)
def test_numpy_and_torch_sample_the_same(name: str) -> None:
    found = []
    for kind in (torch.from_numpy, np.asarray):
        known, inside, noise = kind(KNOWN), kind(INSIDE), kind(NOISE)
        answer = sample(
            lambda z, t: 0.5 * z,
            known,
            inside,
            noise,
            Solver(name, 7),
            SCHEDULE,
            init=known,
            strength=0.8,
            fresh=lambda index, noise=noise: noise,
        )
        assert isinstance(answer, type(known))
        found.append(np.asarray(answer))
    assert np.abs(found[0] - found[1]).max() < 1e-5
    outside = np.broadcast_to(INSIDE == 0, SHAPE)
    assert np.array_equal(found[1][outside], KNOWN[outside])
