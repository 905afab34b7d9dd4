"""What is installed: markers of environments, the current one, and the lock."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from .errors import LauncherError
from .places import Places
from .texts import tr

INCOMPLETE, COMPLETE = "incomplete", "complete"
MARKER = "installation.json"


@dataclass(frozen=True)
class Environment:
    """An environment as its marker describes it."""

    name: str
    payload: str
    version: str
    profile: str
    python: str
    status: str = INCOMPLETE

    def folder(self, places: Places) -> Path:
        """Folder of the marker and of ``venv``."""
        return places.environments / self.name

    def executable(self, places: Places, program: str) -> Path:
        """Path of an executable of the environment."""
        venv = self.folder(places) / "venv"
        if sys.platform == "win32":
            return venv / "Scripts" / f"{program}.exe"
        return venv / "bin" / program

    def usable(self, places: Places) -> bool:
        """Whether it is complete and the Python that it was made with still exists."""
        return self.status == COMPLETE and self.executable(places, "python").exists()


def write_marker(places: Places, environment: Environment) -> None:
    """Write the marker of an environment."""
    places.write(environment.folder(places) / MARKER, json.dumps(asdict(environment), indent=1) + "\n")


def read_marker(places: Places, name: str) -> Environment | None:
    """Return the environment ``name``; None if it is missing or its marker is damaged."""
    try:
        data = json.loads((places.environments / name / MARKER).read_text(encoding="utf-8"))
        values = {key: str(data[key]) for key in ("payload", "version", "profile", "python", "status")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Environment(name=name, **values)


def environments(places: Places) -> list[str]:
    """Return the names of all environments, complete or not."""
    if not places.environments.is_dir():
        return []
    return sorted(path.name for path in places.environments.iterdir() if path.is_dir())


def current(places: Places) -> Environment | None:
    """Return the environment that ``imagest`` starts."""
    try:
        _, name = places.current.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    return read_marker(places, name) if name in environments(places) else None


def set_current(places: Places, environment: Environment) -> None:
    """Make a complete environment the one that ``imagest`` starts."""
    places.write(places.current, f"{environment.payload}\n{environment.name}\n")


@contextmanager
def locked(places: Places) -> Iterator[BinaryIO]:
    """Hold the lock of the installation. uv inherits it: it outlives a killed launcher while uv runs.

    Raises
    ------
    LauncherError
        Another installation is running.
    """
    places.root.mkdir(parents=True, exist_ok=True)
    with places.lock.open("ab") as file:
        try:
            _lock(file)
        except OSError:
            raise LauncherError(
                tr("Another installation of Imagest Workstation is running; wait until it has finished.")
            ) from None
        yield file


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.set_inheritable(file.fileno(), True)
