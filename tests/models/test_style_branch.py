"""The style branch over a tiny Stable Diffusion: effect, strength, guidance, other adapters, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import tiny_ip_adapter, tiny_lora, tiny_sd
from tiny_style import TINY_ENCODER, tiny_style_adapter

from imagest_core.errors import ModelError
from imagest_core.models.backbone import ConditionInputs, EncodedWindows
from imagest_core.models.cache import loaded_models
from imagest_core.models.hardware import Hardware
from imagest_core.models.identify import identify
from imagest_core.models.identity import Family, ModelKind
from imagest_core.models.imagest.style_swin import DEVIATION, RELATIVE, StyleConfig, StyleSwinEncoder
from imagest_core.models.installed import find_installed
from imagest_core.models.stable_diffusion.adapters import LoadedAdapter
from imagest_core.models.stable_diffusion.backbone import LoadOptions, StableDiffusionBackbone, load_backbone
from imagest_core.models.stable_diffusion.style_branch import (
    RESTORATION_LAYERS,
    SYNTHESIS_LAYERS,
    StyleBranch,
    load_style_branch,
)
from imagest_core.models.stable_diffusion.swin_weights import MEAN, STD, load_timm_swin
from imagest_core.models.style_adapter import WEIGHTS, style_side
from imagest_core.progress import Progress

CPU = Hardware(torch.device("cpu"), torch.float32)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sd(tmp_path_factory.mktemp("base") / "sd")


@pytest.fixture(autouse=True)
def no_models_kept() -> Iterator[None]:
    yield
    loaded_models.clear()


def backbone(base: Path, style: Path | None = None, *adapters: Path) -> StableDiffusionBackbone:
    loaded = [LoadedAdapter(m.name, m.path, m.identity) for m in map(find_installed, map(str, adapters))]
    options = LoadOptions(tuple(loaded), find_installed(str(style)) if style else None)
    return load_backbone(find_installed(str(base)), CPU, options, Progress())


@torch.inference_mode()
def prediction(
    model: StableDiffusionBackbone, strength: float = 1.0, seed: int = 1, **inputs
) -> torch.Tensor:
    """The prediction for fixed latents under style pictures of ``seed``."""
    pictures = np.random.default_rng(seed).random((2, 32, 32, 3), np.float32)
    condition = model.condition(ConditionInputs(pictures, strength, **inputs))
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    encoded = EncodedWindows(latents, torch.ones(2, 1, 8, 8))
    return model.denoise(latents, torch.tensor([500, 500]), encoded, condition)


def close(one: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.allclose(one, other, atol=1e-6)


def test_an_untrained_branch_changes_nothing_and_a_trained_one_does(base: Path, tmp_path: Path):
    plain = prediction(backbone(base))
    fresh = prediction(backbone(base, tiny_style_adapter(tmp_path / "fresh", trained=False)))
    assert torch.equal(plain, fresh)
    trained = backbone(base, tiny_style_adapter(tmp_path / "trained"))
    assert not close(plain, prediction(trained))
    assert not close(prediction(trained, seed=1), prediction(trained, seed=2))
    assert close(plain, prediction(trained, strength=0.0))


def test_a_run_without_style_after_one_with_it_is_plain(base: Path, tmp_path: Path):
    styled = backbone(base, tiny_style_adapter(tmp_path / "style"))
    prediction(styled)
    condition = styled.condition(ConditionInputs())
    latents = torch.zeros(1, 4, 8, 8)
    encoded = EncodedWindows(latents, torch.ones(1, 1, 8, 8))
    plain = backbone(base)
    with torch.inference_mode():
        one = styled.denoise(latents, torch.tensor([10]), encoded, condition)
        other = plain.denoise(latents, torch.tensor([10]), encoded, plain.condition(ConditionInputs()))
    assert torch.equal(one, other)


def test_the_unconditioned_half_of_guidance_has_no_style(base: Path, tmp_path: Path):
    styled, plain = backbone(base, tiny_style_adapter(tmp_path / "style")), backbone(base)
    guided = prediction(styled, prompt="a ship", guidance=3.0)
    unconditioned, conditioned = prediction(plain), prediction(styled, prompt="a ship", guidance=1.0)
    assert torch.allclose(guided, unconditioned + 3.0 * (conditioned - unconditioned), atol=1e-5)


@pytest.mark.parametrize("layers", [RESTORATION_LAYERS, SYNTHESIS_LAYERS])
def test_only_the_chosen_layers_are_conditioned(base: Path, tmp_path: Path, layers: tuple[str, ...]):
    styled = backbone(base, tiny_style_adapter(tmp_path / "style", layers))
    unet = styled._parts.unet
    hooked = [name for name, module in unet.named_modules() if module._forward_hooks]
    assert hooked
    assert all(name.startswith(layers) and name.endswith("attn2") for name in hooked)
    assert not close(prediction(backbone(base)), prediction(styled))


def test_it_composes_with_ip_adapter_and_lora(base: Path, tmp_path: Path):
    style = tiny_style_adapter(tmp_path / "style")
    lora, ip_adapter = tiny_lora(tmp_path / "lora.safetensors"), tiny_ip_adapter(tmp_path / "ip")
    combinations = [(), (lora,), (ip_adapter,), (lora, ip_adapter)]
    results = [prediction(backbone(base, branch, *each)) for each in combinations for branch in (None, style)]
    for index, one in enumerate(results):
        assert all(not close(one, other) for other in results[index + 1 :])
    both = backbone(base, style, ip_adapter)
    both._parts.holder.set_ip_adapter_scale(0.0)
    scales = {p.scale[0] for p in both._parts.unet.attn_processors.values() if hasattr(p, "scale")}
    assert scales == {0.0}, "the strength reaches every layer"


def test_a_base_of_another_width_is_refused(base: Path, tmp_path: Path):
    style = tiny_style_adapter(tmp_path / "style")
    config = json.loads((style / "config.json").read_text())
    (style / "config.json").write_text(json.dumps({**config, "context": 768}))
    unet = backbone(base)._parts.unet
    with pytest.raises(ModelError, match=r"style adapter style doesn't fit this model \(.*width 768\)"):
        load_style_branch(style, unet)
    (style / "config.json").write_text(json.dumps({**config, "layers": ["down_blocks.7"]}))
    with pytest.raises(ModelError, match=r"No cross-attention under down_blocks\.7"):
        load_style_branch(style, unet)
    (style / "config.json").write_text(json.dumps(config))
    tensors = load_file(style / WEIGHTS)
    name = next(name for name in tensors if name.endswith("to_k_style.weight"))
    save_file({**tensors, name: torch.zeros(24, 16)}, style / WEIGHTS)
    with pytest.raises(ModelError, match="doesn't fit this model"):
        load_style_branch(style, unet)


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"encoder": {}}, {"encoder": {"side": 10**9}}, {"kind": "x"}]
)
def test_a_config_that_cannot_be_used_is_refused(tmp_path: Path, change: dict[str, object]):
    style = tiny_style_adapter(tmp_path / "style")
    config = json.loads((style / "config.json").read_text())
    (style / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(ModelError, match=r"can't be understood|newer version"):
        style_side(style)


def test_folder_and_single_file_are_recognised_and_loaded(base: Path, tmp_path: Path):
    folder = tiny_style_adapter(tmp_path / "style")
    for path, layout in ((folder, "folder"), (folder / WEIGHTS, "file")):
        identity = identify(path)
        assert (identity.kind, identity.family, identity.layout) == (
            ModelKind.STYLE_ADAPTER,
            Family.SD1,
            layout,
        )
        assert identity.details["context"] == "8"
        assert style_side(path) == 32
    assert close(prediction(backbone(base, folder)), prediction(backbone(base, folder / WEIGHTS)))


def timm_weights(config: StyleConfig, path: Path) -> torch.nn.Module:
    """timm's Swin with its classifier, saved with random weights."""
    from timm.models.swin_transformer import SwinTransformer, SwinTransformerBlock

    torch.manual_seed(3)
    swin = SwinTransformer(
        img_size=config.side,
        patch_size=config.patch,
        num_classes=5,
        embed_dim=config.channels,
        depths=config.depths,
        num_heads=config.heads,
        window_size=config.window,
        drop_path_rate=0.0,
    )
    for block in swin.modules():
        if isinstance(block, SwinTransformerBlock):
            block.shift_size = block.target_shift_size = (0, 0)
            block.attn_mask = None
            torch.nn.init.normal_(block.attn.relative_position_bias_table)
    save_file(swin.state_dict(), path)
    return swin.eval()


