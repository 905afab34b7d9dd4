"""Wheels: the program's own, those of the offline archive, and uv for other platforms."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from installer.builder.locks import split_lock
from installer.builder.platforms import Platform

BYTECODE = 1.04
"""Size of the installed packages after some use, relative to the files in their wheels."""
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq")


def build_distributions(source: Path, target: Path) -> Path:
    """Build the source archive and, from it, the wheel; return the wheel."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(source)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"python -m build failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return max(target.glob("*.whl"), key=lambda path: path.stat().st_mtime_ns)


def download_wheels(lock: Path, platform: Platform, python: str, target: Path) -> None:
    """Download the wheels of a lock, without the program's own, for one version of Python.

    pip is used because uv has no command for this; it checks the hashes and reads its own configuration.
    """
    version = python.replace(".", "")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(target)]
    options += ["--python-version", python, "--implementation", "cp", "--abi", f"cp{version}"]
    options += ["--abi", "abi3", "--abi", "none"]
    options += [option for tag in platform.tags for option in ("--platform", tag)]
    with tempfile.TemporaryDirectory() as folder:
        third = Path(folder, "lock.txt")
        third.write_text(split_lock(lock.read_text(encoding="utf-8"))[1], encoding="utf-8")
        subprocess.run([*PIP, "download", *options, "-r", str(third)], check=True)


def unpacked_size(wheels: list[Path]) -> int:
    """Return the size on disk of installed wheels."""
    total = 0
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            total += sum(info.file_size for info in archive.infolist())
    return int(total * BYTECODE)


def bundled_uv(platform: Platform, version: str, target: Path) -> Path:
    """Download uv's wheel for ``platform`` and put its executable into ``target``."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--no-deps", "--only-binary", ":all:", "--dest", folder]
        options += [option for tag in platform.tags for option in ("--platform", tag)]
        subprocess.run([*PIP, "download", *options, f"uv=={version}"], check=True)
        (wheel,) = Path(folder).glob("uv-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(("/scripts/uv", "/scripts/uv.exe"))]
            target.mkdir(parents=True, exist_ok=True)
            path = target / names[0].rsplit("/", 1)[-1]
            path.write_bytes(archive.read(names[0]))
    path.chmod(0o755)
    return path
