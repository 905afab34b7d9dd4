"""A worker: takes jobs from the list; reading, filling and writing of different paintings overlap.

One thread reads, the calling thread fills, one thread writes. A failed job never stops the others. When no
job waits, the worker stays until the jobs of other workers have ended, in case it must take one over.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from imagest_core.batch import work as stages
from imagest_core.batch.job import Job, JobState, Outcome, template_of
from imagest_core.batch.job_list import Claim, JobList
from imagest_core.batch.machine import machine_name
from imagest_core.batch.memory import MemoryBudget
from imagest_core.batch.settings import BatchSettings
from imagest_core.errors import ImagestError, InputError, out_of_memory
from imagest_core.interrupt import insisted, undisturbed
from imagest_core.messages import Message
from imagest_core.painting.formats.base import pixels_allowed
from imagest_core.progress import Cancelled, Progress, Report

DEPTH = 3
"""Paintings in progress at the same time: one is read, one filled, one written."""
HEARTBEAT = 10.0
POLL = 0.05
WAIT = 0.5
"""Seconds between two looks at the list while other workers run."""


@dataclass(frozen=True)
class JobReport:
    """News of a job: its state, and while it runs its ``stage`` and ``fraction`` (0–1)."""

    job: Job
    state: JobState
    fraction: float = 0.0
    stage: str = ""


def _silent(_: JobReport) -> None:
    return None


def _always() -> bool:
    return True


@dataclass(frozen=True)
class WorkerOptions:
    """How a worker runs.

    ``retries``: how often a job is tried again after an error that may pass. ``depth``: paintings in progress
    at the same time. ``workers``: workers on this machine, which share its memory. ``may_start``: polled
    before a job is taken; once it is false, jobs that are not being filled yet wait again.
    ``end_when_paused``: end when no job may be started and none is in progress, rather than wait.
    ``dropped``: polled by a running job; true cancels this job alone.
    """

    retries: int = 1
    depth: int = DEPTH
    workers: int = 1
    report: Callable[[JobReport], None] = _silent
    may_start: Callable[[], bool] = _always
    end_when_paused: bool = False
    dropped: Callable[[Job], bool] = lambda _: False


@dataclass
class _Item:
    claim: Claim
    work: stages.Work
    memory: int


class Worker:
    """Runs the jobs of a list until none is left; see :meth:`run`."""

    def __init__(
        self, jobs: JobList, settings: BatchSettings, options: WorkerOptions, progress: Progress
    ) -> None:
        self.jobs, self.settings, self.options = jobs, settings, options
        self.budget = MemoryBudget.of_machine(options.workers)
        self._outer = progress
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._ended.set()
        self._slots = threading.Semaphore(options.depth)
        self._to_fill: queue.Queue[_Item | None] = queue.Queue()
        self._to_write: queue.Queue[_Item | None] = queue.Queue()
        self._claims: dict[Path, Claim] = {}
        self._lock = threading.Lock()
        self._errors: list[BaseException] = []

    def run(self) -> None:
        """Run jobs until none is left; raises ``Cancelled``, after which claimed jobs wait again."""
        bodies = (self._read_all, self._write_all, self._beat)
        threads = [threading.Thread(target=self._guarded(body), daemon=True) for body in bodies]
        with pixels_allowed(self.settings.max_pixels):
            undisturbed(lambda: self._work(threads), lambda: self._close(threads))
        if self._errors:
            raise self._errors[0]

    def _work(self, threads: list[threading.Thread]) -> None:
        for thread in threads:
            thread.start()
        self._fill_all()
        threads[1].join()
        self._check()

    def _close(self, threads: list[threading.Thread]) -> None:
        """Wait for the threads, unless the user insists, and put back what is in progress."""
        self._stop.set()
        for thread in threads:
            while thread.is_alive() and not insisted():
                thread.join(POLL)
        self._release_all()

    def _guarded(self, body: Callable[[], None]) -> Callable[[], None]:
        """Return a thread's body that stops the others when it fails; failures of jobs are not failures."""

        def run() -> None:
            try:
                body()
            except Cancelled:
                self._stop.set()
            except BaseException as error:
                self._errors.append(error)
                self._stop.set()

        return run

    def _cancelled(self) -> bool:
        if self._stop.is_set():
            return True
        try:
            self._outer.check()
        except Cancelled:
            self._stop.set()
            return True
        return False

    def _check(self) -> None:
        if self._cancelled():
            raise Cancelled

    def _next(self, source: queue.Queue[_Item | None]) -> _Item | None:
        """Return the next item, None at the end; raises ``Cancelled``."""
        while True:
            self._check()
            try:
                return source.get(timeout=POLL)
            except queue.Empty:
                continue

    # Stages

    def _read_all(self) -> None:
        while (claim := self._claim()) is not None:
            self._attempt(claim, lambda claim=claim: self._read(claim))  # type: ignore[misc]
        self._to_fill.put(None)

    def _claim(self) -> Claim | None:
        """Return the next job, None at the end; raises ``Cancelled``."""
        while not self._slots.acquire(timeout=POLL):
            self._check()
            self._put_back_if_paused()
        while True:
            self._check()
            paused = self._put_back_if_paused()
            claim = None if paused else self.jobs.claim()
            if claim is not None:
                with self._lock:
                    self._claims[claim.path] = claim
                return claim
            if self._all_ended(paused):
                return None
            self._ended.wait(WAIT)
            self._ended.clear()

    def _put_back_if_paused(self) -> bool:
        """Return whether no job may be started; those that were read ahead wait again then."""
        if self.options.may_start():
            return False
        while True:
            try:
                item = self._to_fill.get_nowait()
            except queue.Empty:
                return True
            if item is not None:
                self._put_back(item.claim, item)

    def _put_back(self, claim: Claim, item: _Item | None) -> None:
        self.jobs.release(claim)
        self._forget(claim, item)
        self.options.report(JobReport(claim.job, JobState.WAITING))

    def _all_ended(self, paused: bool) -> bool:
        """Whether no job can become this worker's any more: none waits, and none runs elsewhere or here."""
        if paused:
            with self._lock:
                return self.options.end_when_paused and not self._claims
        if self.jobs.files(JobState.WAITING):
            return False
        running = self.jobs.files(JobState.RUNNING)
        with self._lock:
            own = {path.name for path in self._claims}
        return not own and not running and not self.jobs.files(JobState.WAITING)  # one may have gone back

    def _read(self, claim: Claim) -> None:
        if claim.job.attempts > self.options.retries + 1:
            raise _WorkerLostError(
                Message("The program ended several times while this painting was restored.")
            )
        claim.job.check_unedited(self.jobs.folder)
        work = stages.read(claim.job, self.settings, self._progress(claim, 0.0, 0.1, ahead=True))
        try:
            memory = work.memory
            self.budget.take(memory, self._progress(claim, 0.1, 0.1, ahead=True))
        except BaseException:
            work.close()
            raise
        self._to_fill.put(_Item(claim, work, memory))

    def _fill_all(self) -> None:
        while (item := self._next(self._to_fill)) is not None:
            self._attempt(item.claim, lambda item=item: self._fill(item), item)  # type: ignore[misc]
        self._to_write.put(None)

    def _fill(self, item: _Item) -> None:
        if not self.options.may_start():
            self._put_back(item.claim, item)
            return
        stages.fill(item.work, self.settings, self._progress(item.claim, 0.1, 0.8, "restoring"))
        self._to_write.put(item)

    def _write_all(self) -> None:
        while (item := self._next(self._to_write)) is not None:
            self._attempt(item.claim, lambda item=item: self._write(item), item)  # type: ignore[misc]

    def _write(self, item: _Item) -> None:
        progress = self._progress(item.claim, 0.8, 1.0, "writing")
        if not item.claim.held:
            self._forget(item.claim, item)
            return
        outcome = stages.write(item.work, self.jobs.folder, self.settings, progress)
        self._end(item.claim, JobState.DONE, outcome, item)

    # Outcomes

    def _attempt(self, claim: Claim, stage: Callable[[], None], item: _Item | None = None) -> None:
        """Run a stage of a job; an error ends this job, ``Cancelled`` of the whole work is raised."""
        try:
            stage()
        except Cancelled:
            if self._cancelled():
                raise
            if not self.options.dropped(claim.job):  # paused while it was read
                self._put_back(claim, item)
                return
            self._end(claim, JobState.CANCELLED, Outcome(host=machine_name()), item)
        except Exception as error:
            self._failed(claim, error, item)

    def _failed(self, claim: Claim, error: Exception, item: _Item | None) -> None:
        job = replace(claim.job, attempts=claim.job.attempts + 1)
        if not isinstance(error, (InputError, _WorkerLostError)) and job.attempts <= self.options.retries:
            self._put_back(Claim(job, claim.path), item)
            return
        seconds = {} if item is None else item.work.seconds
        reason = reason_of(error)
        outcome = Outcome(str(reason), template_of(reason), seconds=seconds, host=machine_name())
        self._end(Claim(job, claim.path), JobState.FAILED, outcome, item)

    def _end(self, claim: Claim, state: JobState, outcome: Outcome, item: _Item | None) -> None:
        job = self.jobs.end(claim, state, outcome)
        self._forget(claim, item)
        self.options.report(JobReport(job, state, 1.0))

    def _forget(self, claim: Claim, item: _Item | None) -> None:
        """Free what a job holds; the next one may start."""
        with self._lock:
            self._claims.pop(claim.path, None)
        if item is not None:
            item.work.close()
            self.budget.give(item.memory)
        self._slots.release()
        self._ended.set()

    def _release_all(self) -> None:
        """After a cancel: close what is open and put the jobs back."""
        for source in (self._to_fill, self._to_write):
            while not source.empty():
                if (item := source.get()) is not None:
                    item.work.close()
        with self._lock:
            claims = list(self._claims.values())
            self._claims.clear()
        for claim in claims:
            self.jobs.release(claim)
            self.options.report(JobReport(claim.job, JobState.WAITING))

    # Progress

    def _progress(
        self, claim: Claim, start: float, end: float, stage: str = "reading", *, ahead: bool = False
    ) -> Progress:
        """Return the progress of a stage; ``ahead``: a pause ends it, too."""
        job = claim.job
        report = self.options.report

        def show(news: Report) -> None:
            report(JobReport(job, JobState.RUNNING, news.fraction, news.stage or stage))

        def cancelled() -> bool:
            paused = ahead and not self.options.may_start()
            return self._cancelled() or paused or self.options.dropped(job)

        progress = Progress(show, cancelled, start=start, end=end, stage=stage)
        progress.set(0.0)
        return progress

    def _beat(self) -> None:
        """Touch the claims regularly."""
        while not self._stop.wait(HEARTBEAT):
            with self._lock:
                claims = list(self._claims.values())
            for claim in claims:
                self.jobs.heartbeat(claim)


class _WorkerLostError(ImagestError):
    """Processes ended without an error while they ran a job."""


def reason_of(error: Exception) -> str:
    """Return the sentence that says why a job failed."""
    if isinstance(error, ImagestError):
        return error.message
    if out_of_memory(error):
        return Message("There was not enough memory.")
    if isinstance(error, OSError) and error.strerror:
        return Message("A file can't be used: {reason}.", reason=f"{error.filename}: {error.strerror}")
    return Message("An internal error stopped it ({error}).", error=f"{type(error).__name__}: {error}")


def run_jobs(
    folder: Path,
    settings: BatchSettings,
    options: WorkerOptions | None = None,
    progress: Progress | None = None,
) -> None:
    """Run the jobs of the batch ``folder`` until none is left; raises ``Cancelled``."""
    Worker(JobList(folder), settings, options or WorkerOptions(), progress or Progress()).run()
