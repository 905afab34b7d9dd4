"""The folders of the program: those that earlier versions used, and the variables that override them."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs
import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from imagest_core.paths import data_folder, state_folder

VARIABLES = ("IMAGEST_DATA", "XDG_DATA_HOME", "XDG_STATE_HOME")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, and none of the variables."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platformdirs, "PlatformDirs", Unix)


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platformdirs, "PlatformDirs", MacOS)


@pytest.mark.usefixtures("linux")
def test_linux_folders(home):
    assert data_folder() == home / ".local" / "share" / "imagest"
    assert state_folder() == home / ".local" / "state" / "imagest"


@pytest.mark.usefixtures("linux")
def test_xdg_variables(home, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    assert (data_folder(), state_folder()) == (home / "data" / "imagest", home / "state" / "imagest")
    monkeypatch.setenv("XDG_DATA_HOME", "")
    assert data_folder() == home / ".local" / "share" / "imagest"


@pytest.mark.usefixtures("macos")
def test_macos_folders(home, monkeypatch):
    assert data_folder() == home / "Library" / "Application Support" / "Imagest"
    assert state_folder() == home / "Library" / "Logs" / "Imagest"
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    assert state_folder() == home / "state" / "imagest"


@pytest.mark.usefixtures("macos")
def test_macos_data_of_earlier_versions_stay_in_use(home, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    assert data_folder() == home / "data" / "Imagest"
    earlier = home / "Library" / "Application Support" / "Imagest"
    earlier.mkdir(parents=True)
    assert data_folder() == earlier
    (home / "data" / "Imagest").mkdir(parents=True)
    assert data_folder() == home / "data" / "Imagest"


def test_the_data_folder_can_be_chosen_anywhere(home, monkeypatch):
    monkeypatch.setenv("IMAGEST_DATA", str(home / "mine"))
    assert data_folder() == home / "mine"
    monkeypatch.setattr(sys, "platform", "win32")
    assert state_folder() == home / "mine" / "logs"


def test_asking_creates_no_folder(home):
    assert not data_folder().exists()
    assert not state_folder().exists()
    assert list(home.iterdir()) == []
