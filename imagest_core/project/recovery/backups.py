"""Rolling backups: a few whole copies of a project, each checked before an older one goes."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from imagest_core.errors import OutputError
from imagest_core.painting.atomic import check_room, sync
from imagest_core.progress import Cancelled, Progress
from imagest_core.project.storage.connection import connect_to_read, reading, writing
from imagest_core.project.storage.folders import backup_folder

KEPT = 5
LARGEST = 4 * 2**30
"""Bytes that the backups of one project may take; the newest is kept however large."""

_PAGES = 4096
"""Pages that are copied between two looks at whether to go on: 16 MiB."""


def folder_of(project: Path) -> Path:
    """The folder of one project's backups."""
    place = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:12]
    return backup_folder() / f"{project.stem}-{place}"


def backups(project: Path) -> list[Path]:
    """The backups of a project, the newest first."""
    return sorted(folder_of(project).glob("*.imagest"), reverse=True)


def back_up(
    project: Path, *, kept: int = KEPT, largest: int = LARGEST, progress: Progress | None = None
) -> Path | None:
    """Copy the project as it is now, then drop the oldest copies over ``kept`` and ``largest`` bytes.

    May run beside the one who writes, who doesn't wait for it. Returns None where nothing was done
    since the last one; raises ``OutputError`` where it can't be written or comes out damaged (older
    copies stay then), ``ProjectError`` where the project can't be read, and ``Cancelled``.
    """
    with reading(project), closing(connect_to_read(project)) as source:
        source.execute("BEGIN")
        done, last = _done_in(source), backups(project)[:1]
        if last and _done_by(last[0]) == done:
            return None
        made = _copy(source, project, progress or Progress())
    _drop_old(backups(project), kept, largest)
    return made


def take_along(old: Path, new: Path) -> None:
    """The backups of a project that has got another name go with it, unless that one has some."""
    with suppress(OSError):
        folder_of(old).rename(folder_of(new))


def _copy(source: sqlite3.Connection, project: Path, progress: Progress) -> Path:
    folder = folder_of(project)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_parts(folder)
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        made, part = folder / f"{stamp}.imagest", folder / f"{stamp}.part"
        check_room(made, project.stat().st_size)
        try:
            with closing(sqlite3.connect(part)) as copy:
                source.backup(copy, pages=_PAGES, progress=lambda *_: progress.check())
                _check(copy, project, progress)
            sync(part)
            return part.rename(made)
        finally:
            part.unlink(missing_ok=True)


def _remove_parts(folder: Path) -> None:
    """What a killed process has left; only one at a time may write a project, and so back it up."""
    for part in folder.glob("*.part*"):
        with suppress(OSError):
            part.unlink()


def _check(copy: sqlite3.Connection, project: Path, progress: Progress) -> None:
    copy.set_progress_handler(lambda: _is_cancelled(progress), 100_000)
    try:
        whole = copy.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        progress.check()
        whole = False
    if not whole:
        raise OutputError(
            f"{project.name} is damaged, so its older backups were kept: `imagest project rescue`"
            " reads what can be read into a new file."
        )


def _is_cancelled(progress: Progress) -> bool:
    try:
        progress.check()
    except Cancelled:
        return True
    return False


def _done_by(backup: Path) -> list[object] | None:
    """:func:`_done_in` a backup; None where that can't be read."""
    with suppress(sqlite3.Error), closing(connect_to_read(backup)) as db:
        return _done_in(db)
    return None


def _done_in(db: sqlite3.Connection) -> list[object]:
    """What tells two moments of a project apart: its gestures, when they were, small values, exports."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    queries = {
        "operations": "SELECT id, time, status FROM operations ORDER BY id",
        "meta": "SELECT key, value FROM meta ORDER BY key",
        "exports": "SELECT id, time FROM exports ORDER BY id",
    }
    return [db.execute(sql).fetchall() for table, sql in queries.items() if table in tables]


def _drop_old(newest_first: list[Path], kept: int, largest: int) -> None:
    size = 0
    for index, path in enumerate(newest_first):
        size += path.stat().st_size
        if index and (index >= kept or size > largest):
            with suppress(OSError):
                path.unlink()
