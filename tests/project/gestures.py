"""A script of gestures whose outcome is known; run as a program it works until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.painting import open_painting
from imagest_core.painting.tiff_pieces import Patch
from imagest_core.project.collecting import collect
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, results, settings
from imagest_core.project.run import HeldContent, Run


def gesture(document: Document, step: int) -> None:
    """Gesture number ``step`` of the script, which leaves ``notes`` == its number."""
    kinds = (_paint, _paint, _erase, _decide, _paint, _undo)
    kinds[step % len(kinds)](document, step)


def _paint(document: Document, step: int) -> None:
    _relabel(document, Box(step * 37 % 900, step * 53 % 700, 120, 90), 1 + step % 6, "Paint")


def _erase(document: Document, step: int) -> None:
    _relabel(document, Box(step * 31 % 900, step * 59 % 700, 60, 60), 0, "Erase")


def _relabel(document: Document, box: Box, label: int, name: str) -> None:
    before = document.state.damage.copy()
    document.state.damage.write(box, np.full((box.height, box.width), label, np.uint8))
    document.done(before, name)


def _decide(document: Document, step: int) -> None:
    if step % 12 == 3:
        document.do(results.add_run(run_of(document.next_run, step)))
    else:
        run = document.state.runs[max(document.state.runs)]
        document.do(decisions.accept(document.state, run, run.numbers))


def run_of(number: int, step: int) -> Run:
    box = Box(step * 17 % 700, step * 19 % 500, 150, 150)
    grown = DamageMap(1024, 800)
    grown.write(box, np.ones((150, 150), np.uint8))
    tiles, regions = collect([Patch(box, np.full((150, 150, 3), step % 256, np.uint8))], grown)
    content = HeldContent("{}", regions, tiles)
    return Run(number, "2026-05-01T10:00:00", "telea", "", 7, 0, len(regions), box.area, box, content)


def _undo(document: Document, step: int) -> None:
    document.undo()
    document.do(settings.set_notes(document.state, str(step)))


def main(project: str) -> None:
    """Say which gesture begins, do it, and so on, for ever."""
    with Document.open(Path(project)) as document:
        for step in range(10_000_000):
            gesture(document, step)
            sys.stdout.write(f"{step}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
