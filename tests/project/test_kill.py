"""A session killed at any moment loses at most the gesture under way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import project_gestures as script
import pytest
import tifffile

from imagest_core.painting.painting import open_painting
from imagest_core.project.document import Document

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as Unix does it")
MOMENTS = 200
LONGEST = 0.07
"""Seconds a process works at most before it is killed."""


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

    def run(self, project: Path, step: int, seconds: float) -> int:
        """Let one work from ``step`` for about ``seconds``; how many gestures it has said were done."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{project} {step}\n")
        self._nursery.stdin.flush()
        child = int(self._nursery.stdout.readline())
        timer = threading.Timer(seconds, os.kill, (child, signal.SIGKILL))
        timer.start()
        said = list(iter(self._nursery.stdout.readline, "dead\n"))
        timer.join()
        assert "" not in said, "the process ended by itself"
        return int(said[-1]) + 1 if said else step

    def close(self) -> None:
        self._nursery.communicate()


@pytest.fixture
def victims() -> Iterator[Victims]:
    victims = Victims()
    yield victims
    victims.close()


class Truth:
    """The fingerprint after every gesture of the script, found by doing it in memory."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known = [script.fingerprint(document)]

    def __getitem__(self, step: int) -> str:
        while len(self._known) <= step:
            script.gesture(self._document, len(self._known) - 1)
            self._known.append(script.fingerprint(self._document))
        return self._known[step]


def test_a_killed_session_loses_at_most_the_last_gesture(tmp_path: Path, victims: Victims) -> None:
    scan, project = tmp_path / "scan.tif", tmp_path / "work.imagest"
    tifffile.imwrite(scan, np.zeros((script.HEIGHT, script.WIDTH, 3), np.uint8))
    with open_painting(scan) as painting:
        Document.create(painting, project).close()
        truth = Truth(Document.create(painting))
    chance, step = random.Random(4), 0
    for _ in range(MOMENTS):
        said = victims.run(project, step, chance.uniform(0, LONGEST))
        document = Document.open(project)
        assert not document.read_only, "the dead process still holds the lock"
        found = script.fingerprint(document)
        assert found in (truth[said], truth[said + 1]), f"after {said} gestures"
        step = said + 1 if found == truth[said + 1] else said
        document.close()
    assert step > MOMENTS, "hardly anything was done before it was killed"
