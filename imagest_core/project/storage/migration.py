"""Creation of project tables, and migration from older versions."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from imagest_core.errors import ProjectError
from imagest_core.messages import Message
from imagest_core.project.storage.hashes import start_log
from imagest_core.project.storage.schema import APPLICATION_ID, HASHED, STEPS, VERSION

_LISTED = 5
"""Maximum number of foreign parts named in a message."""


def pragma(db: sqlite3.Connection, name: str) -> int:
    """Return the value of a numeric pragma."""
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def create_tables(db: sqlite3.Connection) -> None:
    """Create the tables of a project in an empty database."""
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(db)


def check_version(db: sqlite3.Connection, path: Path) -> int:
    """Return the version of the file; raises ``ProjectError`` if it is not a project or too new."""
    version = pragma(db, "user_version")
    if pragma(db, "application_id") != APPLICATION_ID or version < 1:
        raise ProjectError(
            Message("{path} is not an Imagest project: choose a file that ends in .imagest.", path=path.name)
        )
    if version > VERSION:
        raise ProjectError(
            Message(
                "{path} was made by a newer Imagest (file version {version}, this program knows up "
                "to {known}): update the program to open it.",
                path=path.name,
                version=version,
                known=VERSION,
            )
        )
    if foreign := foreign_parts(db, version):
        raise ProjectError(
            Message(
                "{path} doesn't have the tables of an Imagest project ({foreign}): `imagest project "
                "rescue` reads what can be read into a new file.",
                path=path.name,
                foreign=", ".join(foreign[:_LISTED]),
            )
        )
    return version


def has_project_tables(db: sqlite3.Connection) -> bool:
    """Return whether the file has a known version and exactly its tables."""
    version = pragma(db, "user_version")
    return 0 < version <= VERSION and not foreign_parts(db, version)


def foreign_parts(db: sqlite3.Connection, version: int) -> list[str]:
    """Return the tables, views, triggers and indexes that differ from those of ``version``, by name.

    A view or a computed column could run forever, and a trigger could change rows unnoticed, so no rows may
    be read unless the result is empty. SQLite's own tables, such as statistics, are ignored.
    """
    parts, expected = _schema_parts(db), _expected_parts(version)
    return sorted(name for name in parts.keys() | expected.keys() if parts.get(name) != expected.get(name))


@cache
def _expected_parts(version: int) -> dict[str, str]:
    """Return the parts of a new file of ``version``."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript("".join(STEPS[:version]))
        return _schema_parts(db)


def _schema_parts(db: sqlite3.Connection) -> dict[str, str]:
    """Return the SQL of each part of a database by name, with normalised whitespace."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY rowid").fetchall()
    return {
        str(name): f"{kind} {_normalize_sql(sql)}"
        for kind, name, sql in rows
        if not _internal(kind, name, sql)
    }


def _normalize_sql(sql: object) -> str:
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(str(sql).split()))


def _internal(kind: object, name: object, sql: object) -> bool:
    """Return whether SQLite created the part: statistics, or the index of a UNIQUE column."""
    return str(name).startswith("sqlite_") and (kind == "table" or (kind == "index" and sql is None))


def migrate(db: sqlite3.Connection) -> None:
    """Migrate the tables to the current version in one transaction."""
    old = pragma(db, "user_version")
    script = "".join(STEPS[old:])
    texts, db.text_factory = db.text_factory, lambda content: content.decode("utf-8", "surrogateescape")
    try:
        db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {VERSION};")
        if old < HASHED:
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            start_log(db, f"{moment}, brought up from version {old}" if old else moment)
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    finally:
        db.text_factory = texts
