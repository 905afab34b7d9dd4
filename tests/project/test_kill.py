"""A session killed at any moment loses at most the gesture under way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
import project_gestures as script
import pytest
import tifffile

from imagest_core.painting.reader import open_painting
from imagest_core.project.document import Document
from imagest_core.project.recovery import backups

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as Unix does it")
SESSIONS, MOMENTS = 4, 50
"""Projects, and how often one who works on each is killed: 200 times in all."""
AT_ONCE = 2


class Victims:
    """Starts processes that work on a project, and kills them."""

    def __init__(self) -> None:
        self._nursery = subprocess.Popen(
            [sys.executable, script.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def run(self, project: Path, step: int, gestures: int, seconds: float) -> int:
        """Let one work from ``step``, and kill it ``seconds`` after it has said that so many gestures were
        done; the number of the gesture after the last that it said was done."""
        self._say(f"{project} {step}")
        child = int(self._line())
        said = [self._line() for _ in range(gestures)]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        said += iter(self._line, "dead")
        return int(said[-1]) + 1 if said else step

    def _say(self, line: str) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(f"{line}\n")
        self._nursery.stdin.flush()

    def _line(self) -> str:
        assert self._nursery.stdout is not None
        line = self._nursery.stdout.readline().strip()
        assert line, "the process ended by itself"
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._nursery.communicate()


class Truth:
    """The fingerprint after every gesture of the script, found by doing it in memory."""

    def __init__(self, document: Document) -> None:
        self._document, self._lock = document, threading.Lock()
        self._known = [script.fingerprint(document)]

    def __getitem__(self, step: int) -> str:
        with self._lock:
            while len(self._known) <= step:
                script.gesture(self._document, len(self._known) - 1)
                self._known.append(script.fingerprint(self._document))
            return self._known[step]


def session(number: int, folder: Path, truth: Truth) -> int:
    """Kill those who work on one project at random moments; how many gestures it has at the end."""
    chance, project, step = random.Random(number), folder / f"{number}.imagest", 0
    with Victims() as victims:
        for _ in range(MOMENTS):
            said = victims.run(project, step, chance.randrange(6), chance.uniform(0, 0.02))
            document = Document.open(project)
            assert not document.read_only, "the dead process still holds the lock"
            found = script.fingerprint(document)
            assert found in (truth[said], truth[said + 1]), f"after {said} gestures"
            step = said + 1 if found == truth[said + 1] else said
            document.close()
    return step


def test_a_killed_session_loses_at_most_the_last_gesture(tmp_path: Path) -> None:
    scan = tmp_path / "scan.tif"
    tifffile.imwrite(scan, np.zeros((script.HEIGHT, script.WIDTH, 3), np.uint8))
    with open_painting(scan) as painting:
        for number in range(SESSIONS):
            Document.create(painting, tmp_path / f"{number}.imagest").close()
        truth = Truth(Document.create(painting))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        steps = list(pool.map(lambda number: session(number, tmp_path, truth), range(SESSIONS)))
    assert min(steps) > MOMENTS
    for number in range(SESSIONS):
        check_backups(tmp_path / f"{number}.imagest")


def check_backups(project: Path) -> None:
    """Those who were killed were making backups too; each that has its name is whole."""
    with Document.open(project) as document:
        document.back_up()
    made = backups.backups(project)
    assert 1 <= len(made) <= backups.KEPT
    for path in made:
        with Document.look_at(path) as document:
            script.fingerprint(document)
    assert len(list(backups.folder_of(project).glob("*.part"))) <= 1
