"""Measurements of long sessions: wide brushes, many regions, memory after many actions, small screens."""

from __future__ import annotations

import ctypes
import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

import resources
from app.benchmarks.reach import controls, unreachable
from app.benchmarks.stage import Stage, clock
from app.canvas.navigation import ViewPosition
from app.commands import mask_import as importing
from app.commands import restore as restoring
from app.selection import ToolName
from imagest_core.project.operations.mask import change_mask
from imagest_core.restoration.engines.registry import engine_names
from imagest_core.restoration.request import RestorationRequest

Measured = dict[str, float]
WIDE = 2000.0
"""Diameter of the wide brush in px."""
MOVES = 60
SIDE = 3
"""Side of a tiny region in px."""
SMALL_SCREEN = (1280, 720)
FRAME = (16, 48)
"""Width and height of the frame of a window."""
WARM = 0.2
"""Share of the actions that are done before memory is measured for the first time."""
PAUSE = 1.5
"""Seconds between these actions and the first measurement."""


def wide_brush(scan: str) -> Measured:
    """Median ms from a mouse move to the painted stroke of a wide brush, at 100 % and with the whole scan."""
    stage = Stage()
    stage.opened(Path(scan))
    view, selection = stage.area.view, stage.context.selection
    selection.tool, selection.brush_size = ToolName.BRUSH, WIDE
    view.set_view(ViewPosition(1000, 1000, 1.0))
    stage.until(lambda: not view.layers.original.waiting)
    result = {"actual": statistics.median(_stroke(stage)) * 1e3}
    view.fit()
    stage.until(lambda: not view.layers.original.waiting)
    result["fit"] = statistics.median(_stroke(stage)) * 1e3
    stage.close()
    return result


def _stroke(stage: Stage, moves: int = MOVES) -> list[float]:
    """Seconds per move of a stroke across the canvas."""
    port, times = stage.area.view.viewport(), []
    middle, step = port.rect().center(), port.width() * 0.6 / moves
    start = QPoint(round(middle.x() - 0.3 * port.width()), middle.y())
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    for index in range(1, moves + 1):
        at = start + QPoint(round(step * index), round(40 * (index % 11 - 5) / 5))
        started = clock()
        QTest.mouseMove(port, at)
        stage.application.processEvents()
        times.append(clock() - started)
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at)
    stage.turn()
    return times


def reviewing(scan: str, count: str) -> Measured:
    """Ms to the next region, and from accepting a region to the next one, with ``count`` tiny regions."""
    stage = Stage()
    stage.opened(Path(scan))
    _mark_dots(stage, int(count))
    restoring.restore_all(stage.context)
    stage.until(lambda: not stage.context.jobs.busy)
    restoring.show_result(stage.context)
    stage.window.handlers.show_panel("review")
    stage.rest()
    run = stage.document.run(stage.context.selection.run)
    result = {"regions": float(run.count) if run is not None else 0.0}
    for name, action in (("next", "next_unreviewed"), ("accept", "accept_region")):
        times = list(_steps(stage, action))
        result[name], result[f"{name} worst"] = statistics.median(times) * 1e3, max(times) * 1e3
    stage.close()
    return result


def _steps(stage: Stage, action: str, count: int = 40) -> Iterator[float]:
    """Seconds from each trigger of ``action`` until the next region is painted."""
    port = stage.area.view.viewport()
    for _ in range(count):
        started = clock()
        stage.window.action(action).trigger()
        stage.application.processEvents()
        port.repaint()
        yield clock() - started
        stage.rest()


