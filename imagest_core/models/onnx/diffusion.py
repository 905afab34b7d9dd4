"""Stable Diffusion as a backbone on ONNX Runtime, with NumPy arrays instead of tensors."""

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
from imagest_core.models.identity import Family
from imagest_core.models.installed import InstalledModel
from imagest_core.models.onnx.clip_tokens import ClipTokenizer, read_tokenizer
from imagest_core.models.onnx.diffusion_manifest import (
    DECODER,
    ENCODER,
    TEXT,
    TEXT_2,
    UNET,
    DiffusionManifest,
    check_files,
    foreign_graph,
    read_manifest,
)
from imagest_core.models.onnx.providers import NAMES, choose_provider, open_session, refused
from imagest_core.models.schedule import NoiseSchedule, Prediction
from imagest_core.models.stable_diffusion.prompts import chunk_count, chunks
from imagest_core.models.weights_hash import joined_hash
from imagest_core.progress import Progress

WINDOW_BYTES_PER_PIXEL = 12 << 10
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class EncodedText:
    """``tokens`` (1, 77 · chunks, d) and, for Stable Diffusion XL, ``pooled`` (1, d₂)."""

    tokens: Array
    pooled: Array | None = None


@dataclass(frozen=True, eq=False)
class TextCondition:
    """Encoded text; ``negative`` only with guidance."""

    positive: EncodedText
    negative: EncodedText | None = None
    guidance: float = 1.0


@dataclass(frozen=True, eq=False)
class LoadedGraphs:
    """A session for each graph of a model, and its tokenizers."""

    manifest: DiffusionManifest
    place: Path
    sessions: Mapping[str, Any]
    tokenizers: Sequence[ClipTokenizer]
    weights_hash: str
    provider: str

    def run(self, part: str, inputs: Mapping[str, NDArray[Any]]) -> list[Array]:
        """Return the outputs of a graph; raises :class:`ModelError` unless they are float32."""
        refusal = foreign_graph(self.place, part)
        contiguous = {name: np.ascontiguousarray(value) for name, value in inputs.items()}
        with refused(refusal):
            outputs = list(self.sessions[part].run(None, contiguous))
        if not all(isinstance(each, np.ndarray) and each.dtype == np.float32 for each in outputs):
            raise ModelError(refusal)
        return outputs

    def image(self, part: str, inputs: Mapping[str, NDArray[Any]], shape: tuple[int, ...]) -> Array:
        """Return the only output of a graph; raises :class:`ModelError` unless it has ``shape``."""
        outputs = self.run(part, inputs)
        if len(outputs) != 1 or outputs[0].shape != shape:
            raise ModelError(foreign_graph(self.place, part))
        return outputs[0]


def load_onnx_diffusion(model: InstalledModel, device: str, progress: Progress) -> OnnxDiffusionBackbone:
    """Load the graphs of ``model``, or take them from the cache.

    ``device`` is ``auto``, ``cpu`` or ``cuda``. Raises ``ModelError``, ``InputError`` and ``Cancelled``.
    """
    provider, manifest = choose_provider(device), read_manifest(model.path)
    digest = joined_hash(manifest.files)

    def load() -> tuple[LoadedGraphs, int]:
        check_files(model.path, manifest, progress.part(0.0, 0.0))
        return _load(model, manifest, digest, provider, progress), model.size

    return OnnxDiffusionBackbone(model, loaded_models.get((model.path, digest, "onnx", provider), load))


def _load(
    model: InstalledModel, manifest: DiffusionManifest, digest: str, provider: str, progress: Progress
) -> LoadedGraphs:
    sessions = {}
    for part in manifest.graphs:
        progress.check()
        path = model.path / f"{part}.onnx"
        sessions[part], _ = open_session(str(path), provider, refusal=foreign_graph(model.path, part))
    tokenizers = [
        read_tokenizer(model.path / each.folder, each.special, each.unknown) for each in manifest.tokenizers
    ]
    used = str(sessions[UNET].get_providers()[0])
    return LoadedGraphs(manifest, model.path, sessions, tokenizers, digest, used)


