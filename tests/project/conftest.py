from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from project_runs import MakeRun, run_filling

from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.document import Document
from imagest_core.project.run import Run

WIDTH, HEIGHT = 600, 300


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("IMAGEST_DATA", str(folder))
    return folder


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """Write a 16-bit RGB scan of a little more than two tiles, at 600 dpi."""
    path = tmp_path / "scan.tif"
    samples = np.random.default_rng(5).integers(0, 65536, (HEIGHT, WIDTH, 3), np.uint16)
    tifffile.imwrite(path, samples, photometric="rgb", resolution=(600, 600), resolutionunit="INCH")
    return path


@pytest.fixture
def painting(scan: Path) -> Iterator[Painting]:
    with open_painting(scan) as painting:
        yield painting


@pytest.fixture
def document(painting: Painting, tmp_path: Path) -> Iterator[Document]:
    document = Document.create(painting, tmp_path / "work.imagest")
    yield document
    document.abandon()


Brush = Callable[[Document, Box, int], None]


@pytest.fixture
def brush() -> Brush:
    """Return a function that paints a box with a label as one gesture."""

    def paint(document: Document, box: Box, label: int) -> None:
        before = document.state.damage.copy()
        document.state.damage.write(box, np.full((box.height, box.width), label, np.uint8))
        document.record_gesture(before, "Paint" if label else "Erase")

    return paint


@pytest.fixture
def make_run() -> MakeRun:
    """Return a function that makes a run with boxes filled with one value."""

    def make(number: int, boxes: list[Box], value: int, variation: int = 0, **more: str) -> Run:
        return run_filling(number, boxes, value, (WIDTH, HEIGHT), variation=variation, **more)

    return make
