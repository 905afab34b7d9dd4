"""Measure a batch beside one restoration after another: throughput, and the overhead per painting.

The same scans are restored by ``imagest restore`` one after another in one process, and by ``imagest batch``
with and without overlap, in two processes, and on a local Ray cluster of two workers. The results must be
the same bytes. Usage:

    python -m scripts.measure_batch [FOLDER] [--scans N] [--side PX] [--engine NAME] [--rounds N] [--ray]
        [--one-process] [OPTION…]

With several rounds all ways alternate, and the medians are printed: single runs scatter by several percent.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import tifffile

from imagest_core.batch.job import Job, JobState, Outcome
from imagest_core.batch.job_list import JobList
from imagest_core.cli import main as imagest
from imagest_core.painting.picture_files import write_picture


def make_scans(folder: Path, count: int, side: int) -> None:
    """Write tiled 16-bit scans with grain, and masks with losses and a crack."""
    folder.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    for seed in range(count):
        chance = np.random.default_rng(seed)
        waves = np.sin(x / chance.uniform(30, 90)) * np.cos(y / chance.uniform(30, 90))
        base = np.dstack([waves * 9000 + 30000 + shift for shift in (0, 4000, 9000)])
        picture = (base + chance.normal(0, 700, (side, side, 1))).astype(np.uint16)
        scan = folder / f"{seed:04d}.tif"
        tifffile.imwrite(scan, picture, photometric="rgb", tile=(256, 256), compression="zlib", metadata=None)
        mask = np.zeros((side, side), np.uint8)
        for _ in range(max(side // 200, 3)):
            top, left = chance.integers(0, side - 24, 2)
            mask[top : top + chance.integers(4, 20), left : left + chance.integers(4, 20)] = 255
        mask[side // 2 : side // 2 + 2, side // 4 : side // 2] = 255
        write_picture(folder / f"{seed:04d}-mask.png", mask)


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that ``work`` takes, and those that this process's cores compute."""
    started, computed = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - computed


def list_seconds(folder: Path, count: int = 300) -> float:
    """Return the seconds that the job list itself takes for a painting, without any painting."""
    jobs = JobList(folder)
    jobs.create()
    for order in range(count):
        jobs.add(Job(f"{order}.tif", f"/scans/{order}.tif", "/scans/mask.png", order))

    def work() -> None:
        while (claim := jobs.claim()) is not None:
            jobs.end(claim, JobState.DONE, Outcome(filled=1))

    return timed(work)[0] / count


def run(*arguments: object) -> None:
    """Run a command quietly."""
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        code = imagest([str(argument) for argument in arguments])
    if code:
        raise SystemExit(f"exit code {code}: {shown.getvalue()}")


def one_by_one(scans: Path, out: Path, options: list[str]) -> None:
    """Restore with one after another in this process, whose model stays loaded."""
    out.mkdir(parents=True)
    for scan in sorted(scans.glob("*.tif")):
        mask, target = scan.with_name(f"{scan.stem}-mask.png"), out / scan.name
        run("restore", scan, "--mask", mask, "-o", target, "--record", target.with_suffix(".json"), *options)


def working(out: Path) -> float:
    """Return the seconds of all stages of all paintings, from the summary."""
    rows = json.loads((out / ".imagest-batch" / "summary.json").read_text())["paintings"]
    return float(sum(row["seconds"] for row in rows))


def same(first: Path, second: Path) -> bool:
    """Return whether two folders hold the same restored scans."""
    return all(path.read_bytes() == (second / path.name).read_bytes() for path in first.glob("*.tif"))


class Row:
    """What was measured of a way to restore the scans, one value a round."""

    def __init__(self, name: str, options: list[str] | None) -> None:
        self.name, self.options = name, options
        self.seconds: list[float] = []
        self.computed: list[float] = []
        self.stages: list[float] = []
        self.same = True

    def run(self, scans: Path, out: Path, options: list[str], alone: Path) -> None:
        """Restore all scans once into ``out``; compare with ``alone``."""
        more = self.options
        if more is None:
            seconds, computed = timed(lambda: one_by_one(scans, out, options))
        else:
            seconds, computed = timed(lambda: run("batch", scans, "-o", out, *options, *more))
            self.stages.append(working(out))
            self.same = self.same and same(alone, out)
        self.seconds.append(seconds)
        self.computed.append(computed)

    def line(self, base: Row, megapixels: float) -> str:
        """Return the medians, and the changes against ``base``."""
        seconds, computed = median(self.seconds), median(self.computed)
        text = f"{self.name:<28}{seconds:8.2f} s  {megapixels / seconds:8.2f} MP/s  CPU {computed:7.2f} s"
        if self is base:
            return text
        changes = f"{seconds / median(base.seconds) - 1:+7.1%}"
        if self.options is not None and not {"--jobs", "--ray"} & set(self.options):
            changes += f"  CPU {computed / median(base.computed) - 1:+6.1%}"
        return f"{text}  {changes}  stages {median(self.stages):7.2f} s  same bytes: {self.same}"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--scans", type=int, default=12)
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--engine", default="spline")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--ray", action="store_true", help="measure a local Ray cluster, too")
    parser.add_argument("--one-process", action="store_true", help="leave out what starts processes")
    args, options = parser.parse_known_args()
    options = ["--engine", args.engine, *options]
    folder = args.folder or Path(tempfile.mkdtemp(prefix="imagest-batch-"))
    scans = folder / "scans"
    make_scans(scans, args.scans, args.side)
    one_by_one(scans, folder / "warm", options)  # imports and loads the model
    rows = [Row("one after another", None), Row("batch, no overlap", ["--depth", "1"]), Row("batch", [])]
    if not args.one_process:
        rows.append(Row("batch, two processes", ["--jobs", "2"]))
    if args.ray:
        rows.append(Row("batch, Ray, two workers", ["--ray", "local", "--workers", "2", "--cores", "1"]))
    for turn in range(args.rounds):
        alone = folder / f"{turn}-0"
        for number, row in enumerate(rows):
            row.run(scans, folder / f"{turn}-{number}", options, alone)
    size = f"{args.scans} scans of {args.side} × {args.side} px, 16 bits"
    print(f"{size}, {' '.join(options)}, rounds: {args.rounds}")
    for row in rows:
        print(row.line(rows[0], args.scans * args.side**2 / 1e6))
    print(f"job list alone: {list_seconds(folder / 'list') * 1000:.1f} ms a painting")
    if args.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
