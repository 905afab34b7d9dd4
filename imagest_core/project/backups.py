"""Rolling backups: a few whole copies of a project, each checked before an older one goes."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from imagest_core.errors import OutputError
from imagest_core.project.connection import connect_to_read, writing
from imagest_core.project.folders import backup_folder

KEPT = 5
LARGEST = 4 * 2**30
"""Bytes that the backups of one project may take; the newest is kept however large."""


def folder_of(project: Path) -> Path:
    """The folder of one project's backups."""
    place = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:12]
    return backup_folder() / f"{project.stem}-{place}"


def backups(project: Path) -> list[Path]:
    """The backups of a project, the newest first."""
    return sorted(folder_of(project).glob("*.imagest"), reverse=True)


def back_up(project: Path, *, kept: int = KEPT, largest: int = LARGEST) -> Path | None:
    """Copy the project as it is now, then drop the oldest copies over ``kept`` and ``largest`` bytes.

    May run beside the one who writes. Returns None where nothing has changed since the last one;
    raises ``OutputError`` where it can't be written or comes out damaged (older copies stay then).
    """
    folder = folder_of(project)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        part = folder / f"{stamp}.part"
        try:
            _copy(project, part)
            if _same_as_last(part, backups(project)):
                return None
            made = part.rename(folder / f"{stamp}.imagest")
        finally:
            part.unlink(missing_ok=True)
    _drop_old(backups(project), kept, largest)
    return made


def _copy(project: Path, target: Path) -> None:
    with closing(connect_to_read(project)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise OutputError(
                f"{project.name} is damaged, so its older backups were kept: `imagest project rescue`"
                " reads what can be read into a new file."
            )
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _same_as_last(made: Path, older: list[Path]) -> bool:
    """Whether the last backup holds the same; the header's counters may differ."""
    if not older or older[0].stat().st_size != made.stat().st_size:
        return False
    return _content(made) == _content(older[0])


def _content(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(100)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _drop_old(newest_first: list[Path], kept: int, largest: int) -> None:
    size = 0
    for index, path in enumerate(newest_first):
        size += path.stat().st_size
        if index and (index >= kept or size > largest):
            with suppress(OSError):
                path.unlink()
