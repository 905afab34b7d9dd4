"""Bring the files of models into the library: completely or not at all, also after a kill."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path

from imagest_core.models.file_hash import CHUNK, file_hash
from imagest_core.models.installed import imported_folder
from imagest_core.painting.atomic import check_writable, hidden_part, remove_stale
from imagest_core.progress import Progress

TEMPORARY = "import"
"""Stem of the hidden folders in the library in which models are put together, or removed."""


class Transfer(Enum):
    """How files come into the library."""

    NONE = auto()
    COPY = auto()
    MOVE = auto()


@contextmanager
def temporary(target: Path) -> Iterator[Path]:
    """Provide a hidden folder beside ``target``, and remove those that killed processes left in the library.

    Raises :class:`OutputError` if the library can't be written.
    """
    imported_folder().mkdir(parents=True, exist_ok=True)
    check_writable(target)
    folder = hidden_folder()
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def hidden_folder() -> Path:
    """Return an unused hidden path in the library, after removing what killed processes left there."""
    place = imported_folder() / TEMPORARY
    remove_stale(place)
    return hidden_part(place)


def transferred(
    names: Sequence[str], root: Path, inside: Path, transfer: Transfer, progress: Progress
) -> dict[str, tuple[str, int]]:
    """Bring the files to ``inside``, or leave them where they are; return their SHA-256 and size.

    A download is moved when all its files have been read, so that a kill doesn't divide it.
    """
    sizes = {name: (root / name).stat().st_size for name in names}
    done, total, files = 0, max(1, sum(sizes.values())), dict[str, tuple[str, int]]()
    for name in names:
        part = progress.part(done / total, (done + sizes[name]) / total)
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        if transfer is Transfer.COPY:
            digest = _copy(root / name, inside / name, part)
        else:
            digest = file_hash(root / name, part)
        files[name] = (digest, sizes[name])
        done += sizes[name]
    if transfer is Transfer.MOVE:
        for name in names:
            os.rename(root / name, inside / name)
    return files


def move_back(names: Sequence[str], inside: Path, root: Path) -> None:
    """Return the files of a download that isn't added, so that they need not be downloaded again."""
    for name in names:
        if (inside / name).exists() and not (root / name).exists():
            os.rename(inside / name, root / name)


def put(new: Path, target: Path, old: Path) -> None:
    """Rename ``new`` to ``target``; what was there goes to ``old``, and returns if that fails."""
    if not target.exists():
        os.rename(new, target)
        return
    os.rename(target, old)
    try:
        os.rename(new, target)
    except BaseException:
        os.rename(old, target)
        raise


def _copy(source: Path, target: Path, progress: Progress) -> str:
    """Copy a file; return its SHA-256."""
    digest, size, done = hashlib.sha256(), max(1, source.stat().st_size), 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            progress.set(done / size)
            digest.update(chunk)
            writer.write(chunk)
            done += len(chunk)
    return digest.hexdigest()
