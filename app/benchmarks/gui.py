"""``imagest bench gui``: measures the window, each measurement in its own process, and prints a table."""

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

from imagest_core.cli import exit_codes
from imagest_core.errors import ImagestError
from imagest_core.progress import Progress

HEAD = f"{'':<52}{'measured':>10}          {'limit':<10}"
Measured = dict[str, float]
DESCRIPTION = "Measure the window offscreen: start-up time, frame times, stalls and memory."


@dataclass(frozen=True)
class TableRow:
    """A row of the table: name, value, unit, and the upper limit (None for no limit)."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def met(self) -> bool:
        """Whether the value is within the limit."""
        return self.limit is None or self.value <= self.limit

    def line(self) -> str:
        """The row as text."""
        limit = "–" if self.limit is None else f"≤ {self.limit:g}"
        verdict = "" if self.limit is None else "met" if self.met else "MISSED"
        return f"{self.name:<52}{self.value:>10.2f} {self.unit:<8} {limit:<10}{verdict}".rstrip()


def summary(rows: list[TableRow]) -> str:
    """How many limits are met."""
    limited = [row for row in rows if row.limit is not None]
    return f"{sum(row.met for row in limited)} of {len(limited)} limits are met"


@dataclass(frozen=True)
class ScanSizes:
    """Sides in px of the synthetic scans, the engine used, and how often actions are repeated.

    ``factors``: scale factors of the small screen.
    """

    large: tuple[int, int] = (10_000, 10_000)
    small: tuple[int, int] = (2_000, 2_000)
    engine: str = "imagest"
    huge: tuple[int, int] = (25_000, 20_000)
    regions: int = 1000
    strokes: int = 200
    undos: int = 100
    openings: int = 20
    factors: tuple[float, ...] = (1.0, 1.25, 1.5, 2.0)

    @property
    def megapixels(self) -> str:
        """Size of the large scan as text."""
        return megapixels(self.large)


def megapixels(size: tuple[int, int]) -> str:
    """The area of a picture as text."""
    return f"{size[0] * size[1] / 1e6:.3g} MP"


def main(arguments: Sequence[str]) -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="imagest bench gui", description=DESCRIPTION)
    parser.add_argument(
        "--engine", default=ScanSizes.engine, metavar="NAME", help="engine that restores the sample"
    )
    args = parser.parse_args(arguments)
    return exit_codes.run(lambda progress: _print(ScanSizes(engine=args.engine), progress), debug=False)


def _print(sizes: ScanSizes, progress: Progress) -> None:
    rows = []
    print(HEAD)
    for row in table(sizes, progress):
        rows.append(row)
        print(row.line(), flush=True)
    print(summary(rows))


def table(sizes: ScanSizes, progress: Progress) -> Iterator[TableRow]:
    """Yield the rows as they are measured; raises ``Cancelled`` between measurements."""
    from app.benchmarks.stage import write_scan

    yield from starting_rows()
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
        large.unlink()
        progress.check()
        yield from reviewing_rows(small, sizes)
        progress.check()
        yield from memory_rows(small, sizes)
        progress.check()
        yield from wide_brush_rows(Path(folder), sizes.huge)
    progress.check()
    yield from deriving_rows()
    progress.check()
    yield from restoring_rows(sizes.engine)
    for factor in sizes.factors:
        progress.check()
        yield from reach_rows(factor)


def starting_rows() -> Iterator[TableRow]:
    """Time to the window at the first start, which compiles all modules, and at the following ones.

    The compiled modules are kept in a folder of their own, even if ``PYTHONDONTWRITEBYTECODE`` is set.
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled = {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        first = apart("starting", repr(time.time()), **compiled)
        started = apart("starting", repr(time.time()), **compiled)
    yield TableRow("time to window, first start after installing", first["seconds"], "s")
    yield TableRow("time to window", started["seconds"], "s", 1.0)
    yield TableRow("CPU time of that", started["cpu"], "s")
    yield TableRow("torch imported by then", started["torch"], "", 0)


def opening_rows(scan: Path, size: str) -> Iterator[TableRow]:
    """Time and memory until the picture is shown."""
    opened = apart("opening", str(scan))
    yield TableRow(f"open → first picture, {size} 16-bit", opened["first"], "s", 3)
    yield TableRow(f"open → whole picture, {size} 16-bit", opened["whole"], "s")
    yield TableRow("open → whole picture, processor time", opened["work"], "s")
    yield TableRow("peak memory / raw size", opened["memory"] / (scan.stat().st_size / 1e6), "×", 2.5)
    yield TableRow("longest stall while building", opened["stall"], "ms", 100)
    yield TableRow("… of it waiting for a CPU core", opened["starved"], "ms")


def moving_rows(scan: Path, size: str) -> Iterator[TableRow]:
    """Frame times while panning and zooming."""
    for name, value in apart("moving", str(scan)).items():
        yield TableRow(f"{name}, median frame, {size}", value, "ms", 16)


def painting_rows(large: Path, small: Path, size: str) -> Iterator[TableRow]:
    """Cost of a brush stroke, which should not depend on the scan's size."""
    brush, brush_small = apart("painting", str(large)), apart("painting", str(small))
    yield TableRow(f"brush 200 px, median update, {size}", brush["median"], "ms", 16)
    yield TableRow(f"brush 200 px, 95th percentile, {size}", brush["p95"], "ms")
    yield TableRow(
        "brush on the large scan / on the small one", brush["median"] / brush_small["median"], "×", 1.5
    )
    yield TableRow(f"end of stroke (kept), {size}", brush["keep"], "ms", 100)


def lasso_rows(scan: Path, size: str) -> Iterator[TableRow]:
    """Cost of marking nearly a whole scan with one lasso."""
    drawn = apart("lasso", str(scan))
    yield TableRow(f"lasso, median move, {size}", drawn["move"], "ms", 16)
    yield TableRow(f"lasso round the scan → marked, {size}", drawn["seconds"], "s")
    yield TableRow("longest stall while it is marked", drawn["stall"], "ms", 100)
    yield TableRow("… of it waiting for a CPU core", drawn["starved"], "ms")


def wide_brush_rows(folder: Path, size: tuple[int, int]) -> Iterator[TableRow]:
    """Cost of a stroke with a wide brush on a huge scan."""
    from app.benchmarks.stage import write_scan

    brush = apart("wide_brush", str(write_scan(folder / "huge.tif", *size)))
    for name, zoom in (("actual", "100 %"), ("fit", "whole scan")):
        text = f"brush 2,000 px, median update, {megapixels(size)}, {zoom}"
        yield TableRow(text, brush[name], "ms", 16)


def reviewing_rows(scan: Path, sizes: ScanSizes) -> Iterator[TableRow]:
    """Time from one region to the next in a result with many tiny ones."""
    review = apart("reviewing", str(scan), str(sizes.regions))
    count = f"{review['regions']:,.0f} regions"
    yield TableRow(f"next region, median, {count}", review["next"], "ms", 50)
    yield TableRow(f"next region, worst, {count}", review["next worst"], "ms")
    yield TableRow(f"accept → next region, median, {count}", review["accept"], "ms", 50)
    yield TableRow(f"accept → next region, worst, {count}", review["accept worst"], "ms")


def memory_rows(scan: Path, sizes: ScanSizes) -> Iterator[TableRow]:
    """Growth of memory by many actions of one kind.

    All threads allocate from one pool. With glibc's default each has its own, and these grow and shrink by a
    tenth of the memory, whatever the program holds.
    """
    counts = {"strokes": sizes.strokes, "undos": sizes.undos, "openings": sizes.openings}
    grown = apart("memory", str(scan), *map(str, counts.values()), MALLOC_ARENA_MAX="1")
    for name, text in (("strokes", "strokes"), ("undos", "times undo and redo"), ("openings", "openings")):
        yield TableRow(f"growth of memory by {counts[name]} {text}", grown[name], "%", 5)


def reach_rows(factor: float) -> Iterator[TableRow]:
    """Controls that can't be reached on a screen of 1280 × 720 logical pixels."""
    from app.benchmarks.screen import offscreen

    screen = {"QT_QPA_PLATFORM": offscreen(round(1280 * factor), round(720 * factor))}
    found = apart("reach", str(factor), **screen, QT_SCALE_FACTOR=str(factor))
    text = f"of {found['controls']:.0f} controls out of reach, 1280 × 720 × {factor:g}"
    yield TableRow(text, found["hidden"], "", 0)


def deriving_rows() -> Iterator[TableRow]:
    """Delay of mask previews after slider changes."""
    derived = apart("deriving", "sample")
    for method, name in (("cracks", "cracks"), ("losses", "losses"), ("difference", "difference (Otsu)")):
        yield TableRow(f"{name}: slider → preview, median", derived[f"{method} median"], "ms")
        yield TableRow(f"{name}: slider → preview, worst", derived[f"{method} worst"], "ms", 300)
        yield TableRow(f"{name}: slider → finest preview, worst", derived[f"{method} finest"], "ms")


def restoring_rows(engine: str) -> Iterator[TableRow]:
    """Responsiveness of the window during a restoration."""
    restored = apart("restoring", engine)
    yield TableRow(f"loading the libraries of {engine}", restored["loading"], "s")
    yield TableRow(f"restoring the sample by {engine}", restored["seconds"], "s")
    yield TableRow("longest stall while restoring", restored["stall"], "ms", 100)
    yield TableRow("… of it waiting for a CPU core", restored["starved"], "ms")
    yield TableRow("stalls over 100 ms while restoring", restored["stalls"], "", 0)
    yield TableRow("previews shown on the way", restored["previews"], "")
    yield TableRow("cancel → stopped", restored["cancel"], "s")


def apart(what: str, *arguments: str, **variables: str) -> Measured:
    """Run one measurement in a new process with its own settings and data, and environment ``variables``."""
    module = ["app.benchmarks.start"] if what == "starting" else ["app.benchmarks.gui", what]
    command = [sys.executable, "-m", *module, *arguments]
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "IMAGEST_DATA": folder,
            "XDG_CONFIG_HOME": folder,
            **variables,
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no error message"])[-1]
        raise ImagestError(f"Measuring {what} failed: {last}.")
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure(what: str, *arguments: str, **_: str) -> Measured:
    """Run one measurement in this process."""
    from app.benchmarks import endurance, measures, start

    functions: dict[str, Callable[..., Measured]] = {
        "starting": start.shown,
        "opening": measures.opening,
        "moving": measures.moving,
        "painting": measures.painting,
        "deriving": measures.deriving,
        "lasso": measures.lasso,
        "restoring": measures.restoring_sample,
        "wide_brush": endurance.wide_brush,
        "reviewing": endurance.reviewing,
        "memory": endurance.memory,
        "reach": endurance.reach,
    }
    return functions[what](*arguments)


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
