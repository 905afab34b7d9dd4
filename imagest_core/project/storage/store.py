"""The project file, or a database in memory until there is one."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from imagest_core.errors import OutputError, ProjectError
from imagest_core.messages import Message
from imagest_core.models.studies import Study
from imagest_core.painting.atomic import replacing
from imagest_core.painting.outputs import FileKind, check_replaceable
from imagest_core.progress import Progress
from imagest_core.project.history import HistoryEntry
from imagest_core.project.operations import Operation
from imagest_core.project.operations.decisions import now
from imagest_core.project.recovery.backups import back_up
from imagest_core.project.run import Run
from imagest_core.project.state import Change, PaintingReference, State
from imagest_core.project.storage import tables
from imagest_core.project.storage.connection import (
    check_project,
    connect,
    connect_to_read,
    enable_wal,
    reading,
    transaction,
    writing,
)
from imagest_core.project.storage.hashes import append_line, log_head, log_row
from imagest_core.project.storage.integrity import Integrity, check_integrity
from imagest_core.project.storage.migration import create_tables, migrate
from imagest_core.project.storage.rows import insert
from imagest_core.project.storage.run_tables import (
    RUN_COLUMNS_READ,
    delete_orphan_tiles,
    delete_run,
    insert_row,
    insert_run,
    pack_row,
    read_run,
    tile_statements,
)
from imagest_core.project.storage.schema import VERSION
from imagest_core.project.storage.study_table import KeptStudy, insert_study, read_studies

YIELD_SECONDS = 0.001
"""Seconds between two parts of a long write, during which others can access the file."""


class Store:
    """An open project file, or memory if ``path`` is None. All methods are thread-safe.

    Reading raises ``ProjectError`` and writing ``OutputError``, each with one sentence; a failed write leaves
    the file unchanged.
    """

    def __init__(self, db: sqlite3.Connection, path: Path | None, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        self._db, self._lock = db, threading.RLock()
        self._identity = _identity(path)
        self.repair_note = ""
        """What of the state was repaired on reading, as a sentence; empty if nothing was."""

    @classmethod
    def create(cls, path: Path | None, state: State, *, force: bool = False) -> Store:
        """Create a file (or memory) with ``state``, which has no runs yet.

        The file is written atomically. Raises ``OutputError``, also if it exists (without ``force``).
        """
        if path is None:
            db = connect(None)
            _initialize(db, state)
            return cls(db, None)
        with new_file(path, force=force) as part, closing(connect(part)) as db:
            _initialize(db, state)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Store:
        """Open the file at ``path``.

        A file of an older version is migrated, in memory if ``read_only``.
        """
        if not path.is_file():
            raise ProjectError(
                Message("{path} doesn't exist: check the name, or whether its disk is connected.", path=path)
            )
        with reading(path):
            db = connect_to_read(path) if read_only else connect(path)
            try:
                db = _migrated(db, path, read_only)
            except BaseException:
                db.close()
                raise
        return cls(db, path, read_only=read_only)

    # Reading

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Execute one statement and return all rows; raises ``ProjectError``."""
        with self._lock, self._reading():
            return self._db.execute(sql, values).fetchall()

    def state(self) -> State:
        """Read the state."""
        with self._lock, self._reading():
            state = tables.read_state(self._db)
            state.runs = self.runs()
            tables.check_runs(state)
        self.repair_note = tables.add_missing_classes(state)
        return state

    def runs(self, *, listed: bool = True) -> dict[int, Run]:
        """Return the listed runs, or the unlisted ones, by number."""
        with self._lock, self._reading():
            rows = self.query(f"SELECT {RUN_COLUMNS_READ} FROM runs WHERE listed = ? ORDER BY id", listed)
            return {row[0]: read_run(row, self.query) for row in rows}

    def entries(self) -> list[HistoryEntry]:
        """Return all lines of the history."""
        with self._lock, self._reading():
            return tables.read_entries(self._db)

    def operation(self, number: int) -> Operation:
        """Return the operation of one line of the history."""
        with self._lock, self._reading():
            return tables.read_operation(self._db, number, self)

    def run(self, number: int) -> Run:
        """Return a run, listed or not."""
        if type(number) is not int:
            raise TypeError(f"{number!r} is not a run number")
        with self._lock, self._reading():
            rows = self.query(f"SELECT {RUN_COLUMNS_READ} FROM runs WHERE id = ?", number)
            return read_run(rows[0], self.query)

    @property
    def last_run(self) -> int:
        """The highest number of a run, or 0."""
        return int(self.query("SELECT coalesce(max(id), 0) FROM runs")[0][0])

    # Writing

    def save(self, entries: Iterable[HistoryEntry], changes: Iterable[Change], state: State) -> None:
        """Store new and changed lines of the history together with their changes, in one transaction."""
        with self._write_transaction() as db:
            for entry in entries:
                self._save_entry(db, entry)
            for change in changes:
                tables.write_change(db, state, change)

    def store_run(self, run: Run, progress: Progress) -> None:
        """Store an unlisted run in many short transactions, so that other writers can interleave.

        The run exists after the last transaction; if it is interrupted, nothing of it is left.
        """
        try:
            tiles: dict[str, bytes] = {}
            for statement, rows in tile_statements(run, tiles):
                progress.check()
                with self._write_transaction() as db:
                    db.executemany(statement, rows)
                time.sleep(YIELD_SECONDS)
            row = pack_row(run)
            progress.check()
            with self._write_transaction() as db:
                insert_row(db, row, tiles)
        except BaseException:
            with suppress(sqlite3.Error), self._lock, transaction(self._db) as db:
                delete_orphan_tiles(db)
            raise

    @contextmanager
    def _write_transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction on the file after checking that it is still in place."""
        with self._lock, _writing(self.path):
            self._check_identity()
            with transaction(self._db) as db:
                yield db

    def start_without_history(self, runs: Iterable[Run]) -> None:
        """Store runs that no operation adds, and mark the history as incomplete."""
        with self._lock, _writing(self.path), transaction(self._db) as db:
            tables.mark_history_incomplete(db)
            for run in runs:
                insert_run(db, run)

    def _save_entry(self, db: sqlite3.Connection, entry: HistoryEntry) -> None:
        if entry.operation is not None and not entry.saved:
            for run in entry.operation.runs:
                insert_run(db, run)
        tables.write_entry(db, entry)

    def delete_unlisted_runs(self, keep: int) -> None:
        """Delete runs that neither the list nor undo and redo refer to, except the ``keep`` newest."""
        with self._lock, self._reading(), transaction(self._db) as db:
            delete_orphan_tiles(db)
            unlisted = [
                number for (number,) in db.execute("SELECT id FROM runs WHERE NOT listed ORDER BY id")
            ]
            if len(unlisted) > keep:
                unreachable = sorted(set(unlisted) - tables.needed_runs(db), reverse=True)
                for number in unreachable[keep:]:
                    delete_run(db, number)

    def update_reference(self, painting: PaintingReference) -> None:
        """Store the reference to the scan."""
        with self._lock, _writing(self.path), transaction(self._db) as db:
            stored = tables.read_meta(db, "painting")
            if stored.get("sha256") != painting.sha256:
                append_line(db, "scan", 0, f"{now()}, {stored.get('sha256')} became {painting.sha256}")
            tables.write_painting(db, painting)

    def store_study(self, study: Study, operator: str, time: str) -> None:
        """Keep a study of the painting; raises ``OutputError``."""
        with self._write_transaction() as db:
            insert_study(db, study, time, operator)

    def studies(self) -> list[KeptStudy]:
        """Return the studies of the painting, oldest first."""
        with self._lock, self._reading():
            return read_studies(self._db)

    def record_export(self, export: Mapping[str, str | int | bytes]) -> None:
        """Record an export of the accepted fills as a row of the table ``exports``."""
        with self._lock, _writing(self.path), transaction(self._db) as db:
            insert(db, "exports", export)
            log_row(db, "export", db.execute("SELECT max(id) FROM exports").fetchone()[0])

    def log_head(self) -> str:
        """Return the hash of the last log line, which covers all earlier ones."""
        with self._lock, self._reading():
            return log_head(self._db)

    def integrity(self, progress: Progress | None = None) -> Integrity:
        """Check the integrity of the file."""
        with self._lock, self._reading():
            return check_integrity(self._db, progress or Progress())

    def _check_identity(self) -> None:
        """Refuse to write a deleted or replaced file, which would be lost when it is closed."""
        if self._identity != _identity(self.path):
            raise OutputError(
                Message(
                    "{path} is no longer in place (moved, deleted, or its disk was removed): save the "
                    "project under another name; the work is still open.",
                    path=self.path,
                )
            )

    # Whole file

    def copy_to(self, path: Path) -> None:
        """Copy the project into a new file with SQLite's online backup, which is always consistent."""
        with self._lock, writing(path):
            target = connect(path)
            try:
                self._db.backup(target)
            finally:
                target.close()

    def reconnect(self) -> None:
        """Open the file again after a failure, for instance when a network share is back."""
        if self.path is None or self.read_only:
            return
        with self._lock, _writing(self.path):
            self._check_identity()
            db = connect(self.path)
            enable_wal(db)
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = db

    def close(self) -> None:
        """Close the file and fold the write-ahead log into it.

        It waits for readers in other threads, which are refused afterwards: closing a connection during a
        statement would crash the process.
        """
        with self._lock:
            with suppress(sqlite3.Error):
                if not self.read_only and self.path is not None:
                    self._db.execute("PRAGMA incremental_vacuum").fetchall()
                    self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()

    def _reading(self) -> AbstractContextManager[None]:
        return reading(self.path or Path("the project in memory"))


