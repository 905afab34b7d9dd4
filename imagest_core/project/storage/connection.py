"""Opening SQLite for a project: durable for the one who writes, harmless for the one who looks.

Write-ahead log, ``synchronous=FULL``: a gesture is on the disk, not only with the system, when its
transaction returns, so that even a power cut costs at most the gesture under way. It costs one
fsync a gesture, and gestures come at the pace of a hand.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imagest_core.errors import MaskError, OutputError, ProjectError, StyleError
from imagest_core.project.storage.migration import check_kind
from imagest_core.project.storage.unpack import UNSOUND

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def connect(path: Path | None) -> sqlite3.Connection:
    """A connection that reads and writes ``path``, or (None) memory."""
    db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA busy_timeout = 5000")
    return db


def write_ahead(db: sqlite3.Connection) -> None:
    """Set the journal of a file that will be written."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA journal_size_limit = 16777216")


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads. Where the folder can't be written, a write-ahead log that a crash
    left behind can't be replayed in place; then a private copy of the two files is read."""
    db = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        db.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        db.close()
        if error.sqlite_errorname.startswith(_DAMAGED):
            raise
        return _copied(path)
    return db


def _copied(path: Path) -> sqlite3.Connection:
    db = connect(None)
    with tempfile.TemporaryDirectory(prefix="imagest-") as folder:
        copy = Path(folder, "copy.imagest")
        shutil.copyfile(path, copy)
        with suppress(FileNotFoundError):
            shutil.copyfile(_log_of(path), _log_of(copy))
        source = sqlite3.connect(copy)
        source.backup(db)
        source.close()
    return db


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what SQLite says while reading ``path`` into one sentence (``ProjectError``)."""
    try:
        yield
    except sqlite3.Error as error:
        raise ProjectError(_why_unread(error, path)) from error
    except OSError as error:
        raise ProjectError(
            f"{path} can't be read ({error.strerror}): check the folder and its rights."
        ) from error
    except (*UNSOUND, MaskError, StyleError) as error:
        raise ProjectError(_damaged(path)) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what goes wrong while writing ``path`` into one sentence (``OutputError``)."""
    try:
        yield
    except (sqlite3.Error, OverflowError) as error:
        raise OutputError(_why_unwritten(error, path)) from error
    except OSError as error:
        raise OutputError(
            f"{path} can't be written ({error.strerror}): make room or take another"
            " folder; the work is still open."
        ) from error


def _damaged(path: Path) -> str:
    return f"{path.name} is damaged: `imagest project rescue` reads what can be read into a new file."


def _name(error: BaseException) -> str:
    return getattr(error, "sqlite_errorname", "")


def _why_unread(error: sqlite3.Error, path: Path) -> str:
    if isinstance(error, sqlite3.ProgrammingError):
        return f"{path.name} is closed: open it again."
    if _name(error).startswith("SQLITE_CANTOPEN"):
        return f"{path} can't be opened: check that it is there and may be read."
    if _name(error).startswith("SQLITE_BUSY"):
        return f"{path.name} is being changed by another program: try again in a moment."
    return _damaged(path)


def _why_unwritten(error: BaseException, path: Path) -> str:
    name = _name(error)
    if name.startswith(_DAMAGED):
        return _damaged(path)
    why = {
        "SQLITE_FULL": f"The disk that holds {path.name} is full: make room, or save on another disk",
        "SQLITE_READONLY": f"{path.name} can't be written any more: save the project in another folder",
        "SQLITE_BUSY": f"{path.name} is kept busy by another program: close it there, or save elsewhere",
    }
    text = next((text for key, text in why.items() if name.startswith(key)), None)
    text = text or f"{path} can't be written: check its folder, or save the project in another one"
    return f"{text}; the work is still open."


def check_project(db: sqlite3.Connection, path: Path) -> int:
    """The version of an opened file; raises ``ProjectError`` where it isn't one that can be read."""
    with reading(path):
        return check_kind(db, path)
