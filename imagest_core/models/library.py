"""Which models there are: the embedded one, and those the user imported. Needs no torch."""

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
"""Bytes of the name of an imported model."""


@dataclass(frozen=True)
class Entry:
    """A model that can be named."""

    name: str
    folder: Path
    description: Description

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        paths = (self.folder / name for name in self.description.files)
        return sum(path.stat().st_size for path in paths if path.is_file())


def embedded_folder() -> Path:
    """The model that ships with the program."""
    return Path(str(files("resources"))) / "models" / EMBEDDED


def imported_folder() -> Path:
    """The folder of models the user imported."""
    return data_folder() / "models"


def entries(broken: list[str] | None = None) -> list[Entry]:
    """All models that can be named, the embedded one first; folders that aren't models are passed over.

    So are those whose description can't be used; ``broken`` takes a sentence for each.
    """
    found = []
    others = sorted(imported_folder().iterdir()) if imported_folder().is_dir() else []
    for folder in [embedded_folder(), *others]:
        if (folder / CONFIG).is_file() and not folder.name.startswith("."):
            try:
                found.append(Entry(folder.name, folder, read_description(folder)))
            except ModelError as error:
                if broken is not None:
                    broken.append(error.message)
    return found


def find_model(name: str = "") -> Path:
    """The folder of a model given by name or path; "" is the embedded one.

    Raises :class:`ModelError` naming the models there are.
    """
    if not name or name == EMBEDDED:
        return embedded_folder()
    if (Path(name) / CONFIG).is_file():
        return Path(name)
    imported = imported_folder() / name
    if Path(name).name == name and (imported / CONFIG).is_file():
        return imported
    known = ", ".join(entry.name for entry in entries()) or "none"
    raise ModelError(
        Message(
            "There is no model '{name}'; known are: {known}. A folder with a {config} will do too.",
            name=name,
            known=known,
            config=CONFIG,
        )
    )


def import_model(source: Path, name: str = "", *, force: bool = False) -> Entry:
    """Copy a checkpoint folder into the user's models, checked, whole or not at all."""
    description = read_description(source)
    check_files(source, description)
    wanted = name or description.name
    if Path(wanted).name != wanted or wanted.startswith(".") or wanted == EMBEDDED or not _plain(wanted):
        raise ModelError(
            Message("'{wanted}' can't be a model's name; choose another with --name.", wanted=wanted)
        )
    target = imported_folder() / wanted
    check_folder(target, (source,))
    if target.exists() and not force:
        raise OutputError(
            Message(
                "There is a model {wanted} already; choose another --name, or --force to replace it.",
                wanted=wanted,
            )
        )
    imported_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=imported_folder(), prefix=".import-") as temporary:
        inside = Path(temporary) / wanted
        inside.mkdir()
        for file in (CONFIG, *description.files):
            shutil.copyfile(source / file, inside / file)
        if target.exists():
            os.rename(target, Path(temporary) / "replaced")
        os.rename(inside, target)
    return Entry(wanted, target, description)


def _plain(name: str) -> bool:
    """Whether a name is a short text that every file system and every terminal takes as it is."""
    return 0 < len(os.fsencode(name)) <= LONGEST_NAME and printable(name) == name
