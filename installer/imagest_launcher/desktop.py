"""Entries on this user's desktop (Linux): menu, icon, file type, and ``imagest`` on the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .payload import Payload
from .places import Places, data_home

COMMANDS = ("imagest", "imagest-launcher")
ENTRY = Path("applications/imagest.desktop")
FILES = (ENTRY, Path("icons/hicolor/scalable/apps/imagest.svg"), Path("mime/packages/imagest.xml"))
"""Below the folder ``share`` of a payload, and below the user's data folder."""
UPDATES = (("update-mime-database", "mime"), ("update-desktop-database", "applications"))


def copy_program(payload: Payload, places: Places) -> Path:
    """Copy an unpacked archive, without its packages, into the installation; return the copy."""
    target = places.programs / payload.id
    if payload.root.resolve() == target.resolve():
        return target
    temporary = places.programs / f".{payload.id}.new"
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(payload.root, temporary, ignore=shutil.ignore_patterns("wheelhouse", "__pycache__"))
    shutil.rmtree(target, ignore_errors=True)
    temporary.replace(target)
    return target


def add_entries(program: Path) -> list[Path]:
    """Add desktop file, icon, file type and commands for the copy in ``program``; return what was written."""
    if sys.platform != "linux":
        return []
    written = []
    for file in FILES:
        target = data_home() / file
        text = (program / "share" / file).read_text(encoding="utf-8")
        if file == ENTRY:
            text = text.replace("Exec=imagest", f"Exec={_quoted(program / 'imagest')}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written.append(target)
    for name in COMMANDS:
        written.append(_link(program / name, command_folder() / name))
    _update()
    return written


def remove_entries(places: Places) -> None:
    """Remove the entries that belong to this installation; files of others with these names stay."""
    entry = data_home() / ENTRY
    ours = entry.is_file() and str(places.programs) in entry.read_text(encoding="utf-8", errors="replace")
    for file in FILES if ours else ():
        (data_home() / file).unlink(missing_ok=True)
    for name in COMMANDS:
        link = command_folder() / name
        if link.is_symlink() and places.programs in link.readlink().parents:
            link.unlink()
    if ours:
        _update()


def command_folder() -> Path:
    """Return the folder of this user's own commands."""
    return Path.home() / ".local" / "bin"


def on_path() -> bool:
    """Whether the shell looks for commands in ``command_folder``."""
    return str(command_folder()) in os.environ.get("PATH", "").split(os.pathsep)


def _link(target: Path, link: Path) -> Path:
    """Point ``link`` at ``target`` in one step, unless a file of someone else has its name."""
    if link.exists() and not link.is_symlink():
        return link
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(link.name + ".new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
    return link


def _quoted(path: Path) -> str:
    """Return a path as the desktop entry specification quotes an argument of ``Exec``."""
    text = str(path).replace("\\", "\\\\")
    for special in '"`$':
        text = text.replace(special, "\\" + special)
    return '"' + text.replace("\\", "\\\\").replace("%", "%%") + '"'


def _update() -> None:
    for tool, folder in UPDATES:
        if shutil.which(tool):
            command = [tool, str(data_home() / folder)]
            subprocess.run(command, capture_output=True, check=False)
