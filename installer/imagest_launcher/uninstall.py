"""Removal of everything that the launcher made."""

from __future__ import annotations

import shutil
from contextlib import suppress

from . import state
from .desktop import remove_entries
from .places import Places


def uninstall(places: Places) -> None:
    """Remove environments, cache, copies of archives, entries and markers. Nothing else is touched.

    Raises
    ------
    LauncherError
        An installation is running.
    """
    if not places.root.is_dir():
        return
    with state.locked(places):
        places.current.unlink(missing_ok=True)
        remove_entries(places)
        own = (places.environments, places.cache, places.credentials, places.programs, places.kept)
        for folder in own:
            shutil.rmtree(folder, ignore_errors=True)
        for file in (places.log, places.wheelhouse, places.root / "imagest.cmd"):
            file.unlink(missing_ok=True)
    places.lock.unlink(missing_ok=True)
    with suppress(OSError):
        places.root.rmdir()
