"""Whether a path may be written: the one decision for everything the program writes.

An output is never one of the inputs of the same work, whatever name, link or letter case leads to it,
with or without ``force``. Names that differ only in letter case or in Unicode normalisation count as
one on every system: they are one file as soon as the folder is on a disk of macOS or Windows.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from imagest_core.errors import InputError, OutputError


class Kind(StrEnum):
    """What a file holds, as far as its first bytes tell."""

    PICTURE = "a picture"
    PROJECT = "a project"
    OTHER = "another file"


_PICTURES = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"\0\0\0\x0cjP",
    b"\xff\x4f\xff\x51",
    b"8BPS",
)
_PROJECT = b"SQLite format 3\0"


def check_target(
    out: Path, *, force: bool = False, source: Path | None = None, inputs: Iterable[Path] = ()
) -> None:
    """Raise :class:`OutputError` where ``out`` mustn't be written.

    ``source`` and ``inputs`` are never written: files, or folders of which no file is replaced. Without
    ``force`` nothing that exists is.
    """
    if not out.parent.is_dir():
        raise OutputError(f"The folder {out.parent} doesn't exist; create it or choose another.")
    if source is not None and same_file(out, source):
        raise OutputError(f"{out.name} is the source itself, which is never written; choose another name.")
    if any(is_input(out, path) for path in inputs):
        raise OutputError(f"{out.name} is one of the inputs, which are never written; choose another name.")
    if not os.path.lexists(out) or not out.exists():
        return
    if not out.is_file():
        raise OutputError(f"{out} is not a file; choose another name.")
    if not force:
        raise OutputError(f"{out} exists already; choose another name, or --force to replace it.")


def check_targets(outs: Iterable[Path], *, force: bool = False, inputs: Iterable[Path] = ()) -> None:
    """:func:`check_target` for files that are written together, which must not be the same one."""
    inputs, seen = tuple(inputs), list[Path]()
    for out in outs:
        if any(same_file(out, other) for other in seen):
            raise OutputError(f"{out} can't be two of the files to write; name one for each.")
        seen.append(out)
    for out in seen:
        check_target(out, force=force, inputs=inputs)


def check_replaceable(out: Path, kind: Kind) -> None:
    """Raise :class:`OutputError` where something else would replace a picture or a project."""
    found = kind_of(out)
    if found not in (kind, Kind.OTHER):
        raise OutputError(f"{out.name} is {found}, which only another one may replace; choose another name.")


def check_folder(folder: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise :class:`OutputError` where ``folder`` can't be written into, or is one of the inputs."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise OutputError(f"{folder} is not a folder; choose another name.")
    if any(same_file(folder, path) for path in inputs):
        raise OutputError(f"{folder} is one of the inputs, which are never written; choose another name.")


def check_ordinary(path: Path) -> None:
    """Raise :class:`InputError` for a pipe, a device or a socket: opening one may never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InputError(f"{path} is no ordinary file: name one that is stored on a disk.")


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths are, or on some system would be, the same file or folder."""
    try:
        if os.path.samefile(one, other):
            return True
    except (OSError, ValueError):
        pass
    return _place(one) == _place(other)


def is_input(out: Path, path: Path) -> bool:
    """Whether writing ``out`` would write ``path``, or a file of the folder ``path``."""
    return same_file(out, path) or (path.is_dir() and _in_folder(out, path))


def kind_of(path: Path) -> Kind:
    """What the file holds; OTHER also where there is none or it can't be read."""
    try:
        if not path.is_file():
            return Kind.OTHER
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return Kind.OTHER
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Kind.PICTURE
    return Kind.PROJECT if head == _PROJECT else Kind.OTHER


def _in_folder(out: Path, folder: Path) -> bool:
    """Whether ``out`` is a file that ``folder`` holds at any depth, or another name of one."""
    real, inside = Path(os.path.realpath(out)), Path(os.path.realpath(folder))
    if inside in real.parents and real.parent.is_dir():
        wanted = folded(real.name)
        return any(folded(name) == wanted for name in os.listdir(real.parent))
    if real.is_file() and real.stat().st_nlink > 1:
        return any(same_file(real, found) for found in inside.rglob("*") if found.is_file())
    return False


def _place(path: Path) -> tuple[object, ...]:
    """Where a file is or would be: its folder's identity, then the names below, folded."""
    names, folder = [], Path(os.path.realpath(path))
    while folder != folder.parent:
        names.append(folded(folder.name))
        folder = folder.parent
        try:
            found = folder.stat()
        except (OSError, ValueError):
            continue
        return (found.st_dev, found.st_ino, *reversed(names))
    return (str(folder), *reversed(names))


def folded(name: str) -> str:
    """A file name without what some file systems don't tell apart: letter case and Unicode form."""
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return name.rstrip(". ") or name
