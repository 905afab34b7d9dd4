"""Making a project file, and bringing an old one up to date."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from imagest_core.errors import ProjectError
from imagest_core.project.storage.hashes import begin
from imagest_core.project.storage.schema import APPLICATION_ID, HASHED, STEPS, VERSION

_NAMED = 5
"""So many parts that don't belong to a project are named."""


def pragma(db: sqlite3.Connection, name: str) -> int:
    """The value of a numeric pragma."""
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def make(db: sqlite3.Connection) -> None:
    """Make the tables of a new project in an empty database."""
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(db)


def check_kind(db: sqlite3.Connection, path: Path) -> int:
    """The version of the file; raises ``ProjectError`` where it is no project or too new."""
    version = pragma(db, "user_version")
    if pragma(db, "application_id") != APPLICATION_ID or version < 1:
        raise ProjectError(f"{path.name} is no Imagest project: choose a file that ends in .imagest.")
    if version > VERSION:
        raise ProjectError(
            f"{path.name} was made by a newer Imagest (file version {version}, this program knows up to"
            f" {VERSION}): update the program to open it."
        )
    if names := foreign_parts(db, version):
        raise ProjectError(
            f"{path.name} doesn't have the tables of an Imagest project ({', '.join(names[:_NAMED])}):"
            " `imagest project rescue` reads what can be read into a new file."
        )
    return version


def has_own_tables(db: sqlite3.Connection) -> bool:
    """Whether the rows may be read: a known version with its tables and nothing else."""
    version = pragma(db, "user_version")
    return 0 < version <= VERSION and not foreign_parts(db, version)


def foreign_parts(db: sqlite3.Connection, version: int) -> list[str]:
    """The tables, views, triggers and indexes that aren't exactly those of ``version``, by name.

    A view or a computed column could run without end, and a trigger could change rows unseen, so none of
    the rows may be read before this is empty. SQLite's own tables, such as statistics, are ignored.
    """
    found, wanted = _parts(db), _made(version)
    return sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))


@cache
def _made(version: int) -> dict[str, str]:
    """The parts of a new file of ``version``."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript("".join(STEPS[:version]))
        return _parts(db)


def _parts(db: sqlite3.Connection) -> dict[str, str]:
    """What makes each part of a database, by its name; blanks are not told apart."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY rowid").fetchall()
    return {str(name): f"{kind} {_plain(sql)}" for kind, name, sql in rows if not _internal(kind, name, sql)}


def _plain(sql: object) -> str:
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(str(sql).split()))


def _internal(kind: object, name: object, sql: object) -> bool:
    """Whether SQLite itself has made the part: statistics, or the index of a UNIQUE column."""
    return str(name).startswith("sqlite_") and (kind == "table" or (kind == "index" and sql is None))


def migrate(db: sqlite3.Connection) -> None:
    """Bring the tables from the file's version to this program's, all in one transaction."""
    old = pragma(db, "user_version")
    script = "".join(STEPS[old:])
    texts, db.text_factory = db.text_factory, lambda content: content.decode("utf-8", "surrogateescape")
    try:
        db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {VERSION};")
        if old < HASHED:
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            begin(db, f"{moment}, brought up from version {old}" if old else moment)
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    finally:
        db.text_factory = texts
