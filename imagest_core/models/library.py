"""The library of models: list, find, add, check and remove them. Needs no torch."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

from imagest_core.errors import ModelError, OutputError
from imagest_core.messages import Message
from imagest_core.models.description import check_files, read_description
from imagest_core.models.few_steps import DETAIL, FewSteps
from imagest_core.models.file_hash import file_hash
from imagest_core.models.folder_files import ENTRY
from imagest_core.models.identify import identify
from imagest_core.models.identity import Family, Identity, ModelKind
from imagest_core.models.installed import (
    EMBEDDED,
    InstalledModel,
    changed_file,
    embedded_folder,
    find_installed,
    find_model,
    imported_folder,
    installed_models,
    model_root,
)
from imagest_core.models.library_entry import Entry, read_entry, write_entry
from imagest_core.models.onnx.diffusion_manifest import check_files as check_graphs
from imagest_core.models.onnx.diffusion_manifest import read_manifest
from imagest_core.models.safetensors_header import read_header
from imagest_core.models.transfer import Transfer, hidden_folder, move_back, put, temporary, transferred
from imagest_core.painting.outputs import check_folder
from imagest_core.printable import megabytes_apart, printable
from imagest_core.progress import Progress

__all__ = [
    "EMBEDDED",
    "InstalledModel",
    "add_downloaded",
    "add_model",
    "check_model",
    "declare_few_steps",
    "default_name",
    "embedded_folder",
    "find_installed",
    "find_model",
    "free_name",
    "free_space",
    "import_model",
    "imported_folder",
    "installed_models",
    "new_folder",
    "remove_model",
]

LONGEST_NAME = 100
"""Maximum length in bytes of the name of a model."""
SEPARATORS = frozenset(":,+@")
"""Characters that separate names, weights and words in lists of adapters and names of methods."""
MARGIN = 64 << 20
"""Bytes that must remain free on the disk."""


def add_model(
    path: Path,
    name: str = "",
    *,
    in_place: bool = False,
    progress: Progress | None = None,
    prediction: str = "",
    few_steps: str = "",
    force: bool = False,
) -> InstalledModel:
    """Identify a folder or file and add it to the library, completely or not at all.

    With ``in_place`` only its location and hashes are stored. ``prediction`` ("epsilon" or "v_prediction")
    and ``few_steps`` (see :func:`with_few_steps`) override what was recognised. With ``force`` a model of the
    same name is replaced. Raises :class:`ModelError`, :class:`OutputError` and ``Cancelled``.
    """
    progress = progress or Progress()
    path = path.absolute()
    identity = identify(path)
    if prediction:
        identity = _with_prediction(path, identity, prediction)
    if few_steps:
        identity = with_few_steps(path.name, identity, few_steps)
    root = model_root(path)
    if identity.kind is ModelKind.IMAGEST:
        check_files(root, read_description(root), progress)
    if identity.kind is ModelKind.ONNX_PIPELINE:
        check_graphs(root, read_manifest(root), progress)
    target = new_folder(name or default_name(path, identity), (path,), force=force)
    entry = Entry(
        *_title_and_licence(root, path, identity, name), identity, {}, str(root) if in_place else ""
    )
    if in_place:
        return _install(target, entry, root, Transfer.NONE, progress)
    _check_room(sum((root / file).stat().st_size for file in identity.files))
    return _install(target, entry, root, Transfer.COPY, progress)


def add_downloaded(
    path: Path,
    name: str,
    *,
    origin: str,
    licence: str,
    progress: Progress,
    few_steps: str = "",
    force: bool = False,
) -> InstalledModel:
    """Move a downloaded model into the library; the files must be on its disk."""
    identity, root = identify(path), model_root(path)
    if few_steps:
        identity = with_few_steps(name, identity, few_steps)
    target = new_folder(name, force=force)
    title, stated = _title_and_licence(root, path, identity, name)
    return _install(
        target, Entry(title, licence or stated, identity, {}, "", origin), root, Transfer.MOVE, progress
    )


def default_name(path: Path, identity: Identity) -> str:
    """Return the name of a model that was added without one."""
    if identity.kind is ModelKind.IMAGEST:
        return read_description(path).name
    stem = path.name if path.is_dir() else path.stem
    safe = re.sub(r"[\s/\\:,+@]+", "-", printable(stem)).strip("-.")
    return os.fsencode(safe)[:LONGEST_NAME].decode(errors="ignore") or str(identity.kind)


def free_name(name: str) -> str:
    """Return ``name``, with a number if a model has it."""
    taken = {path.name for path in imported_folder().iterdir()} if imported_folder().is_dir() else set()
    candidates = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
    return next(candidate for candidate in candidates if candidate not in taken)


def free_space() -> int:
    """Return the free bytes on the disk of the library."""
    imported_folder().mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(imported_folder()).free


def new_folder(name: str, inputs: tuple[Path, ...] = (), *, force: bool = False) -> Path:
    """Return the folder of a new model.

    Raises :class:`ModelError` for an invalid name, :class:`OutputError` if the folder must not be written.
    """
    if not _is_valid_name(name):
        raise ModelError(Message("'{name}' can't be a model's name; choose another with --name.", name=name))
    target = imported_folder() / name
    check_folder(target, inputs)
    if target.exists() and not force:
        raise OutputError(
            Message(
                "A model {name} exists already; choose another --name, or --force to replace it.", name=name
            )
        )
    return target


def _with_prediction(path: Path, identity: Identity, prediction: str) -> Identity:
    if identity.family not in (Family.SD1, Family.SD2, Family.SDXL) or identity.layout != "file":
        raise ModelError(
            Message("{path} isn't a single Stable Diffusion file: leave out --prediction.", path=path.name)
        )
    return replace(identity, prediction=prediction)


def with_few_steps(name: str, identity: Identity, kind: str) -> Identity:
    """Return the identity of a LoRA with its kind of few-step adapter: a :class:`FewSteps`, or "none".

    Raises :class:`ModelError` for anything but a LoRA.
    """
    if identity.kind is not ModelKind.LORA:
        raise ModelError(Message("{name} isn't a LoRA, and only a LoRA can be one for few steps.", name=name))
    details = {key: value for key, value in identity.details.items() if key != DETAIL}
    return replace(identity, details=details if kind == "none" else {**details, DETAIL: FewSteps(kind)})


def declare_few_steps(name: str, kind: str) -> InstalledModel:
    """Store the kind of an installed LoRA; see :func:`with_few_steps`. Its files are not touched.

    The entry keeps its time: files in place that are newer are compared with their hashes.
    """
    model = find_installed(name)
    entry, stat = read_entry(model.folder), (model.folder / ENTRY).stat()
    write_entry(model.folder, replace(entry, identity=with_few_steps(name, entry.identity, kind)))
    os.utime(model.folder / ENTRY, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return find_installed(name)


def _install(
    target: Path, entry: Entry, root: Path, transfer: Transfer, progress: Progress
) -> InstalledModel:
    """Write the entry, and bring the files to it; nothing remains after a failure or a cancel."""
    with temporary(target) as folder:
        inside = folder / target.name
        inside.mkdir()
        try:
            files = transferred(entry.identity.files, root, inside, transfer, progress)
            write_entry(inside, replace(entry, files=files))
            progress.check()
            put(inside, target, folder / "replaced")
        except BaseException:
            if transfer is Transfer.MOVE:
                move_back(entry.identity.files, inside, root)
            raise
    return find_installed(target.name)


def _check_room(size: int) -> None:
    free = free_space()
    if free < size + MARGIN:
        megabytes = megabytes_apart(size + MARGIN, free)
        raise OutputError(
            Message(
                "The model needs {needed} MB, but only {free} MB are free in {folder}; "
                "free space, or add it in place.",
                needed=megabytes[0],
                free=megabytes[1],
                folder=imported_folder(),
            )
        )


def _title_and_licence(root: Path, path: Path, identity: Identity, name: str = "") -> tuple[str, str]:
    """Return what a model says of itself; otherwise a folder's title is ``name``, a file's its stem."""
    if identity.kind is ModelKind.IMAGEST:
        description = read_description(root)
        return description.title, description.licence
    if identity.kind is ModelKind.ONNX_PIPELINE:
        manifest = read_manifest(root)
        return printable(manifest.title)[:200], printable(manifest.licence)[:200]
    title, licence = (name or path.name) if path.is_dir() else path.stem, ""
    if identity.layout == "file":
        metadata = read_header(root / identity.files[0]).metadata
        title = printable(metadata.get("modelspec.title", "")).strip()[:200] or title
        licence = printable(metadata.get("modelspec.license", "")).strip()[:200]
    return title, licence or _licence_of_card(root)


def _licence_of_card(root: Path) -> str:
    """Return the licence in the front matter of a model card."""
    card = root / "README.md"
    if not card.is_file() or card.stat().st_size > 1 << 20:
        return ""
    text = card.read_text(encoding="utf-8", errors="replace")
    front = text.split("\n---", 1)[0] if text.startswith("---") else ""
    match = re.search(r"^license(?:_name)?:[ \t]*(\S+)[ \t]*$", front, re.MULTILINE)
    return printable(match[1].strip("'\""))[:200] if match else ""


def _is_valid_name(name: str) -> bool:
    """Whether a model can have this name: short, and safe for file systems, terminals and ``--adapters``."""
    if Path(name).name != name or name.startswith(".") or name == EMBEDDED:
        return False
    if name != name.strip() or SEPARATORS & set(name):
        return False
    return 0 < len(os.fsencode(name)) <= LONGEST_NAME and printable(name) == name


def import_model(source: Path, name: str = "", *, force: bool = False) -> InstalledModel:
    """Copy a checkpoint folder of the Imagest network to the library."""
    read_description(source)
    return add_model(source, name, force=force)


def check_model(model: InstalledModel, progress: Progress | None = None) -> None:
    """Compare all files of a model with their hashes; raises :class:`ModelError` and ``Cancelled``."""
    progress = progress or Progress()
    if model.missing:
        raise ModelError(
            Message(
                "The files of the model {name} are missing at {path}: connect the disk, or remove the model.",
                name=model.name,
                path=model.path,
            )
        )
    if not (model.folder / ENTRY).is_file() and model.identity.kind is ModelKind.IMAGEST:
        check_files(model.path, model.description, progress)
        return
    names = list(model.sha256)
    for number, name in enumerate(names):
        path = model.root / name
        if not path.is_file():
            raise ModelError(
                Message("The model {folder} is incomplete: {name} is missing.", folder=model.name, name=name)
            )
        part = progress.part(number / len(names), (number + 1) / len(names))
        if file_hash(path, part) != model.sha256[name]:
            raise changed_file(model, name)


def remove_model(name: str) -> None:
    """Remove a model from the library; files that are used in place stay.

    Raises :class:`ModelError` for the embedded model, and if there is none of this name.
    """
    if not name or name == EMBEDDED:
        raise ModelError(Message("The embedded model belongs to the program and can't be removed."))
    folder = imported_folder() / name
    if Path(name).name != name or name.startswith(".") or not folder.is_dir() or folder.is_symlink():
        raise ModelError(
            Message("There is no installed model '{name}'; see: imagest models list.", name=name)
        )
    hidden = hidden_folder()
    os.rename(folder, hidden)
    shutil.rmtree(hidden, ignore_errors=True)
