"""The installed models: the embedded one and those the user added. Needs no torch.

Each added model has a folder with ``model.json`` in the user's data folder, which also holds its files unless
it is used in place. Checkpoints of the Imagest network may have their ``config.json`` only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from imagest_core.cached import cached_property
from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.description import CONFIG, Description, read_description
from imagest_core.models.folder_files import ENTRY
from imagest_core.models.identify import identify
from imagest_core.models.identity import Identity, ModelKind
from imagest_core.models.library_entry import read_entry
from imagest_core.paths import data_folder

EMBEDDED = "embedded"


@dataclass(frozen=True)
class InstalledModel:
    """An installed model, or one that was given by its path.

    Parameters
    ----------
    folder
        Its folder in the library; for a model given by path the folder of its files.
    path
        The folder or the file that an engine loads.
    licence
        Name of the licence, "" if unknown.
    sha256
        Hashes by file name, see ``identity.files``; empty for pipelines and adapters given by path.
    size
        Size of all files in bytes.
    in_place
        Whether the files are outside the library.
    origin
        The repository it was fetched from, and the commit.
    """

    name: str
    folder: Path
    path: Path
    identity: Identity
    title: str
    licence: str
    sha256: Mapping[str, str]
    size: int
    in_place: bool
    origin: str = ""

    @property
    def root(self) -> Path:
        """The folder to which the names of files are relative."""
        return self.path if self.identity.layout == "folder" else self.path.parent

    @property
    def missing(self) -> bool:
        """Whether its files are not where they were added, as after removing a disk."""
        return not self.path.exists()

    @cached_property
    def description(self) -> Description:
        """The description of a checkpoint of the Imagest network; raises :class:`ModelError` for others."""
        return read_description(self.path)


def embedded_folder() -> Path:
    """Return the folder of the model that ships with the program."""
    return Path(str(files("resources"))) / "models" / EMBEDDED


def imported_folder() -> Path:
    """Return the folder of the user's models."""
    return data_folder() / "models"


def installed_models(
    broken: list[str] | None = None, *, kinds: Collection[ModelKind] = ()
) -> list[InstalledModel]:
    """Return the installed models, the embedded one first; of ``kinds`` only, if given.

    Folders without a description are ignored, as are invalid descriptions, whose errors are appended to
    ``broken``.
    """
    models = []
    for folder in _model_folders():
        try:
            model = _installed(folder)
        except ModelError as error:
            if broken is not None:
                broken.append(error.message)
            continue
        if not kinds or model.identity.kind in kinds:
            models.append(model)
    return models


def _model_folders() -> Iterator[Path]:
    others = sorted(imported_folder().iterdir()) if imported_folder().is_dir() else []
    for folder in [embedded_folder(), *others]:
        if _is_model(folder) and not folder.name.startswith("."):
            yield folder


def _is_model(folder: Path) -> bool:
    return (folder / ENTRY).is_file() or (folder / CONFIG).is_file()


def _installed(folder: Path) -> InstalledModel:
    """Return the model of a folder in the library; raises :class:`ModelError` if it is invalid."""
    if not (folder / ENTRY).is_file():
        return _checkpoint(folder, folder.name)
    entry = read_entry(folder)
    root = Path(entry.source) if entry.source else folder
    if entry.identity.kind is ModelKind.IMAGEST and root.is_dir():
        read_description(root)
    return InstalledModel(
        name=folder.name,
        folder=folder,
        path=model_path(root, entry.identity),
        identity=entry.identity,
        title=entry.title or folder.name,
        licence=entry.licence,
        sha256={name: digest for name, (digest, _) in entry.files.items()},
        size=sum(size for _, size in entry.files.values()),
        in_place=bool(entry.source),
        origin=entry.origin,
    )


def _checkpoint(folder: Path, name: str) -> InstalledModel:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    stamp = tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    return _read_checkpoint(folder, name, stamp)


@lru_cache(maxsize=64)
def _read_checkpoint(folder: Path, name: str, stamp: tuple[tuple[str, int, int], ...]) -> InstalledModel:
    """Read a checkpoint's description; the window asks for it many times. ``stamp`` is of its files."""
    description = read_description(folder)
    paths = [folder / file for file in description.files]
    return InstalledModel(
        name=name,
        folder=folder,
        path=folder,
        identity=identify(folder),
        title=description.title or name,
        licence=description.licence,
        sha256=description.files,
        size=sum(path.stat().st_size for path in paths if path.is_file()),
        in_place=False,
    )


def model_path(root: Path, identity: Identity) -> Path:
    """Return what an engine loads of a model whose files are relative to ``root``."""
    return root if identity.layout == "folder" else root / identity.files[0]


def model_root(path: Path) -> Path:
    """Return the folder to which the files of the model at ``path`` are relative."""
    return path if path.is_dir() else path.parent


def find_installed(name: str = "", suits: Callable[[Identity], bool] | None = None) -> InstalledModel:
    """Return a model by its name in the library, or by the path of a folder or file, which is identified.

    "" is the embedded model. Raises :class:`ModelError` if there is no such model, or if it can't be used;
    the error lists the installed models that ``suits`` accepts.
    """
    if not name or name == EMBEDDED:
        return _installed(embedded_folder())
    folder = imported_folder() / name
    if Path(name).name == name and not name.startswith(".") and _is_model(folder):
        return _installed(folder)
    path = Path(name)
    if path.exists():
        return _given(path)
    known = ", ".join(model.name for model in installed_models() if suits is None or suits(model.identity))
    if not known:
        raise ModelError(
            Message(
                "There is no model '{name}', nor another that fits: add one under Models "
                "(imagest models add PATH).",
                name=name,
            )
        )
    raise ModelError(
        Message(
            "There is no model '{name}': choose one of {known}, or a folder or .safetensors file.",
            name=name,
            known=known,
        )
    )


def _given(path: Path) -> InstalledModel:
    """Return the model at ``path``, which isn't in the library."""
    identity, root = identify(path), model_root(path)
    if identity.kind is ModelKind.IMAGEST:
        return _checkpoint(path, path.name)
    return InstalledModel(
        name=path.name,
        folder=root,
        path=model_path(root, identity),
        identity=identity,
        title=path.stem if path.is_file() else path.name,
        licence="",
        sha256={},
        size=sum((root / file).stat().st_size for file in identity.files),
        in_place=True,
    )


def changed_file(model: InstalledModel, name: str) -> ModelError:
    """Return the error for a file of ``model`` that isn't the one that was added."""
    return ModelError(
        Message(
            "{name} of the model {folder} was changed or damaged: add the model again.",
            name=name,
            folder=model.name,
        )
    )


def find_model(name: str = "") -> Path:
    """Return the folder of a checkpoint of the Imagest network given by name or path; "" is the embedded one.

    Raises :class:`ModelError` if there is none.
    """
    if not name or name == EMBEDDED:
        return embedded_folder()
    if (Path(name) / CONFIG).is_file():
        return Path(name)
    model = find_installed(name)
    if model.identity.kind is not ModelKind.IMAGEST:
        raise ModelError(
            Message(
                "The model '{name}' is no checkpoint of the Imagest network; choose another model or engine.",
                name=name,
            )
        )
    return model.path
