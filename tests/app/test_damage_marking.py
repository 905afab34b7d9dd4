"""Large edits of the mask run in the background; figures of the damage classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.commands import mask as masking
from app.context import Context
from app.document import OpenDocument
from app.panels.classes import ClassRow
from app.window.main_window import MainWindow
from imagest_core.damage.classes import DamageClass
from imagest_core.damage.strokes import polygon_cells
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.settings import add_class

SIDE = 1600
ROUND = [(SIDE / 2 + 700 * np.cos(a), SIDE / 2 + 700 * np.sin(a)) for a in np.linspace(0, 6.28, 60)]


@pytest.fixture
def large(context: Context, tmp_path: Path) -> OpenDocument:
    """A scan of 49 tiles, open in the context."""
    path = tmp_path / "large.tif"
    tifffile.imwrite(path, np.zeros((SIDE, SIDE), np.uint8), compression="zlib", tile=(256, 256))
    document = OpenDocument.open_path(path)
    context.set_document(document)
    return document


def lasso(context: Context, document: OpenDocument) -> None:
    whole = document.state.box
    masking.mark(context, lambda _: polygon_cells(ROUND, whole), whole, 1, "Lasso")


def brush(document: OpenDocument, box: Box, label: int) -> None:
    after = document.state.damage.copy()
    after.write(box, np.full((box.height, box.width), label, np.uint8))
    document.do(change_mask(document.state.damage, after, "Brush"))


def test_a_large_lasso_runs_in_the_background_as_one_step(
    context: Context, large: OpenDocument, qtbot: QtBot
):
    lasso(context, large)
    assert large.state.damage.empty, "the window did not wait"
    qtbot.waitUntil(lambda: not large.state.damage.empty, timeout=20_000)
    assert large.state.damage.count() == pytest.approx(np.pi * 700**2, rel=0.01)
    assert [entry.name for entry in large.document.history.done] == ["Lasso"]
    large.undo()
    assert large.state.damage.empty


def test_strokes_painted_in_the_meantime_are_kept(context: Context, large: OpenDocument, qtbot: QtBot):
    lasso(context, large)
    brush(large, Box(780, 780, 40, 40), 2)
    qtbot.waitUntil(lambda: len(large.document.history.done) == 2, timeout=20_000)
    assert (large.state.damage.read(Box(780, 780, 40, 40)) == 2).all(), "other classes stay"
    assert large.state.damage.read(Box(700, 700, 40, 40)).all()
    large.undo()
    assert large.state.damage.count() == 1600


def first_ink(window: MainWindow, button: QPushButton) -> int:
    """The leftmost dark column of a button."""
    place = QRect(button.mapTo(window, QPoint(0, 0)), button.size())
    picture = window.grab(place).toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    return int(np.flatnonzero((pixels[:, : picture.width()] < 128).any(axis=0))[0])


def test_the_columns_of_the_classes_are_aligned(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    opened.do(add_class(opened.state, DamageClass(20, "retouching of the nineteenth century", "#8c6d31")))
    brush(opened, Box(0, 0, 150, 100), 1)
    qtbot.waitUntil(lambda: any(label.text() == "937.5 mm²" for label in window.damage.findChildren(QLabel)))
    rows = window.damage.classes.findChildren(ClassRow)
    for index in range(rows[0].layout().count()):
        kept = [row.layout().itemAt(index).geometry() for row in rows]
        if rows[0].layout().itemAt(index).widget() is not rows[0].details:
            assert len({(place.left(), place.right()) for place in kept}) == 1, index
    policies = [row.findChild(QPushButton, "policy") for row in rows]
    assert len({each.text() for each in policies}) == 3
    starts = [first_ink(window, each) for each in policies]
    assert 0 < min(starts) <= max(starts) <= min(starts) + 2, starts


def test_a_large_region_is_changed_in_the_background(
    context: Context, large: OpenDocument, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(masking, "MAX_SYNC_TILES", 16)
    brush(large, Box(100, 100, 1400, 1400), 1)
    brush(large, Box(120, 120, 1360, 1360), 0)
    context.selection.label = 3
    masking.mark_region(context, 105, 105, 4, "Change class of region")
    assert large.state.damage.counts() == {1: 1400**2 - 1360**2}, "the window did not wait"
    qtbot.waitUntil(lambda: large.state.damage.counts() == {4: 1400**2 - 1360**2}, timeout=20_000)
    refused: list[bool] = []
    masking.fill_hole(context, 700, 700, large.state.box, "Fill region", lambda: refused.append(True))
    assert 3 not in large.state.damage.counts(), "the window did not wait"
    qtbot.waitUntil(lambda: large.state.damage.counts().get(3) == 1360**2, timeout=20_000)
    assert not refused
    masking.fill_hole(context, 10, 10, large.state.box, "Fill region", lambda: refused.append(True))
    qtbot.waitUntil(lambda: bool(refused), timeout=20_000)
    assert [entry.name for entry in large.document.history.done][2:] == [
        "Change class of region",
        "Fill region",
    ]


def test_a_document_closed_in_the_meantime_is_not_changed(
    context: Context, large: OpenDocument, scan: Path, qtbot: QtBot
):
    lasso(context, large)
    other = OpenDocument.open_path(scan)
    context.set_document(other)
    large.abandon()
    context.background.submit(lambda: None, lambda _: None)
    qtbot.wait(300)
    assert other.state.damage.empty
    assert not other.document.history.done


def test_classes_show_areas_in_all_units_and_cracks_their_length(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    brush(opened, Box(10, 70, 120, 2), 2)
    row = window.damage.classes._rows[2]
    qtbot.waitUntil(lambda: "cm" in row.details.text() or "mm" in row.details.text(), timeout=20_000)
    assert row.area.text() == "15.0 mm²"
    assert row.details.text().startswith("240 px  ·  1.25%  ·  ")
    length = float(row.details.text().split("·")[2].split()[0])
    assert length == pytest.approx(120 / 4, abs=1), "mm at 4 px/mm"
    assert "1 piece" in row.area.toolTip()
    assert row.details.isVisibleTo(row)
    assert window.damage.classes._rows[1].details.isHidden()
    opened.undo()
    qtbot.waitUntil(lambda: row.area.text() == "–", timeout=20_000)
    assert row.details.isHidden()
