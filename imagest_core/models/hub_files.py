"""Which files of a repository on a hub are downloaded. Needs no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.description import CONFIG
from imagest_core.models.folder_files import INDEX, UNUSED, WEIGHTS
from imagest_core.models.identity import PICKLED, refuse_pickled

TEXTS = (".json", ".txt", ".model", ".md")
LARGEST_TEXT = 64 << 20


@dataclass(frozen=True)
class HubFile:
    """A file of a repository; ``sha256`` or the Git hash ``blob`` is known."""

    name: str
    size: int
    sha256: str = ""
    blob: str = ""


def choose(files: Sequence[HubFile], pattern: str = "") -> list[HubFile]:
    """Return the files to download: of a pipeline its components, else all weights and descriptions.

    Where weights are offered in half precision too, only those are taken.
    """
    named = {file.name: file for file in files}
    wanted = [
        file for file in files if not pattern or file.name == pattern or file.name.startswith(f"{pattern}/")
    ]
    usable = [file for file in wanted if _usable(file)]
    if INDEX in named and not pattern:
        usable = [
            file
            for file in usable
            if not file.name.startswith(UNUSED)
            and ("/" in file.name or not file.name.endswith(".safetensors"))
            and _is_loaded(base_name(file))
        ]
    if pattern in named:  # its licence, and the image encoder of an IP-Adapter
        encoder = f"{pattern.rpartition('/')[0]}/image_encoder/".lstrip("/")
        beside = [file for file in files if file.name.startswith(encoder) and _usable(file)]
        usable += beside + [file for file in files if file.name in ("README.md", "LICENSE.md", "LICENSE")]
    halves = {_plain(file.name) for file in usable if ".fp16" in file.name}
    return [file for file in usable if ".fp16" in file.name or _plain(file.name) not in halves]


def check_one_model(
    repository: str, files: Sequence[HubFile], chosen: Sequence[HubFile], pattern: str = ""
) -> None:
    """Raise :class:`ModelError` unless the ``chosen`` files of a repository are one model.

    So a wrong name, or none where there are several models, is refused before anything is downloaded.
    """
    names = {file.name for file in files}
    folder = f"{pattern}/" if pattern else ""
    if pattern in names:
        _check_format(pattern)
        return
    if not any(name.startswith(folder) for name in names):
        raise ModelError(
            Message("{repository} has no file or folder {name}.", repository=repository, name=pattern)
        )
    inside = sorted(file.name.removeprefix(folder) for file in chosen if file.name.startswith(folder))
    weights = [name for name in inside if name.endswith(".safetensors")]
    single = sum("/" not in name for name in weights) == 1
    if weights and not single and not {INDEX, CONFIG} & set(inside):
        raise ModelError(
            Message(
                "{repository} holds several models: name the file or folder of one, such as {name}.",
                repository=repository,
                name=folder + weights[0],
            )
        )


def _check_format(name: str) -> None:
    if name.lower().endswith(PICKLED):
        refuse_pickled(PurePosixPath(name))
    if not name.endswith(".safetensors"):
        raise ModelError(Message("{name} isn't a .safetensors file; name one.", name=name))


def base_name(file: HubFile) -> str:
    """Return the name of a file without its folders."""
    return file.name.rsplit("/", 1)[-1]


def _is_loaded(name: str) -> bool:
    """Whether a file of a component is loaded: descriptions, and weights under their usual names."""
    return bool(WEIGHTS.fullmatch(name)) or not name.endswith((".safetensors", ".index.json"))


def _plain(name: str) -> str:
    """Return the name of weights without their precision and the number of their part."""
    return re.sub(r"\.fp16|-\d{5}-of-\d{5}", "", name)


def _usable(file: HubFile) -> bool:
    name = file.name
    if any(part.startswith(".") for part in name.split("/")):
        return False
    if name.endswith(".safetensors") or base_name(file).startswith("LICENSE"):
        return True
    return name.endswith(TEXTS) and file.size <= LARGEST_TEXT
