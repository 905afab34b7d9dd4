"""Finding and marking damage: how soon a preview follows its slider, and what a lasso round a scan costs."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QTransform
from PySide6.QtTest import QTest

import resources
from app.benchmarks.canvas import Measured
from app.benchmarks.stage import Stage, Stalls, clock
from app.selection import ToolName
from imagest_core.painting.geometry import Box

CHANGES = {
    "cracks": (("sensitivity", 0.15), ("shortest", 16), ("dilate", 2), ("widest", 7), ("closing", 1)),
    "losses": (("tolerance", 6), ("opening", 2), ("closing", 2), ("min_area", 40), ("dilate", 2)),
    "difference": (("dilate", 2), ("opening", 1), ("closing", 2), ("min_area", 40), ("cut", 0.1)),
}
"""What is turned, one after the other; differences are cut by Otsu's threshold until ``cut`` is."""
CORNERS = 240
"""Moves of the mouse that a lasso is drawn with."""


def deriving(_: str) -> Measured:
    """ms from a turned slider to its preview on the canvas, the whole sample being seen: median and worst,
    and the worst till the finest preview; a method's first look is not among them."""
    stage, found = Stage(), {}
    stage.opened(resources.sample_painting())
    derive = stage.window.damage.derive
    for method, changes in CHANGES.items():
        stage.window.damage.show_derive(method)
        if method == "difference":
            derive.set_clean(resources.sample_clean())
        stage.until(lambda: stage.context.selection.proposal is not None)
        stage.rest()
        soon, last = zip(*(_turned(stage, name, value) for name, value in changes))
        found[f"{method} median"] = statistics.median(soon) * 1e3
        found[f"{method} worst"] = max(soon) * 1e3
        found[f"{method} finest"] = max(last) * 1e3
    stage.close()
    return found


def _turned(stage: Stage, parameter: str, value: float) -> tuple[float, float]:
    """Seconds till the first preview after a change is painted, and till the last."""
    times: list[float] = []
    port, selection = stage.area.view.viewport(), stage.context.selection

    def painted(_: object) -> None:
        port.repaint()
        times.append(time.perf_counter() - began)

    selection.proposal_changed.connect(painted)
    began = time.perf_counter()
    stage.window.damage.derive.amounts[parameter].field.setValue(value)
    stage.until(lambda: bool(times))
    stage.rest()
    selection.proposal_changed.disconnect(painted)
    return times[0], times[-1]


def lasso(scan: str) -> Measured:
    """ms a move of a lasso round nearly the whole scan takes, the longest stall till what it encloses is
    marked and counted, and the seconds till then."""
    stage = Stage()
    stage.opened(Path(scan))
    view, times = stage.area.view, []
    view.fit()
    stage.context.selection.tool = ToolName.LASSO
    port, stalls = view.viewport(), Stalls()
    points = list(_round(view.viewportTransform(), stage.document.painting.box))
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        began = clock()
        QTest.mouseMove(port, point)
        stage.application.processEvents()
        times.append(clock() - began)
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
        "starved": stalls.without_a_core * 1e3,
        "seconds": seconds,
    }


def _round(shown: QTransform, box: Box) -> Iterator[QPoint]:
    """Points of the screen along a wavy outline just inside the picture."""
    for index in range(CORNERS):
        turn = 2 * math.pi * index / CORNERS
        reach = 0.47 - 0.02 * math.cos(12 * turn)
        x, y = (0.5 + reach * max(-1, min(1, 1.4 * f(turn))) for f in (math.cos, math.sin))
        yield shown.map(QPointF(x * box.width, y * box.height)).toPoint()
