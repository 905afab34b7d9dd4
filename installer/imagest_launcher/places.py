"""Where the launcher keeps the environment, and where the program keeps what is never removed."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

NAME = "imagest-workstation"


@dataclass(frozen=True)
class Places:
    """Files and folders of one user's installation below ``root``."""

    root: Path

    @property
    def environments(self) -> Path:
        """Folder of the environments; each contains a marker and a ``venv``."""
        return self.root / "environments"

    @property
    def programs(self) -> Path:
        """Folder of the copies of unpacked archives; a Debian package has none."""
        return self.root / "programs"

    @property
    def cache(self) -> Path:
        """Unpacked packages. The environment consists of hard links to them, so they take no space twice."""
        return self.root / "cache"

    @property
    def credentials(self) -> Path:
        """Folder that some versions of uv make for credentials; the launcher stores none."""
        return self.root / "credentials"

    @property
    def current(self) -> Path:
        """Two lines: the id of the payload and the name of its complete environment."""
        return self.root / "current"

    @property
    def kept(self) -> Path:
        """What was installed before a repair that has not finished."""
        return self.root / "before-repair"

    @property
    def lock(self) -> Path:
        """Held while an installation runs."""
        return self.root / "lock"

    @property
    def log(self) -> Path:
        """Output of the last installation."""
        return self.root / "installation.log"

    @property
    def wheelhouse(self) -> Path:
        """One line: the folder of packages of the offline archive that was installed last."""
        return self.root / "wheelhouse"

    def write(self, path: Path, text: str) -> None:
        """Write a small file so that it is either old or new, also after a kill."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".new")
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


def default_places() -> Places:
    """Return the places of this user; ``IMAGEST_INSTALLATION`` overrides the folder."""
    if chosen := os.environ.get("IMAGEST_INSTALLATION"):
        return Places(Path(chosen).absolute())
    return Places(data_home() / NAME)


def data_home() -> Path:
    """Return the folder for the data of this user's programs."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    chosen = os.environ.get("XDG_DATA_HOME", "")
    return Path(chosen) if os.path.isabs(chosen) else Path.home() / ".local" / "share"


def kept_folders() -> list[Path]:
    """Return the folders of settings, models and logs that exist; no step of the launcher removes them."""
    home = Path.home()
    if sys.platform == "win32":
        folders = [data_home() / "Imagest", Path(os.environ.get("APPDATA") or home) / "Imagest"]
    elif sys.platform == "darwin":
        folders = [data_home() / "Imagest", home / ".config" / "Imagest"]
    else:
        settings = os.environ.get("XDG_CONFIG_HOME") or home / ".config"
        folders = [data_home() / "imagest", Path(settings) / "Imagest"]
    return [folder for folder in folders if folder.is_dir()]
