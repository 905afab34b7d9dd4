"""Save and load networks as safetensors; every tensor is checked."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.description import (
    Description,
    check_files,
    read_description,
    write_description,
)
from imagest_core.models.file_hash import file_hash
from imagest_core.models.imagest.network import ImagestNetwork, NetworkConfig
from imagest_core.painting.atomic import new_folder
from imagest_core.progress import Progress

FLOATS = ("F16", "BF16", "F32", "F64")
"""Types of stored weights, in the names of safetensors."""


@dataclass(frozen=True)
class Checkpoint:
    """A loaded network (float32, evaluation mode) and its description."""

    network: ImagestNetwork
    description: Description


def save_checkpoint(
    folder: Path,
    network: ImagestNetwork,
    *,
    name: str,
    title: str,
    training: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    licence: str = "",
    dtype: torch.dtype = torch.float16,
) -> Description:
    """Write a checkpoint to a new ``folder``, completely or not at all.

    Raises :class:`OutputError` if ``folder`` exists or can't be written.
    """
    with new_folder(folder) as inside:
        for part, module in network.parts.items():
            tensors = module.state_dict()
            stored = {k: v.to(dtype).contiguous() for k, v in tensors.items()}
            save_file(stored, inside / f"{part}.safetensors")
            (inside / f"{part}.safetensors").chmod(0o644)  # safetensors restricts access to the owner
        description = Description(
            name=name,
            title=title,
            network=network.config.to_json(),
            files={path.name: file_hash(path) for path in sorted(inside.iterdir())},
            training=dict(training or {}),
            metrics=dict(metrics or {}),
            licence=licence,
        )
        write_description(inside, description)
    return description


def load_checkpoint(folder: Path, progress: Progress | None = None) -> Checkpoint:
    """Load a network onto the CPU in float32.

    Raises :class:`ModelError` for missing, additional, modified or wrongly shaped tensors. Checks for
    cancellation between the parts.
    """
    progress = progress or Progress()
    description = read_description(folder)
    check_files(folder, description, progress)
    config = _buildable(folder, description)
    network = ImagestNetwork(config)
    for part, module in network.parts.items():
        progress.check()
        load_exactly(module, folder / f"{part}.safetensors")
    return Checkpoint(network.eval().requires_grad_(False), description)


def _buildable(folder: Path, description: Description) -> NetworkConfig:
    """Return the network's sizes, checked against the shapes of its weights without allocating them."""
    try:
        config = NetworkConfig.from_json(description.network)
        with torch.device("meta"):
            outline = ImagestNetwork(config)
    except Exception as error:  # constructors raise arbitrary errors for inconsistent sizes
        raise ModelError(
            Message(
                "The model {folder} describes a network this version can't build ({reason}).",
                folder=folder.name,
                reason=_first_line(error),
            )
        ) from error
    for part, module in outline.parts.items():
        check_outline(module, folder / f"{part}.safetensors")
    return config


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def check_outline(module: nn.Module, path: Path) -> None:
    """Raise :class:`ModelError` unless the header of a safetensors file matches ``module``."""
    try:
        with safe_open(path, "pt") as stored:
            slices = {name: stored.get_slice(name) for name in stored.keys()}  # noqa: SIM118 - no mapping
            shapes = {name: tuple(tensor.get_shape()) for name, tensor in slices.items()}
            kinds = {name: str(tensor.get_dtype()) for name, tensor in slices.items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(
            Message("{path} can't be read as safetensors ({reason}).", path=path.name, reason=error)
        ) from error
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    _check_names(path, expected.keys(), shapes.keys())
    for name, shape in shapes.items():
        if shape != expected[name]:
            raise ModelError(
                Message(
                    "{path}: the tensor {name} has the shape {shape} instead of {expected}.",
                    path=path.name,
                    name=name,
                    shape=shape,
                    expected=expected[name],
                )
            )
        if kinds[name] not in FLOATS:
            raise ModelError(
                Message(
                    "{path}: the tensor {name} is of the type {kinds}, not a float.",
                    path=path.name,
                    name=name,
                    kinds=kinds[name],
                )
            )


def _check_names(path: Path, expected: Set[str], stored: Set[str]) -> None:
    if lacking := sorted(expected - stored):
        raise ModelError(
            Message(
                "{path} lacks the tensor {name} ({count} in all).",
                path=path.name,
                name=lacking[0],
                count=len(lacking),
            )
        )
    if extra := sorted(stored - expected):
        raise ModelError(
            Message(
                "{path} has an unexpected tensor: {name} ({count} in all).",
                path=path.name,
                name=extra[0],
                count=len(extra),
            )
        )


def load_exactly(module: nn.Module, path: Path) -> None:
    """Load a safetensors file into ``module``; raises :class:`ModelError` if a tensor doesn't match."""
    try:
        stored = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(
            Message("{path} can't be read as safetensors ({reason}).", path=path.name, reason=error)
        ) from error
    expected: dict[str, Tensor] = module.state_dict()
    _check_names(path, expected.keys(), stored.keys())
    for name, tensor in stored.items():
        if tensor.shape != expected[name].shape:
            shapes = f"{tuple(tensor.shape)} instead of {tuple(expected[name].shape)}"
            raise ModelError(
                Message(
                    "{path}: the tensor {name} has the shape {shapes}.",
                    path=path.name,
                    name=name,
                    shapes=shapes,
                )
            )
        if not torch.isfinite(tensor).all():
            raise ModelError(
                Message("{path}: the tensor {name} has values that aren't finite.", path=path.name, name=name)
            )
    module.load_state_dict({k: v.to(expected[k].dtype) for k, v in stored.items()})
