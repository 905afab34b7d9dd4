"""Recognise a model folder by its descriptions and the headers of its weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.backbone import Capability
from imagest_core.models.description import CONFIG, read_description
from imagest_core.models.folder_files import (
    ENTRY,
    INDEX,
    TEXTS,
    check_inside,
    checked_files,
    component_names,
    file_names,
    part_files,
    read_object,
)
from imagest_core.models.identify_file import identify_file
from imagest_core.models.identity import (
    PICKLED,
    Family,
    Identity,
    ModelKind,
    family_of,
    refuse_pickled,
)
from imagest_core.models.onnx.diffusion_manifest import MANIFEST, read_manifest
from imagest_core.models.onnx.graphs import MANIFEST as GRAPHS
from imagest_core.models.safetensors_header import read_header
from imagest_core.models.style_adapter import KIND as STYLE_ADAPTER_KIND

DENOISERS = ("unet", "transformer")
SCALING_FACTOR = 0.18215
"""Of the latents of an autoencoder whose configuration states none, as in diffusers."""

_ARCHITECTURES = {
    ModelKind.LANGUAGE_MODEL: ("ForCausalLM", "LMHeadModel"),
    ModelKind.CAPTIONER: ("BlipForConditionalGeneration",),
    ModelKind.CLIP: ("CLIPModel",),
}
"""Endings of the names of architectures of transformers."""

_FAMILIES = (
    ("StableDiffusionXL", Family.SDXL),
    ("StableDiffusion3", Family.SD3),
    ("StableDiffusion", Family.SD1),
    ("Flux", Family.FLUX),
)


def identify_folder(folder: Path) -> Identity:
    """Recognise a folder; raises :class:`ModelError` if it isn't a model that can be used."""
    if (folder / INDEX).is_file():
        return _pipeline(folder)
    if (folder / MANIFEST).is_file():
        return _exported(folder)
    if (folder / CONFIG).is_file():
        return _described(folder)
    if (folder / GRAPHS).is_file():
        raise ModelError(
            Message(
                "{folder} holds ONNX graphs of an Imagest network for other programs: choose the model that"
                " they were exported from.",
                folder=folder.name,
            )
        )
    names = sorted(file_names(folder))
    weights = [name for name in names if name.endswith(".safetensors")]
    if len(weights) == 1:
        return identify_file(folder / weights[0])
    if weights:
        raise ModelError(
            Message(
                "{folder} holds {count} models; add one of them by its file.",
                folder=folder.name,
                count=len(weights),
            )
        )
    if pickled := [name for name in names if name.lower().endswith(PICKLED)]:
        refuse_pickled(folder / pickled[0])
    raise ModelError(
        Message(
            "{folder} contains no model: it has neither {index} nor {config} nor a .safetensors file.",
            folder=folder.name or folder,
            index=INDEX,
            config=CONFIG,
        )
    )


# Pipelines


def _pipeline(folder: Path) -> Identity:
    index = read_object(folder / INDEX)
    components = component_names(folder.name, index)
    name = str(index["_class_name"])
    files = [
        INDEX,
        *(each for each in sorted(file_names(folder)) if re.fullmatch(r"README\.md|LICENSE\S*", each)),
    ]
    if not any(component.startswith(DENOISERS) for component in components):
        raise ModelError(
            Message(
                "The model {folder} is incomplete: {name} is missing.", folder=folder.name, name=DENOISERS[0]
            )
        )
    for component in components:
        files += part_files(folder, component)
    denoiser = _denoiser(folder)
    family = _family(name, denoiser)
    context = denoiser.get("cross_attention_dim")
    autoencoder = read_object(folder / "vae" / CONFIG) if (folder / "vae" / CONFIG).is_file() else {}
    channels = denoiser.get("in_channels", 0)
    return Identity(
        ModelKind.PIPELINE,
        family,
        "folder",
        input_channels=channels if type(channels) is int and 0 <= channels < 1 << 20 else 0,
        prediction=_prediction(folder, family),
        pipeline_class=name,
        capabilities=frozenset({Capability.TEXT, Capability.ADAPTERS}),
        files=checked_files(folder, files),
        details={
            name: str(value)
            for name, value in (
                ("context", context),
                ("sample_size", denoiser.get("sample_size")),
                ("image_size", autoencoder.get("sample_size")),
            )
            if type(value) is int
        },
    )


def _denoiser(folder: Path) -> dict[str, Any]:
    for part in DENOISERS:
        if (folder / part / CONFIG).is_file():
            return read_object(folder / part / CONFIG)
    return {}


