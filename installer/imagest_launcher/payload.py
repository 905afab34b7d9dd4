"""What an installer carries: the wheel, uv, lock files, and what they will need."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import LauncherError
from .texts import tr


@dataclass(frozen=True)
class Profile:
    """A set of packages: ``lock`` is its file, sizes are in bytes; ``driver``: the oldest of NVIDIA, or 0."""

    name: str
    lock: Path
    download: int
    disk: int
    driver: int = 0


@dataclass(frozen=True)
class Payload:
    """An unpacked installer. ``id`` changes with every file that decides what is installed."""

    root: Path
    id: str
    version: str
    system: bool
    python: tuple[tuple[int, int], tuple[int, int]]
    """The oldest Python, and the first one that is too new."""
    profiles: dict[str, Profile]
    wheelhouse: Path | None
    offline: tuple[str, ...]
    """Profiles whose packages are in ``wheelhouse``."""

    @property
    def uv(self) -> Path:
        """The bundled uv."""
        return self.root / "bin" / ("uv.exe" if sys.platform == "win32" else "uv")

    @property
    def wheels(self) -> Path:
        """Folder of the program's own wheel."""
        return self.root / "wheels"


def read_payload(root: Path, remembered: Path | None = None) -> Payload:
    """Read ``manifest.json`` of an unpacked installer.

    ``remembered``: the file that names the folder of packages of an offline archive.

    Raises
    ------
    LauncherError
        The manifest is missing or incomplete.
    """
    try:
        data = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
        low, high = (tuple(int(part) for part in text.split(".")) for text in data["python"])
        offline = tuple(str(name) for name in data["offline"])
        wheelhouse = _wheelhouse(root, remembered) if offline else None
        return Payload(
            root=root,
            id=str(data["id"]),
            version=str(data["version"]),
            system=(root / "system").is_file(),
            python=((low[0], low[1]), (high[0], high[1])),
            profiles={name: _profile(root, name, row) for name, row in data["profiles"].items()},
            wheelhouse=wheelhouse,
            offline=offline if wheelhouse else (),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        text = "The installer in {folder} is incomplete ({reason}); unpack or download it again."
        raise LauncherError(tr(text, folder=root, reason=error)) from error


def _profile(root: Path, name: str, row: Any) -> Profile:
    lock = root / "locks" / f"{name}.txt"
    lock.stat()
    return Profile(name, lock, int(row["download"]), int(row["disk"]), int(row.get("driver", 0)))


def _wheelhouse(root: Path, remembered: Path | None) -> Path | None:
    if (root / "wheelhouse").is_dir():
        return root / "wheelhouse"
    if remembered is not None and remembered.is_file():
        folder = Path(remembered.read_text(encoding="utf-8").rstrip("\n"))
        return folder if folder.is_dir() else None
    return None