def test_swin_weights_of_timm_give_timms_features(tmp_path: Path):
    config = replace(TINY_ENCODER, position=RELATIVE)
    reference = timm_weights(config, tmp_path / "swin.safetensors")
    encoder = StyleSwinEncoder(config).eval()
    load_timm_swin(encoder, tmp_path / "swin.safetensors")
    picture = torch.rand(2, 3, 32, 32)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    features = reference.forward_features((picture - mean) / std)
    assert torch.allclose(encoder.swin(picture * 2 - 1), features, atol=1e-4)


def test_names_of_earlier_timm_and_deviation_tables_load(tmp_path: Path):
    config = replace(TINY_ENCODER, position=DEVIATION)
    timm_weights(config, tmp_path / "swin.safetensors")
    stored = load_file(tmp_path / "swin.safetensors")
    earlier = {name.replace("layers.1.downsample", "layers.0.downsample"): t for name, t in stored.items()}
    save_file(earlier, tmp_path / "earlier.safetensors")
    one, other = StyleSwinEncoder(config), StyleSwinEncoder(config)
    load_timm_swin(one, tmp_path / "swin.safetensors")
    load_timm_swin(other, tmp_path / "earlier.safetensors")
    for name, tensor in one.swin.state_dict().items():
        assert torch.equal(tensor, other.swin.state_dict()[name])
    block = one.swin.layers[0].blocks[0].attn
    table = stored["layers.0.blocks.0.attn.relative_position_bias_table"].view(7, 7, 1)
    assert torch.allclose(block.relative_position_bias_table[0], table[3, 3])


def test_swin_weights_of_another_size_are_refused(tmp_path: Path):
    timm_weights(replace(TINY_ENCODER, channels=16), tmp_path / "swin.safetensors")
    with pytest.raises(ModelError, match="no Swin transformer of the style encoder's size"):
        load_timm_swin(StyleSwinEncoder(TINY_ENCODER), tmp_path / "swin.safetensors")
    (tmp_path / "swin.pth").write_bytes(b"pickled")
    with pytest.raises(ModelError, match="pickled"):
        load_timm_swin(StyleSwinEncoder(TINY_ENCODER), tmp_path / "swin.pth")


def test_the_projections_start_without_effect(base: Path, tmp_path: Path):
    unet = backbone(base)._parts.unet
    branch = load_style_branch(tiny_style_adapter(tmp_path / "style", trained=False), unet)
    assert isinstance(branch, StyleBranch)
    assert all(not p.to_v_style.weight.any() for p in branch.projections.values())
