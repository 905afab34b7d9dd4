"""The program at work: how soon its window is there, and whether it stays alive while it restores."""

from __future__ import annotations

import sys
import time

import resources
from app.benchmarks.canvas import Measured
from app.benchmarks.stage import Stage, Stalls
from app.commands import mask as masking
from app.commands import restore as restoring
from imagest_core.progress import Progress, Report
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest


def starting(began: str) -> Measured:
    """Seconds from ``began`` (system's clock), when the process was asked for, to the painted window."""
    stage = Stage()
    stage.window.repaint()
    seconds = time.time() - float(began)
    torch = float("torch" in sys.modules)
    stage.close()
    return {"seconds": seconds, "torch": torch}


def restoring_sample(name: str) -> Measured:
    """Stalls (ms) while the engine ``name`` restores the sample, and seconds from a cancel to its end.

    What the engine runs on is loaded before: that is done while nothing is drawn, and counted for itself.
    """
    stage = Stage()
    stage.opened(resources.sample_painting())
    masking.import_mask(stage.context, resources.sample_mask())
    stage.until(lambda: not stage.context.jobs.busy and stage.context.background.resting)
    began = time.perf_counter()
    get_engine(name).preload(RestorationRequest.of(name), Progress())
    loading = time.perf_counter() - began
    stage.context.selection.request = stage.context.selection.request.changed(engine=name)
    found = {"loading": loading, "cancel": _cancelled(stage), **_restored(stage)}
    stage.close()
    return found


def _restored(stage: Stage) -> Measured:
    previews: list[object] = []
    stage.context.jobs.preview.connect(previews.append)
    stalls, began = Stalls(), time.perf_counter()
    restoring.restore_all(stage.context)
    stage.until(lambda: not stage.context.jobs.busy)
    seconds = time.perf_counter() - began
    stage.until(lambda: stage.context.background.resting)
    stalls.stop()
    return {
        "seconds": seconds,
        "stall": stalls.longest * 1e3,
        "starved": stalls.without_a_core * 1e3,
        "stalls": float(stalls.count),
        "previews": float(len(previews)),
    }


def _cancelled(stage: Stage) -> float:
    """Seconds from a cancel in the middle of a fill till the job has ended; 0 if it ended before."""
    steps: list[Report] = []

    def note(report: Report) -> None:
        if report.stage == "filling" and report.step > 0:
            steps.append(report)

    jobs = stage.context.jobs
    jobs.progressed.connect(note)
    restoring.restore_all(stage.context)
    stage.until(lambda: bool(steps) or not jobs.busy)
    began = time.perf_counter()
    jobs.cancel()
    stage.until(lambda: not jobs.busy)
    jobs.progressed.disconnect(note)
    return time.perf_counter() - began
