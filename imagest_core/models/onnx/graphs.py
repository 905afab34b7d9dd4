"""The graphs of a network and the manifest that describes them; needs neither torch nor onnx.

A graph holds the arithmetic. Its weights stay in the safetensors files of the model, so nothing is
stored twice, and every Imagest network of the embedded one's sizes runs with the graphs that ship with the
program.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.description import Description
from imagest_core.models.onnx.stored_fields import check_fields
from imagest_core.models.validation import read_json
from imagest_core.painting.outputs import check_regular_file
from imagest_core.printable import json_text
from resources import resource

FORMAT = 1
MANIFEST = "onnx.json"
FOLDER = "onnx"
"""Folder of the graphs inside a model's folder."""
STYLE, ENCODER, DECODER, UNET = "style", "encoder", "decoder", "unet"
GRAPHS = (STYLE, ENCODER, UNET, DECODER)
INPUTS: Mapping[str, tuple[str, ...]] = {
    STYLE: ("pictures",),
    ENCODER: ("images", "masks"),
    UNET: ("latents", "inside", "known", "timesteps", "tokens", "strength"),
    DECODER: ("latents", "inside", "images", "masks"),
}
OUTPUTS: Mapping[str, tuple[str, ...]] = {
    STYLE: ("tokens",),
    ENCODER: ("latents", "inside"),
    UNET: ("velocity",),
    DECODER: ("filled",),
}
LATENT_SCALE = "autoencoder.latent_scale"
"""The one weight that is part of the configuration instead of a safetensors file."""
INSIDE, BESIDE = "inside", "safetensors"
"""Where the weights are: in the graphs, or in the model's own files."""


