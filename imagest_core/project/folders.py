"""Where the program keeps what has no name yet: unnamed projects and backups."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

_NAME = "Imagest"


def data_folder() -> Path:
    """The folder for the program's own data, as each system has it; ``IMAGEST_DATA`` overrides it."""
    if chosen := os.environ.get("IMAGEST_DATA"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"), _NAME)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / _NAME
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", _NAME.lower())


def unnamed_projects() -> Path:
    """The folder of projects that haven't been given a name."""
    return data_folder() / "projects"


def unnamed_project(painting: Path, sha256: str) -> Path:
    """Where the project of a scan lives until the user names it; the same scan finds it again."""
    return unnamed_projects() / f"{_plain(painting.stem)}-{sha256[:12]}.imagest"


def backup_folder() -> Path:
    """The folder of rolling backups."""
    return data_folder() / "backups"


def _plain(text: str) -> str:
    """``text`` as part of a file name on any system."""
    return re.sub(r"[^\w.-]+", "-", text).strip(".-")[:60] or "painting"
