"""Check whether a path may be written; used for everything the program writes.

An output is never one of the inputs of the same operation, under any name, link or letter case, with or
without ``force``. Names that differ only in letter case or Unicode normalisation count as the same file on
every system, because they are the same file on a macOS or Windows disk.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from imagest_core.errors import InputError, OutputError
from imagest_core.messages import Message, template


class FileKind(StrEnum):
    """Kind of a file's content, according to its first bytes."""

    PICTURE = template("a picture")
    PROJECT = template("a project")
    OTHER = template("another file")


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
    """Raise :class:`OutputError` if ``out`` must not be written.

    ``source`` and ``inputs`` are never written: files, or folders whose files must not be replaced. Without
    ``force``, no existing file is replaced.
    """
    if not out.parent.is_dir():
        raise OutputError(
            Message("The folder {parent} doesn't exist; create it or choose another.", parent=out.parent)
        )
    if source is not None and same_file(out, source):
        raise OutputError(
            Message("{out} is the source itself, which is never written; choose another name.", out=out.name)
        )
    if any(is_input(out, path) for path in inputs):
        raise OutputError(
            Message("{out} is one of the inputs, which are never written; choose another name.", out=out.name)
        )
    if not os.path.lexists(out) or not out.exists():
        return
    if not out.is_file():
        raise OutputError(Message("{out} is not a file; choose another name.", out=out))
    if not force:
        raise OutputError(
            Message("{out} exists already; choose another name, or --force to replace it.", out=out)
        )


def check_targets(outs: Iterable[Path], *, force: bool = False, inputs: Iterable[Path] = ()) -> None:
    """Call :func:`check_target` for files that are written together and must be different."""
    inputs, targets = tuple(inputs), list[Path]()
    for out in outs:
        if any(same_file(out, other) for other in targets):
            raise OutputError(
                Message("{out} is given for two of the output files; choose different names.", out=out)
            )
        targets.append(out)
    for out in targets:
        check_target(out, force=force, inputs=inputs)


def check_replaceable(out: Path, kind: FileKind) -> None:
    """Raise :class:`OutputError` if a file of another kind would replace an image or a project."""
    existing = file_kind(out)
    if existing not in (kind, FileKind.OTHER):
        raise OutputError(
            Message(
                "{out} is {existing} and can't be replaced by another kind of file; choose another name.",
                out=out.name,
                existing=Message(existing.value),
            )
        )


def check_folder(folder: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise :class:`OutputError` if ``folder`` can't be written into or is one of the inputs."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise OutputError(Message("{folder} is not a folder; choose another name.", folder=folder))
    if any(same_file(folder, path) for path in inputs):
        raise OutputError(
            Message(
                "{folder} is one of the inputs, which are never written; choose another name.", folder=folder
            )
        )


def check_regular_file(path: Path) -> None:
    """Raise :class:`InputError` for a pipe, device or socket, because opening it may block forever."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InputError(
            Message("{path} is not a regular file: name one that is stored on a disk.", path=path)
        )


def same_file(one: Path, other: Path) -> bool:
    """Return whether two paths are, or would be on some system, the same file or folder."""
    try:
        if os.path.samefile(one, other):
            return True
    except (OSError, ValueError):
        pass
    return _location(one) == _location(other)


def is_input(out: Path, path: Path) -> bool:
    """Return whether writing ``out`` would write ``path``, or a file in the folder ``path``."""
    return same_file(out, path) or (path.is_dir() and _in_folder(out, path))


def file_kind(path: Path) -> FileKind:
    """Return the kind of a file's content; OTHER also if it is missing or unreadable."""
    try:
        if not path.is_file():
            return FileKind.OTHER
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return FileKind.OTHER
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return FileKind.PICTURE
    return FileKind.PROJECT if head == _PROJECT else FileKind.OTHER


def _in_folder(out: Path, folder: Path) -> bool:
    """Return whether ``out`` is, or is a hard link to, a file at any depth in ``folder``."""
    real, inside = Path(os.path.realpath(out)), Path(os.path.realpath(folder))
    if inside in real.parents and real.parent.is_dir():
        target = normalized_name(real.name)
        return any(normalized_name(name) == target for name in os.listdir(real.parent))
    if real.is_file() and real.stat().st_nlink > 1:
        return any(same_file(real, path) for path in inside.rglob("*") if path.is_file())
    return False


def _location(path: Path) -> tuple[object, ...]:
    """Return the identity of the nearest existing folder, and the normalized names below it."""
    names, folder = [], Path(os.path.realpath(path))
    while folder != folder.parent:
        names.append(normalized_name(folder.name))
        folder = folder.parent
        try:
            status = folder.stat()
        except (OSError, ValueError):
            continue
        return (status.st_dev, status.st_ino, *reversed(names))
    return (str(folder), *reversed(names))


def normalized_name(name: str) -> str:
    """Return a file name without differences that some file systems ignore: case, Unicode form."""
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return name.rstrip(". ") or name
