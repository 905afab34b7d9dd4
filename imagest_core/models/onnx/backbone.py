"""The Imagest network as a backbone on ONNX Runtime, with NumPy arrays instead of tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import ModelError
from imagest_core.models.backbone import Capability, ConditionInputs, EncodedWindows
from imagest_core.models.cache import loaded_models
from imagest_core.models.description import Description, check_files, read_description
from imagest_core.models.onnx.graphs import (
    DECODER,
    ENCODER,
    GRAPHS,
    INPUTS,
    OUTPUTS,
    STYLE,
    UNET,
    Weights,
    find_graphs,
    foreign_graph,
    read_graph,
)
from imagest_core.models.onnx.providers import NAMES, choose_provider, open_session, refused
from imagest_core.models.schedule import cosine_schedule
from imagest_core.progress import Progress

WORKING_SIZE = 256
LATENT_FACTOR = 4
BYTES_PER_PIXEL = 6400
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LoadedGraphs:
    """A session for each graph of a model in ``place``; ``held`` is the memory that the sessions read."""

    description: Description
    place: Path
    sessions: Mapping[str, Any]
    held: tuple[Any, ...]
    size: int

    def run(self, part: str, inputs: Sequence[NDArray[Any]], *shapes: tuple[int | None, ...]) -> list[Array]:
        """Return the outputs of a graph for its ``inputs`` in their order.

        Raises :class:`ModelError` unless the outputs are float32 of these ``shapes``; None matches any side.
        """
        session, refusal = self.sessions[part], foreign_graph(self.place, part)
        named = {each.name: np.ascontiguousarray(value) for each, value in zip(session.get_inputs(), inputs)}
        with refused(refusal):
            outputs = list(session.run(None, named))
        if not all(_fits(output, shape) for output, shape in zip(outputs, shapes, strict=True)):
            raise ModelError(refusal)
        return outputs

    @property
    def provider(self) -> str:
        """The provider that really runs the graphs."""
        return str(self.sessions[UNET].get_providers()[0])


def load_onnx_backbone(folder: Path, device: str, progress: Progress) -> OnnxBackbone:
    """Load the graphs for the model in ``folder``, or take them from the cache.

    ``device`` is ``auto``, ``cpu`` or ``cuda``. Raises ``ModelError``, ``InputError`` and ``Cancelled``.
    """
    description, provider = read_description(folder), choose_provider(device)
    key = folder, description.weights_hash, "onnx", provider

    def load() -> tuple[LoadedGraphs, int]:
        graphs = _load(folder, description, provider, progress)
        return graphs, graphs.size

    return OnnxBackbone(loaded_models.get(key, load))


def _load(folder: Path, description: Description, provider: str, progress: Progress) -> LoadedGraphs:
    check_files(folder, description, progress)
    place, manifest = find_graphs(folder, description)
    stored, sessions, held, size = Weights(folder, description), {}, [], 0
    for part in GRAPHS:
        progress.check()
        graph = read_graph(place, part, manifest)
        weights = {name: stored.get(name, shape) for name, shape in manifest.graphs[part].weights.items()}
        refusal = foreign_graph(place, part)
        sessions[part], memory = open_session(graph, provider, weights, refusal)
        if not _has_names(sessions[part], part):
            raise ModelError(refusal)
        held.append(memory)
        size += sum(weight.nbytes for weight in weights.values())
    return LoadedGraphs(description, place, sessions, tuple(held), size)


def _has_names(session: Any, part: str) -> bool:
    """Return whether a graph has the inputs and outputs of ``part``."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    return [each.name for each in inputs] == list(INPUTS[part]) and [each.name for each in outputs] == list(
        OUTPUTS[part]
    )


def _fits(output: Any, shape: tuple[int | None, ...]) -> bool:
    if not isinstance(output, np.ndarray) or output.dtype != np.float32 or output.ndim != len(shape):
        return False
    return all(side in (None, found) for side, found in zip(shape, output.shape))


