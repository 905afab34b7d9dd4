"""Load Swin weights of timm into the style encoder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.identity import PICKLED, refuse_pickled
from imagest_core.models.imagest.style_swin import DEVIATION, StyleSwinEncoder, deviation_table

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Normalisation of the pictures that timm's Swin models read."""
TABLE = "relative_position_bias_table"
_UNUSED = re.compile(r"head\..*|.*\.relative_position_index|.*\.attn_mask")
_DOWNSAMPLE = re.compile(r"layers\.(\d+)\.downsample\.")


def load_timm_swin(encoder: StyleSwinEncoder, path: Path) -> None:
    """Load a safetensors file with the names of timm's ``SwinTransformer`` into ``encoder``.

    The classifier is left out, relative position tables are converted where the encoder has deviation
    tables, and the normalisation is folded into the patch embedding, since the encoder reads pictures in
    −1…1. Raises :class:`ModelError` if a tensor is missing or has another shape.
    """
    if path.suffix.lower() in PICKLED:
        refuse_pickled(path)
    try:
        stored = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(
            Message("{path} can't be read as safetensors ({reason}).", path=path.name, reason=error)
        ) from error
    tensors = _renamed(
        {name: tensor.float() for name, tensor in stored.items() if tensor.is_floating_point()}
    )
    if encoder.config.position == DEVIATION:
        _fold_tables(encoder, tensors)
    expected = {name: tensor.shape for name, tensor in encoder.swin.state_dict().items()}
    for name, shape in expected.items():
        if name not in tensors or tensors[name].shape != shape or not torch.isfinite(tensors[name]).all():
            raise ModelError(
                Message(
                    "{path} holds no Swin transformer of the style encoder's size (at {name}); the paper's "
                    "is timm's swin_small_patch4_window7_224.",
                    path=path.name,
                    name=name,
                )
            )
    _fold_normalisation(tensors)
    encoder.swin.load_state_dict({name: tensors[name] for name in expected})


def _renamed(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors under timm's present names; earlier ones merged patches at the end of a stage."""
    tensors = {name: tensor for name, tensor in stored.items() if not _UNUSED.fullmatch(name)}
    if not any(name.startswith("layers.0.downsample.") for name in tensors):
        return tensors
    return {
        _DOWNSAMPLE.sub(lambda found: f"layers.{int(found[1]) + 1}.downsample.", name): tensor
        for name, tensor in tensors.items()
    }


def _fold_tables(encoder: StyleSwinEncoder, tensors: dict[str, Tensor]) -> None:
    for name, tensor in encoder.swin.state_dict().items():
        if not name.endswith(TABLE) or name not in tensors or tensors[name].shape == tensor.shape:
            continue
        side = round(len(tensor) ** 0.5)
        if len(tensors[name]) == (2 * side - 1) ** 2:
            tensors[name] = deviation_table(tensors[name], side, side)


def _fold_normalisation(tensors: dict[str, Tensor]) -> None:
    """Turn weights for (p − mean) / std with p in 0…1 into weights for 2 p − 1."""
    weight, bias = tensors["patch_embed.proj.weight"], tensors["patch_embed.proj.bias"]
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    tensors["patch_embed.proj.bias"] = bias + (weight * (0.5 - mean) / std).sum((1, 2, 3))
    tensors["patch_embed.proj.weight"] = weight / (2 * std)
