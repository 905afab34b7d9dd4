"""The durable list of jobs: one small file a job, in the folder of its state.

A job is claimed by renaming its file from ``waiting`` to ``running``, which succeeds for one process only, on
local disks and on network shares alike. The new name holds the machine, the process and a random token; the
owner touches the file regularly. A claim is stale once its process has ended, or once the file hasn't been
touched for :data:`STALE` seconds by the clock of the disk; any process may then take it over by renaming it
again. Files are written under another name first, so that no reader sees half of one. A job that is put back
is moved by one renaming, so that it is in one folder at any time. A job file that can't be read is moved to
the folder ``damaged``.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from imagest_core.batch.job import Job, JobState, Outcome
from imagest_core.batch.machine import is_dead, machine_name

FOLDER = ".imagest-batch"
STALE = 120.0
"""Seconds without a heartbeat after which a claim of another machine may be taken over."""
LISTED = 1.0
"""Seconds for which a worker trusts its list of waiting jobs; one of 10,000 takes 20 ms."""
ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
DAMAGED = "damaged"
"""The folder of job files that can't be read."""
_FILE = re.compile(r"-?\d{6,}-[0-9a-f]{12}(@.*)?")
_UNREADABLE = (errno.EIO, errno.EACCES)


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
        self._waiting: list[str] = []
        self._listed = -LISTED

    def create(self) -> None:
        """Create the folders of the list, also those that a copy without empty folders has lost."""
        for state in JobState:
            (self.root / state).mkdir(parents=True, exist_ok=True)

    @property
    def exists(self) -> bool:
        """Whether the folder holds a list; a copy may lack the empty folders."""
        return any((self.root / state).is_dir() for state in JobState)

    # Reading

    def files(self, state: JobState | str) -> list[str]:
        """Return the names of the jobs' files in ``state``, in their order."""
        with suppress(OSError):
            return sorted(name for name in os.listdir(self.root / state) if _FILE.fullmatch(name))
        return []

    def jobs(self, state: JobState) -> Iterator[Job]:
        """Yield the jobs in ``state``; those that leave it meanwhile, and damaged ones, are left out."""
        for name in self.files(state):
            job = self._read(self.root / state / name)
            if isinstance(job, Job):
                yield job

    def all(self) -> dict[str, tuple[Job, JobState]]:
        """Return every job with its state by id, in the order of the jobs; an ended state wins."""
        return self.scan()[0]

    def scan(self) -> tuple[dict[str, tuple[Job, JobState]], list[tuple[JobState, str]]]:
        """Return what :meth:`all` returns, and state and name of the files that can't be read.

        Jobs that are moved meanwhile are found as well: what waits and what runs is looked through twice,
        because a job that fails may go back.
        """
        found: dict[str, tuple[Job, JobState]] = {}
        damaged: list[tuple[JobState, str]] = []
        seen: dict[JobState, set[str]] = {JobState.WAITING: set(), JobState.RUNNING: set()}
        for state in (*seen, *seen, *reversed(ENDED)):
            names = set(self.files(state))
            for name in sorted(names - seen.get(state, set())):
                job = self._read(self.root / state / name)
                if isinstance(job, Job):
                    found[job.id] = (job, state)
                elif job is _Damaged.FILE:
                    damaged.append((state, name))
            seen.get(state, set()).update(names)
        return dict(sorted(found.items(), key=lambda item: item[1][0].file)), damaged

    def counts(self) -> Counter[JobState]:
        """Return the number of jobs by state."""
        return Counter({state: len(self.files(state)) for state in JobState})

    def running_ids(self) -> set[str]:
        """Return the ids of the jobs that run, also of those whose file can't be read."""
        return {id_of(name) for name in self.files(JobState.RUNNING)}

    def _read(self, path: Path) -> Job | _Damaged | None:
        """Return the job in a file; None if it isn't there any more."""
        if not path.is_file():
            return _Damaged.FILE if os.path.lexists(path) else None
        try:
            job = Job.from_json(path.read_text(encoding="ascii"))
        except (ValueError, TypeError):
            return _Damaged.FILE
        except OSError as error:
            return _Damaged.FILE if error.errno in _UNREADABLE else None
        return job if job.id == id_of(path.name) else _Damaged.FILE

    # Changing

    def add(self, job: Job) -> None:
        """Add a waiting job, or put an ended one back."""
        self._listed = -LISTED
        self.drop_path(job).unlink(missing_ok=True)
        ended = [state for state in ENDED if (self.root / state / job.file).exists()]
        if not ended:
            self._write(JobState.WAITING, job.file, job)
            return
        for state in ended[1:]:
            (self.root / state / job.file).unlink(missing_ok=True)
        self._write(ended[0], job.file, job)
        _renamed(self.root / ended[0] / job.file, self.root / JobState.WAITING / job.file)

    def fail(self, job: Job, outcome: Outcome) -> None:
        """Store the failure of a job that is not running."""
        self._write(JobState.FAILED, job.file, replace(job, outcome=outcome))
        for state in (JobState.WAITING, JobState.DONE, JobState.CANCELLED):
            (self.root / state / job.file).unlink(missing_ok=True)

    def remove(self, job: Job) -> None:
        """Forget a job that is not running; its files stay."""
        for state in (JobState.WAITING, *ENDED):
            self._remove(state, job.id)

    def withdraw(self, job: Job) -> bool:
        """Hide a waiting job from all workers; False if it waits no more. Only while a batch is opened."""
        return _renamed(self.root / JobState.WAITING / job.file, self._withdrawn(job.file))

    def forget_withdrawn(self, job: Job) -> None:
        """Remove what :meth:`withdraw` hid, once the job was added again or failed."""
        self._withdrawn(job.file).unlink(missing_ok=True)

    def restore_withdrawn(self) -> None:
        """Let jobs wait that were withdrawn by a process that was killed before it put them back."""
        hidden = [name[1:] for name in os.listdir(self.root / JobState.WAITING) if _FILE.fullmatch(name[1:])]
        there = {id_of(name) for state in JobState for name in self.files(state)} if hidden else set()
        for name in hidden:
            if id_of(name) in there:
                self._withdrawn(name).unlink(missing_ok=True)
            else:
                _renamed(self._withdrawn(name), self.root / JobState.WAITING / name)

    def _withdrawn(self, name: str) -> Path:
        return self.root / JobState.WAITING / f".{name}"

    def set_aside(self, state: JobState, name: str) -> Path | None:
        """Move a job file that can't be read to ``damaged``; return its path, None if it is gone."""
        folder = self.root / DAMAGED
        folder.mkdir(exist_ok=True)
        target = folder / name.partition("@")[0]
        if os.path.lexists(target):
            target = folder / f"{target.name}@{secrets.token_hex(4)}"
        return target if _renamed(self.root / state / name, target) else None

    def cancel(self, job: Job) -> bool:
        """Cancel a waiting job; False if it waits no more."""
        source, target = self.root / JobState.WAITING / job.file, self.root / JobState.CANCELLED / job.file
        return _renamed(source, target)

    def drop_path(self, job: Job) -> Path:
        """Return the file that cancels the job while it runs."""
        return self.root / f".drop-{job.id}"

    def reorder(self, job: Job, order: int) -> None:
        """Give a waiting job another place; one that waits no more keeps its own."""
        self._listed = -LISTED
        moved = replace(job, order=order)
        hidden = self._withdrawn(moved.file)  # so that no worker takes it half changed
        if moved.file != job.file and _renamed(self.root / JobState.WAITING / job.file, hidden):
            self._write(JobState.WAITING, hidden.name, moved)
            _renamed(hidden, self.root / JobState.WAITING / moved.file)

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
            if id_of(name) == job_id:
                (self.root / state / name).unlink(missing_ok=True)

    # Claims

    def claim(self) -> Claim | None:
        """Take the first waiting job, else one whose owner has ended; None if there is none.

        What other processes add or reorder is seen after :data:`LISTED` seconds, or when nothing else waits.
        """
        known = time.monotonic() - self._listed < LISTED
        for fresh in (False, True) if known else (True,):
            if fresh:
                self._waiting, self._listed = self.files(JobState.WAITING)[::-1], time.monotonic()
            while self._waiting:
                claim = self._take(self.root / JobState.WAITING / self._waiting.pop())
                if claim is not None:
                    return claim
        return self.take_over()

    def _take(self, source: Path) -> Claim | None:
        target = self.root / JobState.RUNNING / claim_name(source.name)
        with suppress(OSError):
            os.utime(source)  # before it is renamed, so that it is never taken for an old claim
        if not _renamed(source, target):
            return None
        job = self._read(target)
        if job is _Damaged.FILE:
            self.set_aside(JobState.RUNNING, target.name)
        if not isinstance(job, Job):
            return None
        if self._ended(job):
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
        now = self.disk_time()
        return [name for name in names if is_stale(self.root / JobState.RUNNING / name, now)]

    def disk_time(self) -> float:
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
        self._listed = -LISTED
        if claim.held:
            self._write(JobState.RUNNING, claim.path.name, claim.job)
            _renamed(claim.path, self.root / JobState.WAITING / claim.job.file)

    def end(self, claim: Claim, state: JobState, outcome: Outcome) -> Job:
        """Store what came of a claimed job; an outcome of a claim that was lost is not stored."""
        job = replace(claim.job, outcome=outcome)
        if claim.held:
            self._write(state, job.file, job)
            claim.path.unlink(missing_ok=True)
        return job


class _Damaged(Enum):
    FILE = "can't be read"


def claim_name(name: str) -> str:
    """Return the name under which this process owns the file ``name``."""
    return f"{name.partition('@')[0]}@{machine_name()}@{os.getpid()}@{secrets.token_hex(4)}"


def is_stale(path: Path, now: float) -> bool:
    """Return whether the owner in a file's name has ended, or hasn't touched it; ``now``: by the disk."""
    machine, pid = _owner(path.name)
    if is_dead(machine, pid):
        return True
    try:
        return now - path.stat().st_mtime > STALE
    except OSError:
        return False


def _owner(name: str) -> tuple[str, int]:
    """Return the machine and the process in the name of a claim; ("", 0) for another name."""
    parts = name.split("@")
    return (parts[1], int(parts[2])) if len(parts) == 4 and parts[2].isdigit() else ("", 0)


def id_of(name: str) -> str:
    """Return the id of a job from the name of its file."""
    return name.partition("@")[0].rpartition("-")[2]


def _renamed(source: Path, target: Path) -> bool:
    """Rename a file; False if it is gone, because another process was faster."""
    try:
        os.rename(source, target)
    except FileNotFoundError:
        return False
    return True
