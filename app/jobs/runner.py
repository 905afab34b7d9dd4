"""Long work outside the window's thread: a job queue, and a small pool for tiles and previews."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QRunnable, Qt, QThread, QThreadPool, Signal, Slot

from app.faults import faults
from imagest_core.progress import Cancelled, Progress, Report

log = logging.getLogger(__name__)

REPORTS_PER_SECOND = 20


@dataclass(frozen=True, eq=False)
class Job:
    """Work for the worker thread, with callbacks that run in the window's thread.

    Errors go to ``failed`` if given, otherwise they are reported as messages. Jobs of one ``batch`` are
    cancelled together. The user is asked before a job that ``matters`` is cancelled for something else.
    ``topic``: the action of its messages; its success removes earlier errors of that action.
    """

    title: str
    work: Callable[[Progress], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None] | None = None
    batch: object = None
    matters: bool = True
    topic: str = ""


class _Worker(QObject):
    """Runs jobs in the worker thread."""

    reported = Signal(object)
    preview = Signal(object)
    ended = Signal(object, object)
    """The result, or the error."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()
        self._last = 0.0

    @Slot(object)
    def run(self, job: Job) -> None:
        """Run ``job``; exceptions are reported by ``ended``."""
        self._last = 0.0
        try:
            result = job.work(Progress(self._report, self.stop.is_set, self.preview.emit))
        except BaseException as error:
            self.ended.emit(None, error)
        else:
            self.ended.emit(result, None)

    def _report(self, report: Report) -> None:
        now = time.monotonic()
        if now - self._last >= 1 / REPORTS_PER_SECOND or report.fraction >= 1:
            self._last = now
            self.reported.emit(report)


