"""Rescue of a truncated or corrupted project into a new file.

The file is copied and the header of the copy is repaired: the schema is known, so a lost first page is taken
from an empty project. Each table is read in ranges of rows that are halved where reading fails, so that a bad
page costs only the rows on it. Lost label tiles are rebuilt from the history if that is complete.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imagest_core.errors import ImagestError, OutputError, ProjectError
from imagest_core.messages import Message
from imagest_core.painting.outputs import FileKind, check_replaceable, check_target, same_file
from imagest_core.project.files import files_of
from imagest_core.project.operations.decisions import now
from imagest_core.project.recovery import salvage
from imagest_core.project.recovery.backups import backups
from imagest_core.project.state import PaintingReference
from imagest_core.project.storage.connection import (
    UNREADABLE,
    connect,
    connect_to_read,
    may_be_project,
    not_a_project_message,
    reading,
    transaction,
)
from imagest_core.project.storage.hashes import restart_log
from imagest_core.project.storage.lock import lock_to_create
from imagest_core.project.storage.migration import create_tables, has_project_tables
from imagest_core.project.storage.schema import TABLES
from imagest_core.project.storage.store import Store, new_file

_CONTENT = ("meta", "tiles", "operations", "run_tiles")
_SMALLEST_ROW = 100
"""Minimum size of a row in bytes, which limits the number of rows in a file."""


@dataclass
class RescueReport:
    """Number of rescued rows by table, and one sentence for each loss."""

    rows: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def rescue(
    damaged: Path, out: Path, *, painting: PaintingReference | None = None, force: bool = False
) -> RescueReport:
    """Read what can be read of ``damaged`` into a new project ``out``; ``damaged`` is not changed.

    Parameters
    ----------
    damaged
        Damaged project.
    out
        New project.
    painting
        The scan, in case its reference is lost; otherwise a backup is used.
    force
        Whether to replace ``out``.

    Raises
    ------
    ProjectError
        If nothing useful can be read.
    OutputError
        If ``out`` can't be written.
    """
    if not damaged.is_file():
        raise ProjectError(
            Message(
                "{damaged} doesn't exist: check the name, or whether its disk is connected.", damaged=damaged
            )
        )
    if same_file(out, damaged):
        raise OutputError(
            Message(
                "{out} is the damaged project itself, which is never changed: choose another name.",
                out=out.name,
            )
        )
    _check_project(damaged)
    inputs = files_of(damaged, None, *([painting.path] if painting is not None else []))
    check_target(out, force=force, inputs=inputs)
    check_replaceable(out, FileKind.PROJECT)
    with tempfile.TemporaryDirectory(prefix="imagest-") as folder, reading(damaged), _lock_output(out):
        copy = _repaired_copy(damaged, Path(folder))
        with new_file(out, force=force, inputs=inputs) as part:
            report = _rescue_rows(copy, part, painting or _reference_from_backup(damaged))
            if report is None:
                raise ProjectError(_unreadable_error(damaged))
            with closing(Store.open(part, read_only=True)) as store:
                store.state()
    return report


def _check_project(path: Path) -> None:
    """Raise ``ProjectError`` if the file is clearly something else than a project, damaged or not."""
    names: set[str] = set()
    with suppress(*UNREADABLE, ImagestError), closing(connect_to_read(path)) as db:
        names = {str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if (names and names.isdisjoint(TABLES)) or not may_be_project(path):
        raise ProjectError(not_a_project_message(path))


@contextmanager
def _lock_output(out: Path) -> Iterator[None]:
    """Lock ``out`` while it is replaced; raises ``OutputError``."""
    lock = lock_to_create(out)
    try:
        yield
    finally:
        lock.release()


def _reference_from_backup(damaged: Path) -> PaintingReference | None:
    """Return the scan of the newest readable backup."""
    for backup in backups(damaged):
        with suppress(ProjectError), closing(Store.open(backup, read_only=True)) as store:
            return store.state().painting
    return None


def _unreadable_error(damaged: Path) -> str:
    kept = backups(damaged)
    advice = (
        Message("open its newest backup, {path}", path=kept[0])
        if kept
        else Message("name its scan with --painting and try again")
    )
    return Message(
        "The scan of {damaged} can't be determined: {advice}.", damaged=damaged.name, advice=advice
    )


# Copy and header


def _repaired_copy(damaged: Path, folder: Path) -> Path:
    copy = folder / "copy.imagest"
    shutil.copyfile(damaged, copy)
    with suppress(FileNotFoundError):
        shutil.copyfile(damaged.with_name(damaged.name + "-wal"), copy.with_name(copy.name + "-wal"))
    if not _readable(copy):
        _repair(copy, _empty_project(folder))
    return copy


def _readable(path: Path) -> bool:
    """Return whether the schema can be read and is exactly that of a project."""
    try:
        with closing(connect(path)) as db:
            return has_project_tables(db)
    except UNREADABLE:
        return False


def _empty_project(folder: Path) -> bytes:
    path = folder / "empty.imagest"
    with closing(connect(path)) as db:
        create_tables(db)
    return path.read_bytes()


def _repair(path: Path, empty: bytes) -> None:
    """Pad the file to whole pages, and set the number of pages in its header.

    A first page that is lost or lists other tables is taken from ``empty``, and so are missing root pages: a
    root page outside the file makes all of it unreadable.
    """
    content = bytearray(path.read_bytes())
    size = int.from_bytes(empty[16:18], "big")
    content.extend(bytes(-len(content) % size))
    content.extend(empty[len(content) :])
    pages = (len(content) // size).to_bytes(4, "big")
    content[28:32] = pages
    path.write_bytes(content)
    if not _readable(path):
        content[:size] = empty[:size]
        content[28:32] = pages
        content[32:40] = bytes(8)
        path.write_bytes(content)


# Rows


def _rescue_rows(copy: Path, part: Path, painting: PaintingReference | None) -> RescueReport | None:
    """Read all rows into ``part``; None if too little is left for a project."""
    report = RescueReport()
    with closing(connect(copy)) as source, closing(connect(part)) as target:
        create_tables(target)
        with transaction(target):
            for table in TABLES:
                _copy_table(source, target, table, report)
            if not any(report.rows.get(table) for table in _CONTENT):
                return None
            complete = salvage.complete_project(target, painting, report.lost)
            restart_log(target, f"{now()}, rescued")
    return report if complete else None


def _copy_table(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str, report: RescueReport
) -> None:
    columns = _columns(source, table)
    if not columns:
        return
    target_columns = set(_columns(target, table))
    unreadable = 0
    for row in _rows(source, table, 1, _highest(source, table)):
        if row is None or not salvage.is_valid(table, values := dict(zip(columns, row, strict=True))):
            unreadable += 1
        else:
            salvage.insert_row(
                target, table, {name: value for name, value in values.items() if name in target_columns}
            )
    report.rows[table] = target.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    if unreadable:
        report.lost.append(f"Part of the table {table} can't be read.")


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    with suppress(*UNREADABLE):
        return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    return []


def _highest(db: sqlite3.Connection, table: str) -> int:
    """Return the highest row number, or, if it can't be read, an upper bound."""
    with suppress(*UNREADABLE):
        return int(db.execute(f"SELECT coalesce(max(rowid), 0) FROM {table} NOT INDEXED").fetchone()[0])
    pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size // _SMALLEST_ROW)


def _rows(db: sqlite3.Connection, table: str, low: int, high: int) -> Iterator[tuple[Any, ...] | None]:
    """Iterate over the rows from ``low`` to ``high``; None for each that can't be read."""
    if low > high:
        return
    sql = f"SELECT * FROM {table} NOT INDEXED WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    try:
        yield from db.execute(sql, (low, high)).fetchall()
    except UNREADABLE:
        if low == high:
            yield None
            return
        middle = (low + high) // 2
        yield from _rows(db, table, low, middle)
        yield from _rows(db, table, middle + 1, high)
