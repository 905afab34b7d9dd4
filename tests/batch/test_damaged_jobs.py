"""A job file that can't be read is named and set aside; its painting is restored again, the others go on."""

from __future__ import annotations

import json
import os

import pytest

from imagest_core.batch.job import JobState
from imagest_core.batch.job_list import claim_name
from imagest_core.batch.sources import find_sources
from imagest_core.batch.start import open_batch
from imagest_core.batch.summary import Summary
from imagest_core.batch.worker import run_jobs

DAMAGE = {
    "empty": b"",
    "half": b'{"name": "b.tif", "scan": "/sc',
    "zeros": b"\0" * 500,
    "not ascii": '{"name": "bé.tif"}'.encode(),
    "null": b"null",
    "list": b"[]",
    "number": b"7",
    "no fields": b"{}",
    "wrong types": b'{"name": 3, "scan": [], "mask": {}, "order": "first"}',
    "deep": b"[" * 100_000,
    "wrong outcome": b'{"name": "b.tif", "scan": "/s", "outcome": {"seconds": [1]}}',
    "another job": b'{"name": "c.tif", "scan": "/scans/c.tif"}',
    "outside": b'{"name": "../../b.tif", "scan": "/scans/b.tif"}',
}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def start(scans, out, settings, notes=None):
    said = [] if notes is None else notes
    return open_batch(out, find_sources(scans, "-mask", out), settings, notice=said.append)


def file_of(jobs, state, name="b.tif"):
    return jobs.root / state / next(job.file for job in jobs.jobs(state) if job.name == name)


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_job_that_is_done_is_restored_again_and_its_files_are_kept(scans, out, settings, kind):
    jobs = start(scans, out, settings)
    run_jobs(out, settings)
    file_of(jobs, JobState.DONE).write_bytes(DAMAGE[kind])
    (out / "b.tif").write_bytes(b"II*\0 retouched")
    times = {name: (out / name).stat().st_mtime_ns for name in ("a.tif", "north wing/c.tif")}
    start(scans, out, settings, notes := [])
    folder = jobs.root / "damaged"
    (kept,) = folder.glob("*.job")
    assert [str(note) for note in notes] == [
        f"The job file {kept} can't be read: b.tif is restored again. Its files are kept beside it."
    ]
    assert kept.read_bytes() == DAMAGE[kind]
    assert kept.with_suffix(".tif").read_bytes() == b"II*\0 retouched"
    assert kept.with_suffix(".json").is_file()
    run_jobs(out, settings)
    assert sorted(job.name for job in jobs.jobs(JobState.DONE)) == ["a.tif", "b.tif", "north wing/c.tif"]
    assert Summary.of(jobs).complete
    assert times == {name: (out / name).stat().st_mtime_ns for name in times}
    start(scans, out, settings, notes := [])
    assert (notes, jobs.files(JobState.WAITING)) == ([], [])


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.FAILED, JobState.CANCELLED])
def test_a_damaged_job_that_was_not_done_is_done(scans, out, settings, state):
    jobs = start(scans, out, settings)
    file = file_of(jobs, JobState.WAITING)
    damaged = jobs.root / state / file.name
    os.replace(file, damaged)
    damaged.write_bytes(b"{")
    start(scans, out, settings, notes := [])
    (kept,) = (jobs.root / "damaged").iterdir()
    assert [str(note) for note in notes] == [f"The job file {kept} can't be read: b.tif is restored again."]
    run_jobs(out, settings)
    assert len(jobs.files(JobState.DONE)) == 3


def test_a_damaged_job_of_a_killed_process_is_done(scans, out, settings):
    jobs = start(scans, out, settings)
    file = file_of(jobs, JobState.WAITING)
    pid = os.fork()
    if not pid:
        claim = jobs.root / "running" / claim_name(file.name)
        os.replace(file, claim)
        claim.write_bytes(b"{")
        os._exit(0)
    os.waitpid(pid, 0)
    start(scans, out, settings, notes := [])
    assert len(notes) == 1
    run_jobs(out, settings)
    assert len(jobs.files(JobState.DONE)) == 3


def test_a_damaged_job_that_runs_is_left_to_its_owner(scans, out, settings):
    jobs = start(scans, out, settings)
    claim = jobs.claim()
    claim.path.write_bytes(b"{")
    start(scans, out, settings, notes := [])
    assert notes == []
    assert len(jobs.files(JobState.WAITING)) == 2
    jobs.release(claim)
    run_jobs(out, settings)
    assert len(jobs.files(JobState.DONE)) == 3


def test_a_job_file_that_is_damaged_meanwhile_is_no_success(scans, out, settings):
    jobs = start(scans, out, settings)
    file_of(jobs, JobState.WAITING).write_bytes(b"{")
    run_jobs(out, settings)
    assert len(jobs.files(JobState.DONE)) == 2
    assert len(list((jobs.root / "damaged").iterdir())) == 1
    wanted = [source.job(0) for source in find_sources(scans, "-mask", out)]
    summary = Summary.of(jobs, 0.0, wanted)
    assert not summary.complete
    assert "failed     b.tif" in summary.table()[0]
    start(scans, out, settings)
    run_jobs(out, settings)
    assert Summary.of(jobs, 0.0, wanted).complete


def test_a_damaged_job_without_a_scan_is_named_once(scans, out, settings):
    jobs = start(scans, out, settings)
    run_jobs(out, settings)
    file_of(jobs, JobState.DONE).write_bytes(b"{")
    for path in (scans / "b.tif", scans / "b-mask.png"):
        path.unlink()
    start(scans, out, settings, notes := [])
    assert str(notes[0]).endswith("can't be read; no scan belongs to it.")
    start(scans, out, settings, notes := [])
    assert notes == []
    assert (out / "b.tif").exists()


def test_other_files_and_folders_in_the_list_are_ignored(scans, out, settings):
    jobs = start(scans, out, settings)
    for state in JobState:
        (jobs.root / state / "Thumbs.db").write_bytes(b"x")
        (jobs.root / state / "folder").mkdir()
    run_jobs(out, settings)
    assert sum(jobs.counts().values()) == 3
    assert Summary.of(jobs).complete


def test_a_folder_in_place_of_a_job_file_is_set_aside(scans, out, settings):
    jobs = start(scans, out, settings)
    file = file_of(jobs, JobState.WAITING)
    file.unlink()
    file.mkdir()
    start(scans, out, settings, notes := [])
    assert len(notes) == 1
    run_jobs(out, settings)
    assert len(jobs.files(JobState.DONE)) == 3


def test_the_command_names_the_file_and_ends_with_0(cli, scans, tmp_path):
    command = ("batch", scans, "-o", tmp_path / "out", "--engine", "harmonic")
    assert cli(*command).code == 0
    folder = tmp_path / "out" / ".imagest-batch"
    file = sorted((folder / "done").iterdir())[1]
    file.write_text(json.dumps({"name": "b.tif"}))
    answer = cli(*command)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(
        f"note: The job file {folder / 'damaged' / file.name}.job can't be read: b.tif"
    )
    assert "paintings: 3 done" in answer.out
