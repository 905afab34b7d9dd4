"""NumPy and torch agree on what the diffusion loop does with arrays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from imagest_core.models.schedule import cosine_schedule
from imagest_core.restoration.diffusion import window_arrays
from imagest_core.restoration.diffusion.noise import normal_noise
from imagest_core.restoration.diffusion.sampler import sample
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.modes import DDIM, MULTISTEP

RANDOM = np.random.default_rng(2)
BATCH = RANDOM.standard_normal((2, 3, 13, 18), np.float32)


@pytest.mark.parametrize("shape", [(4, 16, 16), (4, 13, 7), (1, 4, 4)])
@pytest.mark.parametrize("seed", [0, 7, 2**55 + 12345])
def test_noise_is_that_of_torch(shape, seed):
    expected = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).numpy()
    assert np.abs(expected - normal_noise(seed, shape)).max() < 2e-6


def test_too_little_noise_is_refused():
    with pytest.raises(ValueError, match="At least 16"):
        normal_noise(0, (15,))


@pytest.mark.parametrize(
    "change",
    [
        lambda batch: window_arrays.pad(batch, 3, 2, edge=True),
        lambda batch: window_arrays.pad(batch, 3, 2, edge=False),
        lambda batch: window_arrays.mean_pool(batch, 4),
        lambda batch: window_arrays.max_pool(batch, 4),
        lambda batch: window_arrays.enlarge(batch, 4),
    ],
)
def test_windows_change_alike(change):
    expected, found = change(torch.from_numpy(BATCH)).numpy(), change(BATCH)
    assert found.shape == expected.shape
    assert found.dtype == np.float32
    assert np.abs(expected - found).max() < 1e-5


@pytest.mark.parametrize("scheduler", [DDIM, MULTISTEP])
def test_sampling_is_that_of_torch(scheduler):
    schedule, (known, noise) = cosine_schedule(), RANDOM.standard_normal((2, 2, 4, 8, 8), np.float32)
    inside = (RANDOM.random((2, 1, 8, 8)) > 0.5).astype(np.float32)

    def run(kind):
        arguments = [kind(each) for each in (known, inside, noise)]
        return np.asarray(sample(lambda z, t: 0.3 * z, *arguments, Solver(scheduler, 5), schedule))

    expected, found = run(torch.from_numpy), run(np.asarray)
    assert found.dtype == np.float32
    assert np.abs(expected - found).max() < 1e-4
    assert np.array_equal(found[..., :][(inside == 0).repeat(4, 1)], known[(inside == 0).repeat(4, 1)])


@pytest.mark.parametrize("count", [1, 3, 7, 30, 64, 1000])
def test_timesteps_are_spaced_as_torch_spaces_them(count):
    spaced = torch.linspace(1000, 0, count + 1, dtype=torch.float64)[:-1].round().long() - 1
    assert cosine_schedule().timesteps(count).tolist() == spaced.tolist()