class OnnxDiffusionBackbone:
    """A Stable Diffusion model without adapters; images are NumPy arrays (n, 3, h, w) in −1…1."""

    capabilities = frozenset({Capability.TEXT})
    device: Any = None
    """None: arrays stay in NumPy, whichever device the provider uses."""
    style_side = 0

    def __init__(self, model: InstalledModel, graphs: LoadedGraphs) -> None:
        self._model, self._graphs = model, graphs
        manifest = self._manifest = graphs.manifest
        self.latent_factor, self.latent_channels = manifest.latent_factor, manifest.latent_channels
        self.multiple = manifest.multiple
        self.working_size = manifest.sample_size * manifest.latent_factor
        kept = np.asarray(manifest.alphas_cumprod, np.float64)
        self.schedule = NoiseSchedule(np.sqrt(kept), np.sqrt(1 - kept), Prediction(manifest.prediction))

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """Name, hashes, device, number format and runtime, for the record."""
        import onnxruntime

        return {
            "model": self._model.name,
            "weights_sha256": self._graphs.weights_hash,
            "exported_from_sha256": self._manifest.weights_sha256,
            "family": self._manifest.family,
            "device": NAMES.get(self._graphs.provider, self._graphs.provider),
            "dtype": self._manifest.precision,
            "runtime": f"onnxruntime {onnxruntime.__version__}",
        }

    # Text

    def condition(self, inputs: ConditionInputs) -> TextCondition:
        """Encode text; without a prompt the empty text, and no guidance."""
        guided = bool(inputs.prompt) and inputs.guidance != 1.0
        prompts = [inputs.prompt, inputs.negative_prompt] if guided else [inputs.prompt]
        encoded = self._encoded(prompts)
        return TextCondition(encoded[0], encoded[1] if guided else None, inputs.guidance)

    def _encoded(self, prompts: Sequence[str]) -> list[EncodedText]:
        """Encode ``prompts`` with the same number of chunks."""
        tables = [[tokenizer.ids(prompt) for prompt in prompts] for tokenizer in self._graphs.tokenizers]
        count = chunk_count(tables)
        return [
            self._text([table[index] for table in tables], count, empty=not prompt)
            for index, prompt in enumerate(prompts)
        ]

    def _text(self, ids: Sequence[Sequence[int]], count: int, *, empty: bool) -> EncodedText:
        parts, pooled = [], None
        for name, own, files in zip((TEXT, TEXT_2), ids, self._manifest.tokenizers):
            table = np.array(chunks(own, count, files.start, files.end, files.padding), np.int64)
            hidden, *more = self._graphs.run(name, {"ids": table})
            parts.append(hidden.reshape(1, -1, hidden.shape[-1]))
            pooled = more[0][:1] if more else None
        tokens = np.concatenate(parts, -1)
        if empty and pooled is not None and self._manifest.zero_empty:
            return EncodedText(np.zeros_like(tokens), np.zeros_like(pooled))
        return EncodedText(tokens, pooled)

    # Latents

    def encode(self, images: Array, masks: Array) -> EncodedWindows:
        """Return the latents of pre-filled images, and for inpainting U-Nets the mask and masked latents."""
        touched = touched_latents(masks, self.latent_factor)
        inside = dilated(touched)
        if self._manifest.input_channels == self.latent_channels:
            return EncodedWindows(self._latents(images), inside)
        blank = self._latents(images * (masks < 0.5))
        return EncodedWindows(self._latents(images), inside, np.concatenate([touched, blank], 1))

    def _latents(self, images: Array) -> Array:
        count, _, height, width = images.shape
        sides = height // self.latent_factor, width // self.latent_factor
        return self._graphs.image(ENCODER, {"images": images}, (count, self.latent_channels, *sides))

    def decode(self, latents: Array, images: Array, masks: Array, encoded: EncodedWindows) -> Array:
        """Return the images of ``latents``; a mask-conditioned decoder gets the known samples."""
        known = {"images": images, "masks": masks} if self._manifest.masked_decoder else {}
        return self._graphs.image(DECODER, {"latents": latents, **known}, images.shape)

    def denoise(
        self, latents: Array, timesteps: NDArray[Any], encoded: EncodedWindows, condition: TextCondition
    ) -> Array:
        """Predict ε or v; both halves of guidance are one batch."""
        negative, positive = condition.negative, condition.positive
        texts = [positive] if negative is None else [negative, positive]
        shown = latents if encoded.extra is None else np.concatenate([latents, encoded.extra], 1)
        count = len(texts)
        inputs = {
            "sample": np.concatenate([shown] * count),
            "timesteps": np.concatenate([timesteps] * count).astype(np.float32),
            "tokens": np.concatenate([np.repeat(text.tokens, len(latents), 0) for text in texts]),
            **self._sizes(texts, latents),
        }
        predicted = self._graphs.image(UNET, inputs, (count * len(latents), *latents.shape[1:]))
        if count == 1:
            return predicted
        plain, conditioned = predicted[: len(latents)], predicted[len(latents) :]
        return plain + np.float32(condition.guidance) * (conditioned - plain)

    def _sizes(self, texts: Sequence[EncodedText], latents: Array) -> dict[str, Array]:
        """Return the pooled text and sizes of Stable Diffusion XL."""
        pooled = [np.repeat(text.pooled, len(latents), 0) for text in texts if text.pooled is not None]
        if self._manifest.family != Family.SDXL or not pooled:
            return {}
        height, width = (side * self.latent_factor for side in latents.shape[2:])
        original = max(height, self.working_size), max(width, self.working_size)
        sizes = np.array([[*original, 0, 0, height, width]], np.float32)
        return {"pooled": np.concatenate(pooled), "sizes": np.repeat(sizes, len(latents) * len(texts), 0)}

    def window_bytes(self, pixels: int) -> int:
        """Return the working memory in bytes of a window of ``pixels``, generously."""
        return pixels * WINDOW_BYTES_PER_PIXEL

    def reduce_memory(self) -> bool:
        """Return False: ONNX Runtime keeps the weights where they are."""
        return False


def touched_latents(masks: Array, factor: int) -> Array:
    """Return the mask of the latents that a hole touches; the sides are multiples of ``factor``."""
    count, channels, height, width = masks.shape
    blocks = masks.reshape(count, channels, height // factor, factor, width // factor, factor)
    return np.asarray(blocks.max((3, 5)), np.float32)


def dilated(mask: Array) -> Array:
    """Dilate a mask by one latent."""
    padded = np.pad(mask, ((0, 0), (0, 0), (1, 1), (1, 1)))
    height, width = mask.shape[2:]
    shifts = [padded[:, :, y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.asarray(np.maximum.reduce(shifts))
