"""Run odd and broken files through the command line and check how each command ends.

    python -m scripts.check_odd_files FOLDER [FOLDER ...] [--masks] [--failures]

Every file is passed to ``imagest info`` and to ``imagest restore --engine spline`` with a small mask, each in
a separate process; with ``--masks`` it is also used as the mask of a scan. A command must exit with code 0
and an empty stderr, or with code 2 and exactly one line there, within 15 seconds and 1.5 GB, without
changing the file. Prints a table; exits with 1 if anything failed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import write_mask
from imagest_core.painting.geometry import Box
from imagest_core.printable import printable

SECONDS, BYTES = 15.0, 1.5e9
POLL = 0.02
HOLE = 6
LONGEST_SIDE = 60_000


@dataclass(frozen=True)
class CommandResult:
    """Result of a command: exit code (None: killed after a timeout), output, time and peak memory."""

    code: int | None
    out: str
    err: str
    seconds: float
    peak: int

    @property
    def faults(self) -> list[str]:
        """What was wrong, empty if nothing."""
        lines = self.err.count("\n")
        found = []
        if self.code not in (0, 2):
            found.append(f"exit {self.code}")
        if (self.code == 0 and lines) or (self.code == 2 and lines != 1):
            found.append(f"{lines} lines of error")
        if self.seconds > SECONDS:
            found.append(f"{self.seconds:.0f} s")
        if self.peak > BYTES:
            found.append(f"{self.peak / 1e9:.1f} GB")
        return found


def run(arguments: list[str], folder: Path) -> CommandResult:
    """Run ``imagest ARGUMENTS`` and measure it."""
    started = time.monotonic()
    with open(folder / "out", "wb+") as out, open(folder / "err", "wb+") as err:
        command = [sys.executable, "-m", "imagest_core", *arguments]
        process = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        pid, status, usage = 0, 0, None
        while not pid:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if not pid and time.monotonic() - started > 2 * SECONDS:
                process.kill()
            if not pid:
                time.sleep(POLL)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [(file.seek(0), file.read().decode("utf-8", "replace"))[1] for file in (out, err)]
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) if usage else 0
    return CommandResult(process.returncode, *texts, time.monotonic() - started, peak)


def size_of(info: CommandResult) -> tuple[int, int]:
    """Return the image's size from the output of ``info``, or a small default."""
    try:
        facts = json.loads(info.out)
        return min(facts["width"], LONGEST_SIDE), min(facts["height"], LONGEST_SIDE)
    except (ValueError, KeyError, TypeError):
        return 64, 64


def mask_for(size: tuple[int, int], folder: Path) -> Path:
    """Write a mask of this size with a small hole in the middle; return its path."""
    damage = DamageMap(*size)
    width, height = (min(HOLE, max(side // 2, 1)) for side in size)
    box = Box((size[0] - width) // 2, (size[1] - height) // 2, width, height)
    damage.write(box, np.ones((height, width), np.uint8))
    path = folder / "hole.png"
    write_mask(damage, path, force=True)
    return path


def scan_for_masks(folder: Path) -> Path:
    """Write a scan to test masks on; return its path."""
    path = folder / "scan.tif"
    y, x = np.mgrid[0:64, 0:64]
    tifffile.imwrite(path, np.dstack([x * 3, y * 3, x + y]).astype(np.uint8), photometric="rgb")
    return path


def run_commands(path: Path, folder: Path, masks: bool) -> Iterator[tuple[str, CommandResult]]:
    """Yield the name and the result of each command."""
    info = run(["info", str(path)], folder)
    yield "info", info
    out = ["-o", str(folder / "result.tif"), "--engine", "spline", "--force"]
    mask = mask_for(size_of(info), folder)
    yield "restore", run(["restore", str(path), "--mask", str(mask), *out], folder)
    if masks:
        yield "as mask", run(["restore", str(scan_for_masks(folder)), "--mask", str(path), *out], folder)


def check_file(path: Path, masks: bool) -> list[tuple[str, CommandResult, list[str]]]:
    """Return the results of all commands on one file, with what was wrong."""
    before = hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""
    with tempfile.TemporaryDirectory(prefix="odd-") as folder:
        found = [(name, end, end.faults) for name, end in run_commands(path, Path(folder), masks)]
    if path.is_file() and hashlib.sha256(path.read_bytes()).digest() != before:
        found[-1][2].append("the file was changed")
    return found


def main() -> int:
    """Check every file; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--masks", action="store_true", help="also use every file as a mask")
    parser.add_argument("--failures", action="store_true", help="print only what failed")
    args = parser.parse_args()
    failed = total = 0
    for folder in args.folders:
        for path in sorted(p for p in folder.rglob("*") if not p.is_dir()):
            for name, end, faults in check_file(path, args.masks):
                total += 1
                failed += bool(faults)
                if faults or not args.failures:
                    message = (end.err.strip().splitlines() or [""])[-1][:100]
                    verdict = ", ".join(faults) or "ok"
                    print(
                        f"{printable(str(path.relative_to(folder))):<36.36} {name:<8} {end.code!s:>4}"
                        f" {end.seconds:5.1f} s {end.peak / 1e6:6.0f} MB  {verdict:<18} {printable(message)}",
                        flush=True,
                    )
    print(f"{total} commands, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
