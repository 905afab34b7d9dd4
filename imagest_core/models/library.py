"""The installed models: the embedded one and those the user imported. Needs no torch."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from imagest_core.errors import ModelError, OutputError
from imagest_core.messages import Message
from imagest_core.models.description import (
    CONFIG,
    Description,
    check_files,
    read_description,
)
from imagest_core.painting.outputs import check_folder
from imagest_core.paths import data_folder
from imagest_core.printable import printable

EMBEDDED = "embedded"
LONGEST_NAME = 100
"""Maximum length in bytes of the name of an imported model."""


@dataclass(frozen=True)
class InstalledModel:
    """An installed model."""

    name: str
    folder: Path
    description: Description

    @property
    def size(self) -> int:
        """Size of its weights in bytes."""
        paths = (self.folder / name for name in self.description.files)
        return sum(path.stat().st_size for path in paths if path.is_file())


def embedded_folder() -> Path:
    """Return the folder of the model that ships with the program."""
    return Path(str(files("resources"))) / "models" / EMBEDDED


def imported_folder() -> Path:
    """Return the folder of the user's imported models."""
    return data_folder() / "models"


def installed_models(broken: list[str] | None = None) -> list[InstalledModel]:
    """Return all installed models, the embedded one first.

    Folders without a description are ignored, as are invalid descriptions, whose errors are appended to
    ``broken``.
    """
    models = []
    others = sorted(imported_folder().iterdir()) if imported_folder().is_dir() else []
    for folder in [embedded_folder(), *others]:
        if (folder / CONFIG).is_file() and not folder.name.startswith("."):
            try:
                models.append(InstalledModel(folder.name, folder, read_description(folder)))
            except ModelError as error:
                if broken is not None:
                    broken.append(error.message)
    return models


def find_model(name: str = "") -> Path:
    """Return the folder of a model given by name or path; "" is the embedded one.

    Raises :class:`ModelError` if there is no such model.
    """
    if not name or name == EMBEDDED:
        return embedded_folder()
    if (Path(name) / CONFIG).is_file():
        return Path(name)
    imported = imported_folder() / name
    if Path(name).name == name and (imported / CONFIG).is_file():
        return imported
    known = ", ".join(model.name for model in installed_models()) or "none"
    raise ModelError(
        Message(
            "There is no model '{name}': choose one of {known}, or a folder with a {config}.",
            name=name,
            known=known,
            config=CONFIG,
        )
    )


def import_model(source: Path, name: str = "", *, force: bool = False) -> InstalledModel:
    """Check a checkpoint folder and copy it to the user's models, completely or not at all."""
    description = read_description(source)
    check_files(source, description)
    target_name = name or description.name
    if not _is_valid_name(target_name):
        raise ModelError(
            Message("'{name}' can't be a model's name; choose another with --name.", name=target_name)
        )
    target = imported_folder() / target_name
    check_folder(target, (source,))
    if target.exists() and not force:
        raise OutputError(
            Message(
                "A model {name} exists already; choose another --name, or --force to replace it.",
                name=target_name,
            )
        )
    imported_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=imported_folder(), prefix=".import-") as temporary:
        inside = Path(temporary) / target_name
        inside.mkdir()
        for file in (CONFIG, *description.files):
            shutil.copyfile(source / file, inside / file)
        if target.exists():
            os.rename(target, Path(temporary) / "replaced")
        os.rename(inside, target)
    return InstalledModel(target_name, target, description)


def _is_valid_name(name: str) -> bool:
    """Whether a model can have this name: short, and safe for file systems and terminals."""
    if Path(name).name != name or name.startswith(".") or name == EMBEDDED:
        return False
    return 0 < len(os.fsencode(name)) <= LONGEST_NAME and printable(name) == name
