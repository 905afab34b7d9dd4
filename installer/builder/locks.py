"""Lock files: every package that a profile installs, with version and hashes."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from installer.builder.platforms import CUDA_DRIVERS, EXTRAS, PYTHONS, Platform

NAME = "imagest-workstation"


def write_lock(
    uv: str, platform: Platform, profile: str, wheel: Path, constraints: Path, target: Path
) -> int:
    """Write ``target`` for a profile and return the bytes of its download.

    The versions are those of ``constraints``; what it does not name is resolved by uv.
    """
    options = ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"]
    _compile(uv, platform, profile, wheel, constraints, target, options)
    pylock = target.with_name("pylock.toml")
    _compile(uv, platform, profile, wheel, constraints, pylock, ["--format", "pylock.toml"])
    packages = tomllib.loads(pylock.read_text(encoding="utf-8"))["packages"]
    pylock.unlink()
    tags = list(supported_tags(platform, PYTHONS[0]))
    return sum(download_size(package, tags, wheel) for package in packages)


def _compile(
    uv: str,
    platform: Platform,
    profile: str,
    wheel: Path,
    constraints: Path,
    target: Path,
    options: list[str],
) -> None:
    command = [uv, "pip", "compile", "-", "--quiet", "--no-config", "--only-binary", ":all:"]
    command += [
        "--constraints",
        str(constraints),
        "--find-links",
        str(wheel.parent),
        "--output-file",
        str(target),
    ]
    command += ["--python-version", PYTHONS[0], "--python-platform", platform.uv, *options]
    version = parse_wheel_filename(wheel.name)[1]
    extras = f"[{EXTRAS[profile]}]" if EXTRAS[profile] else ""
    requirement = f"{NAME}{extras}=={version}\n"
    variables = os.environ | dict(platform.environment)
    subprocess.run(
        command, input=requirement, text=True, check=True, env=variables, stdout=subprocess.DEVNULL
    )


def supported_tags(platform: Platform, python: str) -> Iterable[Tag]:
    """Yield the tags of wheels that run on ``platform`` with ``python``, best first."""
    major, minor = (int(part) for part in python.split("."))
    yield from cpython_tags((major, minor), platforms=platform.tags)
    yield from compatible_tags((major, minor), f"cp{major}{minor}", platform.tags)


def download_size(package: dict[str, Any], tags: list[Tag], own: Path) -> int:
    """Return the size of the wheel that is best for ``tags`` among those of an entry of ``pylock.toml``."""
    if package["name"] == NAME:
        return own.stat().st_size
    rank = {tag: place for place, tag in enumerate(tags)}
    ranked = []
    for wheel in package.get("wheels", ()):
        name = wheel.get("name") or str(wheel.get("url") or wheel.get("path")).rsplit("/", 1)[-1]
        places = [rank[tag] for tag in parse_wheel_filename(name)[3] if tag in rank]
        if places:
            ranked.append((min(places), int(wheel["size"])))
    if not ranked:
        raise SystemExit(f"{package['name']} {package['version']} has no wheel for this platform")
    return min(ranked)[1]


def split_lock(text: str) -> tuple[str, str]:
    """Split a lock into the lines of the program's own wheel and those of all other packages."""
    blocks = re.split(r"(?m)^(?=\S)", text)
    own = [block for block in blocks if re.match(rf"{NAME}(\[[^\]]*\])?==", block)]
    return "".join(own), "".join(block for block in blocks if block not in own)


def driver_for(lock: str) -> int:
    """Return the oldest NVIDIA driver for the CUDA libraries in a lock; 0 if it has none."""
    found = re.search(r"(?m)^nvidia-cublas(?:-cu(\d+))?==(\d+)", lock)
    return 0 if found is None else CUDA_DRIVERS.get(found[1] or found[2], max(CUDA_DRIVERS.values()))
