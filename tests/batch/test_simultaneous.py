"""Processes that open the same batch at the same moment share it: each painting is done once, none fails."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time

import pytest
from batch_files import make_scan

from imagest_core.batch.job import JobState
from imagest_core.batch.job_list import JobList, claim_name
from imagest_core.batch.sources import find_sources
from imagest_core.batch.start import open_batch
from imagest_core.batch.start_lock import starting
from imagest_core.batch.worker import WorkerOptions, run_jobs
from imagest_core.errors import InputError
from imagest_core.progress import Cancelled, Progress

BARRIER = """
import os, sys, time
from imagest_core.batch import memory, start, summary, work, worker
from imagest_core.cli import main
from imagest_core.restoration import api
print("ready", flush=True)
sys.stdin.readline()
sys.exit(main(sys.argv[1:]))
"""


def together(count, *arguments):
    """Run the same command in processes that have imported everything and start when all are ready."""
    command = [sys.executable, "-c", BARRIER, *map(str, arguments)]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(count)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=120) for process in processes]
    return [(process.returncode, *end) for process, end in zip(processes, ends, strict=True)]


def states(out):
    return {state.value: len(JobList(out).files(state)) for state in JobState}


def test_two_processes_that_start_at_the_same_moment_do_each_painting_once(tmp_path):
    scans = tmp_path / "scans"
    for seed in range(12):
        make_scan(scans / f"{seed:02d}.tif", seed)
    for attempt in range(4):
        out = tmp_path / f"out{attempt}"
        ends = together(2, "batch", scans, "-o", out, "--engine", "harmonic")
        assert [(code, errors) for code, _, errors in ends] == [(0, "")] * 2, ends
        assert states(out) == {"waiting": 0, "running": 0, "done": 12, "failed": 0, "cancelled": 0}
        jobs = list(JobList(out).jobs(JobState.DONE))
        assert [job.attempts for job in jobs] == [0] * 12
        assert len({job.name for job in jobs}) == 12
        for job in jobs:
            assert (out / job.name).stat().st_mtime_ns == job.outcome.result.modified, "written once"
        assert len(list(out.glob("*.tif"))) == 12
        assert not list(out.rglob(".*.part"))
        assert os.listdir(out / ".imagest-batch" / "starting") == ["free"]


def open_often(scans, out, settings, times):
    for _ in range(times):
        open_batch(out, find_sources(scans, "-mask", out), settings)


def test_a_batch_that_is_opened_again_while_it_runs_loses_and_repeats_nothing(tmp_path, settings):
    scans, out = tmp_path / "scans", tmp_path / "out"
    for seed in range(30):
        make_scan(scans / f"{seed:02d}.tif", seed)
    (scans / "05-mask.png").unlink()  # this one fails, so that it is put back each time
    jobs = open_batch(out, find_sources(scans, "-mask", out), settings)
    process = multiprocessing.get_context("fork").Process(
        target=open_often, args=(scans, out, settings, 60), daemon=True
    )
    ended = []
    process.start()
    run_jobs(out, settings, WorkerOptions(report=lambda news: ended.append((news.job.name, news.state))))
    process.join(60)
    assert process.exitcode == 0
    run_jobs(out, settings)
    done = [name for name, state in ended if state is JobState.DONE]
    assert len(done) == len(set(done)) == 29
    assert states(out) == {"waiting": 0, "running": 0, "done": 29, "failed": 1, "cancelled": 0}
    assert [job.name for job in jobs.jobs(JobState.FAILED)] == ["05.tif"]


def test_a_start_waits_for_another_and_can_be_cancelled(tmp_path):
    jobs = JobList(tmp_path)
    entered = []

    def enter():
        with starting(jobs, Progress()):
            entered.append(True)

    with starting(jobs, Progress()):
        jobs.create()
        thread = threading.Thread(target=enter)
        thread.start()
        time.sleep(0.2)
        assert not entered
        with pytest.raises(Cancelled), starting(jobs, Progress(cancelled=lambda: True)):
            pass
    thread.join(10)
    assert entered


def test_a_start_goes_on_after_the_owner_was_killed(tmp_path):
    jobs = JobList(tmp_path)
    with starting(jobs, Progress()):
        jobs.create()
    pid = os.fork()
    if not pid:
        folder = jobs.root / "starting"
        os.rename(folder / "free", folder / claim_name("held"))
        os._exit(0)
    os.waitpid(pid, 0)
    with starting(jobs, Progress()):
        assert len(os.listdir(jobs.root / "starting")) == 1
    assert os.listdir(jobs.root / "starting") == ["free"]


def test_a_start_on_another_machine_is_taken_over_when_its_heartbeat_stops(tmp_path):
    jobs = JobList(tmp_path)
    with starting(jobs, Progress()):
        jobs.create()
    held = jobs.root / "starting" / "held@other-00000000@1@abcd"
    os.rename(jobs.root / "starting" / "free", held)
    os.utime(held, (0, 0))
    with starting(jobs, Progress()):
        assert not held.exists()


def test_a_refused_start_leaves_nothing(scans, tmp_path, settings):
    listed = tmp_path / "list.txt"
    listed.write_text("scans/a.tif\n")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Exception, match="inputs"):
        open_batch(tmp_path, find_sources(listed, "-mask", tmp_path), settings, force=True)
    assert sorted(tmp_path.iterdir()) == before


def test_a_start_that_was_killed_half_way_is_completed(scans, tmp_path, settings):
    out = tmp_path / "out"
    jobs = open_batch(out, find_sources(scans, "-mask", out), settings)
    first, second, third = jobs.jobs(JobState.WAITING)
    (jobs.root / "waiting" / second.file).unlink()
    assert jobs.withdraw(first)
    assert jobs.withdraw(third)
    jobs.add(third)  # killed before the hidden file was removed
    assert [job.name for job, _ in jobs.all().values()] == [third.name]
    open_batch(out, find_sources(scans, "-mask", out), settings)
    assert sorted(job.name for job in jobs.jobs(JobState.WAITING)) == [first.name, second.name, third.name]
    assert len(os.listdir(jobs.root / "waiting")) == 3


def test_settings_without_any_job_are_no_list(scans, tmp_path, settings):
    out = tmp_path / "out"
    (out / ".imagest-batch").mkdir(parents=True)
    (out / ".imagest-batch" / "settings.json").write_text(json.dumps({"half": "written"}))
    assert len(open_batch(out, find_sources(scans, "-mask", out), settings).files(JobState.WAITING)) == 3


def test_force_is_refused_while_another_process_restores(scans, tmp_path, settings):
    out = tmp_path / "out"
    jobs = open_batch(out, find_sources(scans, "-mask", out), settings)
    assert jobs.claim()
    with pytest.raises(InputError, match="being restored by another process"):
        open_batch(out, find_sources(scans, "-mask", out), settings, force=True)
