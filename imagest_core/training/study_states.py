"""The states of studies that were cancelled or killed, in the cache folder: limited in age and size."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from imagest_core.paths import cache_folder

MAX_AGE = 30 * 24 * 3600.0
"""Seconds since the last saved step after which a state is removed."""
MAX_BYTES = 2 * 2**30
"""Bytes that all states may take; the newest is always kept."""
RUNNING = 3600.0
"""A state that was saved within so many seconds may belong to a running study, and is kept."""


def states_folder() -> Path:
    """Return the folder that has a folder for each unfinished study."""
    return cache_folder() / "studies"


def remove_old_states(
    keep: Path | None = None, *, max_age: float = MAX_AGE, max_bytes: int = MAX_BYTES
) -> list[Path]:
    """Remove states older than ``max_age``, then the oldest ones over ``max_bytes``; return their folders.

    ``keep`` and states that may belong to a running study stay. A folder that can't be read or removed is
    left alone.
    """
    now, removed, size = time.time(), list[Path](), 0
    for index, (saved, bytes_, folder) in enumerate(_newest_first()):
        size += bytes_
        age = now - saved
        too_much = age > max_age or (index > 0 and size > max_bytes)
        if too_much and folder != keep and age > RUNNING:
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
            size -= bytes_
    return removed


def _newest_first() -> list[tuple[float, int, Path]]:
    """Return when each state was last saved, its size in bytes, and its folder."""
    found = []
    with suppress(OSError):
        for folder in states_folder().iterdir():
            with suppress(OSError):
                if folder.is_symlink() or not folder.is_dir():
                    continue
                files = [path.lstat() for path in folder.iterdir()]
                saved = max([folder.lstat().st_mtime, *(each.st_mtime for each in files)])
                found.append((saved, sum(each.st_size for each in files), folder))
    return sorted(found, reverse=True)
