"""The durable list of jobs: one small file a job, in the folder of its state.

A job is claimed by renaming its file from ``waiting`` to ``running``, which succeeds for one process only, on
local disks and on network shares alike. The new name holds the machine, the process and a random token; the
owner touches the file regularly. A claim is stale once its process has ended, or once the file hasn't been
touched for :data:`STALE` seconds by the clock of the disk; any process may then take it over by renaming it
again. Files are written under another name first, so that no reader sees half of one.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from imagest_core.batch.job import Job, JobState, Outcome
from imagest_core.batch.machine import is_dead, machine_name

FOLDER = ".imagest-batch"
STALE = 120.0
"""Seconds without a heartbeat after which a claim of another machine may be taken over."""
ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Claim:
    """A job that this process has taken, and the file that says so."""

    job: Job
    path: Path

    @property
    def held(self) -> bool:
        """Whether no other process has taken it over."""
        return self.path.exists()


class JobList:
    """The jobs of the batch ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / FOLDER

    def create(self) -> None:
        """Create the folders of the list."""
        for state in JobState:
            (self.root / state).mkdir(parents=True, exist_ok=True)

    @property
    def exists(self) -> bool:
        """Whether the folder holds a list."""
        return (self.root / JobState.WAITING).is_dir()

    # Reading

    def files(self, state: JobState) -> list[str]:
        """Return the names of the jobs' files in ``state``, in their order."""
        with suppress(OSError):
            return sorted(name for name in os.listdir(self.root / state) if not name.startswith("."))
        return []

    def jobs(self, state: JobState) -> Iterator[Job]:
        """Yield the jobs in ``state``; those that leave it meanwhile are left out."""
        for name in self.files(state):
            job = self._read(self.root / state / name)
            if job is not None:
                yield job

    def all(self) -> dict[str, tuple[Job, JobState]]:
        """Return every job with its state by id, in the order of the jobs; an ended state wins."""
        found: dict[str, tuple[Job, JobState]] = {}
        for state in (JobState.WAITING, JobState.RUNNING, *reversed(ENDED)):
            found |= {job.id: (job, state) for job in self.jobs(state)}
        return dict(sorted(found.items(), key=lambda item: item[1][0].file))

    def counts(self) -> Counter[JobState]:
        """Return the number of jobs by state."""
        return Counter({state: len(self.files(state)) for state in JobState})

    def _read(self, path: Path) -> Job | None:
        if not path.is_file():
            return None
        try:
            return Job.from_json(path.read_text(encoding="ascii"))
        except (OSError, ValueError, TypeError):
            return None

    # Changing

    def add(self, job: Job) -> None:
        """Add a waiting job, or put an ended one back."""
        self.drop_path(job).unlink(missing_ok=True)
        self._write(JobState.WAITING, job.file, job)
        for state in ENDED:
            self._remove(state, job.id)

    def fail(self, job: Job, outcome: Outcome) -> None:
        """Store the failure of a job that is not running."""
        self._write(JobState.FAILED, job.file, replace(job, outcome=outcome))
        for state in (JobState.WAITING, JobState.DONE, JobState.CANCELLED):
            self._remove(state, job.id)

    def remove(self, job: Job) -> None:
        """Forget a job that is not running; its files stay."""
        for state in (JobState.WAITING, *ENDED):
            self._remove(state, job.id)

    def cancel(self, job: Job) -> bool:
        """Cancel a waiting job; False if it waits no more."""
        source, target = self.root / JobState.WAITING / job.file, self.root / JobState.CANCELLED / job.file
        return _renamed(source, target)

    def drop_path(self, job: Job) -> Path:
        """Return the file that cancels the job while it runs."""
        return self.root / f".drop-{job.id}"

    def reorder(self, job: Job, order: int) -> None:
        """Give a waiting job another place; one that waits no more keeps its own."""
        moved = replace(job, order=order)
        source = self.root / JobState.WAITING / job.file
        if moved.file != job.file and _renamed(source, self.root / JobState.WAITING / moved.file):
            self._write(JobState.WAITING, moved.file, moved)

    def _write(self, state: JobState, name: str, job: Job) -> None:
        """Write a file completely, or not at all."""
        target = self.root / state / name
        temporary = self.root / f".{name}.{secrets.token_hex(4)}"
        try:
            with temporary.open("w", encoding="ascii") as file:
                file.write(job.to_json())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)

    def _remove(self, state: JobState, job_id: str) -> None:
        for name in self.files(state):
            if _id(name) == job_id:
                (self.root / state / name).unlink(missing_ok=True)

    # Claims

    def claim(self) -> Claim | None:
        """Take the first waiting job, else one whose owner has ended; None if there is none."""
        for name in self.files(JobState.WAITING):
            claim = self._take(self.root / JobState.WAITING / name)
            if claim is not None:
                return claim
        return self.take_over()

    def _take(self, source: Path) -> Claim | None:
        target = self.root / JobState.RUNNING / _claim_name(source.name)
        if not _renamed(source, target):
            return None
        with suppress(OSError):
            os.utime(target)
        job = self._read(target)
        if job is None or self._ended(job):
            target.unlink(missing_ok=True)
            return None
        return Claim(job, target)

    def _ended(self, job: Job) -> bool:
        return any((self.root / state / job.file).exists() for state in ENDED)

    def take_over(self) -> Claim | None:
        """Take a running job whose owner has ended; None if there is none."""
        for name in self.stale():
            claim = self._take(self.root / JobState.RUNNING / name)
            if claim is not None:
                again = replace(
                    claim.job,
                    attempts=claim.job.attempts + 1,
                    replace=True,
                    result_sha256="",  # the lost attempt may have written other files
                    record_sha256="",
                )
                return self.update(claim, again)
        return None

    def release_stale(self) -> None:
        """Put back jobs whose owner has ended; they start with all attempts."""
        while (claim := self.take_over()) is not None:
            self.release(replace(claim, job=replace(claim.job, attempts=0)))

    def stale(self) -> list[str]:
        """Return the files of running jobs whose owner has ended."""
        names = self.files(JobState.RUNNING)
        if not names:
            return []
        now = self._disk_time()
        return [name for name in names if self._is_stale(name, now)]

    def _is_stale(self, name: str, now: float) -> bool:
        machine, pid = _owner(name)
        if is_dead(machine, pid):
            return True
        try:
            touched = (self.root / JobState.RUNNING / name).stat().st_mtime
        except OSError:
            return False
        return now - touched > STALE

    def _disk_time(self) -> float:
        """Return the time by the clock of the disk, which may differ from this machine's."""
        probe = self.root / f".clock-{machine_name()}-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            probe.touch()
            return probe.stat().st_mtime
        finally:
            probe.unlink(missing_ok=True)

    def update(self, claim: Claim, job: Job) -> Claim:
        """Store a changed job under its claim; nothing if another process has taken it over."""
        if claim.held:
            self._write(JobState.RUNNING, claim.path.name, job)
        return Claim(job, claim.path)

    def heartbeat(self, claim: Claim) -> None:
        """Say that the owner of the claim is alive."""
        with suppress(OSError):
            os.utime(claim.path)

    def release(self, claim: Claim) -> None:
        """Put a claimed job back, unless another process has taken it over."""
        if claim.held:
            self._write(JobState.WAITING, claim.job.file, claim.job)
            claim.path.unlink(missing_ok=True)

    def end(self, claim: Claim, state: JobState, outcome: Outcome) -> Job:
        """Store what came of a claimed job; an outcome of a claim that was lost is not stored."""
        job = replace(claim.job, outcome=outcome)
        if claim.held:
            self._write(state, job.file, job)
            claim.path.unlink(missing_ok=True)
        return job


def _claim_name(name: str) -> str:
    return f"{name.partition('@')[0]}@{machine_name()}@{os.getpid()}@{secrets.token_hex(4)}"


def _owner(name: str) -> tuple[str, int]:
    """Return the machine and the process in the name of a claim; ("", 0) for another name."""
    parts = name.split("@")
    return (parts[1], int(parts[2])) if len(parts) == 4 and parts[2].isdigit() else ("", 0)


def _id(name: str) -> str:
    return name.partition("@")[0].rpartition("-")[2]


def _renamed(source: Path, target: Path) -> bool:
    """Rename a file; False if it is gone, because another process was faster."""
    try:
        os.rename(source, target)
    except FileNotFoundError:
        return False
    return True
