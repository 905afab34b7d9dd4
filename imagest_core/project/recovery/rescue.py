"""Reading what can be read of a truncated or corrupted project into a new file.

The file is copied, its header is repaired on the copy (the schema is known, so a lost first page is
taken from an empty project), and every table is read in ranges of rows that are halved where reading
fails, so that a bad page costs the rows on it and no others. Label tiles that are lost are painted
again from the history, where that is whole.
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

from imagest_core.errors import OutputError, ProjectError
from imagest_core.painting.outputs import Kind, check_replaceable, check_target, same_file
from imagest_core.project.files import files_of
from imagest_core.project.operations.decisions import now
from imagest_core.project.recovery import salvage as salvaging
from imagest_core.project.recovery.backups import backups
from imagest_core.project.state import PaintingReference
from imagest_core.project.storage.connection import connect, reading, transaction
from imagest_core.project.storage.hashes import begin_again
from imagest_core.project.storage.lock import lock_to_create
from imagest_core.project.storage.migration import has_own_tables, make
from imagest_core.project.storage.schema import TABLES
from imagest_core.project.storage.store import Store, new_file

_CONTENT = ("meta", "tiles", "operations", "run_tiles")
_SMALLEST_ROW = 100
"""Bytes; how many rows a file can hold at most follows from it."""


@dataclass
class Salvage:
    """What was read: rows by table, and one sentence for each thing that is lost."""

    rows: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def rescue(
    damaged: Path, out: Path, *, painting: PaintingReference | None = None, force: bool = False
) -> Salvage:
    """Read what can be read of ``damaged`` into a new project ``out``; ``damaged`` isn't touched.

    ``painting`` helps where the page that names the scan is lost; without it a backup is asked.
    Raises ``ProjectError`` where nothing useful can be read, and ``OutputError`` where ``out`` can't be
    written.
    """
    if not damaged.is_file():
        raise ProjectError(f"{damaged} isn't there: check the name, or whether its disk is connected.")
    if same_file(out, damaged):
        raise OutputError(
            f"{out.name} is the damaged project itself, which isn't touched: choose another name."
        )
    inputs = files_of(damaged, None, *([painting.path] if painting is not None else []))
    check_target(out, force=force, inputs=inputs)
    check_replaceable(out, Kind.PROJECT)
    with tempfile.TemporaryDirectory(prefix="imagest-") as folder, reading(damaged), _locked(out):
        copy = _repaired_copy(damaged, Path(folder))
        with new_file(out, force=force, inputs=inputs) as part:
            salvage = _salvage(copy, part, painting or _backed_up(damaged))
            if salvage is None:
                raise ProjectError(_nothing(damaged))
            with closing(Store.open(part, read_only=True)) as made:
                made.state()
    return salvage


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Nobody else has ``out`` open, nor opens it while it is replaced; raises ``OutputError``."""
    lock = lock_to_create(out)
    try:
        yield
    finally:
        lock.release()


def _backed_up(damaged: Path) -> PaintingReference | None:
    """The scan that the newest readable backup is about."""
    for backup in backups(damaged):
        with suppress(ProjectError), closing(Store.open(backup, read_only=True)) as store:
            return store.state().painting
    return None


def _nothing(damaged: Path) -> str:
    kept = backups(damaged)
    advice = f"open its newest backup, {kept[0]}" if kept else "name its scan with --painting and try again"
    return f"It can't be read what {damaged.name} is about: {advice}."


# The copy and its header


def _repaired_copy(damaged: Path, folder: Path) -> Path:
    copy = folder / "copy.imagest"
    shutil.copyfile(damaged, copy)
    with suppress(FileNotFoundError):
        shutil.copyfile(damaged.with_name(damaged.name + "-wal"), copy.with_name(copy.name + "-wal"))
    if not _readable(copy):
        _repair(copy, _empty_project(folder))
    return copy


def _readable(path: Path) -> bool:
    """Whether the list of tables can be read, and is that of a project and of nothing else."""
    try:
        with closing(connect(path)) as db:
            return has_own_tables(db)
    except (sqlite3.Error, UnicodeDecodeError):
        return False


def _empty_project(folder: Path) -> bytes:
    path = folder / "empty.imagest"
    with closing(connect(path)) as db:
        make(db)
    return path.read_bytes()


def _repair(path: Path, empty: bytes) -> None:
    """Give the file whole pages and a header that says how many.

    A first page that is lost, or lists other tables, comes from ``empty``, and so do roots of tables that
    were cut off: a root outside of the file makes the whole of it unreadable.
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


# The rows


def _salvage(copy: Path, part: Path, painting: PaintingReference | None) -> Salvage | None:
    """What was read into ``part``; None where too little is left to make a project of it."""
    salvage = Salvage()
    with closing(connect(copy)) as source, closing(connect(part)) as target:
        make(target)
        with transaction(target):
            for table in TABLES:
                _copy_table(source, target, table, salvage)
            if not any(salvage.rows.get(table) for table in _CONTENT):
                return None
            whole = salvaging.complete(target, painting, salvage.lost)
            begin_again(target, f"{now()}, rescued")
    return salvage if whole else None


def _copy_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str, salvage: Salvage) -> None:
    columns = _columns(source, table)
    if not columns:
        return
    known = set(_columns(target, table))
    bad = 0
    for row in _rows(source, table, 1, _highest(source, table)):
        if row is None or not salvaging.sound(table, values := dict(zip(columns, row, strict=True))):
            bad += 1
        else:
            salvaging.put(target, table, {name: value for name, value in values.items() if name in known})
    salvage.rows[table] = target.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    if bad:
        salvage.lost.append(f"Part of the table {table} can't be read.")


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    with suppress(sqlite3.Error):
        return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    return []


def _highest(db: sqlite3.Connection, table: str) -> int:
    """The highest row there is, or where that can't be read, could be."""
    with suppress(sqlite3.Error):
        return int(db.execute(f"SELECT coalesce(max(rowid), 0) FROM {table} NOT INDEXED").fetchone()[0])
    pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size // _SMALLEST_ROW)


def _rows(db: sqlite3.Connection, table: str, low: int, high: int) -> Iterator[tuple[Any, ...] | None]:
    """The rows from ``low`` to ``high`` that can be read; None for each that can't."""
    if low > high:
        return
    sql = f"SELECT * FROM {table} NOT INDEXED WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    try:
        yield from db.execute(sql, (low, high)).fetchall()
    except (sqlite3.Error, UnicodeDecodeError):
        if low == high:
            yield None
            return
        middle = (low + high) // 2
        yield from _rows(db, table, low, middle)
        yield from _rows(db, table, middle + 1, high)
