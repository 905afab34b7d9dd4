"""A new folder appears completely or not at all, and what a killed process left is removed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imagest_core.errors import OutputError
from imagest_core.painting.atomic import new_folder
from imagest_core.progress import Cancelled

KILLED = """
import os, signal, sys
from pathlib import Path
from imagest_core.painting.atomic import new_folder
with new_folder(Path(sys.argv[1])) as inside:
    (inside / "half").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def write(out: Path, error: BaseException) -> None:
    with new_folder(out) as inside:
        (inside / "a").write_text("x")
        raise error


def test_it_appears_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "more" / "graphs"
    with new_folder(out) as inside:
        (inside / "a").write_text("x")
        assert not out.exists()
    assert [path.name for path in out.iterdir()] == ["a"]
    assert os.listdir(out.parent) == ["graphs"]


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt, ValueError])
def test_nothing_is_left_of_a_failure(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        write(tmp_path / "graphs", error())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="The disk became full while graphs was written"):
        write(tmp_path / "graphs", OSError(errno.ENOSPC, "No space left on device"))
    assert not list(tmp_path.iterdir())


def test_what_exists_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "file").write_text("x")
    for name, sentence in (
        ("link", "exists already"),
        ("file", "exists already"),
        ("file/x", "not a folder"),
    ):
        with pytest.raises(OutputError, match=sentence), new_folder(tmp_path / name):
            pass
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "graphs")], check=False, timeout=60)
    (left,) = tmp_path.iterdir()
    assert (left / "half").exists()
    with new_folder(tmp_path / "graphs"):
        pass
    assert os.listdir(tmp_path) == ["graphs"]