def _family(pipeline: str, denoiser: Mapping[str, Any]) -> Family:
    family = next((family for stem, family in _FAMILIES if pipeline.startswith(stem)), Family.OTHER)
    if family is Family.SD1 and denoiser.get("use_linear_projection"):
        return Family.SD2
    return family


def _prediction(folder: Path, family: Family) -> str:
    path = folder / "scheduler" / "scheduler_config.json"
    scheduler = read_object(path) if path.is_file() else {}
    if str(scheduler.get("_class_name", "")).startswith("FlowMatch") or family in (Family.SD3, Family.FLUX):
        return "flow"
    stated = scheduler.get("prediction_type", "epsilon")
    return stated if stated in ("epsilon", "v_prediction") else ""


def _exported(folder: Path) -> Identity:
    """Recognise Stable Diffusion as ONNX graphs."""
    manifest = read_manifest(folder)
    return Identity(
        ModelKind.ONNX_PIPELINE,
        family_of(manifest.family),
        "folder",
        input_channels=manifest.input_channels,
        prediction=manifest.prediction,
        capabilities=frozenset({Capability.TEXT}),
        files=checked_files(folder, [MANIFEST, *manifest.files]),
        details={"context": str(manifest.context), "sample_size": str(manifest.sample_size)},
    )


# Folders with a config.json


def _described(folder: Path) -> Identity:
    config = read_object(folder / CONFIG)
    if config.get("kind") == STYLE_ADAPTER_KIND:
        return _style_adapter(folder, config)
    if "network" in config or "files" in config:
        return _checkpoint(folder)
    if config.get("_class_name") in ("AutoencoderKL", "AsymmetricAutoencoderKL"):
        return _vae(folder, config, ModelKind.VAE)
    if config.get("_class_name") == "VQModel":
        return _vae(folder, config, ModelKind.VQ)
    architectures = config.get("architectures")
    names = [str(name) for name in architectures] if isinstance(architectures, list) else []
    for kind, endings in _ARCHITECTURES.items():
        if any(name.endswith(endings) for name in names):
            return Identity(
                kind,
                Family.OTHER,
                "folder",
                files=checked_files(folder, _loose_files(folder)),
                details={"architecture": names[0]},
            )
    name = config.get("_class_name") or (architectures or [config.get("model_type", "")])[0]
    raise ModelError(
        Message(
            "{folder} is only one part of a model, or of an unknown kind ({name}); "
            "add the folder that holds its {index}.",
            folder=folder.name,
            name=str(name)[:60],
            index=INDEX,
        )
    )


def _checkpoint(folder: Path) -> Identity:
    description = read_description(folder)
    abilities = {Capability.STYLE}
    if description.network["unet"].get("text_channels"):
        abilities.add(Capability.TEXT)
    return Identity(
        ModelKind.IMAGEST,
        Family.IMAGEST,
        "folder",
        input_channels=9,
        prediction="v_prediction",
        capabilities=frozenset(abilities),
        files=checked_files(folder, [CONFIG, *description.files]),
    )


def _style_adapter(folder: Path, config: Mapping[str, Any]) -> Identity:
    return Identity(
        ModelKind.STYLE_ADAPTER,
        family_of(config.get("family")),
        "folder",
        capabilities=frozenset({Capability.STYLE}),
        files=checked_files(folder, _loose_files(folder)),
        details={"context": str(config["context"])} if isinstance(config.get("context"), int) else {},
    )


def _vae(folder: Path, config: Mapping[str, Any], kind: ModelKind) -> Identity:
    factor = config.get("scaling_factor", SCALING_FACTOR)
    scaled = kind is ModelKind.VAE and type(factor) in (int, float)
    return Identity(
        kind,
        Family.OTHER,
        "folder",
        files=checked_files(folder, _loose_files(folder)),
        details={
            "latent_channels": str(config.get("latent_channels", 4)),
            "class": str(config["_class_name"]),
            **({"scaling_factor": f"{factor:g}"} if scaled else {}),
        },
    )


def _loose_files(folder: Path) -> list[str]:
    """Return weights and descriptions directly in ``folder``; raises :class:`ModelError` without weights."""
    names = sorted(file_names(folder))
    weights = [name for name in names if name.endswith(".safetensors")]
    if not weights:
        if pickled := [name for name in names if name.lower().endswith(PICKLED)]:
            refuse_pickled(folder / pickled[0])
        raise ModelError(Message("The model {folder} is incomplete: it has no weights.", folder=folder.name))
    for name in weights:
        check_inside(folder, name)
        read_header(folder / name)
    return [*weights, *(name for name in names if TEXTS.fullmatch(name) and name != ENTRY)]
