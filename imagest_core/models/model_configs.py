"""Configuration folders in diffusers' layout for models in a single file; needs no torch.

The program ships the configuration of each family. What a file tells about its sizes replaces values of it,
and the tokenizer is added. The folders are made in the user's cache when they are first needed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError, OutputError
from imagest_core.messages import Message
from imagest_core.models.clip_tokenizer import END, write_tokenizer
from imagest_core.models.identity import Family, Identity, ModelKind
from imagest_core.paths import cache_folder

SHIPPED = (Family.SD1, Family.SD2, Family.SDXL)
VERSION = 1
"""Increase it when the contents of the folders change otherwise than by the shipped files."""
_PADDING = {
    "sd1": {"tokenizer": END},
    "sd2": {"tokenizer": "!"},
    "sdxl": {"tokenizer": END, "tokenizer_2": "!"},
}
_SMALL_LATENTS = 64
"""Side in latents of the pictures that Stable Diffusion 2 models for the noise were trained on."""


def config_folder(identity: Identity) -> Path:
    """Return a complete configuration folder for a single-file model, for ``from_single_file(config=...)``.

    Autoencoders get the folder of Stable Diffusion 1 with their own sizes in ``vae``. Raises
    :class:`ModelError` for families without a shipped configuration.
    """
    family = Family.SD1 if identity.kind is ModelKind.VAE else identity.family
    if family not in SHIPPED:
        raise ModelError(
            Message("There is no configuration for a single file of the family {family}.", family=str(family))
        )
    documents = _adapted(_shipped(family), family, identity)
    text = json.dumps([VERSION, documents], sort_keys=True)
    target = cache_folder() / "model-configs" / f"{family}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if not target.is_dir():
        _write(target, documents, _PADDING[str(family)])
    return target


def _shipped(family: Family) -> dict[str, dict[str, Any]]:
    root = Path(str(files("resources"))) / "model_configs" / str(family)
    return {
        path.relative_to(root).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(root.rglob("*.json"))
    }


def _adapted(
    documents: dict[str, dict[str, Any]], family: Family, identity: Identity
) -> dict[str, dict[str, Any]]:
    """Return the documents with the model's sizes, its prediction and its pipeline."""
    sizes: Mapping[str, Mapping[str, Any]] = json.loads(identity.details.get("config", "{}"))
    for part, values in sizes.items():
        documents[f"{part}/config.json"].update(values)
    scheduler, unet = documents["scheduler/scheduler_config.json"], documents["unet/config.json"]
    scheduler["prediction_type"] = identity.prediction or scheduler["prediction_type"]
    if identity.details.get("zero_snr") and "rescale_betas_zero_snr" in scheduler:
        scheduler["rescale_betas_zero_snr"] = True
    if family is Family.SD2 and identity.prediction == "epsilon":
        unet["sample_size"] = _SMALL_LATENTS
    if identity.inpainting:
        unet["in_channels"] = identity.input_channels
        index = documents["model_index.json"]
        index["_class_name"] = index["_class_name"].replace("Pipeline", "InpaintPipeline")
    return documents


def _write(target: Path, documents: Mapping[str, Mapping[str, Any]], padding: Mapping[str, str]) -> None:
    """Write a folder completely or not at all; another process may write the same one."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as temporary:
            inside = Path(temporary) / target.name
            for name, document in documents.items():
                (inside / name).parent.mkdir(parents=True, exist_ok=True)
                (inside / name).write_text(json.dumps(document, indent=2), encoding="utf-8")
            for name, token in padding.items():
                write_tokenizer(inside / name, token)
            os.rename(inside, target)
    except OSError as error:
        if not target.is_dir():
            raise OutputError(
                Message(
                    "The configuration of the model can't be written to {folder} ({reason}).",
                    folder=target.parent,
                    reason=error.strerror or error,
                )
            ) from error