@contextmanager
def new_file(path: Path, *, force: bool = False, inputs: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield a temporary file that atomically becomes the project at ``path``.

    An image or a file of ``inputs`` is never replaced.
    """
    check_replaceable(path, FileKind.PROJECT)
    with writing(path), replacing(path, force=force, inputs=inputs) as part:
        yield part
        _checkpoint_existing(path)
        for leftover in ("-wal", "-shm"):
            path.with_name(path.name + leftover).unlink(missing_ok=True)


def _checkpoint_existing(path: Path) -> None:
    """Write the log of an existing project at ``path`` into its file.

    The file must be complete until it is replaced, and is kept if that fails.
    """
    if path.with_name(path.name + "-wal").is_file() and path.is_file():
        with suppress(sqlite3.Error), closing(connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _stored(path: Path) -> str | bytes:
    """Return a path for SQLite, as bytes if its name is not valid UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


def _initialize(db: sqlite3.Connection, state: State) -> None:
    create_tables(db)
    with transaction(db):
        tables.write_state(db, state)


def _writing(path: Path | None) -> AbstractContextManager[None]:
    return nullcontext() if path is None else writing(path)


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Return what distinguishes this file from one that replaced it, or None if there is none."""
    try:
        return None if path is None else (path.stat().st_dev, path.stat().st_ino)
    except OSError:
        return None


def _migrated(db: sqlite3.Connection, path: Path, read_only: bool) -> sqlite3.Connection:
    """Return the database in the current version."""
    is_old = check_project(db, path) < VERSION
    if is_old and read_only:
        db, source = connect(None), db
        source.backup(db)
        source.close()
    elif is_old:
        with suppress(OutputError):
            back_up(path)
    if is_old:
        migrate(db)
    if not read_only:
        enable_wal(db)
    return db
