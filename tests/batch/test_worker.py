"""A worker restores what waits, goes on after a failure, and leaves nothing half-written."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace

import failing_engines
import pytest
from batch_files import make_scan, tree

from imagest_core.batch.job import JobState
from imagest_core.batch.job_list import JobList
from imagest_core.batch.memory import MemoryBudget
from imagest_core.batch.settings import BatchSettings
from imagest_core.batch.sources import find_sources
from imagest_core.batch.start import open_batch
from imagest_core.batch.worker import Worker, WorkerOptions, run_jobs
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.engines import registry
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.request import RestorationRequest


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def start(scans, out, settings):
    return open_batch(out, find_sources(scans, settings.mask_suffix, out), settings)


def states(jobs):
    return {job.name: state for job, state in jobs.all().values()}


def failing(monkeypatch, name):
    monkeypatch.setattr(registry, "ENGINES", {**registry.ENGINES, **failing_engines.ENGINES})
    return BatchSettings(RestorationRequest.of(name))


def test_results_are_those_of_restore_and_have_records(cli, scans, out, settings, tmp_path):
    jobs = start(scans, out, settings)
    run_jobs(out, settings)
    assert tree(out) == ["a.json", "a.tif", "b.json", "b.tif", "north wing/c.json", "north wing/c.tif"]
    alone = tmp_path / "alone.tif"
    scan, mask = scans / "north wing/c.tif", scans / "north wing/c-mask.png"
    assert cli("restore", scan, "--mask", mask, "-o", alone, "--engine", "harmonic").code == 0
    assert (out / "north wing/c.tif").read_bytes() == alone.read_bytes()
    record = RestorationRecord.from_json((out / "a.json").read_text())
    assert record.verification is not None
    assert set(states(jobs).values()) == {JobState.DONE}
    assert not jobs.files(JobState.RUNNING)


@pytest.mark.parametrize(("depth", "overlaps"), [(1, False), (3, True)])
def test_reading_overlaps_with_filling_and_writing(scans, out, settings, depth, overlaps):
    start(scans, out, settings)
    news: list[tuple[str, str]] = []
    options = WorkerOptions(depth=depth, report=lambda each: news.append((each.job.name, each.state.value)))
    run_jobs(out, settings, options)
    assert (news.index(("b.tif", "running")) < news.index(("a.tif", "done"))) == overlaps


def test_a_job_waits_for_memory_unless_it_is_alone(scans, out, settings):
    jobs = start(scans, out, settings)
    worker = Worker(jobs, settings, WorkerOptions(), Progress())
    worker.budget = MemoryBudget(1)
    worker.run()
    assert set(states(jobs).values()) == {JobState.DONE}
    assert worker.budget.used == 0
    single = worker.budget.highest
    roomy = Worker(start(scans, out, settings), settings, WorkerOptions(), Progress())
    assert single < 2 * (256 << 20) < roomy.budget.limit


def test_failures_are_reported_and_the_others_are_restored(scans, out, settings):
    (scans / "b.tif").write_bytes(b"II*\0 nothing")
    make_scan(scans / "d.tif", mask=False)
    jobs = start(scans, out, settings)
    run_jobs(out, settings)
    assert states(jobs) == {
        "a.tif": JobState.DONE,
        "b.tif": JobState.FAILED,
        "d.tif": JobState.FAILED,
        "north wing/c.tif": JobState.DONE,
    }
    reasons = {job.name: job.outcome.reason for job in jobs.jobs(JobState.FAILED)}
    assert reasons["d.tif"] == "d.tif has no mask: put d-mask.png beside it, or give a recipe."
    assert "b.tif" in reasons["b.tif"]
    assert not list(out.glob("b.*"))


def test_a_scan_that_is_missing_or_no_file_says_so(cli, scans, out, settings, tmp_path):
    (scans / "link.tif").symlink_to("nowhere.tif")
    os.mkfifo(scans / "pipe.tif")
    (tmp_path / "list.txt").write_text("scans/a.tif\nscans/gone.tif\nscans/link.tif\nscans/pipe.tif\n")
    jobs = start(tmp_path / "list.txt", out, settings)
    run_jobs(out, settings)
    reasons = {job.name: job.outcome.reason for job in jobs.jobs(JobState.FAILED)}
    assert "gone.tif doesn't exist" in reasons["scans/gone.tif"]
    assert "is a link to a file that doesn't exist" in reasons["scans/link.tif"]
    assert "is not a regular file" in reasons["scans/pipe.tif"]
    (tmp_path / "list.txt").write_text("scans/gone.tif\n")
    answer = cli("batch", tmp_path / "list.txt", "-o", tmp_path / "other", "--engine", "harmonic")
    assert answer.code == 2
    assert "gone.tif doesn't exist" in answer.err


@pytest.mark.parametrize("retries", [0, 2])
def test_an_internal_error_is_tried_again_and_never_written(scans, out, monkeypatch, retries):
    settings = failing(monkeypatch, "faulty")
    jobs = start(scans, out, settings)
    tries: list[str] = []
    run_jobs(out, settings, WorkerOptions(retries, report=lambda each: tries.append(each.state.value)))
    assert tries.count("waiting") == 3 * retries
    assert set(states(jobs).values()) == {JobState.FAILED}
    assert "IndexError" in next(jobs.jobs(JobState.FAILED)).outcome.reason
    assert tree(out) == []


def test_a_cancel_leaves_all_jobs_waiting(scans, out, monkeypatch):
    settings = failing(monkeypatch, "endless")
    jobs = start(scans, out, settings)
    stop = threading.Event()

    def report(news):
        if news.stage == "restoring":
            stop.set()

    with pytest.raises(Cancelled):
        run_jobs(out, settings, WorkerOptions(report=report), Progress(cancelled=stop.is_set))
    assert set(states(jobs).values()) == {JobState.WAITING}
    assert tree(out) == []


def test_one_running_job_can_be_cancelled(scans, out, monkeypatch):
    settings = failing(monkeypatch, "endless")
    jobs = start(scans, out, settings)
    run_jobs(out, settings, WorkerOptions(dropped=lambda _: True))
    assert set(states(jobs).values()) == {JobState.CANCELLED}


def test_no_job_starts_while_the_worker_is_paused(scans, out, settings):
    jobs = start(scans, out, settings)
    asked: list[int] = []

    def may_start() -> bool:
        asked.append(len(jobs.files(JobState.WAITING)))
        return len(asked) > 2

    run_jobs(out, settings, WorkerOptions(may_start=may_start))
    assert asked[:3] == [3, 3, 3]
    assert set(states(jobs).values()) == {JobState.DONE}


def test_a_job_that_ends_its_process_again_and_again_fails(scans, out, settings):
    jobs = start(scans, out, settings)
    lost = next(jobs.jobs(JobState.WAITING))
    jobs.add(replace(lost, attempts=3))
    run_jobs(out, settings, WorkerOptions(retries=1))
    (failed,) = jobs.jobs(JobState.FAILED)
    assert "ended several times" in failed.outcome.reason


def leave_part(path, age):
    """Leave a half-written file of ``path`` as a process of another machine would."""
    part = path.with_name(f".{path.name}.4711-0badcafe-0123abcd.part")
    part.write_bytes(b"half")
    when = time.time() - age
    os.utime(part, (when, when))
    return part


def test_what_a_lost_machine_left_half_written_goes_with_its_job(scans, out, settings):
    jobs = start(scans, out, settings)
    claim = jobs.claim()
    lost = claim.path.with_name(f"{claim.job.file}@other-00000000@4711@abcd")
    claim.path.rename(lost)
    os.utime(lost, (0, 0))
    left = [leave_part(out / name, 200) for name in ("a.tif", "a.json")]
    in_use = leave_part(out / "a.tif.bak", 200), leave_part(out / "b.tif", 200)
    run_jobs(out, settings)
    assert set(states(jobs).values()) == {JobState.DONE}
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in in_use), "nobody knows that their owners have ended"


def test_what_another_machine_writes_now_is_left(scans, out, settings):
    jobs = start(scans, out, settings)
    part = leave_part(out / "a.tif", 5)
    for job in jobs.jobs(JobState.WAITING):
        jobs.add(replace(job, replace=True))
    run_jobs(out, settings)
    assert part.exists()


def test_two_workers_share_a_list(scans, out, settings):
    jobs = start(scans, out, settings)
    ended: list[str] = []
    options = WorkerOptions(report=lambda each: ended.append(each.job.name) if each.fraction == 1 else None)
    threads = [threading.Thread(target=run_jobs, args=(out, settings, options)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [name for name in ended if states(JobList(out))[name] is JobState.DONE]
    assert sorted(set(done)) == ["a.tif", "b.tif", "north wing/c.tif"]
    assert not jobs.files(JobState.RUNNING)


def test_a_pause_puts_back_what_was_read_ahead(scans, out, monkeypatch):
    settings = failing(monkeypatch, "endless")
    jobs = start(scans, out, settings)
    paused, stop = threading.Event(), threading.Event()
    running: set[str] = set()
    waiting: list[str] = []

    def report(news):
        if news.state is JobState.WAITING:
            waiting.append(news.job.name)
        else:
            running.update((news.job.name, news.stage))
        if {"a.tif", "b.tif", "north wing/c.tif", "restoring"} <= running:
            paused.set()
        if len(waiting) == 2:
            stop.set()

    options = WorkerOptions(report=report, may_start=lambda: not paused.is_set())
    with pytest.raises(Cancelled):
        run_jobs(out, settings, options, Progress(cancelled=stop.is_set))
    assert sorted(waiting) == ["a.tif", "b.tif", "north wing/c.tif"]
    assert waiting[2] == "a.tif", "it was being filled until the cancel"
    assert [job.attempts for job in jobs.jobs(JobState.WAITING)] == [0, 0, 0]


def test_a_paused_worker_finishes_what_is_in_progress_and_ends(scans, out, settings):
    jobs = start(scans, out, settings)
    paused = threading.Event()

    def report(news):
        if news.stage == "restoring":
            paused.set()

    options = WorkerOptions(report=report, may_start=lambda: not paused.is_set(), end_when_paused=True)
    run_jobs(out, settings, options)
    assert states(jobs)["a.tif"] is JobState.DONE
    assert states(jobs)["north wing/c.tif"] is JobState.WAITING
    assert not jobs.files(JobState.RUNNING)
