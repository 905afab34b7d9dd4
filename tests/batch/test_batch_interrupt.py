"""Ctrl-C, once or again and again: a batch ends with its summary, and no process stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from batch_files import make_scan

from imagest_core.batch.job import JobState
from imagest_core.batch.job_list import JobList
from imagest_core.batch.sources import find_sources
from imagest_core.batch.start import CHECKING, LISTING, open_batch
from imagest_core.progress import Progress, Report

ENGINE = ("--engine", "harmonic")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals to a process group")


def started(*arguments: object) -> subprocess.Popen[str]:
    """Start ``imagest ARGUMENTS…`` as a terminal does: in a group of its own, which gets Ctrl-C."""
    command = [sys.executable, "-m", "imagest_core", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def copies(scans: Path, count: int) -> Path:
    """Copy one scan many times."""
    scan = make_scan(scans / "scan.tif")
    for number in range(count - 1):
        for suffix in (".tif", "-mask.png"):
            shutil.copy(scan.with_name(f"scan{suffix}"), scans / f"scan{number}{suffix}")
    return scans


def workers(out: Path) -> set[int]:
    """The processes that have taken jobs."""
    return {int(name.split("@")[2]) for name in JobList(out).files(JobState.RUNNING)}


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("signals", [1, 30])
def test_a_batch_that_is_interrupted_ends_with_its_summary(tmp_path: Path, jobs: int, signals: int) -> None:
    scans, out = copies(tmp_path / "scans", 300), tmp_path / "out"
    process = started("batch", scans, "-o", out, *ENGINE, "--jobs", jobs)
    wait_for(lambda: len(JobList(out).files(JobState.DONE)) >= 2 and bool(workers(out)))
    took = workers(out)
    for _ in range(signals):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.03)
    printed, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "imagest: cancelled.\n")
    assert "summary: " in printed
    written = json.loads((out / ".imagest-batch" / "summary.json").read_text())
    assert written["jobs"]["waiting"] + written["jobs"]["done"] == 300
    wait_for(lambda: not any(map(alive, took)))


def test_a_cancel_while_the_list_is_made_is_summed_up(tmp_path: Path) -> None:
    scans, out = copies(tmp_path / "scans", 1200), tmp_path / "out"
    process = started("batch", scans, "-o", out, *ENGINE)
    wait_for(lambda: len(JobList(out).files(JobState.WAITING)) >= 2)
    os.killpg(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "paintings: 1,200 waiting" in printed
    assert "failed" not in printed


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    scans, out = copies(tmp_path / "scans", 300), tmp_path / "out"
    process = started("batch", scans, "-o", out, *ENGINE, "--jobs", 2)
    wait_for(lambda: bool(JobList(out).files(JobState.DONE)) and bool(workers(out)))
    took = workers(out)
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not any(map(alive, took)))
    assert len(JobList(out).files(JobState.DONE)) < 300


def test_progress_is_reported_while_a_list_is_made_and_taken_up(tmp_path: Path, settings) -> None:
    scans, out = copies(tmp_path / "scans", 20), tmp_path / "out"
    sources, reports = find_sources(scans, "-mask", out), list[Report]()
    open_batch(out, sources, settings, progress=Progress(reports.append))
    listed = [(each.step, each.total) for each in reports if each.stage == LISTING]
    assert listed == [(number, 20) for number in range(1, 21)]
    reports.clear()
    open_batch(out, sources, settings, force=True, progress=Progress(reports.append))
    fractions = [each.fraction for each in reports]
    assert fractions == sorted(fractions)
    assert (20, 20, CHECKING) in [(each.step, each.total, each.stage) for each in reports]
    assert fractions[-1] == 1.0
