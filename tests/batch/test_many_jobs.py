"""A list of thousands of jobs costs no more a job than a short one: operations are counted, not timed."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from batch_files import make_scan

from imagest_core import serialization
from imagest_core.batch.job import Job, JobState, Outcome, Stamp
from imagest_core.batch.job_list import JobList
from imagest_core.batch.job_reader import JobReader
from imagest_core.batch.parallel import in_threads
from imagest_core.batch.sources import find_sources
from imagest_core.batch.start import open_batch
from imagest_core.progress import Cancelled, Progress


class CountingList(JobList):
    """Counts the files that are opened and the folders that are listed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.opened: list[str] = []
        self.listings = 0

    def read(self, state, name):
        self.opened.append(name)
        return super().read(state, name)

    def files(self, state):
        self.listings += 1
        return super().files(state)


@pytest.fixture
def jobs(tmp_path: Path) -> CountingList:
    made = CountingList(tmp_path / "out")
    made.create()
    for order in range(12):
        made.add(Job(f"{order}.tif", f"/scans/{order}.tif", order=order))
    return made


def test_types_of_fields_are_evaluated_once_not_for_each_job(monkeypatch):
    evaluated = []

    def counted(kind):
        evaluated.append(kind)
        return get_type_hints(kind)

    get_type_hints = serialization.get_type_hints
    monkeypatch.setattr(serialization, "get_type_hints", counted)
    text = Job("a.tif", "/a.tif", outcome=Outcome(scan=Stamp(1, 2), seconds={"reading": 1.0})).to_json()
    assert len({Job.from_json(text).id for _ in range(10)}) == 1
    assert len(evaluated) <= 3, "one of each: Job, Outcome, Stamp"


def test_job_files_of_a_new_list_are_stored_at_the_same_time(tmp_path, settings, monkeypatch):
    for number in range(8):
        make_scan(tmp_path / "scans" / f"{number}.tif")
    together, stored, fsync = threading.Barrier(2), [], os.fsync

    def slow(number: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            together.wait(timeout=20)  # breaks unless two files are being stored
            stored.append(number)
        fsync(number)

    monkeypatch.setattr(os, "fsync", slow)
    out = tmp_path / "out"
    jobs = open_batch(out, find_sources(tmp_path / "scans", "-mask", out), settings)
    assert len(stored) == 8, "every file is stored on the disk before it gets its name"
    assert [job.order for job in jobs.jobs(JobState.WAITING)] == list(range(8))


def test_a_cancel_ends_the_making_of_a_list_and_the_same_command_completes_it(tmp_path, settings):
    for number in range(40):
        make_scan(tmp_path / "scans" / f"{number}.tif")
    out = tmp_path / "out"
    sources = find_sources(tmp_path / "scans", "-mask", out)

    def asked() -> bool:
        waiting = out / ".imagest-batch" / "waiting"
        return waiting.is_dir() and bool(os.listdir(waiting))

    with pytest.raises(Cancelled):
        open_batch(out, sources, settings, progress=Progress(cancelled=asked))
    assert 0 < JobList(out).counts()[JobState.WAITING] < 40
    assert open_batch(out, sources, settings).counts()[JobState.WAITING] == 40


def test_an_error_of_one_thread_is_raised_and_the_rest_is_left_out():
    begun = []

    def fail(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise OSError(number)
        time.sleep(0.001)

    with pytest.raises(OSError, match="0"):
        in_threads(fail, range(5000))
    assert len(begun) < 5000


def test_removing_many_jobs_lists_each_folder_once(jobs):
    jobs.listings = 0
    jobs.remove(*list(jobs.jobs(JobState.WAITING))[:10])
    assert jobs.listings <= 6
    assert jobs.counts()[JobState.WAITING] == 2


def test_only_changed_job_files_are_opened_again(jobs):
    reader = JobReader(jobs)
    before, _ = reader.scan()
    assert len(jobs.opened) == 12
    jobs.opened.clear()
    claim = jobs.claim()
    jobs.end(claim, JobState.DONE, Outcome(filled=7))
    jobs.cancel(list(before.values())[5][0])
    jobs.reorder(list(before.values())[8][0], 20)
    jobs.opened.clear()
    after, damaged = reader.scan()
    assert sorted(jobs.opened) == sorted([claim.job.file, list(after.values())[-1][0].file])
    assert (after, damaged) == jobs.scan()
    states = [state for _, state in after.values()]
    assert (states[0], states[5]) == (JobState.DONE, JobState.CANCELLED)


def test_a_reader_sees_damage_and_repair(jobs):
    reader = JobReader(jobs)
    reader.scan()
    file = jobs.root / "waiting" / jobs.files(JobState.WAITING)[3]
    good = file.read_text()
    file.write_text("{")
    found, damaged = reader.scan()
    assert (len(found), damaged) == (11, [(JobState.WAITING, file.name)])
    file.write_text(good)
    assert reader.scan() == (jobs.all(), [])