class Jobs(QObject):
    """A queue that runs one job at a time in one thread.

    ``submitted(Job)``, ``started(Job)``, ``progressed(Report)``, ``preview(object)``; ``cancelling()`` as
    soon as a cancel is requested; then one of ``finished(Job)``, ``failed(Job, Exception)``,
    ``cancelled(Job)``. ``callback_failed(Exception)``: a job's ``done`` or ``failed`` raised;
    ``dropped(Job)``: a queued job will not run; ``queue_changed(int)``: the queue's length; ``idle()``: no
    job is left.
    """

    submitted = Signal(object)
    started = Signal(object)
    progressed = Signal(object)
    preview = Signal(object)
    cancelling = Signal()
    finished = Signal(object)
    failed = Signal(object, object)
    cancelled = Signal(object)
    dropped = Signal(object)
    callback_failed = Signal(object)
    queue_changed = Signal(int)
    idle = Signal()
    _go = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue: deque[Job] = deque()
        self.current: Job | None = None
        self._abandoned: Job | None = None
        self._thread = QThread(self)
        self._thread.setObjectName("jobs")
        self._worker = _Worker()
        self._worker.moveToThread(self._thread)
        self._go.connect(self._worker.run, Qt.ConnectionType.QueuedConnection)
        self._worker.reported.connect(self.progressed)
        self._worker.preview.connect(self.preview)
        self._worker.ended.connect(self._end)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    @property
    def queued(self) -> int:
        """Number of queued jobs."""
        return len(self._queue)

    @property
    def busy(self) -> bool:
        """Whether a job is running."""
        return self.current is not None

    @property
    def stopping(self) -> bool:
        """Whether the running job is being cancelled."""
        return self.busy and self._worker.stop.is_set()

    def submit(self, job: Job) -> None:
        """Run ``job`` after the queued ones."""
        self._queue.append(job)
        self.submitted.emit(job)
        if self.current is None:
            self._next()
        else:
            self.queue_changed.emit(self.queued)

    def cancel(self) -> None:
        """Cancel the running job at its next step and drop the rest of its batch; other jobs stay."""
        if self.current is None or self._worker.stop.is_set():
            return
        self._worker.stop.set()
        batch = self.current.batch
        if batch is not None:
            self._drop([job for job in self._queue if job.batch is batch])
        self.cancelling.emit()
        self.queue_changed.emit(self.queued)

    def abandon(self) -> None:
        """Cancel the running job and drop all queued ones, because their document is being closed.

        Errors of the abandoned job are only logged; other errors after a cancel are reported.
        """
        self.clear()
        self._abandoned = self.current
        self.cancel()

    def clear(self) -> None:
        """Drop all queued jobs."""
        self._drop(list(self._queue))
        self.queue_changed.emit(0)

    def _drop(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._queue.remove(job)
        for job in jobs:
            self.dropped.emit(job)

    def shutdown(self) -> None:
        """Cancel the running job, drop queued ones, end the thread."""
        self._queue.clear()
        self._worker.stop.set()
        self._thread.quit()
        self._thread.wait()

    def _next(self) -> None:
        self.current = self._queue.popleft()
        self._worker.stop.clear()
        self.queue_changed.emit(self.queued)
        log.info("started: %s", self.current.title)
        self.started.emit(self.current)
        self._go.emit(self.current)

    @Slot(object, object)
    def _end(self, result: Any, error: BaseException | None) -> None:
        job, self.current = self.current, None
        assert job is not None
        self._report_result(job, result, error)
        if self._queue and self.current is None:
            self._next()
        elif self.current is None:
            self.idle.emit()

    def _report_result(self, job: Job, result: Any, error: BaseException | None) -> None:
        """Call the callbacks of ``job`` and emit its final signal."""
        if error is None:
            self._call(job.done, result)
            self.finished.emit(job)
        elif isinstance(error, Cancelled) or job is self._abandoned:
            log.info("%s was stopped: %s", job.title, "".join(traceback.format_exception_only(error)).strip())
            self.cancelled.emit(job)
        else:
            faults.note(error)
            if job.failed is not None:
                self._call(job.failed, error)
            self.failed.emit(job, error)

    def _call(self, callback: Callable[[Any], object], value: Any) -> None:
        """Call ``callback``; its exceptions are reported, and the queue continues."""
        try:
            callback(value)
        except Exception as error:
            faults.note(error)
            self.callback_failed.emit(error)


class Ticket:
    """A handle to cancel background work."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Cancel: work that has not started does not run, and no callback is called."""
        self._stop.set()


class _Answer(QObject):
    arrived = Signal(object)


class _Task(QRunnable):
    def __init__(self, work: Callable[[], Any], ticket: Ticket, answer: Callable[[Any, Any], None]) -> None:
        super().__init__()
        self._work, self._ticket, self._answer = work, ticket, answer

    def run(self) -> None:
        """Run the work unless cancelled, and pass on the result.

        References are dropped first, because Qt's pool never frees some finished tasks.
        """
        work, ticket, answer = self._work, self._ticket, self._answer
        del self._work, self._ticket, self._answer
        result, error = None, None
        if not ticket.cancelled:
            try:
                result = work()
            except BaseException as raised:
                error = raised
        answer(result, error)


class Background(QObject):
    """A small thread pool for tiles and previews, independent of jobs."""

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._answers = _Answer(self)
        self._answers.arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._latest: dict[object, tuple[Ticket, Callable[[], None] | None]] = {}
        self._closed = False

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
        *,
        priority: int = 0,
    ) -> Ticket:
        """Run ``work`` in the pool and call ``done`` with its result in the window's thread.

        Higher ``priority`` runs first. Errors go to ``failed``; unexpected ones are also reported.
        """
        ticket = Ticket()

        def answer(result: Any, error: Any) -> None:
            if not self._closed:
                self._answers.arrived.emit((ticket, done, failed, result, error))

        self._pool.start(_Task(lambda: None if self._closed else work(), ticket, answer), priority)
        return ticket

    def latest(
        self,
        key: object,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Like :meth:`submit`, but of all requests under ``key`` while one runs only the last is run."""
        if key in self._latest:
            ticket = self._latest[key][0]
            self._latest[key] = ticket, lambda: self.latest(key, work, done, failed)
            return

        def finish(callback: Callable[[Any], None] | None) -> Callable[[Any], None]:
            def finished(value: Any) -> None:
                _, waiting = self._latest.pop(key, (None, None))
                if waiting is not None:
                    waiting()
                elif callback is not None:
                    callback(value)

            return finished

        self._latest[key] = Ticket(), None
        self.submit(work, finish(done), finish(failed), priority=5)

    def forget(self, key: object) -> None:
        """Drop the requests under ``key``."""
        if key in self._latest:
            self._latest[key] = self._latest[key][0], lambda: None

    @property
    def resting(self) -> bool:
        """Whether no work is running."""
        return self._pool.activeThreadCount() == 0

    def shutdown(self) -> None:
        """Drop queued work and wait for running work; no further callbacks are called."""
        self._closed = True
        self._pool.waitForDone()
        QCoreApplication.sendPostedEvents(self)

    @Slot(object)
    def _deliver(self, answer: tuple[Ticket, Any, Any, Any, Any]) -> None:
        ticket, done, failed, result, error = answer
        if ticket.cancelled or self._closed:
            return
        if error is None:
            done(result)
            return
        faults.report(error)
        if failed is not None:
            failed(error)
