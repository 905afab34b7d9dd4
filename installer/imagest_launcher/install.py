"""Making and repairing the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from . import state
from .aside import forget, put_back, set_aside
from .errors import LauncherError
from .integrity import damaged_files
from .payload import Payload, Profile
from .places import Places
from .state import COMPLETE, INCOMPLETE, Environment
from .texts import size, tr
from .uv import clean_environment, run_uv

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and what is being done; may raise ``CancelledError``."""
OWN = ("app", "imagest_core", "resources")
"""Packages of the program's own wheel."""
SPARE = 1.1
"""Free space that is asked for, relative to the size of the environment."""


def install(payload: Payload, places: Places, profile: Profile, progress: Progress) -> Environment:
    """Make the environment beside the one in use, then switch to it. Old environments are removed afterwards.

    Raises
    ------
    LauncherError
        There is no room, uv failed, or another installation is running. The environment in use still works.
    """
    with state.locked(places) as lock:
        put_back(places)
        return _install(payload, places, profile, lock, progress)


def _install(
    payload: Payload, places: Places, profile: Profile, lock: BinaryIO, progress: Progress
) -> Environment:
    remove_leftovers(places)
    check_room(places, profile)
    environment = _new_environment(payload, profile)
    _make(payload, places, environment, lock, progress)
    finished = _finish(places, environment, progress)
    if payload.wheelhouse is not None:
        places.write(places.wheelhouse, f"{payload.wheelhouse}\n")
    remove_old(places, payload)
    if unused := unused_packages(places):
        run_uv(payload, places, ["cache", "clean", *unused], lock)
    return finished


def repair(payload: Payload, places: Places, profile: Profile, progress: Progress) -> list[str]:
    """Complete or replace the environment; return the damaged files that were found.

    An environment whose files all match their hashes is kept. Damaged files are shared with the cache by
    hard links, so the cache goes with them. What was installed is put back if the new one can't be made, for
    example without a network.
    """
    with state.locked(places) as lock:
        put_back(places)
        found = state.current(places)
        usable, damaged = found is not None and found.usable(places), list[str]()
        if found is not None and usable and found.payload == payload.id:
            progress(0, tr("Checking the installation"))
            damaged = damaged_files(site_packages(places, found))
            if not damaged and found.profile == profile.name and _starts(places, found):
                return []
        try:
            if usable:
                set_aside(places, cache=bool(damaged))
            _install(payload, places, profile, lock, progress)
        except LauncherError as error:
            kept = "\n" + tr("What was installed before is kept.") if put_back(places) else ""
            raise LauncherError(f"{error}{kept}") from error
        except BaseException:
            put_back(places)
            raise
        forget(places)
    return damaged


def check_room(places: Places, profile: Profile) -> None:
    """Raise ``LauncherError`` unless the environment fits on the disk. What the cache has needs no room."""
    there = used(places.cache) if places.cache.is_dir() else 0
    needed = int(max(profile.disk * SPARE - there, 0))
    free = shutil.disk_usage(places.root).free
    if free < needed:
        raise LauncherError(
            tr(
                "The disk of {place} has {free} free and {needed} are needed; make room, or "
                "set IMAGEST_INSTALLATION to a folder on another disk.",
                place=places.root,
                free=size(free),
                needed=size(needed),
            )
        )


