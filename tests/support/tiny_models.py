"""Diffusion models of the real classes at toy size, as hub folders and as single files.

Every model has random weights in float16 and less than 6 MB. The widths follow the real models: heads of the
text encoder and of Stable Diffusion 2 and XL have 64 channels, or there is one head.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from imagest_core.models.clip_tokenizer import END, write_tokenizer

TEXT_WIDTHS = (8, 16)
"""Widths of the first and the second text encoder."""
UNET_CHANNELS = (32, 64)
VAE_CHANNELS = (32, 32, 32, 32)
LATENT_FACTOR = 8


def tiny_sd(
    folder: Path, inpainting: bool = False, family: str = "sd1", prediction: str = "epsilon", seed: int = 0
) -> Path:
    """A Stable Diffusion pipeline as a hub folder; ``family`` is "sd1", "sd2" or "sdxl"."""
    torch.manual_seed(seed)
    folder.mkdir(parents=True)
    parts = {
        "unet": tiny_unet(inpainting, family),
        "vae": tiny_autoencoder(family),
        "text_encoder": tiny_text_encoder(family, 1),
    }
    if family == "sdxl":
        parts["text_encoder_2"] = tiny_text_encoder(family, 2)
    for name, part in parts.items():
        part.half().save_pretrained(folder / name)
    tiny_scheduler(family, prediction).save_pretrained(folder / "scheduler")
    write_tokenizer(folder / "tokenizer", "!" if family == "sd2" else END)
    if family == "sdxl":
        write_tokenizer(folder / "tokenizer_2", "!")
    index = _model_index(family, inpainting, parts)
    (folder / "model_index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
    return folder


def tiny_single_file(
    path: Path, inpainting: bool = False, family: str = "sd1", prediction: str = "epsilon", seed: int = 0
) -> Path:
    """The same weights as :func:`tiny_sd` of the same arguments, in the layout of the original code."""
    torch.manual_seed(seed)
    first = "conditioner.embedders.0.transformer." if family == "sdxl" else "cond_stage_model.transformer."
    tensors = _prefixed("model.diffusion_model.", original_unet(tiny_unet(inpainting, family)))
    tensors |= _prefixed("first_stage_model.", original_vae(tiny_autoencoder(family)))
    encoder = tiny_text_encoder(family, 1)
    if family == "sd2":
        tensors |= _prefixed("cond_stage_model.model.", original_open_clip(encoder))
    else:
        tensors |= _prefixed(first, clip_names(encoder))
    if family == "sdxl":
        second = original_open_clip(tiny_text_encoder(family, 2))
        tensors |= _prefixed("conditioner.embedders.1.model.", second)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.half().contiguous() for name, tensor in tensors.items()}, path)
    return path


def tiny_unet(inpainting: bool = False, family: str = "sd1") -> Any:
    """A U-Net of two levels with the structure of ``family``."""
    from diffusers import UNet2DConditionModel

    options: dict[str, Any] = {"attention_head_dim": 8}
    if family != "sd1":
        options = {"attention_head_dim": [1, 1], "use_linear_projection": True}
    if family == "sdxl":
        options |= {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": TEXT_WIDTHS[1] + 6 * 8,
            "transformer_layers_per_block": [1, 2],
        }
    attention = family != "sdxl"
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=9 if inpainting else 4,
        block_out_channels=UNET_CHANNELS,
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D")
        if attention
        else ("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D")
        if attention
        else ("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=sum(TEXT_WIDTHS) if family == "sdxl" else TEXT_WIDTHS[0],
        **options,
    ).eval()


def tiny_autoencoder(family: str = "sd1", asymmetric: bool = False) -> Any:
    """An autoencoder with a latent factor of 8."""
    from diffusers import AsymmetricAutoencoderKL, AutoencoderKL

    levels = len(VAE_CHANNELS)
    common: dict[str, Any] = {
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "latent_channels": 4,
        "sample_size": 64,
        "scaling_factor": 0.13025 if family == "sdxl" else 0.18215,
    }
    if asymmetric:
        widths = {"down_block_out_channels": VAE_CHANNELS, "up_block_out_channels": VAE_CHANNELS}
        return AsymmetricAutoencoderKL(**common, **widths).eval()
    return AutoencoderKL(**common, block_out_channels=VAE_CHANNELS, layers_per_block=1).eval()


def tiny_text_encoder(family: str = "sd1", number: int = 1) -> Any:
    """The ``number``-th text encoder of ``family``, with CLIP's real vocabulary."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    open_clip, width = family == "sd2" or number == 2, TEXT_WIDTHS[number - 1]
    config = CLIPTextConfig(
        vocab_size=49408,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=2,
        num_attention_heads=1,
        max_position_embeddings=77,
        hidden_act="gelu" if open_clip else "quick_gelu",
        projection_dim=width,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=1,
    )
    return (CLIPTextModelWithProjection if number == 2 else CLIPTextModel)(config).eval()


