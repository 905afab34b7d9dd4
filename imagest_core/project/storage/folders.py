"""Where projects without a name, and backups, are kept."""

from __future__ import annotations

import re
from pathlib import Path

from imagest_core.paths import data_folder


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
