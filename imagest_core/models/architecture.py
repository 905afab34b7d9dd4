"""Sizes of Stable Diffusion networks, derived from the shapes of the tensors in the original layout.

The results override values of diffusers' configuration, so that models of any width load.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]
Overrides = dict[str, Any]

HEAD = 64
"""Channels of an attention head in the text encoders, and in the U-Nets of Stable Diffusion 2 and XL."""


def below(shapes: Shapes, prefix: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes whose names start with ``prefix``, without it."""
    return {name[len(prefix) :]: shape for name, shape in shapes.items() if name.startswith(prefix)}


def count(shapes: Shapes, pattern: str) -> int:
    """Return one more than the largest number that the group of ``pattern`` matches at the start of names."""
    matcher = re.compile(pattern)
    return max((int(match[1]) + 1 for name in shapes if (match := matcher.match(name))), default=0)


def unet_sizes(shapes: Shapes, heads: int = 0) -> Overrides:
    """Return the configuration of a U-Net; ``heads`` is 0 if heads have 64 channels.

    Raises ``ValueError`` and ``KeyError`` if the network has another structure.
    """
    blocks = count(shapes, r"input_blocks\.(\d+)\.")
    halvings = [n for n in range(blocks) if f"input_blocks.{n}.0.op.weight" in shapes]
    layers = (halvings[0] if halvings else blocks) - 1
    if layers < 1 or halvings != [(layers + 1) * (n + 1) for n in range(len(halvings))]:
        raise ValueError("its levels differ in depth")
    firsts = [level * (layers + 1) + 1 for level in range(len(halvings) + 1)]
    channels = [shapes[f"input_blocks.{n}.0.out_layers.3.weight"][0] for n in firsts]
    depths = [count(shapes, rf"input_blocks\.{n}\.1\.transformer_blocks\.(\d+)\.") for n in firsts]
    _check_decoder(shapes, depths, layers)
    first = next(n for n, depth in zip(firsts, depths) if depth)
    attention = f"input_blocks.{first}.1"
    result: Overrides = {
        "in_channels": shapes["input_blocks.0.0.weight"][1],
        "out_channels": shapes["out.2.weight"][0],
        "block_out_channels": channels,
        "layers_per_block": layers,
        "down_block_types": ["CrossAttnDownBlock2D" if depth else "DownBlock2D" for depth in depths],
        "up_block_types": ["CrossAttnUpBlock2D" if depth else "UpBlock2D" for depth in reversed(depths)],
        "cross_attention_dim": shapes[f"{attention}.transformer_blocks.0.attn2.to_k.weight"][1],
        "attention_head_dim": heads or [max(1, width // HEAD) for width in channels],
        "use_linear_projection": len(shapes[f"{attention}.proj_in.weight"]) == 2,
        "transformer_layers_per_block": [depth or 1 for depth in depths],
    }
    if "label_emb.0.0.weight" in shapes:
        result["projection_class_embeddings_input_dim"] = shapes["label_emb.0.0.weight"][1]
    return result


def _check_decoder(shapes: Shapes, depths: list[int], layers: int) -> None:
    middle = count(shapes, r"middle_block\.1\.transformer_blocks\.(\d+)\.")
    ups = [
        count(shapes, rf"output_blocks\.{level * (layers + 1)}\.1\.transformer_blocks\.(\d+)\.")
        for level in range(len(depths))
    ]
    if not any(depths) or middle != (depths[-1] or 1) or ups != depths[::-1]:
        raise ValueError("its decoder differs from its encoder")


def vae_sizes(shapes: Shapes) -> Overrides:
    """Return the configuration of an autoencoder."""
    levels = count(shapes, r"encoder\.down\.(\d+)\.")
    return {
        "block_out_channels": [shapes[f"encoder.down.{n}.block.0.conv1.weight"][0] for n in range(levels)],
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "layers_per_block": count(shapes, r"encoder\.down\.0\.block\.(\d+)\."),
        "latent_channels": shapes["decoder.conv_in.weight"][1],
    }


def clip_sizes(shapes: Shapes) -> Overrides:
    """Return the configuration of OpenAI's text encoder, under the names of transformers."""
    vocabulary, width = shapes["text_model.embeddings.token_embedding.weight"]
    return _text_sizes(
        vocabulary,
        width,
        positions=shapes["text_model.embeddings.position_embedding.weight"][0],
        layers=count(shapes, r"text_model\.encoder\.layers\.(\d+)\."),
        inner=shapes["text_model.encoder.layers.0.mlp.fc1.weight"][0],
    )


def open_clip_sizes(shapes: Shapes, last: int = 0) -> Overrides:
    """Return the configuration of an OpenCLIP text encoder with at most ``last`` layers, if not 0."""
    vocabulary, width = shapes["token_embedding.weight"]
    layers = count(shapes, r"transformer\.resblocks\.(\d+)\.")
    return _text_sizes(
        vocabulary,
        width,
        positions=shapes["positional_embedding"][0],
        layers=min(layers, last or layers),
        inner=shapes["transformer.resblocks.0.mlp.c_fc.weight"][0],
    )


def _text_sizes(vocabulary: int, width: int, *, positions: int, layers: int, inner: int) -> Overrides:
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": inner,
        "max_position_embeddings": positions,
        "num_attention_heads": max(1, width // HEAD),
        "num_hidden_layers": layers,
    }
