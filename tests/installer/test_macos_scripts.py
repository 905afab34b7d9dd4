"""The scripts for macOS in a POSIX shell of this system: what does not depend on macOS."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer.builder.payload import FILES, INSTALLER


@pytest.fixture
def mac(user):
    """The user's installer with the scripts of macOS, and a Python under the name that they look for."""
    for name in FILES["macos"]:
        shutil.copy(INSTALLER / "macos" / name, user.payload / name)
        (user.payload / name).chmod(0o755)
    text = (INSTALLER / "macos" / "Info.plist.in").read_text(encoding="utf-8")
    (user.payload / "Info.plist").write_text(text.replace("{version}", "1.0"), encoding="utf-8")
    tools = user.home / "Werkzeuge"
    tools.mkdir()
    (tools / "python3").symlink_to(sys.executable)
    return user


def run(mac, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = f"{mac.home / 'Werkzeuge'}:{mac.environment['PATH']}"
    return mac.run(script, *arguments, PATH=path, IMAGEST_INSTALLATION=str(mac.home / "Ort mit Ü"))


def bundle(mac) -> Path:
    return mac.home / "Applications" / "Imagest Workstation.app" / "Contents"


def test_the_bundle_comes_with_the_program_and_goes_with_it(mac):
    done = run(mac, "install.command", "--yes")
    assert done.returncode == 0, done.stderr
    assert (bundle(mac) / "Info.plist").is_file()
    assert run(mac, "imagest").stdout == "imagest 1.0\n"
    assert run(mac, "install.command", "--repair", "--yes").returncode == 0
    assert bundle(mac).is_dir()
    assert run(mac, "install.command", "--uninstall", "--yes").returncode == 0
    assert not bundle(mac).parent.exists()
    assert not (mac.home / "Ort mit Ü").exists()
    assert "run install.command" in run(mac, "imagest").stderr


def test_a_damaged_installation_says_how_to_repair(mac):
    run(mac, "install.command", "--yes")
    (program,) = (mac.home / "Ort mit Ü").glob("environments/*/venv/bin/imagest")
    program.unlink()
    assert "install.command --repair" in run(mac, "imagest").stderr


def test_a_bundle_of_someone_else_stays(mac):
    bundle(mac).mkdir(parents=True)
    (bundle(mac) / "Info.plist").write_text("someone else's")
    assert run(mac, "install.command", "--yes").returncode == 0
    assert run(mac, "install.command", "--uninstall", "--yes").returncode == 0
    assert (bundle(mac) / "Info.plist").read_text() == "someone else's"
