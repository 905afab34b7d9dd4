"""Making a project file, and bringing an old one up to date."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from imagest_core.errors import ProjectError
from imagest_core.project.storage.hashes import begin
from imagest_core.project.storage.schema import APPLICATION_ID, HASHED, STEPS, VERSION


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
    return version


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
