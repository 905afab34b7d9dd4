"""The measurements of the GUI benchmark; each opens the window offscreen and returns named numbers."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QTransform
from PySide6.QtTest import QTest

import resources
from app.benchmarks.stage import Stage, Stalls, clock
from app.canvas.navigation import ViewPosition
from app.commands import mask_import as importing
from app.commands import restore as restoring
from app.selection import ToolName
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import read_picture
from imagest_core.progress import Progress, Report
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.environment import peak_memory
from imagest_core.restoration.request import RestorationRequest

Measured = dict[str, float]
ZOOMS = (0.12, 0.7, 1.0, 4.0, 8.0)
CHANGES = {
    "cracks": (("sensitivity", 0.15), ("shortest", 16), ("dilate", 2), ("widest", 7), ("closing", 1)),
    "losses": (("tolerance", 6), ("opening", 2), ("closing", 2), ("min_area", 40), ("dilate", 2)),
    "difference": (("dilate", 2), ("opening", 1), ("closing", 2), ("min_area", 40), ("cut", 0.1)),
}
"""Parameters changed in turn, by method; differences use Otsu's threshold until ``cut`` is set."""
CORNERS = 240
"""Mouse moves of a lasso."""


def restoring_sample(name: str) -> Measured:
    """Stalls (ms) while the engine ``name`` restores the sample, and seconds from a cancel to its end.

    The engine's libraries are loaded before and timed separately.
    """
    stage = Stage()
    stage.opened(resources.sample_painting())
    importing.import_mask(stage.context, resources.sample_mask())
    stage.until(lambda: not stage.context.jobs.busy and stage.context.background.resting)
    started = time.perf_counter()
    get_engine(name).preload(RestorationRequest(engine=name), Progress())
    loading = time.perf_counter() - started
    stage.context.selection.request = stage.context.selection.request.changed(engine=name)
    result = {"loading": loading, "cancel": _cancelled(stage), **_restored(stage)}
    stage.close()
    return result


def _restored(stage: Stage) -> Measured:
    previews: list[object] = []
    stage.context.jobs.preview.connect(previews.append)
    stalls, started = Stalls(), time.perf_counter()
    restoring.restore_all(stage.context)
    stage.until(lambda: not stage.context.jobs.busy)
    seconds = time.perf_counter() - started
    stage.until(lambda: stage.context.background.resting)
    stalls.stop()
    return {
        "seconds": seconds,
        "stall": stalls.longest * 1e3,
        "starved": stalls.waiting * 1e3,
        "stalls": float(stalls.count),
        "previews": float(len(previews)),
    }


def _cancelled(stage: Stage) -> float:
    """Seconds from a cancel during a fill to the end of the job; 0 if it ended before."""
    steps: list[Report] = []

    def note(report: Report) -> None:
        if report.stage == "filling" and report.step > 0:
            steps.append(report)

    jobs = stage.context.jobs
    jobs.progressed.connect(note)
    restoring.restore_all(stage.context)
    stage.until(lambda: bool(steps) or not jobs.busy)
    started = time.perf_counter()
    jobs.cancel()
    stage.until(lambda: not jobs.busy)
    jobs.progressed.disconnect(note)
    return time.perf_counter() - started


def opening(scan: str) -> Measured:
    """Seconds until the first part and the whole are painted, longest stall (ms), peak memory (MB)."""
    stage, stalls, painted = Stage(), Stalls(), [0.0]
    started, worked = time.perf_counter(), time.process_time()

    def paint() -> None:
        if not painted[0]:
            stage.area.view.viewport().repaint()
            painted[0] = time.perf_counter() - started

    stage.open(Path(scan))
    stage.until(lambda: stage.area.layers is not None)
    layers = stage.area.layers
    assert layers is not None
    layers.progressed.connect(lambda *_: paint())
    stage.until(lambda: layers.complete)
    stalls.stop()
    paint()
    stage.area.view.viewport().repaint()
    result = {
        "first": painted[0],
        "whole": time.perf_counter() - started,
        "work": time.process_time() - worked,
        "memory": peak_memory() / 1e6,
        "stall": stalls.longest * 1e3,
        "starved": stalls.waiting * 1e3,
    }
    stage.close()
    return result


