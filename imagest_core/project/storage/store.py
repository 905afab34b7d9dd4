"""The project file, or the memory that stands in for it until there is one."""

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
from imagest_core.painting.atomic import replacing
from imagest_core.painting.outputs import Kind, check_replaceable
from imagest_core.progress import Progress
from imagest_core.project.history import Entry
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
    reading,
    transaction,
    write_ahead,
    writing,
)
from imagest_core.project.storage.hashes import add_line, head, log_row
from imagest_core.project.storage.integrity import Integrity, check_integrity
from imagest_core.project.storage.migration import make, migrate
from imagest_core.project.storage.rows import insert
from imagest_core.project.storage.run_tables import (
    RUN,
    clear_orphans,
    delete_run,
    insert_row,
    insert_run,
    packed_row,
    parts_of,
    read_run,
)
from imagest_core.project.storage.schema import VERSION

HAND_OVER = 0.001
"""Seconds for which who keeps something large leaves the file to others, between two parts of it."""


class Store:
    """An opened project file. ``path`` None is memory. All methods may be called from any thread.

    Reading raises ``ProjectError``, writing ``OutputError``, each with one sentence; a failed write
    leaves the file as it was.
    """

    def __init__(self, db: sqlite3.Connection, path: Path | None, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        self._db, self._lock = db, threading.RLock()
        self._identity = _identity(path)
        self.mended = ""
        """What of the state had to be mended to be seen, as a sentence; empty for nothing."""

    @classmethod
    def create(cls, path: Path | None, state: State, *, force: bool = False) -> Store:
        """A new file (or memory) that holds ``state``, which has no runs yet; it appears whole or not
        at all. Raises ``OutputError``, also where one is there already (without ``force``)."""
        if path is None:
            db = connect(None)
            _fill(db, state)
            return cls(db, None)
        with new_file(path, force=force) as part, closing(connect(part)) as db:
            _fill(db, state)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Store:
        """The file at ``path``; one of an older version is brought up to date, unless ``read_only``
        (then it is brought up to date in memory)."""
        if not path.is_file():
            raise ProjectError(f"{path} isn't there: check the name, or whether its disk is connected.")
        with reading(path):
            db = connect_to_read(path) if read_only else connect(path)
            try:
                db = _up_to_date(db, path, read_only)
            except BaseException:
                db.close()
                raise
        return cls(db, path, read_only=read_only)

    # Reading

    def query(self, sql: str, *values: Any) -> list[Any]:
        """All rows of one statement; raises ``ProjectError``."""
        with self._lock, self._reading():
            return self._db.execute(sql, values).fetchall()

    def state(self) -> State:
        """The kept state."""
        with self._lock, self._reading():
            state = tables.read_state(self._db)
            state.runs = self.runs()
            tables.check_runs(state)
        self.mended = tables.mend_classes(state)
        return state

    def runs(self, *, listed: bool = True) -> dict[int, Run]:
        """The listed runs, or the others, by their numbers."""
        with self._lock, self._reading():
            rows = self.query(f"SELECT {RUN} FROM runs WHERE listed = ? ORDER BY id", listed)
            return {row[0]: read_run(row, self.query) for row in rows}

    def entries(self) -> list[Entry]:
        """All lines of the history."""
        with self._lock, self._reading():
            return tables.read_entries(self._db)

    def operation(self, number: int) -> Operation:
        """The operation of one line of the history."""
        with self._lock, self._reading():
            return tables.read_operation(self._db, number, self)

    def run(self, number: int) -> Run:
        """A run, listed or not."""
        if type(number) is not int:
            raise TypeError(f"{number!r} is no number of a run")
        with self._lock, self._reading():
            rows = self.query(f"SELECT {RUN} FROM runs WHERE id = ?", number)
            return read_run(rows[0], self.query)

    @property
    def last_run(self) -> int:
        """The highest number a run has, 0 for none."""
        return int(self.query("SELECT coalesce(max(id), 0) FROM runs")[0][0])

    # Writing

    def save(self, entries: Iterable[Entry], changes: Iterable[Change], state: State) -> None:
        """Keep new and moved lines of the history, and what they have changed, all at once."""
        with self._changing() as db:
            for entry in entries:
                self._save_entry(db, entry)
            for change in changes:
                tables.write_change(db, state, change)

    def keep_run(self, run: Run, progress: Progress) -> None:
        """Keep a run that isn't listed yet, in many small transactions between which others get in.

        It is there once the last is through; before that, and where it is stopped, there is none of it.
        """
        try:
            tiles: dict[str, bytes] = {}
            for statement, rows in parts_of(run, tiles):
                progress.check()
                with self._changing() as db:
                    db.executemany(statement, rows)
                time.sleep(HAND_OVER)
            row = packed_row(run)
            progress.check()
            with self._changing() as db:
                insert_row(db, row, tiles)
        except BaseException:
            with suppress(sqlite3.Error), self._lock, transaction(self._db) as db:
                clear_orphans(db)
            raise

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction on the file, where it still is."""
        with self._lock, _writing(self.path):
            self._check_place()
            with transaction(self._db) as db:
                yield db

    def begin_again(self, runs: Iterable[Run]) -> None:
        """Keep runs that no line of the history brings in, and that there was more than it tells."""
        with self._lock, _writing(self.path), transaction(self._db) as db:
            tables.cut_history(db)
            for run in runs:
                insert_run(db, run)

    def _save_entry(self, db: sqlite3.Connection, entry: Entry) -> None:
        if entry.operation is not None and not entry.saved:
            for run in entry.operation.runs:
                insert_run(db, run)
        tables.write_entry(db, entry)

    def forget_runs(self, kept: int) -> None:
        """Let go of runs that neither the list nor undo and redo know, but for the ``kept`` newest."""
        with self._lock, self._reading(), transaction(self._db) as db:
            clear_orphans(db)
            unlisted = [
                number for (number,) in db.execute("SELECT id FROM runs WHERE NOT listed ORDER BY id")
            ]
            if len(unlisted) > kept:
                overtaken = sorted(set(unlisted) - tables.needed_runs(db), reverse=True)
                for number in overtaken[kept:]:
                    delete_run(db, number)

    def relink(self, painting: PaintingReference) -> None:
        """Keep where the scan is now."""
        with self._lock, _writing(self.path), transaction(self._db) as db:
            known = tables.get_meta(db, "painting")
            if known.get("sha256") != painting.sha256:
                add_line(db, "scan", 0, f"{now()}, {known.get('sha256')} became {painting.sha256}")
            tables.write_painting(db, painting)

    def note_export(self, export: Mapping[str, str | int | bytes]) -> None:
        """Keep that the accepted fills were exported: a row of the table ``exports``."""
        with self._lock, _writing(self.path), transaction(self._db) as db:
            insert(db, "exports", export)
            log_row(db, "export", db.execute("SELECT max(id) FROM exports").fetchone()[0])

    def log_head(self) -> str:
        """The hash of the last line of the log, which covers all before it."""
        with self._lock, self._reading():
            return head(self._db)

    def integrity(self, progress: Progress | None = None) -> Integrity:
        """What of the file isn't what the program has written."""
        with self._lock, self._reading():
            return check_integrity(self._db, progress or Progress())

    def _check_place(self) -> None:
        """A deleted file can be written for as long as it is open, and is lost at the end: refuse."""
        if self._identity != _identity(self.path):
            raise OutputError(
                f"{self.path} isn't where it was (moved, deleted, or its disk is gone): save the project"
                " under another name; the work is still open."
            )

    # The file as a whole

    def copy_to(self, path: Path) -> None:
        """Copy the project into a new file with SQLite's backup, which is consistent at any moment."""
        with self._lock, writing(path):
            target = connect(path)
            try:
                self._db.backup(target)
            finally:
                target.close()

    def reconnect(self) -> None:
        """Open the file anew after a failure, for instance when a share was gone and is back."""
        if self.path is None or self.read_only:
            return
        with self._lock, _writing(self.path):
            self._check_place()
            db = connect(self.path)
            write_ahead(db)
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = db

    def close(self) -> None:
        """Close; the last to close a file leaves it as one file without a log beside it.

        Who reads in another thread is waited for, and refused from then on: a connection that is closed
        in the middle of a statement takes the process with it.
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
    """A temporary file that becomes the project at ``path``, whole or not at all.

    ``inputs`` are never replaced, nor is a picture.
    """
    check_replaceable(path, Kind.PROJECT)
    with writing(path), replacing(path, force=force, inputs=inputs) as part:
        yield part
        _fold_in_log(path)
        for leftover in ("-wal", "-shm"):
            path.with_name(path.name + leftover).unlink(missing_ok=True)


def _fold_in_log(path: Path) -> None:
    """Write what is only in the log of an older project at ``path`` into its file, which must be whole until
    it is replaced, and stays if that fails."""
    if path.with_name(path.name + "-wal").is_file() and path.is_file():
        with suppress(sqlite3.Error), closing(connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _stored(path: Path) -> str | bytes:
    """A path as SQLite takes it: as bytes where its name is no UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


def _fill(db: sqlite3.Connection, state: State) -> None:
    make(db)
    with transaction(db):
        tables.write_state(db, state)


def _writing(path: Path | None) -> AbstractContextManager[None]:
    return nullcontext() if path is None else writing(path)


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells this file from another one that has taken its place; None where there is none."""
    try:
        return None if path is None else (path.stat().st_dev, path.stat().st_ino)
    except OSError:
        return None


def _up_to_date(db: sqlite3.Connection, path: Path, read_only: bool) -> sqlite3.Connection:
    """The same database in this program's version."""
    old = check_project(db, path) < VERSION
    if old and read_only:
        db, source = connect(None), db
        source.backup(db)
        source.close()
    elif old:
        with suppress(OutputError):
            back_up(path)
    if old:
        migrate(db)
    if not read_only:
        write_ahead(db)
    return db
