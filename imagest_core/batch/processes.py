"""Run a batch in several processes of this machine, each a worker with its own model."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imagest_core.batch.job import Job, JobState
from imagest_core.batch.job_list import JobList
from imagest_core.batch.settings import BatchSettings
from imagest_core.errors import ImagestError
from imagest_core.interrupt import hold, insisted
from imagest_core.messages import Message
from imagest_core.progress import Cancelled, Progress

if TYPE_CHECKING:
    from imagest_core.batch.worker import JobReport

POLL = 0.2
LOOK = 0.5
"""Seconds between two looks at a flag."""
NEWS_INTERVAL = 0.2
"""Seconds between two reports of a running job."""
GRACE = 10.0
"""Seconds in which cancelled processes may end by themselves."""
PATIENCE = 5.0
"""Seconds in which a process ends that was told to."""


class Limits(NamedTuple):
    """How many workers share a machine; attempts after a failure; paintings in progress in a worker.

    ``end_when_paused``: workers end during a pause, rather than wait, once nothing is in progress.
    """

    workers: int = 1
    retries: int = 1
    depth: int = 3
    end_when_paused: bool = False


class FlagFile:
    """A file that tells workers in other processes, also on other machines, something by existing."""

    def __init__(self, path: Path) -> None:
        self.path, self._seen, self._next = path, False, 0.0

    def write(self) -> None:
        """Create the file."""
        self.path.touch()

    def remove(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)

    def exists(self) -> bool:
        """Return whether the file exists; looks at the disk at most twice a second."""
        now = time.monotonic()
        if now >= self._next:
            self._seen, self._next = self.path.exists(), now + LOOK
        return self._seen


def pause_flag(jobs: JobList) -> FlagFile:
    """Return the flag that keeps all workers of a list from starting jobs."""
    return FlagFile(jobs.root / "paused")


def drop_flag(jobs: JobList, job: Job) -> FlagFile:
    """Return the flag that cancels one running job."""
    return FlagFile(jobs.drop_path(job))


def run_in_processes(
    jobs: JobList,
    settings: BatchSettings,
    limits: Limits,
    watch: Watch,
    progress: Progress,
    listen: Callable[[list[News]], None] | None = None,
) -> None:
    """Run the jobs in ``limits.workers`` processes; a process that is killed is replaced.

    ``listen`` is called with the news of running jobs.

    Raises ``Cancelled``; and ``ImagestError`` if processes end again and again.
    """
    hold()
    stop = FlagFile(jobs.root / f".stop-{os.getpid()}-{time.monotonic_ns():x}")
    fleet = _Fleet(jobs, settings, limits, stop)
    try:
        fleet.start()
        while fleet.running():
            progress.check()
            watch(jobs)
            if listen is not None and (news := fleet.news()):
                listen(news)
            time.sleep(POLL)
    except BaseException:
        stop.write()
        raise
    finally:
        fleet.end()
        stop.remove()
        jobs.release_stale()


Watch = Callable[[JobList], None]
"""Called regularly while other processes work on a list."""
News = tuple[str, str, float, str]
"""Of a job: its id, its state, and the fraction (0–1) and name of its stage."""


class _Fleet:
    """The processes, and how many more may be started in place of killed ones."""

    def __init__(self, jobs: JobList, settings: BatchSettings, limits: Limits, stop: FlagFile) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._arguments = (
            os.fspath(jobs.folder),
            json.dumps(settings.plain()),
            limits,
            os.fspath(stop.path),
        )
        self._jobs, self._workers = jobs, limits.workers
        self._spare = limits.workers * (limits.retries + 2)
        self._processes: list[multiprocessing.process.BaseProcess] = []
        self._receivers: list[Connection] = []

    def start(self) -> None:
        """Start all processes."""
        for _ in range(min(self._workers, max(len(self._jobs.files(JobState.WAITING)), 1))):
            self._processes.append(self._started())

    def _started(self) -> multiprocessing.process.BaseProcess:
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=work_in_process, args=(*self._arguments, sender), daemon=True)
        with _ctrl_c_blocked():
            process.start()
        sender.close()
        self._receivers.append(receiver)
        return process

    def news(self) -> list[News]:
        """Return what the processes have reported since the last call."""
        news: list[News] = []
        for receiver in list(self._receivers):
            try:
                while receiver.poll():
                    news.append(receiver.recv())
            except (EOFError, OSError):
                self._receivers.remove(receiver)
                receiver.close()
        return news

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
        """Wait for the processes, unless the user insists, then end those that still run."""
        until = time.monotonic() + GRACE
        for process in self._processes:
            while process.is_alive() and not insisted() and time.monotonic() < until:
                process.join(POLL)
            for end in (process.terminate, process.kill):
                if process.is_alive():
                    end()
                    process.join(PATIENCE)
            process.join()
            process.close()
        for receiver in self._receivers:
            receiver.close()


@contextmanager
def _ctrl_c_blocked() -> Iterator[None]:
    """Block Ctrl-C in processes that are started in the body, from their first moment; here it waits."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work_in_process(
    folder: str, settings: str, limits: Limits, stop: str, sender: Connection | None = None
) -> None:
    """Run jobs in this process until none is left or the file ``stop`` exists; send news of them.

    It ends as well once the process that started it is gone.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one says when to stop
    share_cores(limits.workers)
    from imagest_core.batch.worker import WorkerOptions, run_jobs

    jobs, stopping = JobList(Path(folder)), _StopFlag(Path(stop))
    paused, drops = pause_flag(jobs), _Drops(jobs)
    options = WorkerOptions(
        retries=limits.retries,
        depth=limits.depth,
        workers=limits.workers,
        report=_Sender(sender).send,
        may_start=lambda: not paused.exists(),
        end_when_paused=limits.end_when_paused,
        dropped=drops.asked,
    )
    try:
        loaded = BatchSettings.of_plain(json.loads(settings))
        run_jobs(jobs.folder, loaded, options, Progress(cancelled=stopping.exists))
    except Cancelled:
        return


class _StopFlag(FlagFile):
    """The file that tells a worker to end; it also ends when the process that started it was killed."""

    def exists(self) -> bool:
        parent = multiprocessing.parent_process()
        return super().exists() or (parent is not None and not parent.is_alive())


class _Drops:
    """The flags of running jobs that are to be cancelled."""

    def __init__(self, jobs: JobList) -> None:
        self._jobs = jobs
        self._flags: dict[str, FlagFile] = {}

    def asked(self, job: Job) -> bool:
        """Whether this job is to be cancelled."""
        if job.id not in self._flags:
            self._flags[job.id] = drop_flag(self._jobs, job)
        return self._flags[job.id].exists()


class _Sender:
    """Sends news to the process that started this one; of a running job not more than it can show."""

    def __init__(self, connection: Connection | None) -> None:
        self._connection, self._lock = connection, threading.Lock()
        self._next: dict[str, float] = {}

    def send(self, report: JobReport) -> None:
        """Send a report; nothing if nobody listens any more."""
        now, job_id = time.monotonic(), report.job.id
        with self._lock, suppress(OSError):
            if report.state is JobState.RUNNING and now < self._next.get(job_id, 0.0):
                return
            self._next[job_id] = now + NEWS_INTERVAL
            if self._connection is not None:
                news: News = (job_id, report.state.value, report.fraction, report.stage)
                self._connection.send(news)


def share_cores(workers: int) -> None:
    """Limit the threads of libraries that are loaded later to this process's share of the cores.

    A number of threads that is set already, by the user or by Ray, holds for all libraries.
    """
    share = max((os.cpu_count() or 1) // max(workers, 1), 1)
    threads = os.environ.get("OMP_NUM_THREADS") or str(share)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, threads)
