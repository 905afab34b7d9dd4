"""Whatever happens to the window, the canvas shows the whole picture as soon as it is decoded."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from canvas_runs import filled_run
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shown import BLOCK, Colours, block_colours, write_blocks, wrong_blocks

from app.canvas import pyramid
from app.canvas.view import CanvasView
from app.compare.difference import coloured
from app.main import Program
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.project.document import Document
from imagest_core.project.operations.decisions import accept
from imagest_core.project.operations.results import add_run

COLUMNS, ROWS = 24, 16
SIZE = COLUMNS * BLOCK, ROWS * BLOCK
FILLED = 128
"""The value of filled blocks."""
HELD, CELLS = pyramid.HELD_BYTES, 1 << 20
"""Budgets with which all levels stay in memory, and with which the full level is read in cells."""
FILLS = [(3, 2), (12, 8), (13, 8), (20, 13)]
MODES = {
    "single": "Alt+1",
    "restored": "Alt+1",
    "side": "Alt+2",
    "swipe": "Alt+3",
    "blink": "Alt+4",
    "difference": "Alt+5",
}


def filled(colours: Colours) -> Colours:
    """The same blocks with those of ``FILLS`` filled."""
    made = colours.copy()
    for column, row in FILLS:
        made[row, column] = FILLED
    return made


def project(folder: Path, name: str, colours: Colours) -> Path:
    """A project of a scan of ``colours`` with accepted fills on the blocks of ``FILLS``."""
    scan = write_blocks(folder / f"{name}.tif", colours)
    path = folder / f"{name}.imagest"
    with open_painting(scan) as painting:
        document = Document.create(painting, path)
        boxes = [Box(column * BLOCK, row * BLOCK, BLOCK, BLOCK) for column, row in FILLS]
        run = filled_run(1, boxes, FILLED * 257, SIZE)
        document.do(add_run(run))
        document.do(accept(document.state, document.state.runs[1], list(run.numbers)))
        document.close()
    return path


def differences(before: Colours, after: Colours) -> Colours:
    """What the difference map shows."""
    opaque = [
        np.dstack([colours[..., ::-1], np.full(colours.shape[:2], 255)]).astype(np.uint8)
        for colours in (before, after)
    ]
    return np.asarray(coloured(*opaque)[..., 2::-1], int)


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan is decoded in several bands, which come when the window is drawn already."""
    build = pyramid.Pyramid.build

    def slowly(self: pyramid.Pyramid, band: Box) -> Box:
        time.sleep(0.03)
        return build(self, band)

    monkeypatch.setattr(pyramid.Pyramid, "build", slowly)
    monkeypatch.setattr(pyramid, "_BAND_BYTES", SIZE[0] * SIZE[1])


class Watcher:
    """Knows what the canvas of the program must show in a mode, and waits for it."""

    def __init__(self, program: Program, qtbot: QtBot, mode: str) -> None:
        self.program, self._qtbot, self.mode = program, qtbot, mode
        self.before: Colours = np.zeros((0, 0, 3), int)
        self.after = self.before

    @property
    def view(self) -> CanvasView:
        return self.program.window.area.view

    def open(self, path: Path, before: Colours, after: Colours) -> None:
        self.before, self.after = before, after
        self.program.open(path)
        self._qtbot.waitUntil(
            lambda: (
                self.program.window.context.document is not None
                and self.program.window.context.document.painting.path.stem == path.stem
                and not self.program.window.context.jobs.busy
            ),
            timeout=20_000,
        )

    def wrong(self) -> list[str]:
        """What is not shown as it should be."""
        area = self.program.window.area
        if self.mode == "side":
            second = wrong_blocks(area.second, self.after) if area.second.isVisible() else ["no second view"]
            return wrong_blocks(self.view, self.before) + second
        if self.mode == "swipe":
            share = area.curtain.share
            left = wrong_blocks(self.view, self.before, (0.0, share))
            return left + wrong_blocks(self.view, self.after, (share, 1.0))
        if self.mode == "blink":
            either = [wrong_blocks(self.view, colours) for colours in (self.before, self.after)]
            return min(either, key=len)
        shown = {
            "single": self.before,
            "restored": self.after,
            "difference": differences(self.before, self.after),
        }
        return wrong_blocks(self.view, shown[self.mode])

    def check(self, what: str) -> None:
        """Wait till the picture is whole."""
        wrong: list[str] = []

        def whole() -> bool:
            wrong[:] = self.wrong()
            return not wrong

        try:
            self._qtbot.waitUntil(whole, timeout=8_000)
        except Exception as error:
            raise AssertionError(
                f"{self.mode}, {what}: {len(wrong)} blocks are wrong: {wrong[:3]}"
            ) from error


def press(view: CanvasView, keys: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key in the active window: shortcuts work in no other."""
    view.window().activateWindow()
    assert QTest.qWaitForWindowActive(view.window())
    QTest.keyClick(view, keys, held)
    QApplication.processEvents()


@pytest.mark.usefixtures("slow_disk")
@pytest.mark.parametrize(
    ("mode", "budget"), [*((mode, HELD) for mode in MODES), ("restored", CELLS), ("difference", CELLS)]
)
def test_canvas_is_correct_after_any_change(
    mode: str, budget: int, program: Program, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real keys; opening, theme, language, undo, resizing, hiding."""
    monkeypatch.setattr(pyramid, "HELD_BYTES", budget)
    first, other = block_colours(1, COLUMNS, ROWS), block_colours(2, COLUMNS, ROWS)
    plain, work = write_blocks(tmp_path / "plain.tif", first), project(tmp_path, "work", other)
    watcher = Watcher(program, qtbot, mode)
    watcher.open(plain, first, first)
    press(watcher.view, getattr(Qt.Key, f"Key_{MODES[mode][-1]}"), Qt.KeyboardModifier.AltModifier)
    if mode == "restored":
        press(watcher.view, Qt.Key.Key_Q)
    watcher.check("opened")

    program._settings.remember(work, (SIZE[0] / 2, SIZE[1] / 2, 1.5))
    watcher.open(work, other, filled(other))
    watcher.check("project with accepted fills opened while zoomed")
    program._settings.prefer(theme="dark")
    watcher.check("theme changed")
    old = program.window
    program._settings.prefer(language="zh_CN")
    qtbot.waitUntil(lambda: program.window is not old)
    watcher.check("language changed")

    press(watcher.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    watcher.after = other
    watcher.check("accepting undone")
    press(watcher.view, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    watcher.after = filled(other)
    watcher.check("accepting redone")
    program.window.resize(program.window.width() - 60, program.window.height() + 40)
    watcher.check("resized")
    program.window.hide()
    program.window.show()
    watcher.check("hidden and shown")
    watcher.open(plain, first, first)
    watcher.check("another picture opened")
    press(watcher.view, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    watcher.check("fitted")
