"""A session killed at any moment loses at most the gesture in progress."""

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
"""Number of projects, and of kills for each: 200 in all."""
PARALLEL = 2


class Workers:
    """Processes that work on a project until they are killed."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, script.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def run(self, project: Path, step: int, gestures: int, seconds: float) -> int:
        """Start a worker at ``step``, and kill it ``seconds`` after it has reported this many gestures.

        Returns the number of the gesture after the last reported one.
        """
        self._send(f"{project} {step}")
        child = int(self._read_line())
        reported = [self._read_line() for _ in range(gestures)]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        reported += iter(self._read_line, "dead")
        return int(reported[-1]) + 1 if reported else step

    def _send(self, line: str) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.write(f"{line}\n")
        self._parent.stdin.flush()

    def _read_line(self) -> str:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline().strip()
        assert line, "the process ended by itself"
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._parent.communicate()


class Expected:
    """Fingerprints after every gesture of the script, computed in memory."""

    def __init__(self, document: Document) -> None:
        self._document, self._lock = document, threading.Lock()
        self._fingerprints = [script.fingerprint(document)]

    def __getitem__(self, step: int) -> str:
        with self._lock:
            while len(self._fingerprints) <= step:
                script.gesture(self._document, len(self._fingerprints) - 1)
                self._fingerprints.append(script.fingerprint(self._document))
            return self._fingerprints[step]


def session(number: int, folder: Path, expected: Expected) -> int:
    """Kill workers on one project at random moments; return its final number of gestures."""
    rng, project, step = random.Random(number), folder / f"{number}.imagest", 0
    with Workers() as workers:
        for _ in range(MOMENTS):
            reported = workers.run(project, step, rng.randrange(6), rng.uniform(0, 0.02))
            document = Document.open(project)
            assert not document.read_only, "the dead process still holds the lock"
            fingerprint = script.fingerprint(document)
            assert fingerprint in (expected[reported], expected[reported + 1]), f"after {reported} gestures"
            step = reported + 1 if fingerprint == expected[reported + 1] else reported
            document.close()
    return step


def test_killed_session_loses_at_most_the_last_gesture(tmp_path: Path) -> None:
    scan = tmp_path / "scan.tif"
    tifffile.imwrite(scan, np.zeros((script.HEIGHT, script.WIDTH, 3), np.uint8))
    with open_painting(scan) as painting:
        for number in range(SESSIONS):
            Document.create(painting, tmp_path / f"{number}.imagest").close()
        expected = Expected(Document.create(painting))
    with ThreadPoolExecutor(PARALLEL) as pool:
        steps = list(pool.map(lambda number: session(number, tmp_path, expected), range(SESSIONS)))
    assert min(steps) > MOMENTS
    for number in range(SESSIONS):
        check_backups(tmp_path / f"{number}.imagest")


def check_backups(project: Path) -> None:
    """Check that every backup made by killed workers is complete."""
    with Document.open(project) as document:
        document.back_up()
    backup_files = backups.backups(project)
    assert 1 <= len(backup_files) <= backups.MAX_BACKUPS
    for path in backup_files:
        with Document.open_read_only(path) as document:
            script.fingerprint(document)
    assert len(list(backups.backups_folder_of(project).glob("*.part"))) <= 1