@dataclass(frozen=True, eq=False)
class StyleTokens:
    """Style tokens (1, m, d), their strength (1, 1, 1), and the guidance towards them."""

    tokens: Array
    strength: Array
    guidance: float = 1.0


class OnnxBackbone:
    """The Imagest network, conditioned on style alone; images are NumPy arrays (n, 3, h, w) in −1…1."""

    capabilities = frozenset({Capability.STYLE})
    latent_factor = LATENT_FACTOR
    working_size = WORKING_SIZE
    device: Any = None
    """None: arrays stay in NumPy, whichever device the provider uses."""

    def __init__(self, graphs: LoadedGraphs) -> None:
        self._graphs = graphs
        network = graphs.description.network
        self.latent_channels = int(network["autoencoder"]["latent_channels"])
        self.style_side = int(network["style"]["side"])
        levels, decoder = len(network["unet"]["channels"]), len(network["autoencoder"]["decoder_channels"])
        self.multiple = max(2**decoder, LATENT_FACTOR * 2 ** (levels - 1))
        self.schedule = cosine_schedule()
        self._unstyled = StyleTokens(
            np.zeros((1, 1, int(network["unet"]["style_channels"])), np.float32),
            np.zeros((1, 1, 1), np.float32),
        )

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """Name, weights hash, device, number format and runtime, for the record."""
        import onnxruntime

        description, provider = self._graphs.description, self._graphs.provider
        return {
            "model": description.name,
            "weights_sha256": description.weights_hash,
            "device": NAMES.get(provider, provider),
            "dtype": "float32",
            "runtime": f"onnxruntime {onnxruntime.__version__}",
        }

    def condition(self, inputs: ConditionInputs) -> StyleTokens | None:
        """Encode the style pictures as style tokens; None if there are none."""
        if inputs.style is None or not len(inputs.style):
            return None
        pictures = inputs.style.transpose(0, 3, 1, 2) * np.float32(2) - np.float32(1)
        tokens = self._graphs.run(STYLE, [pictures], (1, None, self._unstyled.tokens.shape[2]))[0]
        strength = np.full((1, 1, 1), inputs.style_strength, np.float32)
        return StyleTokens(tokens, strength, inputs.guidance)

    def encode(self, images: Array, masks: Array) -> EncodedWindows:
        """Return the latents of images (n, 3, h, w) in −1…1 and which of them the hole touches."""
        count, _, height, width = images.shape
        sides = height // LATENT_FACTOR, width // LATENT_FACTOR
        shapes = (count, self.latent_channels, *sides), (count, 1, *sides)
        return EncodedWindows(*self._graphs.run(ENCODER, [images, masks], *shapes))

    def denoise(
        self,
        latents: Array,
        timesteps: NDArray[np.int64],
        encoded: EncodedWindows,
        condition: StyleTokens | None,
    ) -> Array:
        """Predict the velocity of noisy ``latents``; guidance other than 1 extrapolates the style."""
        inputs = latents, encoded.inside, encoded.known, timesteps
        if condition is None:
            return self._predict(inputs, self._unstyled)
        styled = self._predict(inputs, condition)
        if condition.guidance == 1.0:
            return styled
        plain = self._predict(inputs, self._unstyled)
        return plain + np.float32(condition.guidance) * (styled - plain)

    def _predict(self, inputs: tuple[Any, ...], style: StyleTokens) -> Array:
        return self._graphs.run(UNET, [*inputs, style.tokens, style.strength], inputs[0].shape)[0]

    def decode(self, latents: Array, images: Array, masks: Array, encoded: EncodedWindows) -> Array:
        """Return the images of ``latents``; outside the hole the decoder gets the known samples."""
        return self._graphs.run(DECODER, [latents, encoded.inside, images, masks], images.shape)[0]

    def window_bytes(self, pixels: int) -> int:
        """Return the working memory in bytes of a window of ``pixels``, generously."""
        return pixels * BYTES_PER_PIXEL

    def reduce_memory(self) -> bool:
        """Return False: the network is small."""
        return False
