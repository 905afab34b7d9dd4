"""Run a batch in several processes of this machine, each a worker with its own model."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from imagest_core.batch.job import JobState
from imagest_core.batch.job_list import JobList
from imagest_core.batch.settings import BatchSettings
from imagest_core.errors import ImagestError
from imagest_core.messages import Message
from imagest_core.progress import Cancelled, Progress

POLL = 0.2
GRACE = 10.0
"""Seconds in which cancelled processes may end by themselves."""


class StopFile:
    """A file that tells workers in other processes, also on other machines, to stop."""

    def __init__(self, path: Path) -> None:
        self.path, self._seen, self._next = path, False, 0.0

    def write(self) -> None:
        """Tell the workers to stop."""
        self.path.touch()

    def remove(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)

    def exists(self) -> bool:
        """Return whether the workers shall stop; looks at the disk at most once a second."""
        now = time.monotonic()
        if not self._seen and now >= self._next:
            self._seen, self._next = self.path.exists(), now + 1.0
        return self._seen


def run_in_processes(
    jobs: JobList, settings: BatchSettings, workers: int, retries: int, watch: Watch, progress: Progress
) -> None:
    """Run the jobs in ``workers`` processes; a process that is killed is replaced.

    Raises ``Cancelled``; and ``ImagestError`` if processes end again and again.
    """
    stop = StopFile(jobs.root / f".stop-{os.getpid()}-{time.monotonic_ns():x}")
    fleet = _Fleet(jobs, settings, workers, retries, stop)
    try:
        fleet.start()
        while fleet.running():
            progress.check()
            watch(jobs)
            time.sleep(POLL)
    except BaseException:
        stop.write()
        raise
    finally:
        fleet.end()
        stop.remove()


Watch = Callable[[JobList], None]
"""Called regularly while other processes work on a list."""


class _Fleet:
    """The processes, and how many more may be started in place of killed ones."""

    def __init__(
        self, jobs: JobList, settings: BatchSettings, workers: int, retries: int, stop: StopFile
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._arguments = (
            os.fspath(jobs.folder),
            json.dumps(settings.plain()),
            workers,
            retries,
            os.fspath(stop.path),
        )
        self._jobs, self._workers = jobs, workers
        self._spare = workers * (retries + 2)
        self._processes: list[multiprocessing.process.BaseProcess] = []

    def start(self) -> None:
        """Start all processes."""
        for _ in range(min(self._workers, max(len(self._jobs.files(JobState.WAITING)), 1))):
            self._processes.append(self._started())

    def _started(self) -> multiprocessing.process.BaseProcess:
        process = self._context.Process(target=work_in_process, args=self._arguments, daemon=True)
        process.start()
        return process

    def running(self) -> bool:
        """Replace killed processes; return whether any runs."""
        for index, process in enumerate(self._processes):
            if process.is_alive() or process.exitcode == 0:
                continue
            if self._spare <= 0:
                raise ImagestError(Message("Processes ended again and again; see why, and start again."))
            self._spare -= 1
            self._processes[index] = self._started()
        return any(process.is_alive() for process in self._processes)

    def end(self) -> None:
        """Wait for the processes, then end those that still run."""
        until = time.monotonic() + GRACE
        for process in self._processes:
            process.join(max(until - time.monotonic(), 0.0))
            if process.is_alive():
                process.terminate()
                process.join()
            process.close()


def work_in_process(folder: str, settings: str, workers: int, retries: int, stop: str) -> None:
    """Run jobs in this process until none is left or the file ``stop`` exists."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one says when to stop
    share_cores(workers)
    from imagest_core.batch.worker import WorkerOptions, run_jobs

    stopping = StopFile(Path(stop))
    try:
        run_jobs(
            Path(folder),
            BatchSettings.of_plain(json.loads(settings)),
            WorkerOptions(retries=retries, workers=workers),
            Progress(cancelled=stopping.exists),
        )
    except Cancelled:
        return


def share_cores(workers: int) -> None:
    """Limit the threads of libraries that are loaded later to this process's share of the cores."""
    threads = max((os.cpu_count() or 1) // max(workers, 1), 1)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
