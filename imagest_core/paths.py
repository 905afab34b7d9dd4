"""Folders in which the program keeps its own data."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "Imagest"


def data_folder() -> Path:
    """Return the platform's folder for application data; ``IMAGEST_DATA`` overrides it."""
    if chosen := os.environ.get("IMAGEST_DATA"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"), _NAME)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / _NAME
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", _NAME.lower())


def state_folder() -> Path:
    """Return the platform's folder for logs; ``XDG_STATE_HOME`` overrides it on every platform."""
    if chosen := os.environ.get("XDG_STATE_HOME"):
        return Path(chosen, _NAME.lower())
    if sys.platform == "win32":
        return data_folder() / "logs"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Logs" / _NAME
    return Path.home() / ".local" / "state" / _NAME.lower()
