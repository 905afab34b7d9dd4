"""The queue: add scans and folders, order them, start, pause, cancel, and open results."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from app.commands import open as opening
from app.context import Context
from app.dialogs.queue_adding import AddingBar
from app.dialogs.queue_options import QueueOptions
from app.dialogs.queue_table import QueueTable
from app.folders import remember_folder, start_folder
from app.i18n.core_messages import localized
from app.i18n.noop import QT_TRANSLATE_NOOP
from app.jobs.painting_queue import Added, Listed
from app.messages import explained
from app.widgets.parts import button, column, label, restyle, row
from app.widgets.placement import Dialog
from imagest_core.batch.job import Job, JobState
from imagest_core.errors import ImagestError
from imagest_core.progress import Cancelled

STATES = {
    JobState.WAITING: QT_TRANSLATE_NOOP("Queue", "waiting"),
    JobState.RUNNING: QT_TRANSLATE_NOOP("Queue", "running"),
    JobState.DONE: QT_TRANSLATE_NOOP("Queue", "done"),
    JobState.FAILED: QT_TRANSLATE_NOOP("Queue", "failed"),
    JobState.CANCELLED: QT_TRANSLATE_NOOP("Queue", "cancelled"),
}
STAGES = {
    "reading": QT_TRANSLATE_NOOP("Queue", "reading"),
    "restoring": QT_TRANSLATE_NOOP("Queue", "restoring"),
    "writing": QT_TRANSLATE_NOOP("Queue", "writing"),
}
SOON, REST, LATEST = 0.1, 5, 1.0
"""Seconds until a changed list is read; if reading takes long, so many times as long, but not more."""
RESULTS = "restored"
"""Name of the folder that is proposed for results, in the folder of the first scan."""


def translated(text: str) -> str:
    """The translation of a text of this module."""
    return QCoreApplication.translate("Queue", text)


class QueueDialog(Dialog):
    """Shows the queue of the context; closing it changes nothing, the queue goes on."""

    help_page = "queue"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._queue = context, context.queue
        self._states: Counter[JobState] = Counter()
        self._damaged: set[Path] = set()
        self._adding = self._proposed = self._reading = self._outdated = False
        self.setWindowTitle(self.tr("Queue"))
        self.setAcceptDrops(True)
        self.resize(860, 600)
        self._build()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(round(1000 * SOON))
        self._later.timeout.connect(self._read)
        self._queue.changed.connect(self._read_soon)
        self._queue.news.connect(self._show_news)
        self._queue.running_changed.connect(self.enable)
        self._queue.running_changed.connect(lambda _: self.options.refresh())
        self._queue.failed.connect(self._say_error)
        stored = context.settings.queue_folder
        if self._queue.folder is None and stored is not None:
            self._queue.open(stored)
        self.options.refresh()
        self.enable()
        self._read()

    # Building

    def present(self) -> None:
        """Show the window above all others."""
        self.show()
        self.raise_()
        self.activateWindow()

    def _build(self) -> None:
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Queue"), "title"))
        self.hint = label(
            self.tr(
                "Add scans or folders, or drop them here. The mask of each scan lies beside it. "
                "The queue goes on while you work, and after the window was closed it continues where it was."
            ),
            "soft",
            wrap=True,
        )
        layout.addWidget(self.hint)
        self.options = QueueOptions(self._context, self)
        self.options.folder_chosen.connect(self._change_folder)
        self.options.failed.connect(self._say_error)
        layout.addWidget(self.options)
        self.tree = self._table()
        layout.addWidget(self.tree, 1)
        self.message = label("", "bad", wrap=True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self.message)
        self.adding = AddingBar(self._queue)
        layout.addWidget(self.adding)
        self.add_scans = button(self.tr("Add scans…"), self._browse_scans, icon="plus")
        self.add_folder = button(self.tr("Add folder…"), self._browse_folder, icon="open")
        self.up = button(self.tr("Up"), lambda: self._move(-1))
        self.down = button(self.tr("Down"), lambda: self._move(1))
        self.cancel = button(self.tr("Cancel"), self._cancel, icon="cancel")
        self.remove = button(self.tr("Remove from list"), self._remove, icon="discard")
        self.retry = button(self.tr("Try again"), self._retry)
        self.show_result = button(self.tr("Open result"), self._open_result)
        layout.addLayout(row(self.add_scans, self.add_folder, None, self.up, self.down))
        layout.addLayout(row(self.cancel, self.remove, self.retry, None, self.show_result))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Restored paintings"))
        self.counts = label("", "small")
        self.run = button(self.tr("Start"), self._start_or_pause, icon="restore")
        self.leave = button(self.tr("Close"), self.close)
        layout.addLayout(row(self.bar, self.counts, self.run, self.leave))

    def _table(self) -> QueueTable:
        titles = self.tr("Painting"), self.tr("State"), self.tr("Time"), self.tr("Note")
        table = QueueTable(self._texts, titles)
        table.setAccessibleName(self.tr("Paintings in the queue"))
        table.selectionModel().selectionChanged.connect(self.enable)
        table.doubleClicked.connect(lambda _: self._open_result())
        return table

    def say(self, sentence: str, kind: str = "good") -> None:
        """Show a sentence; ``kind``: good, warn or bad."""
        self.message.setText(sentence)
        restyle(self.message, kind)
        self.message.setVisible(bool(sentence))

    def _say_error(self, error: Exception) -> None:
        self.say(explained(error)[0], "bad")

    # Showing

    def _read_soon(self) -> None:
        """Read the list a little later, so that a long one is not read all the time."""
        if not self._later.isActive():
            self._later.start()

    def _read(self) -> None:
        """Read the list in the background, then show it."""
        if self._reading:
            self._outdated = True
            return
        self._reading, self._outdated = True, False
        started, folder = time.monotonic(), self._queue.folder

        def end() -> None:
            self._reading = False
            rest = REST * (time.monotonic() - started)
            self._later.setInterval(round(1000 * min(max(SOON, rest), LATEST)))
            if self._outdated:
                self._read_soon()

        def arrived(listed: Listed) -> None:
            end()
            if folder == self._queue.folder:
                self.show_list(listed)

        self._context.background.submit(self._queue.read, arrived, lambda _: end(), priority=5)

    def show_list(self, listed: Listed) -> None:
        """Show the jobs. Files that can't be read as jobs are named once."""
        unnamed = [path for path in listed.damaged if path not in self._damaged]
        if unnamed and not self._adding:
            self._damaged.update(unnamed)
            sentence = self.tr("%n job file(s) can't be read (%1): add the scans again.", "", len(unnamed))
            self.say(sentence.replace("%1", str(unnamed[0])), "warn")
        self._states = Counter(state for _, state in listed.jobs)
        self.options.refresh()
        self.tree.show_jobs(listed.jobs, self.options.has_recipe)
        self.enable()

    def _texts(self, job: Job, state: JobState) -> tuple[str, str, str, str]:
        """Name, state, time and note of a job."""
        outcome = job.outcome
        seconds = sum(outcome.seconds.values()) if outcome is not None else 0.0
        note = localized(outcome.sentence) if outcome is not None else ""
        if not job.mask and not note:
            derived = self.options.has_recipe or (outcome is not None and outcome.derived)
            note = self.tr("mask from the recipe") if derived else self.tr("has no mask")
        return job.name, translated(STATES[state]), f"{seconds:,.1f} s" if seconds else "", note

    def _show_news(self, news: Iterable[tuple[str, str, float, str]]) -> None:
        for job_id, state, fraction, stage in news:
            shown = translated(STATES[JobState(state)])
            if state == JobState.RUNNING:
                shown = f"{translated(STAGES.get(stage, STAGES['restoring']))} · {fraction:.0%}"
            self.tree.show_state(job_id, shown)

    def enable(self, _: object = None) -> None:
        """Enable what can be done now."""
        states, chosen = self._states, [state for _, state in self.tree.selected()]
        waiting, running = JobState.WAITING, JobState.RUNNING
        for widget in (self.add_scans, self.add_folder):
            widget.setEnabled(not self._adding)
        for widget in (self.up, self.down):
            widget.setEnabled(chosen == [waiting])
        self.cancel.setEnabled(any(state in (waiting, running) for state in chosen))
        self.remove.setEnabled(bool(chosen) and running not in chosen)
        self.retry.setEnabled(any(state in (JobState.FAILED, JobState.CANCELLED) for state in chosen))
        self.show_result.setEnabled(chosen == [JobState.DONE])
        going = self._queue.running and not self._queue.paused
        self.run.setText(self.tr("Pause") if going else self.tr("Start"))
        self.run.setEnabled(going or bool(states[waiting] or states[running]))
        self.bar.setRange(0, max(states.total(), 1))
        self.bar.setValue(states[JobState.DONE])
        self.counts.setText(self._counted(states))
        self.message.setVisible(bool(self.message.text()))

    def _counted(self, states: Counter[JobState]) -> str:
        counted = [f"{states[state]:,} {translated(STATES[state])}" for state in JobState if states[state]]
        text = ", ".join(counted)
        return " · ".join(part for part in (self._pause(states), text) if part)

    def _pause(self, states: Counter[JobState]) -> str:
        """Whether the queue is paused, or finishes what is in progress before it is."""
        if not self._queue.paused:
            return ""
        if self._queue.running:
            return self.tr("pausing")
        return self.tr("paused") if states[JobState.WAITING] else ""

    def selected(self) -> list[Job]:
        """The selected jobs."""
        return [job for job, _ in self.tree.selected()]

    # Adding

    def _browse_scans(self) -> None:
        folder = str(start_folder(self._context, "queue"))
        chosen, _ = QFileDialog.getOpenFileNames(self, self.tr("Add scans"), folder, opening.file_filter())
        self.add([Path(path) for path in chosen])

    def _browse_folder(self) -> None:
        folder = str(start_folder(self._context, "queue"))
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Add a folder of scans"), folder)
        self.add([Path(chosen)] if chosen else [])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept files and folders of this computer."""
        urls = event.mimeData().urls()
        if urls and all(url.isLocalFile() for url in urls) and not self._adding:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Add what was dropped."""
        event.acceptProposedAction()
        self.add([Path(url.toLocalFile()) for url in event.mimeData().urls()])

    def add(self, paths: list[Path]) -> None:
        """Add scans and folders in the background."""
        if not paths or self._adding:
            return
        self._proposed = self._queue.folder is None
        if self._proposed:
            beside = paths[0] if paths[0].is_dir() else paths[0].parent
            self._queue.open(beside / RESULTS)
        remember_folder(self._context, "queue", paths[0])
        settings = self.options.settings()
        self._adding = True
        self.adding.begin()
        self.say(self.tr("Adding scans…"), "soft")
        self.enable()
        self._context.background.submit(
            lambda: self._queue.add(paths, settings), self._added, self._not_added
        )

    def _added(self, added: Added) -> None:
        self._end_adding()
        new = self.tr("%n painting(s) added.", "", added.new) if added.new or not added.known else ""
        known = self.tr("%n painting(s) in the list already.", "", added.known) if added.known else ""
        notes = [localized(note) for note in added.notes]
        level = "warn" if notes else "good" if added.new else "soft"
        self.say(" ".join(part for part in (new, known, *notes) if part), level)
        self._queue.changed.emit()

    def _not_added(self, error: Exception) -> None:
        self._end_adding()
        if isinstance(error, Cancelled):
            self.say(self.tr("Stopped. What was added stays in the list."), "soft")
            self._queue.changed.emit()
        else:
            self.say(explained(error)[0], "bad")
        self.enable()

    def _end_adding(self) -> None:
        """Keep a proposed folder if there is a list in it now."""
        self._adding = False
        self.adding.end()
        jobs = self._queue.list
        if self._proposed and jobs is not None and jobs.exists:
            self._context.settings.remember_queue_folder(jobs.folder)
        elif self._proposed:
            self._queue.close()
            self.options.refresh()

    def _change_folder(self, folder: Path) -> None:
        self._queue.open(folder)
        self.show_list(Listed([], []))  # so that no button changes the new list for rows of the old one
        self._read()
        self._context.settings.remember_queue_folder(folder)
        self.options.refresh()

    # Acting

    def _change(self, change: Callable[[], None]) -> None:
        """Change the list in the background: thousands of jobs take seconds, one may wait for a slow disk."""
        self._context.background.submit(change, lambda _: None, self._say_error)

    def _chosen(self, *states: JobState) -> list[Job]:
        """The selected jobs in one of the states."""
        return [job for job, state in self.tree.selected() if state in states]

    def _move(self, steps: int) -> None:
        for job in self.selected():
            self._change(lambda job=job: self._queue.move(job, steps))  # type: ignore[misc]

    def _cancel(self) -> None:
        jobs = self._chosen(JobState.WAITING, JobState.RUNNING)
        self._change(lambda: self._queue.cancel(*jobs))

    def _remove(self) -> None:
        jobs = self._chosen(*(state for state in JobState if state is not JobState.RUNNING))
        self._change(lambda: self._queue.remove(*jobs))

    def _retry(self) -> None:
        jobs = self._chosen(JobState.FAILED, JobState.CANCELLED)
        self._change(lambda: self._queue.retry(*jobs))

    def _open_result(self) -> None:
        chosen, folder = self.tree.selected(), self._queue.folder
        if len(chosen) == 1 and folder is not None and chosen[0][1] is JobState.DONE:
            opening.open_path(self._context, chosen[0][0].result(folder))

    def _start_or_pause(self) -> None:
        self.say("")
        try:
            if self._queue.running and not self._queue.paused:
                self._queue.pause()
            else:
                self._queue.start(self.tr("Queue"))
        except ImagestError as error:
            self._say_error(error)
        self.enable()