def tiny_scheduler(family: str = "sd1", prediction: str = "epsilon") -> Any:
    """The scheduler that ``family`` comes with."""
    from diffusers import DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler

    options: dict[str, Any] = {
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "prediction_type": prediction,
        "steps_offset": 1,
    }
    if family == "sdxl":
        return EulerDiscreteScheduler(timestep_spacing="leading", **options)
    if family == "sd2":
        return DDIMScheduler(clip_sample=False, set_alpha_to_one=False, **options)
    return PNDMScheduler(skip_prk_steps=True, set_alpha_to_one=False, **options)


def tiny_vae(folder: Path, asymmetric: bool = False, seed: int = 0) -> Path:
    """An autoencoder as a folder; ``asymmetric`` has the decoder that sees the known pixels."""
    torch.manual_seed(seed)
    tiny_autoencoder(asymmetric=asymmetric).half().save_pretrained(folder)
    return folder


def tiny_vae_file(path: Path, seed: int = 0) -> Path:
    """An autoencoder as a single file in the layout of the original code."""
    torch.manual_seed(seed)
    tensors = original_vae(tiny_autoencoder())
    save_file({name: tensor.half().contiguous() for name, tensor in tensors.items()}, path)
    return path


def tiny_lora(path: Path, family: str = "sd1", rank: int = 2, kohya: bool = False, seed: int = 0) -> Path:
    """A LoRA for :func:`tiny_sd`: names of diffusers, or of kohya's scripts."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}
    for name, module in tiny_unet(family=family).named_modules():
        if not re.search(r"attn\d\.to_(q|k|v)$", name):
            continue
        down = torch.randn(rank, module.in_features, generator=generator)
        up = torch.randn(module.out_features, rank, generator=generator) * 0.2
        if kohya:
            stem = "lora_unet_" + name.replace(".", "_")
            tensors |= {f"{stem}.lora_down.weight": down, f"{stem}.lora_up.weight": up}
            tensors[f"{stem}.alpha"] = torch.tensor(float(rank))
        else:
            tensors |= {f"unet.{name}.lora_A.weight": down, f"unet.{name}.lora_B.weight": up}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def tiny_textual_inversion(
    path: Path, token: str = "<tiny-style>", family: str = "sd1", vectors: int = 1, seed: int = 0
) -> Path:
    """Learned vectors for :func:`tiny_sd`; with "sdxl" one tensor for each text encoder."""
    generator = torch.Generator().manual_seed(seed)
    names = ("clip_l", "clip_g") if family == "sdxl" else (token,)
    tensors = {
        name: torch.randn(vectors, width, generator=generator) for name, width in zip(names, TEXT_WIDTHS)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def tiny_ip_adapter(folder: Path, family: str = "sd1", seed: int = 0) -> Path:
    """An IP-Adapter in the layout of its repository: ``ip-adapter.safetensors`` and ``image_encoder/``."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(seed)
    embedding, tokens = 24, 4
    unet = tiny_unet(family=family)
    context = unet.config.cross_attention_dim
    tensors = {
        "image_proj.proj.weight": torch.randn(tokens * context, embedding) * 0.1,
        "image_proj.proj.bias": torch.zeros(tokens * context),
        "image_proj.norm.weight": torch.ones(context),
        "image_proj.norm.bias": torch.zeros(context),
    }
    modules = dict(unet.named_modules())
    for index, name in enumerate(name for name in unet.attn_processors if "attn2" in name):
        width = modules[name.removesuffix(".processor")].to_k.out_features
        for kind in ("to_k_ip", "to_v_ip"):
            tensors[f"ip_adapter.{2 * index + 1}.{kind}.weight"] = torch.randn(width, context) * 0.2
    folder.mkdir(parents=True)
    save_file({name: tensor.half() for name, tensor in tensors.items()}, folder / "ip-adapter.safetensors")
    config = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=16,
        projection_dim=embedding,
    )
    CLIPVisionModelWithProjection(config).half().save_pretrained(folder / "image_encoder")
    return folder


