"""Results of trainings: folders that replace earlier ones, completely or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from imagest_core.training.results import write_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from imagest_core.training.results import write_folder
def write(folder):
    (folder / "half.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
write_folder(Path(sys.argv[1]), write)
"""

KILLED_WHILE_REMOVING = """
import os, signal, sys
from pathlib import Path
from imagest_core.training.results import write_folder
removed = []
def watch(event, arguments):
    if event == "os.remove":
        removed.append(arguments)
        if len(removed) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
write_folder(Path(sys.argv[1]), lambda folder: (folder / "new.txt").touch())
"""


def write(folder: Path) -> None:
    (folder / "new.txt").write_text("new")


def refuse(folder: Path) -> None:
    (folder / "half.txt").write_text("half")
    raise OSError("the disk is gone")


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal of Unix")
def test_a_killed_training_leaves_nothing_that_the_next_one_does_not_remove(tmp_path: Path) -> None:
    target = tmp_path / "model"
    write_folder(target, lambda folder: (folder / "old.txt").touch())
    done = subprocess.run([sys.executable, "-c", KILLED, str(target)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in target.iterdir()] == ["old.txt"]
    assert len(list(tmp_path.iterdir())) == 2
    write_folder(target, write)
    assert list(tmp_path.iterdir()) == [target]
    assert [path.name for path in target.iterdir()] == ["new.txt"]


def test_a_result_that_cannot_be_written_keeps_the_earlier_one(tmp_path: Path) -> None:
    write_folder(tmp_path / "model", write)
    with pytest.raises(OSError, match="the disk is gone"):
        write_folder(tmp_path / "model", refuse)
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "new.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal of Unix")
def test_a_kill_while_the_earlier_result_is_removed_keeps_the_new_one(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    for number in range(3):
        (target / f"old{number}.txt").touch()
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_REMOVING, str(target)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in target.iterdir()] == ["new.txt"]
