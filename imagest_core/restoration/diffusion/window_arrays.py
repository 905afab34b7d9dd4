"""Padding, pooling and enlarging of batches (n, c, h, w), in NumPy and in torch alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.models.array_devices import Array


def pad(batch: Array, down: int, right: int, *, edge: bool) -> Array:
    """Extend below and to the right: by the ``edge``, else by zeros."""
    if isinstance(batch, np.ndarray):
        width = ((0, 0), (0, 0), (0, down), (0, right))
        return np.pad(batch, width, mode="edge" if edge else "constant")
    from torch.nn import functional

    return functional.pad(batch, (0, right, 0, down), mode="replicate" if edge else "constant")


def mean_pool(batch: Array, side: int) -> Array:
    """Mean of blocks of ``side`` × ``side`` samples; those at the edge may be smaller."""
    if isinstance(batch, np.ndarray):
        return np.asarray(_pooled(batch, side, np.nan, np.nanmean), np.float32)
    from torch.nn import functional

    return functional.avg_pool2d(batch, side, ceil_mode=True, count_include_pad=False)


def max_pool(batch: Array, side: int) -> Array:
    """Maximum of blocks of ``side`` × ``side`` samples; those at the edge may be smaller."""
    if isinstance(batch, np.ndarray):
        return _pooled(batch, side, -np.inf, np.max)
    from torch.nn import functional

    return functional.max_pool2d(batch, side, ceil_mode=True)


def _pooled(batch: NDArray[Any], side: int, filler: float, reduce: Callable[..., Any]) -> NDArray[Any]:
    down, right = -batch.shape[2] % side, -batch.shape[3] % side
    padded = np.pad(batch, ((0, 0), (0, 0), (0, down), (0, right)), constant_values=filler)
    n, c, height, width = padded.shape
    blocks = padded.reshape(n, c, height // side, side, width // side, side)
    return np.asarray(reduce(blocks, axis=(3, 5)))


def enlarge(batch: Array, scale: int) -> Array:
    """Bilinear interpolation to ``scale`` times the size."""
    if isinstance(batch, np.ndarray):
        size = batch.shape[3] * scale, batch.shape[2] * scale
        planes = batch.reshape(-1, *batch.shape[2:])
        large = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in planes]
        return np.stack(large).reshape(*batch.shape[:2], size[1], size[0])
    from torch.nn import functional

    return functional.interpolate(batch, scale_factor=scale, mode="bilinear")


def channels_last(batch: Array) -> Array:
    """Return a torch tensor with its channels last in memory, which convolutions prefer; NumPy unchanged."""
    if isinstance(batch, np.ndarray):
        return batch
    import torch

    return batch.contiguous(memory_format=torch.channels_last)


def stacked(arrays: Sequence[Array]) -> Array:
    """Return arrays of one shape as a batch."""
    if isinstance(arrays[0], np.ndarray):
        return np.stack(arrays)
    import torch

    return torch.stack(list(arrays))
