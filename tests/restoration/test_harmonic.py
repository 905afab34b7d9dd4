from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imagest_core.restoration.inpainting.harmonic import harmonic, harmonic_torch


def solve_torch(image: NDArray, mask: NDArray, sweeps: int = 8) -> NDArray:
    import torch

    batch = torch.from_numpy(np.moveaxis(image, -1, 0)[None].astype(np.float32))
    return np.moveaxis(harmonic_torch(batch, torch.from_numpy(mask)[None, None], sweeps)[0].numpy(), 0, -1)


def case(seed: int, height: int, width: int, share: float = 0.4) -> tuple[NDArray, NDArray]:
    random = np.random.default_rng(seed)
    return random.random((height, width, 3), np.float32), random.random((height, width)) < share


@pytest.mark.parametrize("solve", [harmonic, solve_torch])
def test_a_ramp_is_continued_exactly(solve) -> None:
    ramp = np.repeat(np.linspace(-1, 2, 40, dtype=np.float32)[None, :, None], 40, 0).repeat(3, 2)
    hole = np.zeros((40, 40), bool)
    hole[12:25, 9:30] = True
    assert np.abs(solve(ramp, hole, 40) - ramp).max() < 5e-3


@pytest.mark.parametrize("solve", [harmonic, solve_torch])
def test_what_lies_under_the_mask_is_never_read(solve) -> None:
    image, mask = case(1, 37, 50)
    hidden = np.where(mask[..., None], np.nan, image)
    assert np.array_equal(solve(image, mask), solve(hidden, mask))


@pytest.mark.parametrize("solve", [harmonic, solve_torch])
def test_nothing_known_gives_zero_and_nothing_missing_gives_the_picture(solve) -> None:
    image, _ = case(2, 20, 30)
    assert not solve(image, np.ones((20, 30), bool)).any()
    assert np.array_equal(solve(image, np.zeros((20, 30), bool)), image)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.integers(1, 70), st.integers(1, 70), st.floats(0.05, 0.95))
def test_both_implementations_agree_and_obey_the_maximum_principle_nearly(
    seed: int, height: int, width: int, share: float
) -> None:
    image, mask = case(seed, height, width, share)
    first, second = harmonic(image, mask), solve_torch(image, mask)
    assert np.abs(first - second).max() < 1e-5
    assert np.array_equal(first[~mask], image[~mask])
    assert -0.2 < first.min() <= first.max() < 1.2


def test_a_batch_is_solved_picture_by_picture() -> None:
    import torch

    random = torch.Generator().manual_seed(4)
    images, masks = (
        torch.rand(3, 3, 33, 47, generator=random),
        torch.rand(3, 1, 33, 47, generator=random) > 0.5,
    )
    together = harmonic_torch(images, masks)
    alone = torch.cat([harmonic_torch(images[i : i + 1], masks[i : i + 1]) for i in range(3)])
    assert torch.equal(together, alone)


def test_the_answer_keeps_dtype_and_known_samples() -> None:
    import torch

    images = torch.rand(1, 3, 16, 16, dtype=torch.bfloat16)
    masks = torch.zeros(1, 1, 16, 16)
    masks[..., 4:9, 4:9] = 1
    filled = harmonic_torch(images, masks)
    assert filled.dtype == torch.bfloat16
    assert torch.equal(filled[..., :4, :], images[..., :4, :])


def test_the_numpy_solver_loads_no_torch() -> None:
    code = "import sys, imagest_core.restoration.inpainting.harmonic; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