def _mark_dots(stage: Stage, count: int) -> None:
    """Mark ``count`` squares of ``SIDE`` px on a grid."""
    state = stage.document.state
    box, damage = state.damage.box, state.damage.copy()
    labels = np.zeros((box.height, box.width), np.uint8)
    across = int(np.ceil(np.sqrt(count)))
    step = min(box.width, box.height) / (across + 1)
    for index in range(count):
        x, y = round(step * (index % across + 1)), round(step * (index // across + 1))
        labels[y : y + SIDE, x : x + SIDE] = 1
    damage.write(box, labels)
    stage.context.do(change_mask(state.damage, damage, "Brush"))
    stage.rest()


# Memory


def memory(scan: str, strokes: str, undos: str, openings: str) -> Measured:
    """Growth of the memory of this process in % by many strokes, by undo and redo, and by opening scans."""
    stage = Stage()
    stage.opened(Path(scan))
    stage.context.selection.tool = ToolName.BRUSH
    stage.context.selection.brush_size = 40.0
    result = {"strokes": _growth(stage, lambda index: _short_stroke(stage, index), int(strokes))}
    result["undos"] = _growth(stage, lambda _: _undo_and_redo(stage), int(undos))
    sources = resources.sample_painting(), Path(scan)
    result["openings"] = _growth(stage, lambda index: _open_other(stage, sources[index % 2]), int(openings))
    stage.close()
    return result


def _growth(stage: Stage, act: Callable[[int], object], count: int) -> float:
    """Growth in % while ``act`` is called ``count`` times, after a share of them to fill all caches.

    The pause lets delayed work import its libraries.
    """
    warm = max(round(WARM * count), 1)
    for index in range(warm):
        act(index)
    pause = time.perf_counter() + PAUSE
    stage.until(lambda: time.perf_counter() > pause)
    before = _resident(stage)
    for index in range(warm, warm + count):
        act(index)
    after = _resident(stage)
    return max(100 * (after / before - 1), 0.0) if before else 0.0


def _resident(stage: Stage) -> int:
    """Resident memory of this process in bytes, without what its allocator only holds in reserve.

    0 where the system does not report it.
    """
    stage.rest()
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _short_stroke(stage: Stage, index: int) -> None:
    """A stroke across a part of the canvas; strokes follow each other row by row, then start again."""
    port = stage.area.view.viewport()
    x = port.width() * (0.3 + 0.02 * (index % 20))
    y = port.height() * (0.3 + 0.02 * (index // 20 % 20))
    at = QPoint(round(x), round(y))
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=at)
    for step in range(1, 6):
        QTest.mouseMove(port, at + QPoint(6 * step, 2 * step))
        stage.application.processEvents()
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at + QPoint(30, 10))
    stage.turn()


def _open_other(stage: Stage, scan: Path) -> None:
    """Open ``scan`` in place of the open document, and wait until it is shown."""
    stage.open(scan)
    context = stage.context
    stage.until(lambda: context.document is not None and context.document.painting.path == scan)
    stage.until(lambda: stage.area.layers is not None and stage.area.layers.complete)


def _undo_and_redo(stage: Stage) -> None:
    for name in ("undo", "redo"):
        stage.window.action(name).trigger()
        stage.turn()


# Small screens


def reach(_: str) -> Measured:
    """Number of controls of the window, and of those that can't be reached on a small screen."""
    stage = Stage((SMALL_SCREEN[0] - FRAME[0], SMALL_SCREEN[1] - FRAME[1]))
    stage.opened(resources.sample_painting())
    importing.import_mask(stage.context, resources.sample_mask())
    stage.until(lambda: not stage.context.jobs.busy)
    restoring.restore_all(stage.context)
    stage.until(lambda: not stage.context.jobs.busy)
    total, hidden = 0, 0
    for part in _parts(stage):
        stage.rest()
        total += sum(1 for _ in controls(part))
        hidden += len(unreachable(part))
    hidden += _cut_actions(stage)
    stage.close()
    return {"controls": float(total), "hidden": float(hidden)}


def _parts(stage: Stage) -> Iterator[QWidget]:
    """Show the parts of the window one after the other, in each of their states."""
    window, selection = stage.window, stage.context.selection
    for tool in ToolName:
        selection.tool = tool
        yield window.options
    yield from (window.results, window.status)
    for name, dock in window.docks.items():
        window.handlers.show_panel(name)
        yield dock
    window.handlers.show_panel("restore")
    window.restore.fold.head.setChecked(True)
    for engine in engine_names():
        selection.request = RestorationRequest.of(engine)
        yield window.docks["restore"]
    window.handlers.show_panel("damage")
    for method in ("difference", "cracks", "losses"):
        window.damage.show_derive(method)
        yield window.docks["damage"]
    window.damage.fold.head.setChecked(False)


def _cut_actions(stage: Stage) -> int:
    """Number of menus that are cut off or higher than the screen."""
    bar, free = stage.window.menuBar(), stage.window.screen().availableGeometry()
    inside = [bar.rect().contains(bar.actionGeometry(title)) for title in bar.actions()]
    low = [menu.sizeHint().height() <= free.height() for menu in stage.window.menus.values()]
    return inside.count(False) + low.count(False)
