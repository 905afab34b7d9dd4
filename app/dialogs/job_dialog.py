"""A dialog whose long work runs as a job, with progress, cancellation and a line for the outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.context import Context
from app.jobs.runner import Job
from app.messages import explained
from app.widgets.parts import button, label, restyle, row
from app.widgets.placement import Dialog
from imagest_core.progress import Cancelled, Progress, Report


class JobDialog(Dialog):
    """Runs one job at a time; closing the dialog cancels it.

    Subclasses place :attr:`message` and :meth:`progress_row`, and extend :meth:`enable`.
    """

    help_page = "restore#engines"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._context = context
        self._job: Job | None = None
        self._stop = threading.Event()
        self.message = label("", "bad", wrap=True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.cancel = button(self.tr("Cancel"), self._cancel, icon="cancel")
        context.jobs.progressed.connect(self._show_progress)
        context.jobs.cancelled.connect(self._stopped)
        context.jobs.dropped.connect(self._stopped)
        self.finished.connect(self._leave)

    def progress_row(self) -> QHBoxLayout:
        """The progress bar and the button that cancels."""
        return row(self.bar, self.cancel)

    @property
    def busy(self) -> bool:
        """Whether a job of this dialog is running or waiting."""
        return self._job is not None

    def enable(self) -> None:
        """Enable what can be done now."""
        self.bar.setVisible(self.busy)
        self.cancel.setVisible(self.busy)
        self.message.setVisible(bool(self.message.text()))

    def say(self, sentence: str, kind: str = "good") -> None:
        """Show a sentence; ``kind``: good, warn or bad."""
        self.message.setText(sentence)
        restyle(self.message, kind)
        self.message.setVisible(bool(sentence))

    def run(self, title: str, work: Callable[[Progress], Any], done: Callable[[Any], None]) -> None:
        """Run ``work`` as a job; ``done`` gets its result, errors are shown in the dialog."""
        if self.busy:
            return
        stop = self._stop = threading.Event()

        def stoppable(progress: Progress) -> Any:
            if stop.is_set():
                raise Cancelled
            return work(progress)

        job = Job(
            title,
            stoppable,
            lambda result: self._end(job, lambda: done(result)),
            lambda error: self._end(job, lambda: self.say(explained(error)[0], "bad")),
        )
        self._job = job
        self.bar.setValue(0)
        waiting = self._context.jobs.busy
        self.say(self.tr("This starts when the running job ends.") if waiting else "", "warn")
        self.enable()
        self._context.jobs.submit(job)

    def _end(self, job: object, then: Callable[[], None]) -> None:
        """Forget the job, unless the dialog was closed; then show its outcome."""
        if self._job is None or job is not self._job:
            return
        self._job = None
        self.say("")
        then()
        self.enable()

    def _stopped(self, job: object) -> None:
        self._end(job, lambda: self.say(self.tr("Cancelled."), "warn"))

    def _show_progress(self, report: Report) -> None:
        if self._job is not None and self._context.jobs.current is self._job:
            self.bar.setValue(round(report.fraction * 1000))

    def _cancel(self) -> None:
        """Cancel the job, also if it is still waiting."""
        self._stop.set()
        if self._job is not None and self._context.jobs.current is self._job:
            self._context.jobs.cancel()
        elif self._job is not None:
            self._stopped(self._job)

    def _leave(self) -> None:
        jobs = self._context.jobs
        jobs.progressed.disconnect(self._show_progress)
        jobs.cancelled.disconnect(self._stopped)
        jobs.dropped.disconnect(self._stopped)
        self._stop.set()
        if self._job is not None and jobs.current is self._job:
            jobs.cancel()
        self._job = None