@dataclass(frozen=True)
class Graph:
    """One file: its hash, the names of its inputs and outputs, and its weights with their shapes.

    ``check``: how it was compared with torch.
    """

    sha256: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    check: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """The contents of ``onnx.json``: which model in which form, and one :class:`Graph` for each part."""

    model: str
    title: str
    weights_sha256: str
    network: Mapping[str, Any]
    precision: str
    weights: str
    opset: int
    made_with: Mapping[str, str]
    graphs: Mapping[str, Graph]
    format: int = FORMAT

    def to_text(self) -> str:
        """Return JSON."""
        return json_text(asdict(self), indent=1, sort_keys=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of ``folder``; raises :class:`ModelError` if it can't be used."""
    path = folder / MANIFEST
    try:
        return _manifest(read_json(path))
    except (ValueError, OSError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        raise ModelError(
            Message(
                "{path} can't be understood as a list of ONNX graphs ({reason}): {advice}.",
                path=path,
                reason=reason,
                advice=advice(folder),
            )
        ) from error


def advice(folder: Path) -> Message:
    """Return how to get intact graphs in ``folder``, as a clause."""
    if folder == resource("models", "embedded") / FOLDER:
        return Message("install the program again")
    return Message("export the graphs again with imagest models export-onnx")


def _manifest(stored: Any) -> Manifest:
    """Return the manifest after checking all types; raises ``ValueError``."""
    stored = check_fields(stored, Manifest, FORMAT)
    graphs = {part: _graph(part, stored["graphs"].get(part)) for part in GRAPHS}
    return Manifest(**{**stored, "graphs": graphs})


def _graph(part: str, stored: Any) -> Graph:
    if not isinstance(stored, dict):
        raise ValueError(f"it describes no graph {part}")
    sha256, weights, check = stored.get("sha256"), stored.get("weights"), stored.get("check", {})
    if not isinstance(sha256, str) or len(sha256) != 64:
        raise ValueError(f"the sha256 of {part} must be a SHA-256 hash")
    if not isinstance(weights, dict) or not isinstance(check, dict):
        raise ValueError(f"weights and check of {part} must be objects with names and values")
    for name, shape in weights.items():
        if not isinstance(shape, list) or not all(type(side) is int and side >= 0 for side in shape):
            raise ValueError(f"the shape of {name} must be a list of whole numbers")
    if stored.get("inputs") != list(INPUTS[part]) or stored.get("outputs") != list(OUTPUTS[part]):
        raise ValueError(f"the graph {part} has other inputs or outputs than this version uses")
    shapes = {name: tuple(shape) for name, shape in weights.items()}
    return Graph(sha256, INPUTS[part], OUTPUTS[part], shapes, dict(check))


def find_graphs(folder: Path, description: Description) -> tuple[Path, Manifest]:
    """Return the folder of the graphs for a model and their manifest.

    Those beside its weights come first, then those of the embedded model if the sizes are the same. Raises
    :class:`ModelError` if there are none.
    """
    for place in (folder / FOLDER, resource("models", "embedded") / FOLDER):
        if not (place / MANIFEST).is_file():
            continue
        manifest = read_manifest(place)
        if manifest.weights == BESIDE and manifest.network == description.network:
            return place, manifest
    raise ModelError(
        Message(
            "The model {name} has other sizes than the embedded one, and no ONNX graphs: make them where"
            " torch is installed, with imagest models export-onnx {name} --graphs-only -o {folder}.",
            name=description.name,
            folder=folder / FOLDER,
        )
    )


def read_graph(folder: Path, part: str, manifest: Manifest) -> bytes:
    """Return the bytes of one graph; raises :class:`ModelError` unless they have the manifest's hash."""
    path = folder / f"{part}.onnx"
    check_regular_file(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise ModelError(
            Message(
                "{path} can't be read ({reason}): {advice}.", path=path, reason=reason, advice=advice(folder)
            )
        ) from error
    if hashlib.sha256(content).hexdigest() != manifest.graphs[part].sha256:
        raise ModelError(
            Message("{path} was changed after it was exported: {advice}.", path=path, advice=advice(folder))
        )
    return content


def foreign_graph(folder: Path, part: str) -> Message:
    """Return the error for a graph that ONNX Runtime can't use, or that isn't ``part`` of a network."""
    return Message(
        "{path} isn't a graph of the Imagest network that ONNX Runtime can use: {advice}.",
        path=folder / f"{part}.onnx",
        advice=advice(folder),
    )


class Weights:
    """The weights of a model's safetensors files as float32, by the names that graphs use."""

    def __init__(self, folder: Path, description: Description) -> None:
        self._folder, self._description = folder, description
        self._parts: dict[str, dict[str, NDArray[Any]]] = {}

    def get(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return one weight; raises :class:`ModelError` unless it exists, has ``shape`` and is finite."""
        found = self._found(name)
        if found is None or found.shape != shape:
            raise ModelError(
                Message(
                    "The model {folder} doesn't fit its ONNX graphs: {name} is missing or of another shape.",
                    folder=self._folder.name,
                    name=name,
                )
            )
        weight = np.ascontiguousarray(found, np.float32)
        if not math.isfinite(float(weight.sum())) and not np.isfinite(weight).all():
            raise ModelError(
                Message(
                    "{path}: the tensor {name} has values that aren't finite.",
                    path=self._folder.name,
                    name=name,
                )
            )
        return weight

    def _found(self, name: str) -> NDArray[Any] | None:
        if name == LATENT_SCALE:
            scale = self._description.network["autoencoder"]["latent_scale"]
            return np.array(scale, np.float32).reshape(1, -1, 1, 1)
        part, _, own = name.partition(".")
        if part not in self._parts:
            self._parts[part] = self._read(part)
        return self._parts[part].get(own)

    def _read(self, part: str) -> dict[str, NDArray[Any]]:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self._folder / f"{part}.safetensors"
        try:
            return load_file(path)
        except (SafetensorError, OSError, TypeError, ValueError, KeyError) as error:
            raise ModelError(
                Message("{path} can't be read as safetensors ({reason}).", path=path.name, reason=error)
            ) from error
