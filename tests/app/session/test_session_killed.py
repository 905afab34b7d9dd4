"""After a kill, all edits are there when the project is opened again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import window_script
from user import User

from imagest_core.painting.geometry import Box

ROUND = 2 * len(window_script.STROKES)
"""The number of steps per round of the script: its strokes, which it then undoes."""
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed as Unix does it")


@contextmanager
def working(scan: Path) -> Iterator[subprocess.Popen[str]]:
    """A user working on ``scan`` in another process until the end of the block."""
    command = [sys.executable, window_script.__file__, "work", str(scan)]
    folders = os.pathsep.join([os.getcwd(), str(Path(window_script.__file__).parent)])
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": folders}
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def killed_after(process: subprocess.Popen[str], gestures: int, seconds: float) -> list[str]:
    """Kill it ``seconds`` after some steps of a round; return its output, the state after each step."""
    assert process.stdout is not None
    said: list[str] = []
    while len(said) < 2 + gestures:
        line = process.stdout.readline()
        assert line, "the program ended by itself"
        said.append(line)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    said += process.stdout.readlines()
    assert process.wait() == -signal.SIGKILL
    return [line.split()[1] for line in said if line.endswith("\n")]


@pytest.mark.parametrize("gestures", [6, 9])
def test_edits_survive_a_kill(user: User, scan: Path, gestures: int) -> None:
    with working(scan) as process:
        states = killed_after(process, gestures, Random(gestures).uniform(0, 0.05))
    user.open(scan)
    assert not user.document.read_only, "the dead process still holds the lock"
    under_way = states[len(states) - ROUND]
    assert window_script.fingerprint(user) in (states[-1], under_way)
    assert user.names()[:3] == ["Rectangle", "Add style region", "Restore with harmonic"]
    assert set(user.names()[4:]) <= {"Brush stroke"}
    assert list(user.document.state.runs) == [1]
    assert user.document.accepted.keys()
    user.act("undo")
    user.mark(Box(100, 80, 20, 20))
    assert user.names()[-1] == "Rectangle"
