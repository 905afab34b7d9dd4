"""Weights as bytes: whole numbers and a scale for each output channel, half the size of float16."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

SCALE = "|scale"
"""A tensor kept as bytes has a second one beside it under its name and this."""
LEVELS = 127
SMALLEST = 1024
"""Numbers in the smallest tensor that is worth it."""


def in_bytes(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The large tensors of two dimensions and more as int8 (c, …) and their scales (c,), float32."""
    stored: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dim() < 2 or tensor.numel() < SMALLEST:
            stored[name] = tensor
            continue
        rows = tensor.float().flatten(1)
        scale = (rows.abs().amax(1) / LEVELS).clamp(min=torch.finfo(torch.float32).tiny)
        stored[name] = (rows / scale[:, None]).round().to(torch.int8).reshape(tensor.shape)
        stored[name + SCALE] = scale
    return stored


def out_of_bytes(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The opposite of :func:`in_bytes`, as far as bytes can tell; what has no fitting scale stays."""
    tensors = dict(stored)
    for name, tensor in stored.items():
        scale = stored.get(name + SCALE)
        if scale is not None and scale.shape == tensor.shape[:1]:
            tensors[name] = (tensor.float().flatten(1) * scale[:, None]).reshape(tensor.shape)
            del tensors[name + SCALE]
    return tensors
