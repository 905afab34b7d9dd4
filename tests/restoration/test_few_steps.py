"""Presets of adapters for few steps: recognised, declared, applied, and overridden by what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from tiny_models import tiny_lora, tiny_sd

from imagest_core.errors import ModelError
from imagest_core.models.cache import loaded_models
from imagest_core.models.few_steps import FewSteps, few_steps_of, recognised
from imagest_core.models.identify import identify
from imagest_core.models.library import add_model, check_model, declare_few_steps, find_installed
from imagest_core.models.schedule import Prediction, scaled_linear_schedule
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.engines.presets import guided
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.modes import DDIM, LCM
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("made")
    tiny_sd(folder / "base")
    tiny_lora(folder / "fast.safetensors")
    tiny_lora(folder / "brown.safetensors", seed=1)
    yield folder
    loaded_models.clear()


@pytest.fixture(autouse=True)
def library(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    for name in ("base", "brown.safetensors"):
        add_model(made / name, in_place=True)


def facts(**values: Any) -> tuple[Any, ...]:
    """Solver, steps, guidance and kind, as the record of a fill has them."""
    request = RestorationRequest.of("stable-diffusion", device="cpu", detail=0.0, **values)
    rng = np.random.default_rng(0)
    image, mask = rng.random((64, 64, 3)).astype(np.float32), np.zeros((64, 64), np.bool_)
    mask[20:40, 20:40] = True
    view = WindowView(Window(1, Box(0, 0, 64, 64)), np.where(mask[..., None], 0, image), mask)
    with get_engine("stable-diffusion").open(request, None) as session:
        calls, original = [], session.backbone.denoise
        session.backbone.denoise = lambda z, t, *args: calls.append(float(t[0])) or original(z, t, *args)  # type: ignore[method-assign]
        assert np.isfinite(session.fill([view], Progress())[0].image).all()
        found = session.facts
    assert len(calls) == found["steps"]
    return found["scheduler"], found["steps"], found["guidance"], found.get("few_steps")


@pytest.mark.parametrize(("kind", "solver"), [("lcm", LCM), ("lightning", DDIM), ("hyper", DDIM)])
def test_an_adapter_brings_its_solver_steps_and_guidance(made: Path, kind: str, solver: str) -> None:
    add_model(made / "fast.safetensors", in_place=True, few_steps=kind)
    for quality, steps in (("draft", 4), ("standard", 6), ("fine", 8)):
        assert facts(adapters="fast", quality=quality, prompt="gold") == (solver, steps, 1.0, kind)
    both = facts(adapters="brown:0.5, fast", prompt="gold")
    assert both == (solver, 6, 1.0, kind), "beside an ordinary one, in any order"


def test_hyper_sd_with_cfg_keeps_its_guidance(made: Path) -> None:
    add_model(made / "fast.safetensors", in_place=True, few_steps="hyper-cfg")
    for quality, steps in (("draft", 8), ("standard", 8), ("fine", 12)):
        assert facts(adapters="fast", quality=quality, prompt="gold") == (DDIM, steps, 5.0, "hyper-cfg")
    refused = {"adapters": "fast", "prompt": "gold", "negative_prompt": "frame"}
    assert guided(RestorationRequest.of("stable-diffusion", **refused).parameters), "unlike the other kinds"
    assert facts(adapters="fast", guidance=8.0, prompt="gold")[2] == 8.0


def test_what_is_asked_for_wins(made: Path) -> None:
    add_model(made / "fast.safetensors", in_place=True, few_steps="lcm")
    assert facts(adapters="fast", scheduler="unipc", prompt="x") == ("unipc", 6, 1.0, "lcm")
    asked = facts(adapters="fast", steps=3, guidance=1.8, prompt="x")
    assert asked == (LCM, 3, 1.8, "lcm")
    assert facts(adapters="fast", guidance=7.5, prompt="x")[2] == 7.5, "also the usual value"


def test_other_adapters_change_no_preset(made: Path) -> None:
    add_model(made / "fast.safetensors", in_place=True, few_steps="hyper")
    usual = ("dpm++2m-karras", 20, 7.5, None)
    assert facts(prompt="x") == usual
    assert facts(adapters="brown", prompt="x") == usual
    assert facts(adapters="fast:0", prompt="x") == usual, "a weight of 0 is no adapter"


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({"modelspec.title": "LCM-LoRA SDv1-5"}, FewSteps.LCM),
        ({"ss_output_name": "latent_consistency_lora"}, FewSteps.LCM),
        ({"modelspec.title": "SDXL-Lightning 8 step"}, FewSteps.LIGHTNING),
        ({"ss_output_name": "sdxl_lightning_4step_lora"}, FewSteps.LIGHTNING),
        ({"modelspec.description": "Hyper-SDXL, 8 steps"}, FewSteps.HYPER),
        ({"name": "Hyper-SD15-8steps-lora"}, FewSteps.HYPER),
        ({"name": "Hyper-SDXL-8steps-CFG-lora"}, FewSteps.HYPER_CFG),
        ({"ss_output_name": "Hyper_SD15_12steps_CFG_lora"}, FewSteps.HYPER_CFG),
        ({"modelspec.title": "Hyper-SD, 8 steps, CFG-preserved"}, FewSteps.HYPER_CFG),
        ({"modelspec.title": "Hyper-SD15 8 steps, use CFG 1"}, FewSteps.HYPER),
        ({"modelspec.title": "Lightning over the sea"}, None),
        ({"modelspec.title": "hyperrealism"}, None),
        ({"modelspec.description": "works with LCM and with Hyper-SD"}, None),
        ({"format": "pt"}, None),
    ],
)
def test_metadata_are_believed_and_names_of_files_are_not(
    made: Path, tmp_path: Path, metadata: dict[str, str], kind: FewSteps | None
) -> None:
    assert recognised(metadata) == kind
    path = tmp_path / "sdxl_lightning_4step_lora.safetensors"
    save_file(load_file(made / "fast.safetensors"), path, metadata)
    assert few_steps_of(identify(path)) == kind
    assert few_steps_of(add_model(path, "added", in_place=True, few_steps="none").identity) is None


def test_a_kind_is_declared_later_and_stays(made: Path) -> None:
    add_model(made / "fast.safetensors")
    assert few_steps_of(find_installed("fast").identity) is None
    declare_few_steps("fast", "lightning")
    model = find_installed("fast")
    assert few_steps_of(model.identity) is FewSteps.LIGHTNING
    check_model(model)
    declare_few_steps("fast", "none")
    assert few_steps_of(find_installed("fast").identity) is None
    with pytest.raises(ModelError, match="base isn't a LoRA, and only"):
        declare_few_steps("base", "lcm")


SCHEDULE = scaled_linear_schedule(Prediction.EPSILON)
TRAINED: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


@pytest.mark.parametrize("steps", [1, 2, 4, 6, 8])
def test_timesteps_are_those_of_the_authors_schedulers(steps: int) -> None:
    from diffusers import EulerDiscreteScheduler, LCMScheduler

    consistency, euler = (
        LCMScheduler(**TRAINED),
        EulerDiscreteScheduler(timestep_spacing="trailing", **TRAINED),
    )
    consistency.set_timesteps(steps)
    euler.set_timesteps(steps)
    times = {name: Solver(name, steps).start(SCHEDULE, lambda i: i).times for name in (LCM, DDIM)}
    assert list(times[LCM]) == consistency.timesteps.tolist()
    assert list(times[DDIM]) == euler.timesteps.tolist()


def test_ddim_is_euler_s_method() -> None:
    import torch
    from diffusers import EulerDiscreteScheduler

    euler = EulerDiscreteScheduler(timestep_spacing="trailing", **TRAINED)
    euler.set_timesteps(4)
    steps = Solver(DDIM, 4).start(SCHEDULE, lambda i: i)
    generator = torch.Generator().manual_seed(0)
    noisy, epsilon = (torch.randn(1, 4, 8, 8, generator=generator) for _ in range(2))
    sigma = float(euler.sigmas[0])
    scaled = noisy * (1 + sigma**2) ** 0.5  # Euler's latents are not scaled by the signal
    expected = euler.step(epsilon, euler.timesteps[0], scaled).prev_sample / (1 + euler.sigmas[1] ** 2) ** 0.5
    clean = steps.clean(noisy, epsilon, 0)
    assert torch.allclose(steps.next(noisy, clean, 0), expected, atol=1e-4)