def original_unet(unet: nn.Module) -> dict[str, Tensor]:
    """The tensors of a U-Net under the names of the original code."""
    levels, layers = len(unet.config.block_out_channels), unet.config.layers_per_block  # type: ignore[union-attr]
    plain = {
        "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2",
        "add_embedding.linear_1": "label_emb.0.0",
        "add_embedding.linear_2": "label_emb.0.2",
        "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0",
        "conv_out": "out.2",
        "mid_block.resnets.0": "middle_block.0",
        "mid_block.attentions.0": "middle_block.1",
        "mid_block.resnets.1": "middle_block.2",
    }
    for level in range(levels):
        down, up = level * (layers + 1) + 1, level * (layers + 1)
        attention = hasattr(unet.up_blocks[level], "attentions")  # type: ignore[index]
        for layer in range(layers + 1):
            plain[f"down_blocks.{level}.resnets.{layer}"] = f"input_blocks.{down + layer}.0"
            plain[f"down_blocks.{level}.attentions.{layer}"] = f"input_blocks.{down + layer}.1"
            plain[f"up_blocks.{level}.resnets.{layer}"] = f"output_blocks.{up + layer}.0"
            plain[f"up_blocks.{level}.attentions.{layer}"] = f"output_blocks.{up + layer}.1"
        plain[f"down_blocks.{level}.downsamplers.0.conv"] = f"input_blocks.{down + layers}.0.op"
        last = f"output_blocks.{up + layers}.{2 if attention else 1}.conv"
        plain[f"up_blocks.{level}.upsamplers.0.conv"] = last
    inner = {
        "norm1": "in_layers.0",
        "conv1": "in_layers.2",
        "norm2": "out_layers.0",
        "conv2": "out_layers.3",
        "time_emb_proj": "emb_layers.1",
        "conv_shortcut": "skip_connection",
    }
    return _renamed(unet.state_dict(), plain, inner, only_inside="resnets")


def original_vae(vae: nn.Module) -> dict[str, Tensor]:
    """The tensors of an autoencoder under the names of the original code."""
    levels = len(vae.config.block_out_channels)  # type: ignore[union-attr]
    plain: dict[str, str] = {}
    for side in ("encoder", "decoder"):
        plain[f"{side}.conv_norm_out"] = f"{side}.norm_out"
        plain |= {f"{side}.mid_block.resnets.{i}": f"{side}.mid.block_{i + 1}" for i in (0, 1)}
        plain[f"{side}.mid_block.attentions.0"] = f"{side}.mid.attn_1"
    for level in range(levels):
        plain[f"encoder.down_blocks.{level}.resnets"] = f"encoder.down.{level}.block"
        plain[f"encoder.down_blocks.{level}.downsamplers.0"] = f"encoder.down.{level}.downsample"
        plain[f"decoder.up_blocks.{level}.resnets"] = f"decoder.up.{levels - 1 - level}.block"
        plain[f"decoder.up_blocks.{level}.upsamplers.0"] = f"decoder.up.{levels - 1 - level}.upsample"
    attention = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
    renamed = _renamed(vae.state_dict(), plain, {"conv_shortcut": "nin_shortcut"}, only_inside="resnets")
    result = {}
    for name, tensor in renamed.items():
        if ".attn_1." in name:
            for new, old in attention.items():
                name = name.replace(f".{new}.", f".{old}.")
            tensor = tensor[:, :, None, None] if tensor.ndim == 2 else tensor
        result[name] = tensor
    return result


