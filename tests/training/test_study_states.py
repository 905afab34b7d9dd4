"""States of unfinished studies don't stay in the cache forever."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from imagest_core.training.study_states import remove_old_states, states_folder

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path))


def state(name: str, days: float, size: int = 100) -> Path:
    folder = states_folder() / name
    folder.mkdir(parents=True)
    (folder / "state.safetensors").write_bytes(bytes(size))
    for path in (folder / "state.safetensors", folder):
        os.utime(path, (time.time() - days * DAY,) * 2)
    return folder


def test_states_that_nobody_continues_are_removed() -> None:
    old, kept, new = state("old", 31), state("kept", 40), state("new", 29)
    assert remove_old_states(keep=kept) == [old]
    assert not old.exists()
    assert kept.exists()
    assert new.exists()


def test_the_oldest_are_removed_while_all_take_too_much() -> None:
    folders = [state(f"{days}", days, size=100) for days in (1, 2, 3, 4)]
    assert remove_old_states(max_bytes=250) == [folders[2], folders[3]]
    assert [folder.exists() for folder in folders] == [True, True, False, False]


def test_the_newest_and_running_ones_stay_whatever_their_size() -> None:
    running, newest = state("running", 0.02), state("newest", 0.01)
    assert remove_old_states(max_bytes=1) == []
    assert running.exists()
    assert newest.exists()


def test_links_and_files_among_them_are_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "mine"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    os.utime(elsewhere, (0, 0))
    states_folder().mkdir(parents=True)
    (states_folder() / "link").symlink_to(elsewhere)
    (states_folder() / "file").write_text("mine")
    assert remove_old_states(max_age=0) == []
    assert (elsewhere / "file").exists()


def test_without_a_cache_nothing_happens() -> None:
    assert remove_old_states() == []
