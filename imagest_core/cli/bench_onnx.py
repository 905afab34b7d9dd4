"""``imagest bench onnx``: ONNX Runtime beside torch, each in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping

from imagest_core.errors import ImagestError
from imagest_core.extras import require_extra
from imagest_core.messages import Message
from imagest_core.models.runtime import ONNX, TORCH
from imagest_core.printable import show
from imagest_core.progress import Progress

TASKS = {
    "start": "start to the first restored window",
    "start_cpu": "CPU time of that",
    "window": "one window of 256 pixels",
    "window_cpu": "CPU time of that",
}
LIMIT = 1.0
"""Ratio to torch that ONNX Runtime has to keep to."""


def run(repeats: int, progress: Progress) -> None:
    """Print the median ratio of both runtimes for each task; the processes take turns."""
    require_extra("torch", "Comparing the runtimes")
    found: list[dict[str, Mapping[str, float]]] = []
    for _ in progress.steps(range(repeats)):
        found.append({runtime: _apart(runtime) for runtime in (TORCH, ONNX)})
    for task, name in TASKS.items():
        best = {runtime: min(each[runtime][task] for each in found) for runtime in (TORCH, ONNX)}
        ratio = best[ONNX] / best[TORCH]
        verdict = "met" if ratio <= LIMIT else "MISSED"
        show(
            f"{name:<36}torch {best[TORCH]:8.3f} s   onnx {best[ONNX]:8.3f} s   {ratio:5.2f} ×"
            f"   ≤ {LIMIT:g}  {verdict}"
        )


def _apart(runtime: str) -> Mapping[str, float]:
    command = [sys.executable, "-m", "imagest_core.cli.bench_onnx", runtime, repr(time.time())]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no error message"])[-1]
        raise ImagestError(Message("Measuring {runtime} failed: {reason}.", runtime=runtime, reason=last))
    measured: Mapping[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure(runtime: str, started: float, repeats: int = 3) -> dict[str, float]:
    """Return seconds from ``started`` (system clock) to the first window, and of the fastest after it."""
    import resources
    from imagest_core.cli.bench_view import damaged_view
    from imagest_core.painting.geometry import Box
    from imagest_core.painting.reader import open_painting
    from imagest_core.restoration.engines.registry import get_engine
    from imagest_core.restoration.request import RestorationRequest
    from imagest_core.restoration.style_pictures import read_style_pictures
    from imagest_core.style.reference import StyleReference

    request, style = (
        RestorationRequest(runtime=runtime, device="cpu"),
        StyleReference((Box(500, 480, 128, 128),)),
    )
    engine = get_engine(request.engine)
    with open_painting(resources.sample_painting()) as painting:
        view = damaged_view(painting)
        pictures = read_style_pictures(painting, style, engine.style_side(request))
    with engine.open(request, pictures) as session:
        session.fill([view], Progress())
        result = {"start": time.time() - started, "start_cpu": time.process_time()}
        times = []
        for _ in range(repeats):
            begun, worked = time.perf_counter(), time.process_time()
            session.fill([view], Progress())
            times.append((time.perf_counter() - begun, time.process_time() - worked))
    result["window"], result["window_cpu"] = (min(each) for each in zip(*times))
    return result


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], float(sys.argv[2]))) + "\n")
