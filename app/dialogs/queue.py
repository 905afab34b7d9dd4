"""The queue: add scans and folders, order them, start, pause, cancel, and open results."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHeaderView,
    QProgressBar,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.commands import open as opening
from app.context import Context
from app.dialogs.queue_options import QueueOptions
from app.folders import remember_folder, start_folder
from app.i18n.core_messages import localized
from app.i18n.noop import QT_TRANSLATE_NOOP
from app.jobs.painting_queue import Added, Listed
from app.messages import explained
from app.widgets.parts import button, column, label, restyle, row
from app.widgets.placement import Dialog
from imagest_core.batch.job import Job, JobState
from imagest_core.errors import ImagestError

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
NAME, STATE, TIME, NOTE = range(4)
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
        self._rows: dict[str, tuple[Job, JobState]] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._damaged: set[Path] = set()
        self._adding = self._proposed = False
        self.setWindowTitle(self.tr("Queue"))
        self.setAcceptDrops(True)
        self.resize(860, 600)
        self._build()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(100)
        self._later.timeout.connect(self._read)
        self._queue.changed.connect(self._later.start)
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
        self.tree = self._tree()
        layout.addWidget(self.tree, 1)
        self.message = label("", "bad", wrap=True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self.message)
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

    def _tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setRootIsDecorated(False)
        tree.setAlternatingRowColors(True)
        tree.setUniformRowHeights(True)
        tree.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        tree.setAccessibleName(self.tr("Paintings in the queue"))
        tree.setHeaderLabels([self.tr("Painting"), self.tr("State"), self.tr("Time"), self.tr("Note")])
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        tree.header().setStretchLastSection(True)
        for section, width in ((NAME, 260), (STATE, 150), (TIME, 80)):
            tree.header().resizeSection(section, width)
        tree.itemSelectionChanged.connect(self.enable)
        tree.itemDoubleClicked.connect(lambda *_: self._open_result())
        return tree

    def say(self, sentence: str, kind: str = "good") -> None:
        """Show a sentence; ``kind``: good, warn or bad."""
        self.message.setText(sentence)
        restyle(self.message, kind)
        self.message.setVisible(bool(sentence))

    def _say_error(self, error: Exception) -> None:
        self.say(explained(error)[0], "bad")

    # Showing

    def _read(self) -> None:
        """Read the list in the background, then show it."""
        self._context.background.latest("queue", self._queue.read, self.show_list)

    def show_list(self, listed: Listed) -> None:
        """Show the jobs; rows that are there already keep their place unless the order changed.

        Files that can't be read as jobs are named once.
        """
        jobs, unnamed = listed.jobs, [path for path in listed.damaged if path not in self._damaged]
        if unnamed and not self._adding:
            self._damaged.update(unnamed)
            sentence = self.tr("%n job file(s) can't be read (%1): add the scans again.", "", len(unnamed))
            self.say(sentence.replace("%1", str(unnamed[0])), "warn")
        order = [job.id for job, _ in jobs]
        self._rows = {job.id: (job, state) for job, state in jobs}
        if order != list(self._items):
            selected = {job.id for job in self.selected()}
            self.tree.clear()
            self._items = {job_id: QTreeWidgetItem() for job_id in order}
            for job_id, item in self._items.items():
                item.setData(NAME, Qt.ItemDataRole.UserRole, job_id)
                item.setTextAlignment(TIME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.tree.addTopLevelItems(list(self._items.values()))
            for job_id in selected & self._items.keys():
                self._items[job_id].setSelected(True)
        self.options.refresh()
        for job, state in jobs:
            self._show_job(job, state)
        self.enable()

    def _show_job(self, job: Job, state: JobState) -> None:
        item, outcome = self._items[job.id], job.outcome
        item.setText(NAME, job.name)
        item.setToolTip(NAME, job.scan)
        if state is not JobState.RUNNING or not item.text(STATE).endswith("%"):
            item.setText(STATE, translated(STATES[state]))
        seconds = sum(outcome.seconds.values()) if outcome is not None else 0.0
        item.setText(TIME, f"{seconds:,.1f} s" if seconds else "")
        note = localized(outcome.sentence) if outcome is not None else ""
        if not job.mask and not note:
            derived = self.options.has_recipe or (outcome is not None and outcome.derived)
            note = self.tr("mask from the recipe") if derived else self.tr("has no mask")
        item.setText(NOTE, note)
        item.setToolTip(NOTE, note)

    def _show_news(self, news: Iterable[tuple[str, str, float, str]]) -> None:
        for job_id, state, fraction, stage in news:
            item = self._items.get(job_id)
            if item is not None and state == JobState.RUNNING:
                shown = translated(STAGES.get(stage, STAGES["restoring"]))
                item.setText(STATE, f"{shown} · {fraction:.0%}")
            elif item is not None:
                item.setText(STATE, translated(STATES[JobState(state)]))

    def enable(self, _: object = None) -> None:
        """Enable what can be done now."""
        states = [state for _, state in self._rows.values()]
        chosen = [self._rows[job.id][1] for job in self.selected()]
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
        self.run.setEnabled(going or waiting in states or running in states)
        self.bar.setRange(0, max(len(states), 1))
        self.bar.setValue(states.count(JobState.DONE))
        self.counts.setText(self._counted(states))
        self.message.setVisible(bool(self.message.text()))

    def _counted(self, states: list[JobState]) -> str:
        counted = [(state, states.count(state)) for state in JobState]
        text = ", ".join(f"{count:,} {translated(STATES[state])}" for state, count in counted if count)
        return " · ".join(part for part in (self._pause(states), text) if part)

    def _pause(self, states: list[JobState]) -> str:
        """Whether the queue is paused, or finishes what is in progress before it is."""
        if not self._queue.paused:
            return ""
        if self._queue.running:
            return self.tr("pausing")
        return self.tr("paused") if JobState.WAITING in states else ""

    def selected(self) -> list[Job]:
        """The selected jobs."""
        ids = [item.data(NAME, Qt.ItemDataRole.UserRole) for item in self.tree.selectedItems()]
        return [self._rows[job_id][0] for job_id in ids if job_id in self._rows]

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
        self.say(self.tr("Looking for scans…"), "soft")
        self.enable()
        self._context.background.submit(
            lambda: self._queue.add(paths, settings), self._added, self._not_added
        )

    def _added(self, added: Added) -> None:
        self._adding = False
        if self._proposed and self._queue.folder is not None:
            self._context.settings.remember_queue_folder(self._queue.folder)
        new = self.tr("%n painting(s) added.", "", added.new) if added.new or not added.known else ""
        known = self.tr("%n painting(s) in the list already.", "", added.known) if added.known else ""
        notes = [localized(note) for note in added.notes]
        level = "warn" if notes else "good" if added.new else "soft"
        self.say(" ".join(part for part in (new, known, *notes) if part), level)
        self._queue.changed.emit()

    def _not_added(self, error: Exception) -> None:
        self._adding = False
        if self._proposed:
            self._queue.close()
            self.options.refresh()
        self.say(explained(error)[0], "bad")
        self.enable()

    def _change_folder(self, folder: Path) -> None:
        self._queue.open(folder)
        self._context.settings.remember_queue_folder(folder)
        self.options.refresh()

    # Acting

    def _move(self, steps: int) -> None:
        for job in self.selected():
            self._queue.move(job, steps)

    def _cancel(self) -> None:
        for job in self.selected():
            if self._rows[job.id][1] in (JobState.WAITING, JobState.RUNNING):
                self._queue.cancel(job)

    def _remove(self) -> None:
        for job in self.selected():
            if self._rows[job.id][1] is not JobState.RUNNING:
                self._queue.remove(job)

    def _retry(self) -> None:
        for job in self.selected():
            if self._rows[job.id][1] in (JobState.FAILED, JobState.CANCELLED):
                self._queue.retry(job)

    def _open_result(self) -> None:
        jobs, folder = self.selected(), self._queue.folder
        if len(jobs) == 1 and folder is not None and self._rows[jobs[0].id][1] is JobState.DONE:
            opening.open_path(self._context, jobs[0].result(folder))

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
