"""The description of a checkpoint (``config.json``), readable without torch.

A checkpoint is a folder with ``config.json`` (constructor arguments, training facts, metrics, licence,
hashes) and one safetensors file per part. It contains nothing executable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.file_hash import file_hash
from imagest_core.models.validation import check_digests, check_network, check_texts, read_json
from imagest_core.printable import json_text
from imagest_core.progress import Progress

FORMAT = 1
CONFIG = "config.json"
PARTS = ("autoencoder", "style", "unet")


@dataclass(frozen=True)
class Description:
    """The contents of ``config.json``.

    ``files``: SHA-256 of each safetensors file by name; ``training``, ``metrics``: facts for the model card.
    """

    name: str
    title: str
    network: Mapping[str, Any]
    files: Mapping[str, str]
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    format: int = FORMAT

    @property
    def weights_hash(self) -> str:
        """A hash over all weights, for the record."""
        joined = "".join(f"{name}:{digest};" for name, digest in sorted(self.files.items()))
        return hashlib.sha256(joined.encode()).hexdigest()


def read_description(folder: Path) -> Description:
    """Read a checkpoint's ``config.json``; raises :class:`ModelError` if it can't be used."""
    path = folder / CONFIG
    if not path.is_file():
        raise ModelError(
            Message("{folder} contains no model: {config} is missing.", folder=folder, config=CONFIG)
        )
    try:
        stored = read_json(path)
        newer = isinstance(stored, dict) and _is_newer(stored.get("format", FORMAT))
        description = None if newer else _checked(stored)
    except (ValueError, TypeError, OSError) as error:
        raise ModelError(
            Message(
                "{path} can't be understood as a model's description ({reason}).", path=path, reason=error
            )
        ) from error
    if description is None:
        raise ModelError(
            Message(
                "{folder} was made by a newer version of this program: update to use it.", folder=folder.name
            )
        )
    try:
        check_network(description.network)
    except ValueError as error:
        raise ModelError(
            Message(
                "The model {folder} describes a network this version can't build ({reason}).",
                folder=folder.name,
                reason=error,
            )
        ) from error
    files = [f"{part}.safetensors" for part in PARTS]
    missing = [name for name in files if name not in description.files]
    if missing:
        raise ModelError(Message("{path} doesn't name {missing}.", path=path, missing=", ".join(missing)))
    return description


def _is_newer(version: Any) -> bool:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError("format must be a whole number from 1 on")
    return version > FORMAT


def _checked(stored: Any) -> Description:
    """Return the description after checking all types; raises ``ValueError`` or ``TypeError``."""
    if not isinstance(stored, dict):
        raise ValueError("it isn't a JSON object")
    if unknown := sorted(stored.keys() - Description.__dataclass_fields__.keys()):
        raise ValueError(f"{unknown[0]} is unknown")
    for name in ("name", "title", "network", "files"):
        if name not in stored:
            raise ValueError(f"{name} is missing")
    check_texts(stored, "name", "title", "licence")
    description = Description(**stored)
    check_digests(description.files)
    for name in ("training", "metrics"):
        if not isinstance(getattr(description, name), dict):
            raise ValueError(f"{name} must be an object with names and values")
    return description


def write_description(folder: Path, description: Description) -> None:
    """Write ``config.json``."""
    text = json_text(asdict(description), indent=1, sort_keys=True)
    (folder / CONFIG).write_text(text + "\n", encoding="utf-8")


def check_files(folder: Path, description: Description, progress: Progress | None = None) -> None:
    """Check that all weights exist and match their hashes; raises :class:`ModelError` and ``Cancelled``."""
    progress = progress or Progress()
    for name, digest in description.files.items():
        progress.check()
        path = folder / name
        if Path(name).name != name:
            raise ModelError(
                Message(
                    "The model {folder} names a file outside its folder: {name}.",
                    folder=folder.name,
                    name=name,
                )
            )
        if not path.is_file():
            raise ModelError(
                Message("The model {folder} is incomplete: {name} is missing.", folder=folder.name, name=name)
            )
        if file_hash(path) != digest:
            raise ModelError(
                Message(
                    "{name} of the model {folder} doesn't match its description: import it again.",
                    name=name,
                    folder=folder.name,
                )
            )
