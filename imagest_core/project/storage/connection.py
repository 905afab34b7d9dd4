"""SQLite connections of a project: durable for writers, harmless for readers.

With the write-ahead log and ``synchronous=FULL``, a gesture is on the disk when its transaction returns, so
that even a power failure costs at most the gesture in progress. This takes one fsync per gesture, which is
fast enough for manual work.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imagest_core.errors import MaskError, OutputError, ProjectError, StyleError
from imagest_core.messages import Message, template
from imagest_core.project.storage.migration import check_version
from imagest_core.project.storage.unpack import INVALID_DATA

_SUFFIX = ".imagest"
_HEADER = b"SQLite format 3\0"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""Exceptions that SQLite raises on damaged files; its messages quote names that may not be UTF-8."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Connect for reading and writing to ``path``, or (None) to memory."""
    db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA busy_timeout = 5000")
    return db


def enable_wal(db: sqlite3.Connection) -> None:
    """Enable the write-ahead log of a file that will be written."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA journal_size_limit = 16777216")


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Connect for reading only.

    If the folder is read-only, a write-ahead log left by a crash can't be replayed in place; then a private
    copy of the two files is read.
    """
    db = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        db.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        db.close()
        if error.sqlite_errorname.startswith(_DAMAGED):
            raise
        return _private_copy(path)
    except UNREADABLE:
        db.close()
        raise
    return db


def _private_copy(path: Path) -> sqlite3.Connection:
    db = connect(None)
    with tempfile.TemporaryDirectory(prefix="imagest-") as folder:
        copy = Path(folder, "copy.imagest")
        shutil.copyfile(path, copy)
        with suppress(FileNotFoundError):
            shutil.copyfile(_wal_path(path), _wal_path(copy))
        source = sqlite3.connect(copy)
        source.backup(db)
        source.close()
    return db


def _wal_path(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run a transaction that is rolled back on any exception."""
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
    """Convert errors while reading ``path`` into a ``ProjectError`` with one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise ProjectError(_read_error(error, path)) from error
    except OSError as error:
        raise ProjectError(
            Message(
                "{path} can't be read ({reason}): check the folder and its rights.",
                path=path,
                reason=error.strerror,
            )
        ) from error
    except (*INVALID_DATA, MaskError, StyleError) as error:
        raise ProjectError(_damaged_error(path)) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Convert errors while writing ``path`` into an ``OutputError`` with one sentence."""
    try:
        yield
    except (sqlite3.Error, OverflowError) as error:
        raise OutputError(_write_error(error, path)) from error
    except OSError as error:
        raise OutputError(
            Message(
                "{path} can't be written ({reason}): free some space or choose another folder; the "
                "work is still open.",
                path=path,
                reason=error.strerror,
            )
        ) from error


def _damaged_error(path: Path) -> str:
    if not may_be_project(path):
        return not_a_project_message(path)
    return Message(
        "{path} is damaged: `imagest project rescue` reads what can be read into a new file.", path=path.name
    )


def may_be_project(path: Path) -> bool:
    """Return whether the file may be a project, possibly a damaged one, by its name and signature."""
    return path.suffix.lower() == _SUFFIX or _is_database(path)


def not_a_project_message(path: Path) -> str:
    """Return the message for a file that isn't a project."""
    return Message("{path} is not an Imagest project: choose a file that ends in .imagest.", path=path.name)


def _is_database(path: Path) -> bool:
    """Return whether ``path`` starts like a database; true where that can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return True


def _error_name(error: BaseException) -> str:
    return getattr(error, "sqlite_errorname", "")


def _read_error(error: sqlite3.Error, path: Path) -> str:
    if isinstance(error, sqlite3.ProgrammingError):
        return Message("{path} is closed: open it again.", path=path.name)
    if _error_name(error).startswith("SQLITE_CANTOPEN"):
        return Message("{path} can't be opened: check that it exists and that you may read it.", path=path)
    if _error_name(error).startswith("SQLITE_BUSY"):
        return Message("{path} is being changed by another program: try again in a moment.", path=path.name)
    return _damaged_error(path)


_WRITE_ERRORS = {
    "SQLITE_FULL": template(
        "The disk that holds {name} is full: free some space, or save on another disk; the work is still "
        "open."
    ),
    "SQLITE_READONLY": template(
        "{name} can't be written any more: save the project in another folder; the work is still open."
    ),
    "SQLITE_BUSY": template(
        "{name} is locked by another program: close it there, or save elsewhere; the work is still open."
    ),
}


def _write_error(error: BaseException, path: Path) -> str:
    name = _error_name(error)
    if name.startswith(_DAMAGED):
        return _damaged_error(path)
    for key, sentence in _WRITE_ERRORS.items():
        if name.startswith(key):
            return Message(sentence, name=path.name)
    return Message(
        "{path} can't be written: check its folder, or save the project in another one; the work is still "
        "open.",
        path=path,
    )


def check_project(db: sqlite3.Connection, path: Path) -> int:
    """Return the version of an open file; raises ``ProjectError`` if it can't be read as a project."""
    with reading(path):
        return check_version(db, path)