def original_open_clip(encoder: nn.Module) -> dict[str, Tensor]:
    """The tensors of a text encoder under the names of OpenCLIP."""
    stored = {name.removeprefix("text_model."): tensor for name, tensor in encoder.state_dict().items()}
    names = {
        "embeddings.position_embedding.weight": "positional_embedding",
        "embeddings.token_embedding.weight": "token_embedding.weight",
        "final_layer_norm.weight": "ln_final.weight",
        "final_layer_norm.bias": "ln_final.bias",
    }
    result = {new: stored[old] for old, new in names.items()}
    result["text_projection"] = stored.get("text_projection.weight", torch.eye(encoder.config.hidden_size)).T
    for layer in range(1 + max(int(name.split(".")[2]) for name in stored if name.startswith("encoder."))):
        old, new = f"encoder.layers.{layer}.", f"transformer.resblocks.{layer}."
        pairs = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
        pairs["self_attn.out_proj"] = "attn.out_proj"
        for kind in ("weight", "bias"):
            result |= {f"{new}{b}.{kind}": stored[f"{old}{a}.{kind}"] for a, b in pairs.items()}
            parts = [stored[f"{old}self_attn.{letter}_proj.{kind}"] for letter in "qkv"]
            result[f"{new}attn.in_proj_{kind}"] = torch.cat(parts)
    return result


def clip_names(encoder: nn.Module) -> dict[str, Tensor]:
    """The tensors of a text encoder under the names that transformers used before its version 5.6."""
    return {f"text_model.{name.removeprefix('text_model.')}": t for name, t in encoder.state_dict().items()}


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file."""
    return load_file(path)


def _renamed(
    tensors: Mapping[str, Tensor], prefixes: Mapping[str, str], inner: Mapping[str, str], only_inside: str
) -> dict[str, Tensor]:
    result = {}
    for name, tensor in tensors.items():
        new = name
        for old in sorted(prefixes, key=len, reverse=True):
            if name.startswith(f"{old}."):
                new = prefixes[old] + name[len(old) :]
                break
        if f".{only_inside}." in name:
            for old, replacement in inner.items():
                new = new.replace(f".{old}.", f".{replacement}.")
        result[new] = tensor
    return result


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def _model_index(family: str, inpainting: bool, parts: Mapping[str, Any]) -> dict[str, Any]:
    stem = "StableDiffusionXL" if family == "sdxl" else "StableDiffusion"
    scheduler = type(tiny_scheduler(family)).__name__
    index: dict[str, Any] = {
        "_class_name": f"{stem}{'Inpaint' if inpainting else ''}Pipeline",
        "_diffusers_version": "0.35.0",
        "scheduler": ["diffusers", scheduler],
        "tokenizer": ["transformers", "CLIPTokenizer"],
    }
    for name, part in parts.items():
        library = "transformers" if "encoder" in name else "diffusers"
        index[name] = [library, type(part).__name__]
    if family == "sdxl":
        return index | {
            "tokenizer_2": ["transformers", "CLIPTokenizer"],
            "force_zeros_for_empty_prompt": True,
        }
    missing = {name: [None, None] for name in ("safety_checker", "feature_extractor")}
    return index | missing | {"requires_safety_checker": False}
