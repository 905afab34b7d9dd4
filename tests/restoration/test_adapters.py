"""Adapters of Stable Diffusion: which files were used is recorded, and what doesn't fit is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from scans import smooth_picture
from tiny_models import tiny_lora, tiny_sd, tiny_vae

from imagest_core.errors import InputError, ModelError
from imagest_core.models.cache import loaded_models
from imagest_core.models.library import add_model, declare_few_steps
from imagest_core.models.weights_hash import weights_hash
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.used_parameters import used_parameters

SIDE = 64


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("made")
    tiny_sd(folder / "base")
    for seed in (0, 1):
        tiny_lora(folder / f"lora{seed}.safetensors", seed=seed)
    yield folder
    loaded_models.clear()


@pytest.fixture(autouse=True)
def library(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    add_model(made / "base", in_place=True)


def filled(**values: Any) -> tuple[np.ndarray, dict[str, Any]]:
    """The fill of a window, and the facts of its record."""
    image, mask = smooth_picture(SIDE, SIDE) * np.float32(0.5), np.zeros((SIDE, SIDE), np.bool_)
    mask[20:44, 16:50] = True
    view = WindowView(Window(1, Box(0, 0, SIDE, SIDE)), np.where(mask[..., None], 0, image), mask)
    values = {"model": "base", "device": "cpu", "detail": 0.0, "steps": 2, **values}
    with get_engine("stable-diffusion").open(RestorationRequest.of("stable-diffusion", **values), None) as s:
        return s.fill([view], Progress())[0].image, dict(s.facts)


def test_the_record_has_the_hash_of_each_adapter(made: Path) -> None:
    models = [add_model(made / f"lora{seed}.safetensors") for seed in (0, 1)]
    _, facts = filled(adapters="lora1:0.5, lora0")
    assert facts["adapters"] == "lora1:0.5, lora0:1"
    assert facts["adapters_sha256"] == ", ".join(weights_hash(model) for model in models[::-1])
    assert "adapters_sha256" not in filled()[1]


def test_an_adapter_that_was_replaced_is_loaded_anew(made: Path) -> None:
    add_model(made / "lora0.safetensors", "mine")
    first, facts = filled(adapters="mine")
    add_model(made / "lora1.safetensors", "mine", force=True)
    installed = add_model(made / "lora1.safetensors", "other")
    second, others = filled(adapters="mine")
    assert np.abs(first - second).mean() > 1e-4
    assert np.array_equal(second, filled(adapters="other")[0])
    assert facts["adapters_sha256"] != others["adapters_sha256"] == weights_hash(installed)


def test_names_that_differ_in_signs_alone_are_two_adapters(made: Path) -> None:
    add_model(made / "lora0.safetensors", "my-lora 画")
    add_model(made / "lora1.safetensors", "my_lora 画")
    both, facts = filled(adapters="my-lora 画, my_lora 画:0.5")
    assert facts["adapters"] == "my-lora 画:1, my_lora 画:0.5"
    assert not np.array_equal(both, filled(adapters="my-lora 画")[0])


def checked(**values: Any) -> None:
    request = RestorationRequest.of("stable-diffusion", **{"model": "base", **values})
    get_engine("stable-diffusion").check_model(request.parameters)


def test_an_autoencoder_of_other_latents_is_refused(made: Path) -> None:
    fitting = add_model(tiny_vae(made / "vae"))
    checked(adapters="vae")
    config = made / "vae" / "config.json"
    stated = json.loads(config.read_text())
    for name, change in (("xl", {"scaling_factor": 0.13025}), ("flux", {"latent_channels": 16})):
        config.write_text(json.dumps(stated | change))
        add_model(made / "vae", name)
        with pytest.raises(ModelError, match=f"The adapter {name} doesn't fit the model base"):
            checked(adapters=name)
    config.write_text(json.dumps({key: value for key, value in stated.items() if key != "scaling_factor"}))
    assert add_model(made / "vae", "old").identity == fitting.identity, "diffusers assumes it"
    add_model(tiny_sd(made / "sdxl", family="sdxl"), in_place=True)
    checked(model="sdxl", adapters="xl")
    with pytest.raises(ModelError, match="The adapter vae doesn't fit the model sdxl"):
        checked(model="sdxl", adapters="vae")


def test_a_model_has_one_autoencoder(made: Path) -> None:
    for seed in (1, 2):
        add_model(tiny_vae(made / f"vae{seed}", seed=seed))
    with pytest.raises(InputError, match=r"one autoencoder: choose one of vae1, vae2\."):
        checked(adapters="vae1, vae2")
    checked(adapters="vae1, vae2:0")
    assert filled(adapters="vae1:0.5, vae2:0")[1]["adapters"] == "vae1:1", "its weight has no effect"
    assert np.array_equal(filled(adapters="vae1:0")[0], filled()[0])


def test_a_negative_prompt_counts_with_guidance_only(made: Path) -> None:
    add_model(made / "lora0.safetensors", "fast", few_steps="lcm")

    def used(**values: Any) -> bool:
        request = RestorationRequest.of("stable-diffusion", prompt="sea", **{"model": "base", **values})
        return "negative_prompt" in used_parameters(request)

    assert used()
    assert not used(guidance=1.0)
    assert not used(adapters="fast")
    assert used(adapters="fast", guidance=1.5)
    assert used(adapters="fast:0")
    assert used(adapters="nonexistent")


def test_a_model_in_place_that_was_changed_is_refused(made: Path, tmp_path: Path) -> None:
    path = tiny_lora(tmp_path / "mine.safetensors")
    add_model(path, in_place=True)
    filled(adapters="mine")
    path.touch()
    filled(adapters="mine")
    tiny_lora(path, seed=5)
    for few_steps in (False, True):
        if few_steps:
            declare_few_steps("mine", "lcm")
        with pytest.raises(ModelError, match="of the model mine was changed or damaged: add the model again"):
            filled(adapters="mine")
    add_model(path, in_place=True, force=True)
    filled(adapters="mine")


@pytest.mark.parametrize("names", ["unet.conv_in.lora_A/B", "lora_unet_conv_in.lora_down/up"])
def test_a_lora_of_the_first_convolution_fits_an_inpainting_model(made: Path, names: str) -> None:
    add_model(tiny_sd(made / names[:9], inpainting=True), "inpainting", in_place=True)
    (down, up), stem = names.rpartition(".")[2].removeprefix("lora_").split("/"), names.rpartition(".")[0]
    generator = torch.Generator().manual_seed(0)
    for name, size in (("none", 0.0), ("some", 0.3)):
        tensors = {
            f"{stem}.lora_{down}.weight": torch.randn(2, 4, 3, 3, generator=generator),
            f"{stem}.lora_{up}.weight": torch.randn(32, 2, 1, 1, generator=generator) * size,
        }
        save_file(tensors, made / "first.safetensors")
        add_model(made / "first.safetensors", name)
    plain = filled(model="inpainting")[0]
    assert np.allclose(filled(model="inpainting", adapters="none")[0], plain, atol=1e-3)
    assert np.abs(filled(model="inpainting", adapters="some")[0] - plain).mean() > 1e-3


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_adapter_with_invalid_numbers_is_named(made: Path, tmp_path: Path, value: float) -> None:
    path = tiny_lora(tmp_path / "broken.safetensors")
    tensors = load_file(path)
    next(iter(tensors.values())).view(-1)[-1] = value
    save_file(tensors, path)
    add_model(path)
    with pytest.raises(ModelError, match="adapter broken holds weights that are infinite or no numbers: ch"):
        filled(adapters="broken")
