"""Jobs are claimed once, survive their process, and are taken over from one that has ended."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import pytest

from imagest_core.batch import job_list
from imagest_core.batch.job import Job, JobState, Outcome, Stamp, template_of
from imagest_core.batch.job_list import JobList
from imagest_core.batch.machine import machine_name
from imagest_core.messages import Message


@pytest.fixture
def jobs(tmp_path):
    made = JobList(tmp_path)
    made.create()
    return made


def add(jobs, count=1):
    for order in range(count):
        jobs.add(Job(f"{order}.tif", f"/scans/{order}.tif", order=order))


def test_a_job_survives_as_text_with_any_bytes_in_its_name():
    outcome = Outcome("why", "", 9, 3, 1, True, {"reading": 0.5}, "here", Stamp(1, 2), record=Stamp(3, 4))
    job = Job("n\udce9 / 修复.tif", "/s\udce9.tif", "", 4, 1, True, outcome)
    assert Job.from_json(job.to_json()) == job
    assert job.to_json().isascii()


def test_the_sentence_of_a_failure_can_be_translated():
    inner = Message("The {thing} is full", thing="disk {0}")
    reason = Message("{path} can't be written: {reason}.", path="a.tif", reason=inner)
    job = Job("a.tif", "/a.tif", outcome=Outcome(str(reason), template_of(reason)))
    read = Job.from_json(job.to_json()).outcome.sentence
    assert (read, read.template, read.arguments["reason"].template) == (
        reason,
        reason.template,
        inner.template,
    )
    assert Outcome("plain", "").sentence == "plain"


def test_claims_follow_the_order_and_each_job_is_claimed_once(jobs):
    add(jobs, 30)
    first = jobs.claim()
    claimed = [first.job.name]

    def take() -> None:
        while (claim := jobs.claim()) is not None:
            claimed.append(claim.job.name)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 30
    assert claimed[0] == "0.tif"


def test_a_claim_of_an_ended_process_is_taken_over(jobs):
    add(jobs)
    claim = jobs.claim()
    assert jobs.claim() is None, "its owner, this process, is alive"
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    claim.path.rename(claim.path.with_name(claim.path.name.replace(f"@{os.getpid()}@", f"@{pid}@")))
    again = jobs.claim()
    assert (again.job.attempts, again.job.replace) == (1, True)
    assert not claim.held


def test_a_claim_of_another_machine_is_taken_over_when_its_heartbeat_stops(jobs, monkeypatch):
    add(jobs)
    claim = jobs.claim()
    foreign = claim.path.with_name(claim.path.name.replace(machine_name(), "other-00000000"))
    claim.path.rename(foreign)
    assert jobs.claim() is None
    os.utime(foreign, (0, 0))
    assert jobs.claim() is not None


def test_an_outcome_ends_a_job_and_a_lost_claim_changes_nothing(jobs):
    add(jobs, 2)
    first, second = jobs.claim(), jobs.claim()
    jobs.end(first, JobState.DONE, Outcome(filled=5))
    second.path.unlink()
    jobs.end(second, JobState.DONE, Outcome())
    assert [(job.name, state) for job, state in jobs.all().values()] == [("0.tif", JobState.DONE)]
    assert next(jobs.jobs(JobState.DONE)).outcome.filled == 5


def test_waiting_jobs_are_reordered_and_cancelled(jobs):
    add(jobs, 3)
    third = list(jobs.jobs(JobState.WAITING))[2]
    jobs.reorder(third, -1)
    names = [job.name for job in jobs.jobs(JobState.WAITING)]
    assert names == ["2.tif", "0.tif", "1.tif"]
    assert jobs.cancel(next(jobs.jobs(JobState.WAITING)))
    assert not jobs.cancel(third), "it waits no more"
    assert jobs.counts() == {
        JobState.WAITING: 2,
        JobState.CANCELLED: 1,
        JobState.RUNNING: 0,
        JobState.DONE: 0,
        JobState.FAILED: 0,
    }


def test_a_job_that_got_another_place_is_cancelled(jobs):
    add(jobs, 2)
    first = next(jobs.jobs(JobState.WAITING))
    jobs.reorder(first, 7)
    assert jobs.cancel(first)
    assert [job.order for job in jobs.jobs(JobState.CANCELLED)] == [7]


def test_a_released_job_waits_again(jobs):
    add(jobs)
    claim = jobs.claim()
    jobs.release(replace(claim, job=replace(claim.job, attempts=2)))
    assert next(jobs.jobs(JobState.WAITING)).attempts == 2
    assert not jobs.files(JobState.RUNNING)


def test_half_written_files_are_no_jobs(jobs):
    (jobs.root / "waiting" / "0000000-0123").write_text("{")
    assert jobs.claim() is None
    assert jobs.all() == {}


def test_no_clock_file_stays(jobs):
    add(jobs)
    jobs.claim()
    jobs.stale()
    assert [path.name for path in jobs.root.iterdir() if path.is_file()] == []
    assert job_list.STALE > 60
