"""Stable Diffusion 1.5 for inpainting with random weights, made in memory: for measuring speed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from torch import nn

from imagest_core.models.clip_tokenizer import write_tokenizer
from imagest_core.models.identity import Family, Identity, ModelKind
from imagest_core.models.installed import InstalledModel
from imagest_core.models.stable_diffusion.backbone import INPAINTING_CHANNELS
from imagest_core.models.stable_diffusion.components import Components, quiet, schedule_of

SMALL: Mapping[str, Mapping[str, Any]] = {
    "unet": {"block_out_channels": [32, 64, 64, 64], "cross_attention_dim": 64, "sample_size": 16},
    "vae": {"block_out_channels": [32, 32, 32, 32], "sample_size": 128},
    "text_encoder": {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    },
}
"""Changes to the sizes of the real model for a quick rehearsal."""


def random_model(
    dtype: torch.dtype, device: torch.device, *, small: bool
) -> tuple[InstalledModel, Components]:
    """Return the model with random weights on ``device``, and an entry under which it can be cached."""
    torch.manual_seed(0)
    diffusers: Any = import_module("diffusers")
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    unet = {**_config("unet", small), "in_channels": INPAINTING_CHANNELS}
    with quiet():
        text = CLIPTextModel(CLIPTextConfig(**_config("text_encoder", small))).to(device, dtype)
        with tempfile.TemporaryDirectory() as folder:
            write_tokenizer(Path(folder))
            tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
        holder = diffusers.StableDiffusionInpaintPipeline(
            vae=_random(diffusers.AutoencoderKL, _config("vae", small), dtype, device),
            text_encoder=text,
            tokenizer=tokenizer,
            unet=_random(diffusers.UNet2DConditionModel, unet, dtype, device),
            scheduler=diffusers.PNDMScheduler.from_config(_config("scheduler", small)),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    identity = _identity(unet["sample_size"])
    parts = Components(identity, holder, schedule_of(holder.scheduler))
    for module in parts.modules:
        module.eval().requires_grad_(False)
    return _entry("random-small" if small else "random-sd15", parts), parts


def _identity(sample_size: int) -> Identity:
    return Identity(
        ModelKind.PIPELINE,
        Family.SD1,
        "folder",
        input_channels=INPAINTING_CHANNELS,
        prediction="epsilon",
        pipeline_class="StableDiffusionInpaintPipeline",
        files=("model_index.json",),
        details={"sample_size": str(sample_size)},
    )


def _entry(name: str, parts: Components) -> InstalledModel:
    return InstalledModel(
        name=name,
        folder=Path(name),
        path=Path(name),
        identity=parts.identity,
        title=name,
        licence="",
        sha256={"model.safetensors": name},
        size=parts.size,
        in_place=True,
    )


def _config(part: str, small: bool) -> dict[str, Any]:
    """Return the shipped configuration of a part of Stable Diffusion 1."""
    name = "scheduler_config.json" if part == "scheduler" else "config.json"
    path = Path(str(files("resources"))) / "model_configs" / "sd1" / part / name
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {**config, **(SMALL.get(part, {}) if small else {})}


def _random(kind: Any, config: Mapping[str, Any], dtype: torch.dtype, device: torch.device) -> Any:
    """Make a network without initialising it twice; norms are the identity, other weights are small."""
    with torch.device("meta"):
        network: nn.Module = kind.from_config(dict(config))
    network = network.to(dtype).to_empty(device=device)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=0.5 * parameter[0].numel() ** -0.5)
        else:
            nn.init.zeros_(parameter)
    for module in network.modules():
        if isinstance(module, nn.GroupNorm | nn.LayerNorm) and module.weight is not None:
            nn.init.ones_(module.weight)
    return network