def moving(scan: str) -> Measured:
    """Median ms per frame while panning at several zoom levels, and while zooming."""
    stage = Stage()
    stage.opened(Path(scan))
    view, result = stage.area.view, {}
    middle = stage.document.painting.box
    for zoom in ZOOMS:
        view.set_view(ViewPosition(0.3 * middle.width, 0.3 * middle.height, zoom))
        stage.until(lambda: not view.layers.original.waiting)
        result[f"pan at {zoom:.0%}"] = _frames(stage, lambda _: view.pan(-9, -5))
    view.fit()
    result["zoom from fit to 1600 %"] = _frames(stage, lambda _: view.zoom_by(1.07))
    stage.close()
    return result


def _frames(stage: Stage, step: Callable[[int], None], count: int = 80) -> float:
    port, times = stage.area.view.viewport(), []
    for index in range(count):
        started = clock()
        step(index)
        port.repaint()
        times.append(clock() - started)
        stage.turn()
    return statistics.median(times) * 1e3


def painting(scan: str) -> Measured:
    """ms from a mouse move to the painted stroke, for a brush of 200 px at 100 %."""
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
        started = clock()
        QTest.mouseMove(port, at)
        stage.application.processEvents()
        times.append(clock() - started)
    started = clock()
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=QPoint(840, 300))
    keep = clock() - started
    stage.close()
    times.sort()
    return {
        "median": statistics.median(times) * 1e3,
        "p95": times[int(0.95 * len(times))] * 1e3,
        "keep": keep * 1e3,
    }


def deriving(_: str) -> Measured:
    """ms from a slider change to the preview with the whole sample visible, by method.

    Median and maximum of the first preview, and the maximum of the finest; a method's first preview is
    excluded.
    """
    stage, result = Stage(), {}
    stage.opened(resources.sample_painting())
    derive = stage.window.damage.derive
    for method, changes in CHANGES.items():
        stage.window.damage.show_derive(method)
        if method == "difference":
            derive.clean.use_file(resources.sample_clean())
        if method == "losses":  # the sample's ground is too much like its paint to be found
            stage.context.selection.picked.emit(*_deepest_damage())
        stage.until(lambda: stage.context.selection.proposal is not None)
        stage.rest()
        first, last = zip(*(_change(stage, name, value) for name, value in changes))
        result[f"{method} median"] = statistics.median(first) * 1e3
        result[f"{method} worst"] = max(first) * 1e3
        result[f"{method} finest"] = max(last) * 1e3
    stage.close()
    return result


def _deepest_damage() -> tuple[int, int]:
    """(x, y) of the pixel of the sample that is farthest from intact paint."""
    damaged = (read_picture(resources.sample_mask(), cv2.IMREAD_GRAYSCALE) > 127).astype(np.uint8)
    depth = cv2.distanceTransform(damaged, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(x), int(y)


def _change(stage: Stage, parameter: str, value: float) -> tuple[float, float]:
    """Seconds until the first and the last preview after a change are painted."""
    times: list[float] = []
    port, selection = stage.area.view.viewport(), stage.context.selection

    def painted(_: object) -> None:
        port.repaint()
        times.append(time.perf_counter() - started)

    selection.proposal_changed.connect(painted)
    started = time.perf_counter()
    stage.window.damage.derive.amounts[parameter].field.setValue(value)
    stage.until(lambda: bool(times))
    stage.rest()
    selection.proposal_changed.disconnect(painted)
    return times[0], times[-1]


def lasso(scan: str) -> Measured:
    """A lasso around nearly the whole scan: ms per move, longest stall, seconds until it is marked."""
    stage = Stage()
    stage.opened(Path(scan))
    view, times = stage.area.view, []
    view.fit()
    stage.context.selection.tool = ToolName.LASSO
    port, stalls = view.viewport(), Stalls()
    points = list(_outline(view.viewportTransform(), stage.document.painting.box))
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        started = clock()
        QTest.mouseMove(port, point)
        stage.application.processEvents()
        times.append(clock() - started)
    released = time.perf_counter()
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=points[-1])
    stage.until(lambda: not stage.document.state.damage.empty)
    seconds = time.perf_counter() - released
    stage.rest()
    stalls.stop()
    stage.close()
    return {
        "move": statistics.median(times) * 1e3,
        "stall": stalls.longest * 1e3,
        "starved": stalls.waiting * 1e3,
        "seconds": seconds,
    }


def _outline(transform: QTransform, box: Box) -> Iterator[QPoint]:
    """Screen points along a wavy outline just inside the picture."""
    for index in range(CORNERS):
        angle = 2 * math.pi * index / CORNERS
        radius = 0.47 - 0.02 * math.cos(12 * angle)
        x, y = (0.5 + radius * max(-1, min(1, 1.4 * f(angle))) for f in (math.cos, math.sin))
        yield transform.map(QPointF(x * box.width, y * box.height)).toPoint()
