"""The folder that every installer carries."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

from installer.builder.locks import driver_for, write_lock
from installer.builder.platforms import BELOW, PYTHONS, UNPACKED, Platform
from installer.builder.wheels import bundled_uv, download_wheels, unpacked_size

INSTALLER = Path(__file__).parents[1]
ROOT = INSTALLER.parent
MAIN = 'import runpy\n\nrunpy.run_module("imagest_launcher", run_name="__main__", alter_sys=True)\n'
DOCUMENTS = ("LICENSE", "SECURITY.md")
FILES = {
    "linux": ("imagest", "imagest-launcher", "install.sh"),
    "windows": ("install.cmd", "imagest.cmd", "entries.ps1"),
    "macos": ("install.command", "imagest", "entries.sh"),
}
START = {"linux": 2, "windows": 0, "macos": 0}
"""Which of ``FILES`` a user starts."""


@dataclass(frozen=True)
class Sources:
    """What a build starts from: the wheel, uv for this computer, and its version."""

    wheel: Path
    uv: str
    uv_version: str
    constraints: Path


def make_payload(sources: Sources, platform: Platform, target: Path) -> Path:
    """Make the folder ``target`` with launcher, wheel, uv, locks and manifest."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "wheels").mkdir(parents=True)
    shutil.copy(sources.wheel, target / "wheels")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(INSTALLER / "imagest_launcher", target / "launcher" / "imagest_launcher", ignore=ignored)
    (target / "launcher" / "__main__.py").write_text(MAIN, encoding="utf-8")
    bundled_uv(platform, sources.uv_version, target / "bin")
    _platform_files(platform, target, str(parse_wheel_filename(sources.wheel.name)[1]))
    for name in DOCUMENTS:
        shutil.copy(ROOT / name, target)
    _write_readme(platform, target)
    profiles = {profile: _profile(sources, platform, profile, target) for profile in platform.profiles}
    write_manifest(target, {"profiles": profiles, "offline": []})
    return target


def add_wheelhouse(
    payload: Path, platform: Platform, profiles: tuple[str, ...], pythons: tuple[str, ...]
) -> None:
    """Add the packages of ``profiles`` for ``pythons``, and correct the sizes on disk from their contents."""
    manifest = json.loads((payload / "manifest.json").read_text(encoding="utf-8"))
    house = payload / "wheelhouse"
    for profile in profiles:
        lock = payload / "locks" / f"{profile}.txt"
        single = payload / "single"
        for python in pythons:
            single.mkdir()
            download_wheels(lock, platform, python, single)
            if python == pythons[0]:
                wheels = [*single.glob("*.whl"), *(payload / "wheels").glob("*.whl")]
                manifest["profiles"][profile]["disk"] = unpacked_size(wheels)
            house.mkdir(exist_ok=True)
            for wheel in single.iterdir():
                wheel.replace(house / wheel.name)
            single.rmdir()
    write_manifest(payload, {"profiles": manifest["profiles"], "offline": list(profiles)})


def write_manifest(payload: Path, values: dict[str, Any]) -> None:
    """Write ``manifest.json`` and ``id``, which changes with everything that decides what is installed."""
    (wheel,) = (payload / "wheels").glob("*.whl")
    manifest = {
        "version": str(parse_wheel_filename(wheel.name)[1]),
        "id": _identity(payload),
        "python": [PYTHONS[0], BELOW],
        **values,
    }
    (payload / "id").write_text(manifest["id"] + "\n", encoding="utf-8")
    (payload / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _identity(payload: Path) -> str:
    digest = hashlib.sha256()
    for folder in ("bin", "launcher", "locks", "wheels"):
        for path in sorted((payload / folder).rglob("*")):
            if path.is_file():
                digest.update(f"{path.relative_to(payload).as_posix()}\n".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _profile(sources: Sources, platform: Platform, profile: str, target: Path) -> dict[str, int]:
    (target / "locks").mkdir(exist_ok=True)
    lock = target / "locks" / f"{profile}.txt"
    download = write_lock(sources.uv, platform, profile, sources.wheel, sources.constraints, lock)
    facts = {"download": download, "disk": int(download * UNPACKED[profile])}
    if profile == "cuda":
        facts["driver"] = driver_for(lock.read_text(encoding="utf-8"))
    return facts


def _platform_files(platform: Platform, target: Path, version: str) -> None:
    source = INSTALLER / platform.name
    for name in FILES[platform.name]:
        text = (source / name).read_text(encoding="utf-8")
        newline = "\r\n" if platform.name == "windows" else "\n"
        (target / name).write_text(text, encoding="utf-8", newline=newline)
        if platform.name != "windows":
            (target / name).chmod(0o755)
    if platform.name == "linux":
        shutil.copytree(source / "share", target / "share")
    if platform.name == "macos":
        text = (source / "Info.plist.in").read_text(encoding="utf-8").replace("{version}", version)
        (target / "Info.plist").write_text(text, encoding="utf-8")


def _write_readme(platform: Platform, target: Path) -> None:
    start = FILES[platform.name][START[platform.name]]
    never = f"\nThis installer was resolved for {platform.name} but was never run there by its authors.\n"
    text = (
        f"Imagest Workstation\n\nInstall for this user: run {start}.\n"
        "It says how much is downloaded and how large the program is before it begins.\n"
        "It installs again over an older version; settings and models are kept.\n"
    )
    (target / "README.txt").write_text(text + ("" if platform.name == "linux" else never), encoding="utf-8")
