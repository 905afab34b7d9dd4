"""The canvas at work: opening, panning, zooming, painting."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.benchmarks.stage import Stage, Stalls, clock
from app.canvas.navigation import ViewPosition
from imagest_core.restoration.environment import peak_memory

Measured = dict[str, float]
ZOOMS = (0.12, 0.7, 1.0, 4.0)


def opening(scan: str) -> Measured:
    """Seconds till a first part, and the whole, are painted; longest stall (ms); peak memory (MB)."""
    stage, stalls, painted = Stage(), Stalls(), [0.0]
    began, worked = time.perf_counter(), time.process_time()

    def paint() -> None:
        if not painted[0]:
            stage.area.view.viewport().repaint()
            painted[0] = time.perf_counter() - began

    stage.open(Path(scan))
    stage.until(lambda: stage.area.layers is not None)
    layers = stage.area.layers
    assert layers is not None
    layers.progressed.connect(lambda *_: paint())
    stage.until(lambda: layers.complete)
    stalls.stop()
    paint()
    stage.area.view.viewport().repaint()
    found = {
        "first": painted[0],
        "whole": time.perf_counter() - began,
        "work": time.process_time() - worked,
        "memory": peak_memory() / 1e6,
        "stall": stalls.longest * 1e3,
        "starved": stalls.without_a_core * 1e3,
    }
    stage.close()
    return found


def moving(scan: str) -> Measured:
    """Median ms a frame takes: panning at several zooms, and zooming through them."""
    stage = Stage()
    stage.opened(Path(scan))
    view, found = stage.area.view, {}
    middle = stage.document.painting.box
    for zoom in ZOOMS:
        view.set_view(ViewPosition(0.3 * middle.width, 0.3 * middle.height, zoom))
        stage.until(lambda: not view.layers.original.waiting)
        found[f"pan at {zoom:.0%}"] = _frames(stage, lambda _: view.pan(-9, -5))
    view.fit()
    found["zoom from fit to 1600 %"] = _frames(stage, lambda _: view.zoom_by(1.07))
    stage.close()
    return found


def _frames(stage: Stage, step: Callable[[int], None], count: int = 80) -> float:
    port, times = stage.area.view.viewport(), []
    for index in range(count):
        began = clock()
        step(index)
        port.repaint()
        times.append(clock() - began)
        stage.turn()
    return statistics.median(times) * 1e3


def painting(scan: str) -> Measured:
    """ms from a move of the mouse to the stroke painted, for a brush of 200 px at 100 %."""
    stage = Stage()
    stage.opened(Path(scan))
    view, selection = stage.area.view, stage.context.selection
    view.set_view(ViewPosition(1000, 1000, 1.0))
    stage.until(lambda: not view.layers.original.waiting)
    selection.tool, selection.brush_size = "brush", 200.0
    port, times = view.viewport(), []
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    for index in range(80):
        at = QPoint(200 + 8 * index, 300 + round(60 * (index % 11 - 5) / 5))
        began = clock()
        QTest.mouseMove(port, at)
        stage.application.processEvents()
        times.append(clock() - began)
    began = clock()
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=QPoint(840, 300))
    keep = clock() - began
    stage.close()
    times.sort()
    return {
        "median": statistics.median(times) * 1e3,
        "p95": times[int(0.95 * len(times))] * 1e3,
        "keep": keep * 1e3,
    }
