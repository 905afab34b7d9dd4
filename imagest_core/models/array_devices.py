"""NumPy arrays and torch tensors side by side: where an array lives, and how to get one there.

A ``device`` of None stands for NumPy, which needs no torch; anything else is a torch device.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any
"""A NumPy array or a torch tensor."""


def on_device(device: Any, array: NDArray[Any]) -> Array:
    """Return ``array`` itself without a ``device``, else a torch tensor there."""
    if device is None:
        return array
    import torch

    return torch.from_numpy(np.ascontiguousarray(array)).to(device)


def device_of(array: Array) -> Any:
    """Return the torch device of ``array``, None for a NumPy array."""
    return None if isinstance(array, np.ndarray) else array.device


def on_like(array: Array, values: NDArray[Any]) -> Array:
    """Return ``values`` as an array of the same kind, on the same device, as ``array``."""
    return on_device(device_of(array), values)


def move_to(array: Array, other: Array) -> Array:
    """Return ``array`` with the device and number type of ``other``, which is of the same kind."""
    return array.astype(other.dtype) if isinstance(array, np.ndarray) else array.to(other)


def to_numpy(array: Array) -> NDArray[Any]:
    """Return ``array`` in NumPy."""
    return array if isinstance(array, np.ndarray) else array.cpu().numpy()


def is_cuda(device: Any) -> bool:
    """Whether ``device`` is a GPU that torch runs."""
    return device is not None and device.type == "cuda"


def inference(device: Any, *, enabled: bool = True) -> AbstractContextManager[Any]:
    """Return torch's context without gradients, or out of it; nothing without a ``device``."""
    if device is None:
        return nullcontext()
    import torch

    return torch.inference_mode(enabled)
