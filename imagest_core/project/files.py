"""The files that belong to a project, which nothing that reads it may overwrite."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from imagest_core.errors import ImagestError
from imagest_core.project.recovery.backups import COMPANIONS, backups, backups_folder_of
from imagest_core.project.state import Aspect, State
from imagest_core.project.storage import tables
from imagest_core.project.storage.codec import decode_setting
from imagest_core.project.storage.connection import connect_to_read
from imagest_core.project.storage.lock import lock_path
from imagest_core.project.storage.migration import has_project_tables
from imagest_core.project.storage.unpack import INVALID_DATA

_PATH_PATTERN = re.compile(rb'"(?:path|donor)":"((?:[^"\\\\]|\\\\.){1,4096})"')
_SEARCHED_BYTES = 32 << 20
"""Bytes of a project that are searched for image paths if its tables are unreadable."""
_UNREADABLE = (sqlite3.Error, ImagestError, OSError, *INVALID_DATA)


def files_of(project: Path, state: State | None = None, *scans: Path) -> tuple[Path, ...]:
    """Return the project, its companions, its backups, and the images it refers to.

    Parameters
    ----------
    project
        Project file.
    state
        The state, if it is known. Otherwise it is read as far as possible from the project or its backups.
    scans
        Where the scan was found.
    """
    project_files = [
        project,
        lock_path(project),
        *(project.with_name(project.name + end) for end in COMPANIONS),
    ]
    backups_folder = [backups_folder_of(project)] if backups_folder_of(project).is_dir() else []
    pictures = _referenced(state) if state is not None else list(_recover_references(project))
    relative = [project.parent / path.name for path in pictures]
    return (*project_files, *backups_folder, *pictures, *relative, *scans)


def files_of_open(project: Path | None, state: State) -> tuple[Path, ...]:
    """Return :func:`files_of` for an open project, which may be in memory (None)."""
    return tuple(_referenced(state)) if project is None else files_of(project, state)


def _referenced(state: State) -> list[Path]:
    donors = [state.style.donor] if state.style.donor is not None else []
    return [state.painting.path, *donors, *(layer.path for layer in state.layers)]


def _recover_references(project: Path) -> Iterator[Path]:
    """Iterate over the image paths in a possibly damaged project and its backups."""
    with suppress(*_UNREADABLE):
        yield from _scan_bytes(project)
    for path in (project, *backups(project)):
        with suppress(*_UNREADABLE), closing(connect_to_read(path)) as db:
            yield from _referenced_in(db)


def _scan_bytes(project: Path) -> list[Path]:
    """Return what looks like image paths among the bytes of a project."""
    with project.open("rb") as file:
        names = _PATH_PATTERN.findall(file.read(_SEARCHED_BYTES))
    texts = [name.decode("utf-8", "surrogateescape") for name in names]
    return [Path(json.loads(f'"{text}"', strict=False)) for text in texts]


def _referenced_in(db: sqlite3.Connection) -> Iterator[Path]:
    """Iterate over the image paths in readable rows; none if the tables are not those of a project."""
    if not has_project_tables(db):
        return
    with suppress(*_UNREADABLE):
        yield tables.read_painting(db).path
    with suppress(*_UNREADABLE):
        donor = decode_setting(Aspect.STYLE, tables.read_meta(db, Aspect.STYLE.value)).donor
        if donor is not None:
            yield donor
    with suppress(*_UNREADABLE):
        yield from (layer.path for layer in tables.read_setting(db, Aspect.LAYERS))
