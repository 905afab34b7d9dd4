"""Read a job list again and again: only files that have changed are opened."""

from __future__ import annotations

import os

from imagest_core.batch.job import Job, JobState
from imagest_core.batch.job_list import Damaged, JobList

_Version = tuple[int, int, int]
"""Inode, size and time: they change when a job file is written anew or touched, not when it is renamed."""


class JobReader:
    """Reads the jobs of a list, and remembers them for the next time. Threads may share it."""

    def __init__(self, jobs: JobList) -> None:
        self.jobs = jobs
        self._root = os.fspath(jobs.root)
        self._known: dict[str, tuple[_Version, Job]] = {}

    def scan(self) -> tuple[dict[str, tuple[Job, JobState]], list[tuple[JobState, str]]]:
        """Return what :meth:`JobList.scan` returns; an unchanged job is the same object as before."""
        known, seen = self._known, dict[str, tuple[_Version, Job]]()

        def read(state: JobState, name: str) -> Job | Damaged | None:
            key, version = name.partition("@")[0], self._version(state, name)
            before = known.get(key)
            if version is not None and before is not None and before[0] == version:
                seen[key] = before
                return before[1]
            job = self.jobs.read(state, name)
            if version is not None and isinstance(job, Job):
                seen[key] = version, job
            return job

        found = self.jobs.scan(read)
        self._known = seen
        return found

    def _version(self, state: JobState, name: str) -> _Version | None:
        try:
            status = os.stat(f"{self._root}{os.sep}{state}{os.sep}{name}")
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
