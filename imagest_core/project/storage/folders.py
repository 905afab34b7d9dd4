"""Folders of unnamed projects and of backups."""

from __future__ import annotations

import re
from pathlib import Path

from imagest_core.paths import data_folder


def unnamed_projects() -> Path:
    """Return the folder of unnamed projects."""
    return data_folder() / "projects"


def unnamed_project(painting: Path, sha256: str) -> Path:
    """Return the path of the unnamed project of a scan."""
    return unnamed_projects() / f"{_plain(painting.stem)}-{sha256[:12]}.imagest"


def backup_folder() -> Path:
    """Return the folder of rolling backups."""
    return data_folder() / "backups"


def _plain(text: str) -> str:
    """Return ``text`` as a valid part of a file name on any system."""
    return re.sub(r"[^\w.-]+", "-", text).strip(".-")[:60] or "painting"
