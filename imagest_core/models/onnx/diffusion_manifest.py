"""``stable-diffusion.json``: describes a folder with Stable Diffusion as ONNX graphs. Needs no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.file_hash import cached_hash
from imagest_core.models.identity import Family, is_safe_name
from imagest_core.models.onnx.stored_fields import check_fields
from imagest_core.models.validation import read_json
from imagest_core.printable import json_text
from imagest_core.progress import Progress

MANIFEST = "stable-diffusion.json"
FORMAT = 1
TEXT, TEXT_2, UNET, ENCODER, DECODER = "text_encoder", "text_encoder_2", "unet", "encoder", "decoder"
FAMILIES = (Family.SD1, Family.SD2, Family.SDXL)
MOST_TIMESTEPS = 100_000
LARGEST_SIDE = 8192
"""Largest side in pixels of the pictures of a training."""
GraphCheck = Mapping[str, float]


@dataclass(frozen=True)
class TokenizerFiles:
    """Where a tokenizer is, its first and last token, its padding, and its words of special meaning."""

    folder: str
    start: int
    end: int
    padding: int
    unknown: int
    special: Mapping[str, int]


@dataclass(frozen=True)
class DiffusionManifest:
    """A model in the form of ONNX graphs.

    Parameters
    ----------
    model, title, licence, weights_sha256
        The model that was exported, and the hash of its weights.
    input_channels
        4, or 9 for inpainting.
    sample_size
        Side in latents of the pictures of the training.
    latent_factor, multiple
        Pixels to a latent; what the sides of windows must be multiples of.
    alphas_cumprod
        Kept share ᾱ of the signal's variance at each timestep.
    masked_decoder
        Whether the decoder sees the known samples and the mask.
    zero_empty
        Whether an empty prompt is encoded as zeros.
    scheduler
        The settings of the model's scheduler, for other programs.
    checks
        How far each graph is from torch: "difference" (root mean square relative to that of torch's output),
        "tolerance" of it, and "maximum" (absolute).
    files
        SHA-256 of each other file of the folder.
    """

    model: str
    title: str
    licence: str
    weights_sha256: str
    family: str
    prediction: str
    precision: str
    input_channels: int
    context: int
    sample_size: int
    latent_channels: int
    latent_factor: int
    multiple: int
    masked_decoder: bool
    zero_empty: bool
    opset: int
    alphas_cumprod: Sequence[float]
    scheduler: Mapping[str, Any]
    tokenizers: Sequence[TokenizerFiles]
    made_with: Mapping[str, str]
    checks: Mapping[str, GraphCheck]
    files: Mapping[str, str]
    format: int = FORMAT

    @property
    def graphs(self) -> tuple[str, ...]:
        """Names of the graphs."""
        second = (TEXT_2,) if self.family == Family.SDXL else ()
        return (TEXT, *second, UNET, ENCODER, DECODER)

    def to_text(self) -> str:
        """Return JSON."""
        return json_text(asdict(self), indent=1, sort_keys=True) + "\n"


def read_manifest(folder: Path) -> DiffusionManifest:
    """Read the manifest of ``folder``; raises :class:`ModelError` if it can't be used."""
    path = folder / MANIFEST
    try:
        return _manifest(read_json(path))
    except (ValueError, OSError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        raise ModelError(
            Message(
                "{path} can't be understood as a description of ONNX graphs ({reason}): export the model"
                " again with imagest models export-onnx.",
                path=path,
                reason=reason,
            )
        ) from error


def foreign_graph(folder: Path, part: str) -> Message:
    """Return the error for a graph that ONNX Runtime can't use, or that isn't ``part`` of the model."""
    return Message(
        "{path} isn't a graph of Stable Diffusion that ONNX Runtime can use: export the model again with"
        " imagest models export-onnx.",
        path=folder / f"{part}.onnx",
    )


def check_files(folder: Path, manifest: DiffusionManifest, progress: Progress) -> None:
    """Raise :class:`ModelError` unless all files are those of the export.

    Files that stay the same are read once in a process.
    """
    for number, (name, digest) in enumerate(manifest.files.items()):
        part = progress.part(number / len(manifest.files), (number + 1) / len(manifest.files))
        part.check()
        path = folder / name
        if not path.is_file():
            raise ModelError(
                Message("The model {folder} is incomplete: {name} is missing.", folder=folder.name, name=name)
            )
        if cached_hash(path, part) != digest:
            raise ModelError(
                Message(
                    "{path} was changed after it was exported: {advice}.",
                    path=path,
                    advice=Message("export the graphs again with imagest models export-onnx"),
                )
            )


def _manifest(stored: Any) -> DiffusionManifest:
    """Return the manifest after checking all values; raises ``ValueError``."""
    stored = check_fields(stored, DiffusionManifest, FORMAT)
    _check_values(stored)
    tokenizers = tuple(_tokenizer(each) for each in stored["tokenizers"])
    manifest = DiffusionManifest(**{**stored, "tokenizers": tokenizers})
    if len(tokenizers) != (2 if manifest.family == Family.SDXL else 1):
        raise ValueError("tokenizers must be one for each text encoder")
    for name in needed_files(manifest):
        if name not in manifest.files:
            raise ValueError(f"files lacks {name}")
    return manifest


def needed_files(manifest: DiffusionManifest) -> list[str]:
    """Return the files that every such folder has."""
    graphs = [f"{part}.onnx" for part in manifest.graphs]
    words = [f"{each.folder}/{name}" for each in manifest.tokenizers for name in ("vocab.json", "merges.txt")]
    return [*graphs, *words]


def _check_values(stored: Mapping[str, Any]) -> None:
    if stored["family"] not in FAMILIES:
        raise ValueError("family must be one of " + ", ".join(FAMILIES))
    if stored["prediction"] not in ("epsilon", "v_prediction"):
        raise ValueError("prediction must be epsilon or v_prediction")
    for name in ("context", "sample_size", "latent_channels", "latent_factor", "multiple"):
        if stored[name] < 1:
            raise ValueError(f"{name} must be 1 or more")
    if stored["multiple"] % stored["latent_factor"]:
        raise ValueError("multiple must be a multiple of latent_factor")
    if stored["sample_size"] * stored["latent_factor"] > LARGEST_SIDE:
        raise ValueError("sample_size is larger than any model's")
    if stored["input_channels"] not in (stored["latent_channels"], 2 * stored["latent_channels"] + 1):
        raise ValueError("input_channels must be those of four- or nine-channel networks")
    kept = stored["alphas_cumprod"]
    if not 1 < len(kept) <= MOST_TIMESTEPS or not all(_is_share(value) for value in kept):
        raise ValueError("alphas_cumprod must be numbers from 0 to 1")
    for name, digest in stored["files"].items():
        if not is_safe_name(name) or not isinstance(digest, str) or len(digest) != 64:
            raise ValueError("files must be relative paths with SHA-256 hashes")


def _is_share(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value <= 1


def _tokenizer(stored: Any) -> TokenizerFiles:
    names = {each.name for each in fields(TokenizerFiles)}
    if not isinstance(stored, dict) or stored.keys() != names or not is_safe_name(stored["folder"]):
        raise ValueError("tokenizers must have a folder and tokens")
    special = stored["special"]
    tokens = [stored[name] for name in ("start", "end", "padding", "unknown")]
    if not isinstance(special, dict) or not all(special):
        raise ValueError("the special words of a tokenizer must be an object with names and values")
    if not all(type(token) is int and token >= 0 for token in (*tokens, *special.values())):
        raise ValueError("tokens must be whole numbers")
    return TokenizerFiles(**stored)
