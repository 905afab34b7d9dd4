"""A small installer: a wheel that only says its version, a real uv, and the real launcher."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

uv = pytest.importorskip("uv", reason="uv comes with the extra “release”")

from installer.builder.payload import INSTALLER, MAIN, write_manifest  # noqa: E402

PROGRAM = """
import os, sys


def main():
    names = [name for name in ("PYTHONHOME", "PYTHONPATH") if name in os.environ]
    print("imagest", {version!r}, *sys.argv[1:], *names)
"""
# Like some versions of uv, it makes a folder for credentials.
UV = """#!/bin/sh
credentials=${{UV_CREDENTIALS_DIR:-$HOME/.local/share/uv/credentials}}
mkdir -p "$credentials" && touch "$credentials/.lock"
case "$*" in *sync*) if [ -e '{hold}' ]; then touch '{hold}.reached'; sleep 20; fi ;; esac
exec '{uv}' "$@"
"""


def make_wheel(folder: Path, version: str) -> Path:
    """A wheel of the program's name with one command."""
    information = f"imagest_workstation-{version}.dist-info"
    files = {
        "app/__init__.py": "",
        "app/launch.py": PROGRAM.format(version=version),
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: imagest-workstation\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{information}/entry_points.txt": "[console_scripts]\nimagest = app.launch:main\n",
    }
    rows = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(text)}\n")
    files[f"{information}/RECORD"] = "".join(rows) + f"{information}/RECORD,,\n"
    path = folder / f"imagest_workstation-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@dataclass
class User:
    """A user with an empty home folder, without a screen, and an unpacked installer."""

    home: Path
    payload: Path
    hold: Path
    """While this file exists, uv waits before it installs packages."""

    @property
    def root(self) -> Path:
        return self.home / ".local" / "share" / "imagest-workstation"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return kept | {"HOME": str(self.home), "IMAGEST_PYTHON": sys.executable, "PYTHONPATH": "/nowhere"}

    def run(self, program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``imagest`` or ``imagest-launcher`` of the unpacked installer."""
        return subprocess.run(
            [str(self.payload / program), *arguments],
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def install(self) -> subprocess.CompletedProcess[str]:
        return self.run("imagest-launcher", "--yes")

    def unpack(self, version: str) -> None:
        """Unpack the installer of ``version`` into a folder of its own."""
        self.payload = make_installer(self.payload.parent, version, self.hold)


def make_installer(folder: Path, version: str, hold: Path) -> Path:
    payload = folder / f"Entpackt ß {version}"
    shutil.copytree(INSTALLER / "linux", payload)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(INSTALLER / "imagest_launcher", payload / "launcher" / "imagest_launcher", ignore=ignored)
    (payload / "launcher" / "__main__.py").write_text(MAIN)
    for name in ("wheels", "wheelhouse", "locks", "bin"):
        (payload / name).mkdir()
    wheel = make_wheel(payload / "wheels", version)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (payload / "locks" / "onnx.txt").write_text(f"imagest-workstation=={version} --hash=sha256:{digest}\n")
    (payload / "bin" / "uv").write_text(UV.format(uv=uv.find_uv_bin(), hold=hold))
    (payload / "bin" / "uv").chmod(0o755)
    write_manifest(payload, {"profiles": {"onnx": {"download": 1000, "disk": 3000}}, "offline": ["onnx"]})
    return payload


@pytest.fixture
def user(tmp_path: Path) -> User:
    if sys.platform != "linux":
        pytest.skip("the scripts are those for Linux")
    home = tmp_path / "Jörg Müller"
    home.mkdir()
    hold = tmp_path / "hold"
    return User(home, make_installer(tmp_path, "1.0", hold), hold)


@pytest.fixture
def manifest(user: User) -> dict:
    return json.loads((user.payload / "manifest.json").read_text())
