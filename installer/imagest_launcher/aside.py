"""Keep what was installed until a repair has succeeded."""

from __future__ import annotations

import os
import shutil

from .places import Places


def set_aside(places: Places, *, cache: bool) -> None:
    """Move the environments, and the cache with ``cache``, to a folder of their own. Needs the lock."""
    shutil.rmtree(places.kept, ignore_errors=True)
    places.kept.mkdir()
    for path in (places.current, places.environments, *([places.cache] if cache else [])):
        if path.exists():
            os.replace(path, places.kept / path.name)


def put_back(places: Places) -> bool:
    """Undo a repair that did not finish, also after a kill; return whether there was one. Needs the lock."""
    if not places.kept.is_dir():
        return False
    unfinished = not places.current.exists()
    if unfinished:
        for path in (places.environments, places.cache, places.current):  # the last one makes it usable
            if (before := places.kept / path.name).exists():
                shutil.rmtree(path, ignore_errors=True)
                os.replace(before, path)
    forget(places)
    return unfinished


def forget(places: Places) -> None:
    """Remove what was set aside."""
    shutil.rmtree(places.kept, ignore_errors=True)
