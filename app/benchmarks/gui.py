"""``imagest bench gui``: the window measured, each measure in a process of its own, printed as a table."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.benchmarks.rows import HEAD, Row, summary
from imagest_core.cli import exit_codes as ending
from imagest_core.errors import ImagestError
from imagest_core.progress import Progress

Measured = dict[str, float]
DESCRIPTION = (
    "Measure the window, offscreen: how soon it is there, how smoothly it works, with how much memory."
)


@dataclass(frozen=True)
class Sizes:
    """Sides in px of the large and the small synthetic scan, and the engine that restores."""

    large: tuple[int, int] = (10_000, 10_000)
    small: tuple[int, int] = (2_000, 2_000)
    engine: str = "imagest"

    @property
    def megapixels(self) -> str:
        """Of the large scan, for people."""
        return f"{self.large[0] * self.large[1] / 1e6:.3g} MP"


def main(arguments: Sequence[str]) -> int:
    """Print the table; the exit code."""
    parser = argparse.ArgumentParser(prog="imagest bench gui", description=DESCRIPTION)
    parser.add_argument("--engine", default=Sizes.engine, metavar="NAME", help="what restores the sample")
    args = parser.parse_args(arguments)
    return ending.run(lambda progress: _print(Sizes(engine=args.engine), progress), debug=False)


def _print(sizes: Sizes, progress: Progress) -> None:
    rows = []
    print(HEAD)
    for row in table(sizes, progress):
        rows.append(row)
        print(row.line(), flush=True)
    print(summary(rows))


def table(sizes: Sizes, progress: Progress) -> Iterator[Row]:
    """The rows, each as soon as it is measured; raises ``Cancelled`` between two measures."""
    from app.benchmarks.scans import write_scan

    started = apart("starting", repr(time.time()))
    yield Row("time to window", started["seconds"], "s", 1.5)
    yield Row("torch imported by then", started["torch"], "", 0)
    with tempfile.TemporaryDirectory() as folder:
        large = write_scan(Path(folder, "large.tif"), *sizes.large)
        small = write_scan(Path(folder, "small.tif"), *sizes.small)
        for rows in (opening_rows, moving_rows):
            progress.check()
            yield from rows(large, sizes.megapixels)
        progress.check()
        yield from painting_rows(large, small, sizes.megapixels)
        progress.check()
        yield from lasso_rows(large, sizes.megapixels)
    progress.check()
    yield from deriving_rows()
    progress.check()
    yield from restoring_rows(sizes.engine)


def opening_rows(scan: Path, size: str) -> Iterator[Row]:
    """How soon there is a picture, and for how much memory."""
    opened = apart("opening", str(scan))
    yield Row(f"open → first picture, {size} 16-bit", opened["first"], "s", 3)
    yield Row(f"open → whole picture, {size} 16-bit", opened["whole"], "s")
    yield Row("open → whole picture, processor time", opened["work"], "s")
    yield Row("peak memory / raw size", opened["memory"] / (scan.stat().st_size / 1e6), "×", 2.5)
    yield Row("longest stall while building", opened["stall"], "ms", 100)
    yield Row("… of it waiting for other programs", opened["starved"], "ms")


def moving_rows(scan: Path, size: str) -> Iterator[Row]:
    """How smooth moving and zooming are."""
    for name, value in apart("moving", str(scan)).items():
        yield Row(f"{name}, median frame, {size}", value, "ms", 16)


def painting_rows(large: Path, small: Path, size: str) -> Iterator[Row]:
    """What a stroke costs, and that it doesn't depend on the scan's size."""
    brush, brush_small = apart("painting", str(large)), apart("painting", str(small))
    yield Row(f"brush 200 px, median update, {size}", brush["median"], "ms", 16)
    yield Row(f"brush 200 px, 95th percentile, {size}", brush["p95"], "ms")
    yield Row("brush on the large scan / on the small one", brush["median"] / brush_small["median"], "×", 1.5)
    yield Row(f"end of stroke (kept), {size}", brush["keep"], "ms", 100)


def lasso_rows(scan: Path, size: str) -> Iterator[Row]:
    """What marking nearly a whole scan at a stroke costs."""
    drawn = apart("lasso", str(scan))
    yield Row(f"lasso, median move, {size}", drawn["move"], "ms", 16)
    yield Row(f"lasso round the scan → marked, {size}", drawn["seconds"], "s")
    yield Row("longest stall while it is marked", drawn["stall"], "ms", 100)
    yield Row("… of it waiting for other programs", drawn["starved"], "ms")


def deriving_rows() -> Iterator[Row]:
    """How soon a derived mask follows its sliders."""
    derived = apart("deriving", "sample")
    for method, name in (("cracks", "cracks"), ("losses", "losses"), ("difference", "difference (Otsu)")):
        yield Row(f"{name}: slider → preview, median", derived[f"{method} median"], "ms")
        yield Row(f"{name}: slider → preview, worst", derived[f"{method} worst"], "ms", 300)
        yield Row(f"{name}: slider → as fine as seen, worst", derived[f"{method} finest"], "ms")


def restoring_rows(engine: str) -> Iterator[Row]:
    """Whether the window stays alive while it restores."""
    restored = apart("restoring", engine)
    yield Row(f"loading what {engine} runs on", restored["loading"], "s")
    yield Row(f"restoring the sample by {engine}", restored["seconds"], "s")
    yield Row("longest stall while restoring", restored["stall"], "ms", 100)
    yield Row("… of it waiting for other programs", restored["starved"], "ms")
    yield Row("stalls over 100 ms while restoring", restored["stalls"], "", 0)
    yield Row("previews shown on the way", restored["previews"], "")
    yield Row("cancel → stopped", restored["cancel"], "s")


def apart(what: str, argument: str) -> Measured:
    """One measure in a fresh process, with settings and data of its own."""
    command = [sys.executable, "-m", "app.benchmarks.gui", what, argument]
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "IMAGEST_DATA": folder,
            "XDG_CONFIG_HOME": folder,
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise ImagestError(f"Measuring {what} failed: {last}.")
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure(what: str, argument: str) -> Measured:
    """One measure in this process."""
    from app.benchmarks import canvas, marking, work

    measures: dict[str, Callable[[str], Measured]] = {
        "starting": work.starting,
        "opening": canvas.opening,
        "moving": canvas.moving,
        "painting": canvas.painting,
        "deriving": marking.deriving,
        "lasso": marking.lasso,
        "restoring": work.restoring_sample,
    }
    return measures[what](argument)


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
