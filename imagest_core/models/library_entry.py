"""The entry of an installed model, ``model.json``, readable without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.folder_files import ENTRY
from imagest_core.models.identity import Identity, from_json
from imagest_core.models.validation import check_texts, read_json
from imagest_core.printable import json_text

FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """The contents of ``model.json``.

    ``source`` is the folder of a model that is used in place, else ""; ``files``: SHA-256 and size in bytes
    by the names in ``identity.files``; ``origin``: where it was fetched, as "REPOSITORY@COMMIT".
    """

    title: str
    licence: str
    identity: Identity
    files: Mapping[str, tuple[str, int]]
    source: str = ""
    origin: str = ""


def read_entry(folder: Path) -> Entry:
    """Read ``model.json`` in ``folder``; raises :class:`ModelError` if it can't be used."""
    path = folder / ENTRY
    try:
        stored = read_json(path)
        if not isinstance(stored, dict):
            raise ValueError("it isn't a JSON object")
        version = stored.get("format")
        if type(version) is not int or version < 1:
            raise ValueError("format must be a whole number from 1 on")
        if version > FORMAT:
            raise ModelError(
                Message(
                    "{folder} was made by a newer version of this program: update to use it.",
                    folder=folder.name,
                )
            )
        return _checked(stored)
    except (ValueError, TypeError, OSError) as error:
        raise ModelError(
            Message(
                "{path} can't be understood as a model's description ({reason}).", path=path, reason=error
            )
        ) from error


def _checked(stored: Mapping[str, Any]) -> Entry:
    check_texts(stored, "title", "licence", "source", "origin")
    identity = from_json(stored.get("identity"))
    files = stored.get("files")
    if not isinstance(files, dict) or files.keys() != set(identity.files):
        raise ValueError("files must have a hash for each file of the model")
    pairs = {}
    for name, value in files.items():
        valid = (
            isinstance(value, dict) and isinstance(value.get("sha256"), str) and len(value["sha256"]) == 64
        )
        if not valid or type(value.get("size")) is not int or value["size"] < 0:
            raise ValueError(f"files.{name} must have a SHA-256 hash and a size")
        pairs[name] = (value["sha256"], value["size"])
    texts = {name: stored.get(name, "") for name in ("title", "licence", "source", "origin")}
    return Entry(identity=identity, files=pairs, **texts)


def write_entry(folder: Path, entry: Entry) -> None:
    """Write ``model.json``."""
    stored = {
        "format": FORMAT,
        "title": entry.title,
        "licence": entry.licence,
        "source": entry.source,
        "origin": entry.origin,
        "identity": entry.identity.to_json(),
        "files": {name: {"sha256": digest, "size": size} for name, (digest, size) in entry.files.items()},
    }
    text = json_text(stored, indent=1, sort_keys=True)
    (folder / ENTRY).write_text(text + "\n", encoding="utf-8")
