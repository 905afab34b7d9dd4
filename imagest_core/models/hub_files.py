"""Which files of a repository on a hub are downloaded. Needs no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.description import CONFIG
from imagest_core.models.folder_files import INDEX, WEIGHTED, WEIGHTS
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


def index_of(files: Sequence[HubFile], pattern: str = "") -> HubFile | None:
    """Return the file that describes the pipeline in a repository, or in its folder ``pattern``."""
    name = f"{pattern}/{INDEX}" if pattern else INDEX
    return next((file for file in files if file.name == name), None)


def choose(
    files: Sequence[HubFile], pattern: str = "", components: Sequence[str] | None = None
) -> list[HubFile]:
    """Return the files to download: all weights and descriptions, or those of a pipeline's ``components``.

    ``pattern`` is the name of a file or folder. ``components`` are those that the description of a pipeline
    names (see :func:`index_of`). Where weights are offered in half precision too, only those are taken.
    """
    folder = f"{pattern}/" if pattern else ""
    wanted = [file for file in files if file.name == pattern or file.name.startswith(folder)]
    usable = [file for file in wanted if _usable(file)]
    if components is not None:
        usable = [file for file in usable if _is_loaded(file.name.removeprefix(folder), components)]
    if any(file.name == pattern for file in files):  # its licence, and the image encoder of an IP-Adapter
        encoder = f"{pattern.rpartition('/')[0]}/image_encoder/".lstrip("/")
        beside = [file for file in files if file.name.startswith(encoder) and _usable(file)]
        usable += beside + [file for file in files if file.name in ("README.md", "LICENSE.md", "LICENSE")]
    halves = {_plain(file.name) for file in usable if ".fp16" in file.name}
    return [file for file in usable if ".fp16" in file.name or _plain(file.name) not in halves]


def check_weights(
    repository: str, files: Sequence[HubFile], chosen: Sequence[HubFile], folder: str, names: Sequence[str]
) -> None:
    """Raise :class:`ModelError` if there are no weights that can be downloaded, or none of a component.

    ``names`` are the components of a pipeline in ``folder``.
    """
    weights = [file.name for file in chosen if file.name.endswith(".safetensors")]
    text = None
    if not weights:
        pickled = any(file.name.lower().endswith(PICKLED) for file in files)
        text = (
            Message("has only pickled weights, which may run code")
            if pickled
            else Message("has no safetensors file")
        )
    for name in names:
        inside = f"{folder}/{name}/".lstrip("/")
        if name.startswith(WEIGHTED) and not any(each.startswith(inside) for each in weights):
            text = text or Message("has no safetensors file for {name}", name=name)
    if text is not None:
        raise ModelError(
            Message("{repository} {problem}; choose another repository.", repository=repository, problem=text)
        )


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


def _is_loaded(name: str, components: Sequence[str]) -> bool:
    """Whether a file of a pipeline is kept: descriptions and weights of components, and the licence."""
    folder, _, base = name.rpartition("/")
    if not folder:
        return base in (INDEX, "README.md") or base.startswith("LICENSE")
    if folder not in components:
        return False
    return bool(WEIGHTS.fullmatch(base)) or not base.endswith((".safetensors", ".index.json"))


def _plain(name: str) -> str:
    """Return the name of weights, or of the list of their parts, without their precision and number."""
    return re.sub(r"\.fp16|-\d{5}-of-\d{5}|\.index(\.fp16)?\.json$", "", name)


def _usable(file: HubFile) -> bool:
    name = file.name
    if any(part.startswith(".") for part in name.split("/")):
        return False
    if name.endswith(".safetensors") or base_name(file).startswith("LICENSE"):
        return True
    return name.endswith(TEXTS) and file.size <= LARGEST_TEXT
