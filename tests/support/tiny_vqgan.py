"""A VQGAN and an Amused pipeline of the real classes at toy size, as folders in diffusers' format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from imagest_core.models.clip_tokenizer import END, write_tokenizer

CODES = 32
WIDTH = 16


def tiny_vq(folder: Path, seed: int = 0) -> Path:
    """A VQGAN alone, with a latent factor of 4."""
    torch.manual_seed(seed)
    _vq().half().save_pretrained(folder)
    return folder


def tiny_amused(folder: Path, seed: int = 0) -> Path:
    """A masked transformer over a VQGAN."""
    from diffusers import AmusedScheduler, UVit2DModel
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    torch.manual_seed(seed)
    text = CLIPTextConfig(
        vocab_size=49408,
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=1,
        max_position_embeddings=77,
        projection_dim=WIDTH,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=1,
    )
    transformer = UVit2DModel(
        hidden_size=WIDTH,
        cond_embed_dim=WIDTH,
        micro_cond_encode_dim=8,
        micro_cond_embed_dim=5 * 8,
        encoder_hidden_size=WIDTH,
        vocab_size=CODES + 1,
        codebook_size=CODES,
        in_channels=WIDTH,
        block_out_channels=WIDTH,
        num_res_blocks=1,
        block_num_heads=1,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=WIDTH,
        sample_size=16,
    )
    parts: dict[str, Any] = {
        "vqvae": _vq(),
        "text_encoder": CLIPTextModelWithProjection(text),
        "transformer": transformer,
    }
    folder.mkdir(parents=True)
    for name, part in parts.items():
        part.eval().save_pretrained(folder / name)
    AmusedScheduler(mask_token_id=CODES).save_pretrained(folder / "scheduler")
    write_tokenizer(folder / "tokenizer", END)
    index = {
        "_class_name": "AmusedPipeline",
        "_diffusers_version": "0.35.0",
        "scheduler": ["diffusers", "AmusedScheduler"],
        "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "transformer": ["diffusers", "UVit2DModel"],
        "vqvae": ["diffusers", "VQModel"],
    }
    (folder / "model_index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
    return folder


def _vq() -> Any:
    from diffusers import VQModel

    levels = 3
    return VQModel(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=(32,) * levels,
        layers_per_block=1,
        latent_channels=4,
        vq_embed_dim=4,
        num_vq_embeddings=CODES,
        norm_num_groups=32,
        lookup_from_codebook=True,
        force_upcast=True,
    ).eval()
