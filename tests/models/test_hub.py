"""Which files of a repository on a hub are downloaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hub_server import Hub, running_hub
from safetensors.torch import load_file, save_file
from tiny_models import tiny_sd

from imagest_core.errors import ModelError
from imagest_core.models.hub import NetworkError, look_up
from imagest_core.models.hub_files import HubFile, choose

Cli = Callable[..., Any]
PARTS = ("unet", "vae", "tokenizer", "scheduler")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on this machine with the pipeline a/sd."""
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    with running_hub({"a/sd": tiny_sd(tmp_path / "hub" / "sd")}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server


def chosen(names: Sequence[str], pattern: str = "", parts: Sequence[str] | None = PARTS) -> list[str]:
    return [file.name for file in choose([HubFile(name, 1) for name in names], pattern, parts)]


def change_index(folder: Path, **values: object) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), encoding="utf-8")


def test_half_precision_is_chosen_where_it_is_offered() -> None:
    names = [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model-00001-of-00002.safetensors",
        "vae/diffusion_pytorch_model-00002-of-00002.safetensors",
        "vae/diffusion_pytorch_model.safetensors.index.json",
        "tokenizer/merges.txt",
    ]
    others = [
        "flux.safetensors",
        "unet/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.non_ema.safetensors",
        ".git/x.json",
        "unet/code.py",
    ]
    assert chosen(names + others) == names


@pytest.mark.parametrize("half", ["model.safetensors.index.fp16.json", "model.fp16.safetensors.index.json"])
def test_the_list_of_parts_belongs_to_the_chosen_precision(half: str) -> None:
    single = ["unet/model.safetensors.index.json", "unet/model-00001-of-00001.safetensors"]
    parts = [f"unet/{half}", "unet/model.fp16-00001-of-00002.safetensors"]
    assert chosen(single + parts) == parts
    assert chosen([*single, "unet/model.fp16.safetensors"]) == ["unet/model.fp16.safetensors"]
    assert chosen(single) == single


def test_only_components_and_the_licence_of_a_pipeline_are_downloaded() -> None:
    kept = ["model_index.json", "README.md", "LICENSE.md", "vae/config.json", "vae/model.safetensors"]
    others = [
        "vae_1_0/config.json",
        "vae_1_0/diffusion_pytorch_model.safetensors",
        "vae_decoder/config.json",
        "safety_checker/model.safetensors",
        "unet/onnx/config.json",
        "notes.txt",
        "v1-inference.json",
    ]
    assert chosen(kept + others) == kept
    inside = [f"fast/{name}" for name in kept]
    assert chosen(kept + others + inside + ["fast/vae_1_0/config.json"], "fast") == inside


def test_folders_that_the_index_does_not_name_are_not_fetched(cli: Cli, hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "hub" / "xl"
    tiny_sd(folder, family="sdxl")
    half, single = (f"vae_1_0/diffusion_pytorch_model{variant}.safetensors" for variant in (".fp16", ""))
    weights = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    (folder / "vae_1_0").mkdir()
    for name in (half, single, half.replace("_1_0", "")):
        save_file(weights, folder / name)
    (folder / "vae_1_0" / "config.json").write_text((folder / "vae" / "config.json").read_text())
    hub.repositories["a/xl"] = folder
    names = {file.name for file in look_up("a/xl").files}
    assert "vae/diffusion_pytorch_model.fp16.safetensors" in names
    assert "vae/diffusion_pytorch_model.safetensors" not in names
    assert "text_encoder_2/model.safetensors" in names
    assert not any(name.startswith("vae_1_0") for name in names)
    answer = cli("models", "fetch", "a/xl", "--yes")
    assert answer.code == 0, answer.err
    assert not any("vae_1_0" in path for path, _ in hub.requests)
    assert cli("models", "fetch", "a/xl", "--yes", "--file", "vae_1_0", "--name", "vae").code == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"extra": ["my_code", "Mine"]}, "a/sd needs code of its own for extra, which is never run"),
        ({"_class_name": ["my_code", "Mine"]}, "a/sd needs code of its own, which is never run"),
        ({"vae_2": ["diffusers", "AutoencoderKL"]}, "a/sd has no safetensors file for vae_2; choose"),
    ],
)
def test_a_pipeline_that_cannot_be_used_is_refused_before_the_download(
    hub: Hub, values: dict[str, object], sentence: str
) -> None:
    change_index(hub.repositories["a/sd"], **values)
    with pytest.raises(ModelError, match=sentence):
        look_up("a/sd")
    assert not any("safetensors" in path for path, _ in hub.requests)


def test_an_index_that_is_no_json_object_is_refused(hub: Hub) -> None:
    (hub.repositories["a/sd"] / "model_index.json").write_text("[]")
    with pytest.raises(NetworkError, match="answer about a/sd can't be understood"):
        look_up("a/sd")


def test_a_connection_that_breaks_during_the_index_is_one_sentence(hub: Hub) -> None:
    hub.break_after = 5
    with pytest.raises(NetworkError, match=r"The connection to 127\.0\.0\.1 broke; try again\."):
        look_up("a/sd")
