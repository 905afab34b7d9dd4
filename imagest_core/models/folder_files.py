"""The files of a model's folder: which belong to it, and whether they are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.description import CONFIG
from imagest_core.models.identity import PICKLED, refuse_pickled
from imagest_core.models.safetensors_header import Header, read_header
from imagest_core.models.validation import read_json

INDEX = "model_index.json"
ENTRY = "model.json"
"""The library's entry beside the files of a model; see ``library_entry``."""

WEIGHTS = re.compile(
    r"(diffusion_pytorch_model|model)(\.fp16)?(-\d{5}-of-\d{5})?(\.fp16)?\.safetensors(\.index(\.fp16)?\.json)?"
)
TEXTS = re.compile(r"[\w.-]+\.(json|txt|model|jinja)|README\.md|LICENSE(\.\w+)?")
UNUSED = ("safety_checker", "feature_extractor", "image_encoder")
"""Components of pipelines that are never loaded."""
LIBRARIES = ("diffusers", "transformers")
WEIGHTED = ("unet", "transformer", "vae", "text_encoder", "image_encoder")
"""Beginnings of the names of components that have weights."""
_LARGEST_COUNT = 5000


def file_names(folder: Path) -> Iterator[str]:
    """Yield the names of what is in ``folder``; raises :class:`ModelError` if it is too much."""
    for number, path in enumerate(folder.iterdir()):
        if number >= _LARGEST_COUNT:
            raise ModelError(Message("{folder} holds too many files to be a model.", folder=folder.name))
        yield path.name


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; raises :class:`ModelError` if there is none."""
    try:
        stored = read_json(path)
        if not isinstance(stored, dict):
            raise ValueError("it isn't a JSON object")
    except (ValueError, OSError) as error:
        raise ModelError(
            Message(
                "{path} can't be understood as a model's description ({reason}).", path=path, reason=error
            )
        ) from error
    return stored


def component_names(folder: str, index: Mapping[str, Any]) -> list[str]:
    """Return the components of a pipeline that are loaded: those that its ``model_index.json`` names.

    Raises :class:`ModelError` if the pipeline, or one of them, needs code of its own.
    """
    if not isinstance(index.get("_class_name"), str):
        raise ModelError(
            Message("{folder} needs code of its own, which is never run; use another model.", folder=folder)
        )
    names = []
    for name, value in index.items():
        if name.startswith("_") or name in UNUSED or not isinstance(value, list) or not any(value):
            continue
        if len(value) != 2 or value[0] not in LIBRARIES or not re.fullmatch(r"\w+", name):
            raise ModelError(
                Message(
                    "{folder} needs code of its own for {name}, which is never run; use another model.",
                    folder=folder,
                    name=name,
                )
            )
        names.append(name)
    return names


def part_files(folder: Path, part: str) -> list[str]:
    """Return the files of a component, relative to ``folder``.

    Raises :class:`ModelError` if it is incomplete, or pickled.
    """
    inside = folder / part
    if not inside.is_dir():
        raise ModelError(
            Message("The model {folder} is incomplete: {name} is missing.", folder=folder.name, name=part)
        )
    names = sorted(file_names(inside))
    weights = [name for name in names if WEIGHTS.fullmatch(name) and name.endswith(".safetensors")]
    if not weights and part.startswith(WEIGHTED):
        if pickled := [name for name in names if name.lower().endswith(PICKLED)]:
            refuse_pickled(inside / pickled[0])
        raise ModelError(
            Message("The model {folder} is incomplete: {name} has no weights.", folder=folder.name, name=part)
        )
    for name in weights:
        check_inside(folder, f"{part}/{name}")
        read_header(inside / name)
    return [f"{part}/{name}" for name in names if WEIGHTS.fullmatch(name) or TEXTS.fullmatch(name)]


def checked_files(folder: Path, files: list[str]) -> tuple[str, ...]:
    """Return ``files`` without duplicates; raises :class:`ModelError` if one is elsewhere."""
    for name in files:
        check_inside(folder, name)
    return tuple(dict.fromkeys(files))


def check_inside(folder: Path, name: str) -> None:
    """Raise :class:`ModelError` unless a file is in its folder, or where a download cache keeps it."""
    path, root = (folder / name).resolve(), folder.resolve()
    cache = root.parent.parent / "blobs" if root.parent.name == "snapshots" else root
    if not path.is_relative_to(root) and not path.is_relative_to(cache):
        raise ModelError(
            Message(
                "The model {folder} names a file outside its folder: {name}.", folder=folder.name, name=name
            )
        )
    if not path.is_file():
        raise ModelError(
            Message("The model {folder} is incomplete: {name} is missing.", folder=folder.name, name=name)
        )


def image_encoder(path: Path, header: Header) -> list[str]:
    """Return the files of the image encoder beside an IP-Adapter, relative to the folder of ``path``.

    Raises :class:`ModelError` if there is none, or if it has another width.
    """
    config = path.parent / "image_encoder" / CONFIG
    if not config.is_file():
        raise ModelError(
            Message(
                "{path} is an IP-Adapter without its image encoder; put the folder image_encoder beside it.",
                path=path.name,
            )
        )
    width, given = header.shape("image_proj.proj.weight"), read_object(config).get("projection_dim")
    if len(width) == 2 and given != width[1]:
        raise ModelError(
            Message(
                "{path} needs an image encoder of the width {width}, but the one beside it has {given}.",
                path=path.name,
                width=width[1],
                given=given,
            )
        )
    files = part_files(path.parent, "image_encoder")
    return list(checked_files(path.parent, files))