def used(folder: Path) -> int:
    """Return the bytes of the files below ``folder``; files that vanish meanwhile are skipped."""
    total, pending = 0, [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def site_packages(places: Places, environment: Environment) -> Path:
    """Return the folder of the environment's packages."""
    venv = environment.folder(places) / "venv"
    if sys.platform == "win32":
        return venv / "Lib" / "site-packages"
    return next(iter(sorted(venv.glob("lib/python3*/site-packages"))), venv / "lib")


def _new_environment(payload: Payload, profile: Profile) -> Environment:
    """Describe the environment that belongs to payload, profile and this Python."""
    python = os.path.realpath(sys.executable)
    name = f"{payload.version}-{profile.name}-{payload.id[:8]}-py{sys.version_info[0]}{sys.version_info[1]}"
    return Environment(name, payload.id, payload.version, profile.name, python)


def _make(
    payload: Payload, places: Places, environment: Environment, lock: BinaryIO, progress: Progress
) -> None:
    profile = payload.profiles[environment.profile]
    progress(0, tr("Making the environment"))
    folder = environment.folder(places)
    if (found := state.current(places)) is not None and found.name == environment.name:
        places.current.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    state.write_marker(places, environment)
    venv = folder / "venv"
    run_uv(payload, places, ["venv", "--no-project", "--python", environment.python, str(venv)], lock)
    python = environment.executable(places, "python")
    source = ["--find-links", str(payload.wheels)]
    if payload.wheelhouse is not None:
        source += ["--offline", "--no-index", "--find-links", str(payload.wheelhouse)]

    reached = 0.0

    def waiting() -> None:
        nonlocal reached  # uv removes what it has unpacked, which is no step back
        unpacked, linked = used(places.cache), used(venv)
        share = 0.85 * min(1.0, unpacked / profile.disk) + 0.1 * min(1.0, linked / profile.disk)
        reached = max(reached, share)
        progress(reached, tr("Installing packages"))

    waiting()
    arguments = ["pip", "sync", "--python", str(python), "--require-hashes", "--only-binary", ":all:"]
    run_uv(payload, places, [*arguments, *source, str(profile.lock)], lock, waiting)


def _finish(places: Places, environment: Environment, progress: Progress) -> Environment:
    progress(0.95, tr("Checking the installation"))
    _compile(places, environment)
    if not _starts(places, environment):
        text = "The installed program does not start; see {log} and run: imagest-launcher --repair"
        raise LauncherError(tr(text, log=places.log))
    finished = Environment(**{**vars(environment), "status": COMPLETE})
    state.write_marker(places, finished)
    state.set_current(places, finished)
    progress(1, tr("Installed."))
    return finished


def _compile(places: Places, environment: Environment) -> None:
    """Compile the program's own modules. Those of libraries are compiled on first use: that saves 80 MB."""
    folders = [str(site_packages(places, environment) / name) for name in OWN]
    command = [str(environment.executable(places, "python")), "-m", "compileall", "-q", *folders]
    subprocess.run(command, env=clean_environment(), capture_output=True, check=False)


def _starts(places: Places, environment: Environment) -> bool:
    """Whether the program of the environment says its version."""
    command = [str(environment.executable(places, "imagest")), "--version"]
    try:
        done = subprocess.run(command, env=clean_environment(), capture_output=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    with places.log.open("ab") as log:
        log.write(done.stdout + done.stderr)
    return done.returncode == 0


def remove_old(places: Places, payload: Payload) -> None:
    """Remove environments and copies of archives that are neither current nor in use by a running program."""
    found = state.current(places)
    if found is None or found.status == INCOMPLETE:
        return
    running = _command_lines()
    for parent, kept in ((places.environments, found.name), (places.programs, payload.id)):
        for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
            if folder.name != kept and not any(os.fsencode(folder) in line for line in running):
                shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(places: Places) -> None:
    """Remove what a killed uv had half unpacked; it would stay in the cache forever."""
    for path in places.cache.glob(".tmp*"):
        shutil.rmtree(path, ignore_errors=True)


def unused_packages(places: Places) -> list[str]:
    """Return the packages in the cache of which no environment has a hard link: old versions."""
    names = set()
    for package in places.cache.glob("archive-v*/*"):
        files = (path for path in package.rglob("*") if path.is_file())
        if not any(path.stat().st_nlink > 1 for path in files):
            names |= {path.name.partition("-")[0] for path in package.glob("*.dist-info")}
    return sorted(names)


def _command_lines() -> list[bytes]:
    """Return the command lines of running processes (Linux); elsewhere files in use cannot be deleted."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes())
        except OSError:
            continue
    return lines
