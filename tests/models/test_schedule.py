from __future__ import annotations

import pytest
import torch

from imagest_core.models.schedule import cosine_schedule


def test_the_last_step_is_pure_noise_and_the_first_nearly_none() -> None:
    schedule, one = cosine_schedule(), torch.ones(1, 1, 1, 1)
    last, first = torch.tensor([999]), torch.tensor([0])
    assert float(schedule.signal(last, one)) == 0.0
    assert float(schedule.noise(last, one)) == pytest.approx(1.0)
    assert float(schedule.noise(first, one)) < 0.01


def test_velocity_gives_back_clean_and_noise() -> None:
    schedule = cosine_schedule()
    clean, noise = torch.randn(5, 4, 3, 3), torch.randn(5, 4, 3, 3)
    t = torch.tensor([0, 250, 500, 750, 999])
    noisy, velocity = schedule.add(clean, noise, t), schedule.target(clean, noise, t)
    assert torch.allclose(schedule.clean(noisy, velocity, t), clean, atol=1e-5)
    assert torch.allclose(schedule.residual_noise(noisy, velocity, t), noise, atol=1e-5)


def test_the_mean_square_is_kept() -> None:
    schedule = cosine_schedule()
    t = torch.arange(1000)
    ones = torch.ones(1000, 1)
    assert torch.allclose(schedule.signal(t, ones) ** 2 + schedule.noise(t, ones) ** 2, ones)


@pytest.mark.parametrize("count", [1, 4, 15, 30, 1000])
def test_steps_start_at_the_very_end(count: int) -> None:
    times = cosine_schedule().timesteps(count)
    assert len(times) == count
    assert times[0] == 999
    assert (times[1:] < times[:-1]).all()
    assert times[-1] >= 0


def test_no_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="steps"):
        cosine_schedule().timesteps(0)
