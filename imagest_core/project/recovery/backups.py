"""Rolling backups: a few verified copies of a project."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from imagest_core.errors import OutputError
from imagest_core.messages import Message
from imagest_core.painting.atomic import check_room, sync
from imagest_core.progress import Cancelled, Progress
from imagest_core.project.storage.connection import UNREADABLE, connect_to_read, reading, writing
from imagest_core.project.storage.folders import backup_folder
from imagest_core.project.storage.lock import HeldError, Lock

COMPANIONS = ("-wal", "-shm", "-journal")
"""Suffixes of the files SQLite stores next to a database."""
MAX_BACKUPS = 5
MAX_BYTES = 4 * 2**30
"""Bytes that the backups of one project may take; the newest is always kept."""

_PAGES = 4096
"""Pages copied between checks for cancellation: 16 MiB."""


def backups_folder_of(project: Path) -> Path:
    """Return the folder of the backups of a project."""
    place = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:12]
    return backup_folder() / f"{project.stem}-{place}"


def backups(project: Path) -> list[Path]:
    """Return the backups of a project, the newest first."""
    return sorted(backups_folder_of(project).glob("*.imagest"), reverse=True)


def back_up(
    project: Path,
    *,
    max_backups: int = MAX_BACKUPS,
    max_bytes: int = MAX_BYTES,
    progress: Progress | None = None,
) -> Path | None:
    """Copy the project, then delete the oldest copies over ``max_backups`` and ``max_bytes``.

    It may run while another thread writes, which doesn't wait. Returns None if nothing has changed since the
    last backup. Raises ``OutputError`` if the copy can't be written or is damaged (older copies are kept),
    ``ProjectError`` if the project can't be read, and ``Cancelled``.
    """
    with reading(project), closing(connect_to_read(project)) as source:
        source.execute("BEGIN")
        fingerprint, last = _fingerprint(source), backups(project)[:1]
        if last and _fingerprint_of_backup(last[0]) == fingerprint:
            return None
        backup = _copy(source, project, progress or Progress())
    _delete_old(backups(project), max_backups, max_bytes)
    _delete_companions(backups_folder_of(project))
    return backup


def move_backups(old: Path, new: Path) -> None:
    """Move the backups of a renamed project, unless backups for the new name exist."""
    with suppress(OSError):
        backups_folder_of(old).rename(backups_folder_of(new))


def _copy(source: sqlite3.Connection, project: Path, progress: Progress) -> Path:
    folder = backups_folder_of(project)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_partial(folder)
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        backup, part = folder / f"{stamp}.imagest", folder / f"{stamp}.part"
        check_room(backup, project.stat().st_size)
        try:
            with closing(sqlite3.connect(part)) as copy:
                source.backup(copy, pages=_PAGES, progress=lambda *_: progress.check())
                _check(copy, project, progress)
            sync(part)
            return part.rename(backup)
        finally:
            part.unlink(missing_ok=True)


def _remove_partial(folder: Path) -> None:
    """Remove the leftovers of a killed process; only one process at a time writes a project."""
    for part in folder.glob("*.part*"):
        with suppress(OSError):
            part.unlink()


def _check(copy: sqlite3.Connection, project: Path, progress: Progress) -> None:
    copy.set_progress_handler(lambda: _is_cancelled(progress), 100_000)
    try:
        is_intact = copy.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except UNREADABLE:
        progress.check()
        is_intact = False
    if not is_intact:
        raise OutputError(
            Message(
                "{project} is damaged, so its older backups were kept: `imagest project rescue` "
                "reads what can be read into a new file.",
                project=project.name,
            )
        )


def _is_cancelled(progress: Progress) -> bool:
    try:
        progress.check()
    except Cancelled:
        return True
    return False


def _fingerprint_of_backup(backup: Path) -> list[object] | None:
    """Return the fingerprint of a backup, or None if it can't be read."""
    with suppress(*UNREADABLE), closing(connect_to_read(backup)) as db:
        return _fingerprint(db)
    return None


def _fingerprint(db: sqlite3.Connection) -> list[object]:
    """Return what distinguishes two states of a project: operations with times, settings, exports."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    queries = {
        "operations": "SELECT id, time, status FROM operations ORDER BY id",
        "meta": "SELECT key, value FROM meta ORDER BY key",
        "exports": "SELECT id, time FROM exports ORDER BY id",
    }
    return [db.execute(sql).fetchall() for table, sql in queries.items() if table in tables]


def _delete_old(newest_first: list[Path], max_backups: int, max_bytes: int) -> None:
    size = 0
    for index, path in enumerate(newest_first):
        size += path.stat().st_size
        if index and (index >= max_backups or size > max_bytes) and not _in_use(path):
            with suppress(OSError):
                path.unlink()


def _in_use(backup: Path) -> bool:
    """Return whether a process has the backup open as a project."""
    try:
        lock = Lock(backup)
    except HeldError:
        return True
    except OSError:
        return False
    lock.release()
    return False


def _delete_companions(folder: Path) -> None:
    """Delete SQLite's files of backups that are gone; reading a backup leaves some beside it."""
    for ending in COMPANIONS:
        for path in folder.glob(f"*.imagest{ending}"):
            if not path.with_name(path.name.removesuffix(ending)).exists():
                with suppress(OSError):
                    path.unlink()
