"""Diffusion transformers of the real classes at toy size, as hub folders of diffusers' pipelines."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from imagest_core.models.clip_tokenizer import END, write_tokenizer

LATENT_CHANNELS = 16
VAE_CHANNELS = (32, 32)
"""Two levels: the latent factor is 2."""
T5_WIDTH = 16
CLIP_WIDTH = 16


def tiny_sd3(folder: Path, seed: int = 0) -> Path:
    """Stable Diffusion 3: three text encoders, the third missing, as many folders have it."""
    from diffusers import SD3Transformer2DModel

    torch.manual_seed(seed)
    transformer = SD3Transformer2DModel(
        sample_size=32,
        patch_size=2,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=32,
        joint_attention_dim=2 * CLIP_WIDTH,
        pooled_projection_dim=2 * CLIP_WIDTH,
        pos_embed_max_size=64,
    )
    parts = {"transformer": transformer, "vae": _autoencoder()}
    parts |= {name: _clip(projected=True) for name in ("text_encoder", "text_encoder_2")}
    return _saved(folder, "StableDiffusion3Pipeline", parts, absent=("text_encoder_3", "tokenizer_3"))


def tiny_flux(folder: Path, seed: int = 0, fill: bool = False) -> Path:
    """FLUX.1: with ``fill`` the transformer reads noisy latents, masked latents and the mask, all packed."""
    from diffusers import FluxTransformer2DModel

    torch.manual_seed(seed)
    packed = 4 * LATENT_CHANNELS
    mask = 4 * (2 ** (len(VAE_CHANNELS) - 1)) ** 2
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=2 * packed + mask if fill else packed,
        out_channels=packed,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=T5_WIDTH,
        pooled_projection_dim=CLIP_WIDTH,
        guidance_embeds=True,
        axes_dims_rope=(4, 6, 6),
    )
    parts = {
        "transformer": transformer,
        "vae": _autoencoder(),
        "text_encoder": _clip(),
        "text_encoder_2": _t5(),
    }
    return _saved(folder, "FluxFillPipeline" if fill else "FluxPipeline", parts, t5=("tokenizer_2",))


def tiny_flux_fill(folder: Path, seed: int = 0) -> Path:
    """FLUX.1 Fill."""
    return tiny_flux(folder, seed, fill=True)


def tiny_chroma(folder: Path, seed: int = 0) -> Path:
    """Chroma: one T5 encoder, guidance by a negative prompt."""
    from diffusers import ChromaTransformer2DModel

    torch.manual_seed(seed)
    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # its own import is deprecated
        transformer = ChromaTransformer2DModel(
            patch_size=1,
            in_channels=4 * LATENT_CHANNELS,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=T5_WIDTH,
            axes_dims_rope=(4, 6, 6),
            approximator_num_channels=8,
            approximator_hidden_dim=16,
            approximator_layers=1,
        )
    parts = {"transformer": transformer, "vae": _autoencoder(), "text_encoder": _t5()}
    return _saved(folder, "ChromaPipeline", parts, t5=("tokenizer",))


def _autoencoder() -> Any:
    from diffusers import AutoencoderKL

    levels = len(VAE_CHANNELS)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=VAE_CHANNELS,
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        sample_size=64,
        scaling_factor=1.5,
        shift_factor=0.06,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def _clip(projected: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=49408,
        hidden_size=CLIP_WIDTH,
        intermediate_size=CLIP_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=1,
        max_position_embeddings=77,
        projection_dim=CLIP_WIDTH,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=1,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config)


def _t5() -> Any:
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        vocab_size=512, d_model=T5_WIDTH, d_kv=8, d_ff=16, num_layers=1, num_heads=2, dropout_rate=0.0
    )
    return T5EncoderModel(config)


def _write_t5_tokenizer(folder: Path) -> None:
    """A vocabulary of single letters."""
    from transformers import T5Tokenizer

    letters = ["▁", *(chr(code) for code in range(33, 127))]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((letter, -1.0) for letter in letters)]
    T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=16).save_pretrained(folder)


def _saved(
    folder: Path,
    pipeline: str,
    parts: Mapping[str, Any],
    t5: tuple[str, ...] = (),
    absent: tuple[str, ...] = (),
) -> Path:
    from diffusers import FlowMatchEulerDiscreteScheduler

    folder.mkdir(parents=True)
    index: dict[str, Any] = {"_class_name": pipeline, "_diffusers_version": "0.35.0"}
    for name, part in parts.items():
        part.eval().half().save_pretrained(folder / name)
        library = "transformers" if name.startswith("text_encoder") else "diffusers"
        index[name] = [library, type(part).__name__]
        if library == "transformers":
            tokenizer = name.replace("text_encoder", "tokenizer")
            spiece = tokenizer in t5
            index[tokenizer] = ["transformers", "T5TokenizerFast" if spiece else "CLIPTokenizer"]
            if spiece:
                _write_t5_tokenizer(folder / tokenizer)
            else:
                write_tokenizer(folder / tokenizer, END)
    FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(folder / "scheduler")
    index["scheduler"] = ["diffusers", "FlowMatchEulerDiscreteScheduler"]
    index |= {name: [None, None] for name in absent}
    (folder / "model_index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
    return folder
