"""Measure a batch beside one restoration after another: throughput, and the overhead per painting.

The same scans are restored by ``imagest restore`` one after another in one process, and by ``imagest batch``
with and without overlap, in two processes, and on a local Ray cluster of two workers. The results must be
the same bytes. Usage:

    python -m scripts.measure_batch [FOLDER] [--scans N] [--side PX] [--engine NAME] [--ray] [OPTION…]
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


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--scans", type=int, default=12)
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--engine", default="spline")
    parser.add_argument("--ray", action="store_true", help="measure a local Ray cluster, too")
    args, options = parser.parse_known_args()
    options = ["--engine", args.engine, *options]
    folder = args.folder or Path(tempfile.mkdtemp(prefix="imagest-batch-"))
    scans, alone = folder / "scans", folder / "alone"
    make_scans(scans, args.scans, args.side)
    one_by_one(scans, folder / "warm", options)  # imports and loads the model
    ways = {
        "batch, no overlap": ["--depth", "1"],
        "batch": [],
        "batch, two processes": ["--jobs", "2"],
    }
    if args.ray:
        ways["batch, Ray, two workers"] = ["--ray", "local", "--workers", "2", "--cores", "1"]
    base, computed = timed(lambda: one_by_one(scans, alone, options))
    megapixels = args.scans * args.side**2 / 1e6
    print(f"{args.scans} scans of {args.side} × {args.side} px, 16 bits, {' '.join(options)}")
    print(f"{'one after another':<28}{base:8.1f} s  {megapixels / base:8.2f} MP/s  CPU {computed:6.1f} s")
    for number, (name, more) in enumerate(ways.items()):
        out = folder / f"batch{number}"
        seconds, own = timed(lambda out=out, more=more: run("batch", scans, "-o", out, *options, *more))
        change = (seconds - base) / base
        line = (
            f"{name:<28}{seconds:8.1f} s  {megapixels / seconds:8.2f} MP/s  CPU {own:6.1f} s  {change:+7.1%}"
        )
        print(f"{line}  stages {working(out):6.1f} s  same bytes: {same(alone, out)}", flush=True)
    print(f"job list alone: {list_seconds(folder / 'list') * 1000:.1f} ms a painting")
    if args.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
