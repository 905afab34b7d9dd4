"""Measure what Ray costs a painting: a batch in one process beside one worker on a local Ray cluster.

The two ways alternate. Of each run only the paintings between the third and the last to be finished count, so
that starts, imports and the first use of a model do not. Printed for each way are the median seconds from one
painting to the next, and the seconds of computing that all its processes spent for a painting. The second
figure scatters far less, because it leaves out what other programs take. Usage:

    python -m scripts.measure_ray [--scans N] [--side PX] [--rounds N] [OPTION OF imagest batch…]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from scripts.measure_batch import make_scans, same

FIRST = 3
"""The painting from whose end on a run is measured."""
RAY = ("--ray", "local", "--workers", "1", "--cores", "1")
LIMIT = 0.05
"""Overhead per painting that is allowed."""


def computed(root: int) -> dict[str, float]:
    """Return the seconds of computing of a process and its descendants: of the worker and of the rest."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    names: dict[int, str] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            values = (path / "stat").read_text().rpartition(")")[2].split()
            names[int(path.name)] = (path / "cmdline").read_text(errors="replace")
        except OSError:  # it has ended
            continue
        parents[int(path.name)] = int(values[1])
        seconds[int(path.name)] = (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")
    total = {"worker": 0.0, "rest": 0.0}
    for process, name in names.items():
        if not _descends(process, root, parents):
            continue
        total["worker" if name.startswith("ray::Actor") else "rest"] += seconds[process]
    return total


def _descends(process: int, root: int, parents: dict[int, int]) -> bool:
    while process > 1:
        if process == root:
            return True
        process = parents.get(process, 0)
    return False


@dataclass
class Way:
    """A way to restore the scans; seconds of a painting, one value a round."""

    name: str
    options: tuple[str, ...]
    passed: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)

    def run(self, scans: Path, out: Path, options: list[str]) -> None:
        """Restore the scans once into ``out``."""
        command = [sys.executable, "-m", "imagest_core", "batch", str(scans), "-o", str(out)]
        done, count = out / ".imagest-batch" / "done", len(list(scans.glob("*.tif")))
        with open(out.with_suffix(".log"), "wb") as log:
            process = subprocess.Popen([*command, *options, *self.options], stdout=log, stderr=log)
        started, before = _reached(process, done, FIRST)
        ended, after = _reached(process, done, count)
        if process.wait():
            raise SystemExit(out.with_suffix(".log").read_text())
        paintings = count - FIRST
        self.passed.append((ended - started) / paintings)
        for kind, values in (("worker", self.worker), ("rest", self.rest)):
            values.append((after[kind] - before[kind]) / paintings)

    @property
    def spent(self) -> float:
        """The median of all seconds of computing for a painting."""
        return median(worker + rest for worker, rest in zip(self.worker, self.rest, strict=True))

    def line(self) -> str:
        """Return the medians, with the lowest and the highest time."""
        spread = f"{min(self.passed):.3f} to {max(self.passed):.3f}"
        parts = f"worker {median(self.worker):.3f}, other processes {median(self.rest):.3f}"
        return (
            f"{self.name:<18}{median(self.passed):.3f} s ({spread})   computing {self.spent:.3f} s ({parts})"
        )


def _reached(process: subprocess.Popen[bytes], done: Path, count: int) -> tuple[float, dict[str, float]]:
    """Wait until ``count`` paintings are done; return the time and what was computed so far."""
    while process.poll() is None:
        if done.is_dir() and len(list(done.iterdir())) >= count:
            return time.monotonic(), computed(process.pid)
        time.sleep(0.01)
    raise SystemExit(f"The batch ended with {process.returncode} before {count} paintings were done.")


def main() -> int:
    """Measure and print; return 1 if Ray's share of the computing is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--scans", type=int, default=24)
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    args, options = parser.parse_known_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = Path(tempfile.mkdtemp(prefix="imagest-ray-"))
    make_scans(folder / "scans", args.scans, args.side)
    alone, ray = Way("one process", ()), Way("Ray, one worker", RAY)
    equal = True
    for turn in range(args.rounds):
        for way in (alone, ray) if turn % 2 == 0 else (ray, alone):
            way.run(folder / "scans", folder / f"{turn}-{'ray' if way is ray else 'alone'}", options)
        equal = equal and same(folder / f"{turn}-alone", folder / f"{turn}-ray")
    print(f"{args.scans} scans of {args.side} × {args.side} px, {' '.join(options)}, rounds: {args.rounds}")
    print(f"{alone.line()}\n{ray.line()}")
    spent = ray.spent / alone.spent - 1
    print(f"overhead: time {median(ray.passed) / median(alone.passed) - 1:+.1%}, computing {spent:+.1%}")
    print(f"same bytes: {'yes' if equal else 'NO'}")
    shutil.rmtree(folder)
    return int(spent > LIMIT or not equal)


if __name__ == "__main__":
    sys.exit(main())
