"""The canvas at work: opening, panning, zooming, painting. Each measure runs in a process of its own.

``python -m app.bench.canvas`` prints the table; ``… measure WHAT SCAN`` one line of JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imagest_core.restoration.environment import peak_memory

WINDOW = 1440, 900
LARGE, SMALL = (10_000, 10_000), (2_000, 2_000)
Measured = dict[str, float]


@dataclass(frozen=True)
class Row:
    """A line of the table: what, how much, and what it should be at most."""

    name: str
    value: float
    unit: str
    limit: float

    def line(self) -> str:
        """As text."""
        verdict = "ok" if self.value <= self.limit else "too much"
        return f"{self.name:<52}{self.value:>10.2f} {self.unit:<8}≤ {self.limit:<8g}{verdict}"


def main(arguments: list[str]) -> int:
    """Print the table, or one measure."""
    if arguments[:1] == ["measure"]:
        print(json.dumps(MEASURES[arguments[1]](Path(arguments[2]))))
        return 0
    for row in table():
        print(row.line(), flush=True)
    return 0


def table() -> list[Row]:
    """All measures of the canvas, on synthetic scans of 100 and 4 megapixels."""
    from app.bench.scans import write_scan

    with tempfile.TemporaryDirectory() as folder:
        large = write_scan(Path(folder, "large.tif"), *LARGE)
        small = write_scan(Path(folder, "small.tif"), *SMALL)
        opened, moved = _apart("opening", large), _apart("moving", large)
        brush, brush_small = _apart("painting", large), _apart("painting", small)
        raw = large.stat().st_size / 1e6
    return [
        Row("open → whole picture, 100 MP 16-bit", opened["whole"], "s", 3),
        Row("open → whole picture, processor time", opened["work"], "s", 6),
        Row("open → first band, 100 MP 16-bit", opened["first"], "s", 3),
        Row("peak memory / raw size", opened["memory"] / raw, "×", 2.5),
        Row("longest stall while building", opened["stall"], "ms", 100),
        *(Row(f"{name}, median frame", value, "ms", 16) for name, value in moved.items()),
        Row("brush 200 px, median update, 100 MP", brush["median"], "ms", 16),
        Row("brush 200 px, 95th percentile, 100 MP", brush["p95"], "ms", 33),
        Row("brush 100 MP / 4 MP", brush["median"] / brush_small["median"], "×", 1.5),
        Row("end of stroke (kept), 100 MP", brush["keep"], "ms", 100),
    ]


def _apart(what: str, scan: Path) -> Measured:
    command = [sys.executable, "-m", "app.bench.canvas", "measure", what, str(scan)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with tempfile.TemporaryDirectory() as folder:
        environment |= {"IMAGEST_DATA": folder, "XDG_CONFIG_HOME": folder}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def clock() -> float:
    """Seconds; with ``IMAGEST_BENCH_CPU`` those this thread has worked, for a machine that is busy."""
    return time.thread_time() if os.environ.get("IMAGEST_BENCH_CPU") else time.perf_counter()


class _Stage:
    """The area of the window with a scan in it, offscreen."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        from app.compare.area import CompareArea
        from app.context import Context

        self.application = QApplication.instance() or QApplication([])
        self.context = Context()
        self.area = CompareArea(self.context)
        self.area.resize(*WINDOW)
        self.area.show()
        self.turn()

    def turn(self) -> float:
        """Let events be dealt with for a moment; answers how long that took beyond it, in s."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop, began = QEventLoop(), time.perf_counter()
        QTimer.singleShot(5, loop.quit)
        loop.exec()
        return time.perf_counter() - began - 0.005

    def until(self, ready: Callable[[], bool]) -> float:
        """Wait; the longest stall, in s."""
        longest = 0.0
        while not ready():
            longest = max(longest, self.turn())
        return longest

    def open(self, scan: Path) -> None:
        from app.commands.opening import open_path

        open_path(self.context, scan)

    def opened(self, scan: Path) -> None:
        """Open and wait till all is built."""
        self.open(scan)
        self.until(lambda: self.area.sheet is not None and self.area.sheet.whole)

    def close(self) -> None:
        document = self.context.document
        self.context.set_document(None)
        if document is not None:
            document.abandon()
        self.context.shutdown()
        self.area.deleteLater()
        self.context.deleteLater()


def opening(scan: Path) -> Measured:
    """Seconds till the first band and the whole picture are painted, longest stall (ms), peak memory (MB)."""
    stage, seen = _Stage(), {"first": 0.0}
    began, worked = time.perf_counter(), time.process_time()
    stage.open(scan)
    stall = stage.until(lambda: stage.area.sheet is not None)
    sheet = stage.area.sheet
    assert sheet is not None
    sheet.progressed.connect(lambda *_: seen.update(first=seen["first"] or time.perf_counter() - began))
    stall = max(stall, stage.until(lambda: sheet.whole))
    stage.area.view.viewport().repaint()
    whole = time.perf_counter() - began
    work = time.process_time() - worked
    memory = peak_memory() / 1e6
    stage.close()
    return {"first": seen["first"], "whole": whole, "work": work, "stall": stall * 1e3, "memory": memory}


def moving(scan: Path) -> Measured:
    """Median ms a frame takes: panning at several zooms, and zooming through them."""
    from app.canvas.navigation import Place

    stage = _Stage()
    stage.opened(scan)
    view, found = stage.area.view, {}
    for zoom in (0.12, 0.7, 1.0, 4.0):
        view.stand(Place(3000, 3000, zoom))
        stage.until(lambda: not view.sheet.original.waiting)
        found[f"pan at {zoom:.0%}"] = _frames(stage, lambda _: view.pan(-9, -5))
    view.fit()
    found["zoom from fit to 1600 %"] = _frames(stage, lambda _: view.zoom_by(1.07))
    stage.close()
    return found


def _frames(stage: _Stage, step: Callable[[int], None], count: int = 80) -> float:
    port, times = stage.area.view.viewport(), []
    for index in range(count):
        began = clock()
        step(index)
        port.repaint()
        times.append(clock() - began)
        stage.turn()
    return statistics.median(times) * 1e3


def painting(scan: Path) -> Measured:
    """ms from a move of the mouse to the stroke painted, for a brush of 200 px at 100 %."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    from app.canvas.navigation import Place

    stage = _Stage()
    stage.opened(scan)
    view, selection = stage.area.view, stage.context.selection
    view.stand(Place(1000, 1000, 1.0))
    stage.until(lambda: not view.sheet.original.waiting)
    selection.tool, selection.brush_size = "brush", 200.0
    port, times = view.viewport(), []
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    for index in range(120):
        at = QPoint(200 + 8 * index, 300 + round(60 * (index % 11 - 5) / 5))
        began = clock()
        QTest.mouseMove(port, at)
        stage.application.processEvents()
        times.append(clock() - began)
    began = clock()
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=QPoint(1160, 300))
    keep = clock() - began
    stage.close()
    times.sort()
    return {
        "median": statistics.median(times) * 1e3,
        "p95": times[int(0.95 * len(times))] * 1e3,
        "keep": keep * 1e3,
    }


MEASURES: dict[str, Callable[[Path], Measured]] = {
    "opening": opening,
    "moving": moving,
    "painting": painting,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
