"""Baselines and plans of trainings on a CUDA device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_model import picture, tiny_config
from tiny_models import tiny_sd
from tiny_vqgan import tiny_amused, tiny_vq

from imagest_core.evaluation.synthesis_methods import Style, SynthesisMethod, SynthesisSettings
from imagest_core.evaluation.vqgan import load_vqgan
from imagest_core.models.cache import loaded_models
from imagest_core.painting.picture_files import write_picture
from imagest_core.progress import Progress
from imagest_core.training.autoencoder import AutoencoderTask
from imagest_core.training.examples import DamagedCrops, fixed_batch
from imagest_core.training.images import load_works
from imagest_core.training.loop import LoopOptions
from imagest_core.training.plan import plan_by_trial

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def _release_models() -> Iterator[None]:
    yield
    loaded_models.clear()


@pytest.mark.parametrize("make", [tiny_vq, tiny_amused])
def test_a_vqgan_fills_on_the_device(make, tmp_path: Path, device: str) -> None:
    network = load_vqgan(str(make(tmp_path / "vq")), device)
    given, hole = np.full((48, 48, 3), 90, np.uint8), np.zeros((48, 48), bool)
    hole[10:20, 10:20] = True
    filled = network.fill(given, hole, "gold", 0, Progress())
    assert np.array_equal(filled[~hole], given[~hole])
    assert not np.array_equal(filled, given)


@pytest.mark.parametrize("prefix", ["stable-diffusion:", "two-stage:stable-diffusion:", "vqgan:"])
def test_pictures_are_painted_on_the_device(prefix: str, tmp_path: Path, device: str) -> None:
    model = (tiny_amused if prefix == "vqgan:" else tiny_sd)(tmp_path / "model")
    Image.new("RGB", (64, 64), (200, 90, 40)).save(tmp_path / "style.png")
    style = Style(tmp_path / "style.png", np.full((64, 64, 3), 0.5, np.float32))
    method = SynthesisMethod(f"{prefix}{model}", SynthesisSettings(side=64, steps=2, device=device))
    painted = method.paint("gold", style, 0, Progress())
    assert painted.picture.shape == (64, 64, 3)
    assert painted.seconds > 0


def test_a_training_is_planned_on_the_device(tmp_path: Path, device: str) -> None:
    for work in range(8):
        write_picture(tmp_path / f"{work:04d}-0.png", picture(72, seed=work))
    kept, aside = load_works([tmp_path])
    data, unseen = (
        DamagedCrops(works, (), 32, style_side=32, seed=n) for n, works in enumerate((kept, aside))
    )
    task = AutoencoderTask(tiny_config().autoencoder, fixed_batch(unseen, 2))
    torch.manual_seed(3)
    plan = plan_by_trial(task, data, LoopOptions(tmp_path / "run", steps=7, batch=4, device=device))
    drawn = torch.rand(2)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(2))
    assert plan.activations > 0
    assert plan.seconds > 0
