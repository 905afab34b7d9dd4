"""Folders in which the program keeps its own data."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platformdirs.api import PlatformDirsABC

_NAME = "imagest"
_NATIVE_NAME = "Imagest"
"""Name of the folders on Windows and macOS."""


def data_folder() -> Path:
    """Return the platform's folder for application data; ``IMAGEST_DATA`` overrides it."""
    if chosen := os.environ.get("IMAGEST_DATA"):
        return Path(chosen)
    folder = _platform_folders().user_data_path
    if sys.platform == "darwin" and os.environ.get("XDG_DATA_HOME"):
        # Earlier versions ignored this variable on macOS: data that they left stay in use.
        earlier = Path.home() / "Library" / "Application Support" / _NATIVE_NAME
        return earlier if earlier.is_dir() and not folder.exists() else folder
    return folder


def state_folder() -> Path:
    """Return the platform's folder for logs; ``XDG_STATE_HOME`` overrides it on every platform."""
    if chosen := os.environ.get("XDG_STATE_HOME"):
        return Path(chosen, _NAME)
    if sys.platform == "win32":
        return data_folder() / "logs"
    folders = _platform_folders()
    return folders.user_log_path if sys.platform == "darwin" else folders.user_state_path


def cache_folder() -> Path:
    """Return the folder for files that can be made again; it is inside ``IMAGEST_DATA`` if that is set."""
    if chosen := os.environ.get("IMAGEST_DATA"):
        return Path(chosen, "cache")
    return _platform_folders().user_cache_path


def _platform_folders() -> PlatformDirsABC:
    import platformdirs

    name = _NATIVE_NAME if sys.platform in ("win32", "darwin") else _NAME
    return platformdirs.PlatformDirs(name, appauthor=False)
