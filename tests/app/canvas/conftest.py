from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from canvas_runs import filled_run
from mouse import Mouse
from pytestqt.qtbot import QtBot

from app.canvas.view import CanvasView
from app.compare.area import CompareArea
from app.context import Context
from app.document import OpenDocument
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.document import Document
from imagest_core.project.run import Run

WIDTH, HEIGHT = 700, 400


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A 16-bit scan: dark grey with a light square at (100, 50) of 60 px, and a ramp at the right."""
    samples = np.full((HEIGHT, WIDTH, 3), 12000, np.uint16)
    samples[50:110, 100:160] = 50000
    samples[:, 500:] = np.linspace(12000, 60000, 200).astype(np.uint16)[None, :, None]
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, samples, photometric="rgb", resolution=(254, 254), resolutionunit="INCH")
    return path


@pytest.fixture
def painting(scan: Path) -> Iterator[Painting]:
    with open_painting(scan) as painting:
        yield painting


@pytest.fixture
def context(qtbot: QtBot) -> Iterator[Context]:
    made = Context()
    yield made
    made.shutdown()


@pytest.fixture
def document(painting: Painting, context: Context, tmp_path: Path) -> Iterator[OpenDocument]:
    opened = OpenDocument(Document.create(painting, tmp_path / "work.imagest"), painting)
    context.set_document(opened)
    yield opened
    context.set_document(None)
    opened.abandon()


@pytest.fixture
def view(qtbot: QtBot, context: Context, document: OpenDocument) -> Iterator[CanvasView]:
    """A view of 800 × 500 at 100 %, its upper left corner at the picture's pixel (0, 0)."""
    made = CanvasView(context)
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    with qtbot.waitExposed(made):
        made.set_document(document)
    qtbot.waitUntil(lambda: made.layers.complete)
    at_corner(made)
    yield made
    made.set_document(None)


@pytest.fixture
def area(qtbot: QtBot, context: Context, document: OpenDocument) -> Iterator[CompareArea]:
    made = CompareArea(context)
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    with qtbot.waitExposed(made):
        pass
    qtbot.waitUntil(lambda: made.layers is not None and made.layers.complete)
    yield made
    made.set_document(None)


def at_corner(view: CanvasView) -> None:
    from app.canvas.navigation import ViewPosition

    middle = view.viewport().width() / 2, view.viewport().height() / 2
    view.set_view(ViewPosition(*middle, 1.0))


@pytest.fixture
def mouse(view: CanvasView) -> Mouse:
    return Mouse(view)


@pytest.fixture
def label_at(document: OpenDocument) -> Callable[[int, int], int]:
    return lambda x, y: int(document.state.damage.read(Box(x, y, 1, 1))[0, 0])


@pytest.fixture
def mark(document: OpenDocument) -> Callable[..., None]:
    """Mark a box as one gesture."""

    def marked(x: int, y: int, width: int, height: int, label: int = 1) -> None:
        before = document.state.damage.copy()
        document.state.damage.write(Box(x, y, width, height), np.full((height, width), label, np.uint8))
        document.done(before, "Mark")

    return marked


@pytest.fixture
def names(document: OpenDocument) -> Callable[[], list[str]]:
    """What the history lists as done."""
    return lambda: [entry.name for entry in document.document.history.done]


@pytest.fixture
def make_run(document: OpenDocument) -> Callable[..., Run]:
    """A run that has filled boxes with one value."""
    return lambda number, boxes, value: filled_run(number, boxes, value, (WIDTH, HEIGHT))
