"""BLIP and CLIP of the real classes at toy size, as folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from imagest_core.models.clip_tokenizer import write_tokenizer

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "painting", "of", "boats", "trees", "sky")


def tiny_blip(folder: Path, seed: int = 0) -> Path:
    """A captioning model with eleven words."""
    from transformers import BlipConfig, BlipForConditionalGeneration, BlipTextConfig, BlipVisionConfig

    torch.manual_seed(seed)
    common: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    text = BlipTextConfig(
        vocab_size=len(WORDS),
        num_attention_heads=2,
        encoder_hidden_size=16,
        bos_token_id=2,
        eos_token_id=3,
        sep_token_id=3,
        pad_token_id=0,
        **common,
    )
    vision = BlipVisionConfig(num_attention_heads=2, image_size=32, patch_size=16, **common)
    config = BlipConfig(text_config=text.to_dict(), vision_config=vision.to_dict())
    BlipForConditionalGeneration(config).save_pretrained(folder, safe_serialization=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    return folder


def tiny_clip(folder: Path, seed: int = 0) -> Path:
    """A model of pictures and text with CLIP's real vocabulary."""
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(seed)
    small: dict[str, Any] = {
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
    }
    text = small | {"vocab_size": 49408, "bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407}
    vision = small | {"image_size": 32, "patch_size": 16}
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=4)).save_pretrained(
        folder, safe_serialization=True
    )
    write_tokenizer(folder)
    return folder
