"""Real networks with random weights, written as the files a user would have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from torchvision.models import inception_v3

from imagest_core.arrays import Image8, Mask
from imagest_core.errors import ModelError
from imagest_core.evaluation import networks, weights
from imagest_core.evaluation.perceptual import COLUMNS, Perceptual
from imagest_core.evaluation.weights import WeightStore, load_into
from imagest_core.models.library import add_model


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def random_state(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: torch.rand(each.shape) * 0.1 for name, each in module.state_dict().items()}


@pytest.fixture
def lpips_folder(tmp_path: Path) -> Path:
    network = networks.Lpips()
    save_file(random_state(network.taps), tmp_path / "alexnet.safetensors")
    linear = {f"lin{n}.model.1.weight": torch.rand(1, width, 1, 1) for n, width in enumerate(network.widths)}
    save_file(linear, tmp_path / "lpips-alex-v0.1.safetensors")
    return tmp_path


def test_without_weights_cells_are_empty_and_each_is_explained(picture: Image8, mask: Mask) -> None:
    perceptual = Perceptual(WeightStore())
    values = perceptual.measure(picture, picture // 2, mask, "a field")
    assert tuple(values) == COLUMNS
    assert all(math.isnan(value) for value in values.values())
    perceptual.collect("losses", "telea", picture, picture)
    assert perceptual.sets() == {}
    said = " ".join(perceptual.notes)
    assert all(measure in said for measure in ("LPIPS", "style loss", "FID", "KID", "CLIP"))
    assert all(note.endswith(".") for note in perceptual.notes)


def test_lpips_is_averaged_over_the_mask_alone(lpips_folder: Path, picture: Image8, mask: Mask) -> None:
    perceptual = Perceptual(WeightStore(lpips_folder))
    far = picture.copy()
    far[:4, :4] = 255 - far[:4, :4]
    corner = np.zeros_like(mask)
    corner[:4, :4] = True
    assert perceptual.measure(picture, picture, mask)["lpips"] == 0
    assert perceptual.measure(far, picture, corner)["lpips"] > 0
    assert any("LPIPS v0.1" in note and "sha256" in note for note in perceptual.notes)


def test_lpips_weighs_squared_differences_of_unit_features(lpips_folder: Path) -> None:
    """Zhang et al. 2018, eq. 1, written out for the first layer alone."""
    network = networks.Lpips()
    load_into(network.taps, lpips_folder / "alexnet.safetensors")
    for linear in list(network.linear)[1:]:
        nn.init.zeros_(linear.weight)
    first, second = torch.rand(2, 1, 3, 64, 64)
    with torch.no_grad():
        scaled = [(2 * each - 1 - shift()) / scale() for each in (first, second)]
        ours, theirs = (functional.relu(network.taps.features[0](each)) for each in scaled)
        unit = [each / each.norm(dim=1, keepdim=True) for each in (ours, theirs)]
        expected = ((unit[0] - unit[1]) ** 2 * network.linear[0].weight).sum(1, keepdim=True)
        found = network(first, second)
    assert torch.allclose(found, functional.interpolate(expected, (64, 64), mode="bilinear"), atol=1e-5)


def shift() -> torch.Tensor:
    return torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)


def scale() -> torch.Tensor:
    return torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)


def test_the_style_loss_sees_textures_and_not_where_they_lie() -> None:
    network = networks.GramStyle().eval()
    tile = torch.rand(1, 3, 32, 32)
    picture = tile.repeat(1, 1, 2, 2)
    with torch.no_grad():
        same, other = network(picture, picture), network(picture, torch.rand(1, 3, 64, 64))
        moved = network(picture, picture.roll(32, 2))
    assert same.item() == moved.item() == 0 < other.item()


def test_a_gram_is_normalised_by_channels_and_pixels() -> None:
    features = torch.full((1, 2, 3, 5), 2.0)
    assert torch.allclose(networks._gram(features), torch.full((1, 2, 2), 4 * 15 / (2 * 15)))


def test_vgg_is_found_in_the_hub_cache(tmp_path: Path, picture: Image8, mask: Mask) -> None:
    place = tmp_path / "models--timm--vgg19.tv_in1k" / "snapshots" / "abc"
    place.mkdir(parents=True)
    state = networks.GramStyle().taps.state_dict()
    extra = {"head.fc.weight": torch.zeros(2, 2)}
    save_file(
        {name: each.half().float().contiguous() for name, each in state.items()} | extra,
        place / "model.safetensors",
    )
    perceptual = Perceptual(WeightStore(hub=tmp_path))
    assert perceptual.measure(picture, picture // 2, mask)["style"] > 0
    assert any("F·Fᵀ/(c·h·w)" in note for note in perceptual.notes)


def test_the_original_inception_averages_what_exists_and_ends_in_a_maximum() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.branch_pool = nn.Identity()

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            pooled: torch.Tensor = self.branch_pool(functional.avg_pool2d(images, 3, 1, 1))
            return pooled

    network = nn.Module()
    network.Mixed_5b, network.Mixed_7c = Block(), Block()
    networks.pool_as_original(network)
    images = torch.rand(1, 2, 5, 6)
    expected = functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
    assert torch.allclose(network.Mixed_5b(images), expected)
    assert torch.equal(network.Mixed_7c(images), functional.max_pool2d(images, 3, 1, 1))


@pytest.mark.slow
def test_fid_and_kid_of_sets_come_from_inception(tmp_path: Path, picture: Image8) -> None:
    inception = inception_v3(weights=None, aux_logits=False, init_weights=False, transform_input=False)
    save_file(inception.state_dict(), tmp_path / weights.INCEPTION_FID.file)
    perceptual = Perceptual(WeightStore(tmp_path))
    for kind, truth in (("a", picture), ("b", picture[::-1])):
        perceptual.collect(kind, "other", truth // 3, truth)
    found = perceptual.sets()
    assert found["all", "other"]["fid"] > 0
    assert math.isfinite(found["all", "other"]["kid"])
    assert math.isnan(found["b", "other"]["fid"])


def test_weights_of_another_shape_are_refused_by_name(lpips_folder: Path) -> None:
    save_file({"features.0.weight": torch.zeros(1)}, lpips_folder / "alexnet.safetensors")
    with pytest.raises(ModelError, match=r"alexnet\.safetensors .*features\.0\.weight"):
        Perceptual(WeightStore(lpips_folder))


def test_file_that_is_not_safetensors_is_refused(lpips_folder: Path) -> None:
    (lpips_folder / "alexnet.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(ModelError, match="can't be read as safetensors"):
        Perceptual(WeightStore(lpips_folder))


def test_pickled_weights_are_not_loaded_and_reported(tmp_path: Path) -> None:
    (tmp_path / "vgg19-dcbb9e9d.pth").write_bytes(b"\x80\x02.")
    perceptual = Perceptual(WeightStore(torch_hub=tmp_path))
    assert any("vgg19-dcbb9e9d.pth is pickled" in note for note in perceptual.notes)


def test_the_caches_are_those_that_the_libraries_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    store = WeightStore.default()
    assert (store.hub, store.torch_hub) == (tmp_path / "hf/hub", tmp_path / "torch/hub/checkpoints")


def test_clip_score_is_a_cosine_by_the_model_in_the_folder(
    tmp_path: Path, picture: Image8, mask: Mask
) -> None:
    write_tiny_clip(tmp_path / "clip")
    perceptual = Perceptual(WeightStore(tmp_path), captions=True)
    score = perceptual.measure(picture, picture, mask, "a barn")["clip"]
    assert -1 <= score <= 1
    assert score != perceptual.measure(picture, picture, mask, "b")["clip"]
    assert math.isnan(perceptual.measure(picture, picture, mask)["clip"])
    assert any("raw cosine" in note and "clip" in note for note in perceptual.notes)


def test_a_clip_model_of_the_library_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    assert WeightStore().find_clip() is None
    write_tiny_clip(tmp_path / "mine")
    add_model(tmp_path / "mine", "mine", in_place=True)
    assert WeightStore().find_clip() == tmp_path / "mine"
    write_tiny_clip(tmp_path / "weights" / "clip")
    assert WeightStore(tmp_path / "weights").find_clip() == tmp_path / "weights" / "clip"


def write_tiny_clip(folder: Path) -> None:
    from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

    small: dict[str, Any] = {
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
    }
    text = small | {"vocab_size": 60, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    vision = small | {"image_size": 32, "patch_size": 16}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=4))
    model.save_pretrained(folder, safe_serialization=True)
    vocabulary = [
        "<|startoftext|>",
        "<|endoftext|>",
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz"),
    ]
    (folder / "vocab.json").write_text(
        "{" + ", ".join(f'"{word}": {n}' for n, word in enumerate(vocabulary)) + "}"
    )
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}'
    )
    assert CLIPTokenizer.from_pretrained(folder)
