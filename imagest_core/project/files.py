"""Which files belong to a project, and so are never written by anything that reads it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from imagest_core.errors import ImagestError
from imagest_core.project.recovery.backups import backups, folder_of
from imagest_core.project.state import Aspect, State
from imagest_core.project.storage import tables
from imagest_core.project.storage.codec import decode_setting
from imagest_core.project.storage.connection import connect_to_read
from imagest_core.project.storage.lock import lock_path
from imagest_core.project.storage.migration import has_own_tables
from imagest_core.project.storage.unpack import UNSOUND

if TYPE_CHECKING:
    from imagest_core.project.document import Document

COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database."""
_NAMED = re.compile(rb'"(?:path|donor)":"((?:[^"\\\\]|\\\\.){1,4096})"')
_SEARCHED = 32 << 20
"""Bytes of a project that are searched for the names of pictures, should its tables be unreadable."""
_UNREADABLE = (sqlite3.Error, ImagestError, OSError, *UNSOUND)


def files_of(project: Path, state: State | None = None, *scans: Path) -> tuple[Path, ...]:
    """The project, its companions, its backups, and the pictures it refers to.

    ``state``: where it is known already; else it is read as far as it can be, of the project or its newest
    readable backup. ``scans``: where the scan was found.
    """
    own = [project, lock_path(project), *(project.with_name(project.name + end) for end in COMPANIONS)]
    kept = [folder_of(project)] if folder_of(project).is_dir() else []
    pictures = _pictures(state) if state is not None else list(_remembered(project))
    beside = [project.parent / path.name for path in pictures]
    return (*own, *kept, *pictures, *beside, *scans)


def inputs_of(document: Document) -> tuple[Path, ...]:
    """The same of a project that is open, in memory too."""
    if document.path is None:
        return tuple(_pictures(document.state))
    return files_of(document.path, document.state)


def _pictures(state: State) -> list[Path]:
    donors = [state.style.donor] if state.style.donor is not None else []
    return [state.painting.path, *donors]


def _remembered(project: Path) -> Iterator[Path]:
    """The pictures that a project which may be damaged, or one of its backups, still names."""
    with suppress(*_UNREADABLE):
        yield from _found_in(project)
    for path in (project, *backups(project)):
        with suppress(*_UNREADABLE), closing(connect_to_read(path)) as db:
            yield from _named(db)


def _found_in(project: Path) -> list[Path]:
    """What looks like the name of a picture among the bytes of a project."""
    with project.open("rb") as file:
        names = _NAMED.findall(file.read(_SEARCHED))
    texts = [name.decode("utf-8", "surrogateescape") for name in names]
    return [Path(json.loads(f'"{text}"', strict=False)) for text in texts]


def _named(db: sqlite3.Connection) -> Iterator[Path]:
    """The pictures in the rows that can be read; none where the file has tables of its own."""
    if not has_own_tables(db):
        return
    with suppress(*_UNREADABLE):
        yield tables.read_painting(db).path
    with suppress(*_UNREADABLE):
        donor = decode_setting(Aspect.STYLE, tables.get_meta(db, Aspect.STYLE.value)).donor
        if donor is not None:
            yield donor
