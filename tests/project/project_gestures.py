"""A script of gestures with a known result; as a program it works on a project until it is killed.

The program reads lines ``PROJECT STEP`` and forks a process for each, which continues from that step (so that
nothing is imported again), and prints its id; the process prints the number of every gesture it completes.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from pathlib import Path

import numpy as np
from project_runs import run_filling

from imagest_core.painting.geometry import Box
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, results, settings
from imagest_core.project.run import Run

WIDTH, HEIGHT = 1024, 800


def gesture(document: Document, step: int) -> None:
    """Perform gesture number ``step`` of the script in one transaction."""
    kinds = (_paint, _paint, _erase, _restore if step % 16 < 8 else _accept, _paint, _undo, _note, _paint)
    kinds[step % len(kinds)](document, step)


def _paint(document: Document, step: int) -> None:
    _relabel(document, Box(step * 37 % 900, step * 53 % 700, 120, 90), 1 + step % 6, "Paint")


def _erase(document: Document, step: int) -> None:
    _relabel(document, Box(step * 31 % 900, step * 59 % 700, 60, 60), 0, "Erase")


def _relabel(document: Document, box: Box, label: int, name: str) -> None:
    before = document.state.damage.copy()
    document.state.damage.write(box, np.full((box.height, box.width), label, np.uint8))
    document.record_gesture(before, name)


def _restore(document: Document, step: int) -> None:
    document.do(results.add_run(run_of(document.next_run, step)))


def _accept(document: Document, step: int) -> None:
    run = document.state.runs[max(document.state.runs)]
    document.do(decisions.accept(document.state, run, run.numbers))


def _undo(document: Document, step: int) -> None:
    document.undo()


def _note(document: Document, step: int) -> None:
    document.do(settings.set_notes(document.state, f"gesture {step}"))


def run_of(number: int, step: int) -> Run:
    box = Box(step * 17 % 700, step * 19 % 500, 150, 150)
    return run_filling(number, [box], step % 256, (WIDTH, HEIGHT), (3, np.uint8))


def fingerprint(document: Document) -> str:
    """Return a hash of a project without times and without the samples of older runs."""
    state, digest = document.state, hashlib.sha256()
    for key, tile in sorted(state.damage.tiles().items()):
        digest.update(repr(key).encode() + tile.tobytes())
    for run in state.runs.values():
        digest.update(f"{run} {run.content.record()}".encode() + run.regions.tobytes())
        for key in sorted(run.tile_keys) if run.id in sorted(state.runs)[-2:] else ():
            digest.update(run.content.tile(key).samples.tobytes())
    verdicts = [
        (str(subject), decision.verdict, decision.place) for subject, decision in state.decisions.items()
    ]
    names = [
        [entry.name for entry in entries] for entries in (document.history.done, document.history.undone)
    ]
    digest.update(repr((sorted(verdicts), names, state.notes)).encode())
    return digest.hexdigest()


def _work(project: str, first: int) -> None:
    with Document.open(Path(project)) as document:
        for step in range(first, first + 100_000):
            gesture(document, step)
            os.write(1, f"{step}\n".encode())


def main() -> None:
    for slow in ("scipy.sparse.csgraph", "imagecodecs"):
        importlib.import_module(slow)
    for line in sys.stdin:
        project, step = line.rsplit(maxsplit=1)
        child = os.fork()
        if child == 0:
            os.write(1, f"{os.getpid()}\n".encode())
            _work(project, int(step))
            os._exit(0)
        os.waitpid(child, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()
