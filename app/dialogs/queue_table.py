"""The table of a queue: it shows thousands of jobs, and changes them, without a stall of the window."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from imagest_core.batch.job import Job, JobState

NAME, STATE, TIME, NOTE = range(4)
SLICE = 0.01
"""Seconds in which rows are written before the window answers again."""
_ID = Qt.ItemDataRole.UserRole


class QueueTable(QTreeWidget):
    """Has a row for each job. Rows of unchanged jobs stay as they are.

    ``texts`` returns the texts of a job's columns.
    """

    def __init__(
        self, texts: Callable[[Job, JobState], Sequence[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._texts = texts
        self.jobs: dict[str, tuple[Job, JobState]] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._written: dict[str, tuple[Job, JobState, object]] = {}
        self._given: object = None
        self._due: deque[str] = deque()
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(0)
        self._next.timeout.connect(self._write_some)
        self.setRootIsDecorated(False)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.setColumnCount(4)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.header().setStretchLastSection(True)
        for section, width in ((NAME, 260), (STATE, 150), (TIME, 80)):
            self.header().resizeSection(section, width)

    def show_jobs(self, jobs: Iterable[tuple[Job, JobState]], given: object = None) -> None:
        """Show the jobs in their order; ``given``: what else the texts depend on."""
        self.jobs, self._given = {job.id: (job, state) for job, state in jobs}, given
        if list(self.jobs) != list(self._items):
            self._arrange()
        self._due = deque(
            job_id for job_id, row in self.jobs.items() if self._written.get(job_id) != (*row, given)
        )
        self._write_some()

    def show_state(self, job_id: str, text: str) -> None:
        """Show news of a job until it is shown again."""
        if job_id in self._items:
            self._items[job_id].setText(STATE, text)
            self._written.pop(job_id, None)

    def selected(self) -> list[tuple[Job, JobState]]:
        """The selected jobs with their states."""
        return [self.jobs[item.data(NAME, _ID)] for item in self.selectedItems()]

    def _arrange(self) -> None:
        """Give each job its row, in their order; what is selected and in sight stays so."""
        selected = {item.data(NAME, _ID) for item in self.selectedItems()}
        current, place = self.currentItem(), self.verticalScrollBar().value()
        with QSignalBlocker(self):
            self.invisibleRootItem().takeChildren()
            self._items = {job_id: self._items.get(job_id) or _item(job_id) for job_id in self.jobs}
            self.addTopLevelItems(list(self._items.values()))
            if current is not None and current.data(NAME, _ID) in self._items:
                self.setCurrentItem(current, NAME, QItemSelectionModel.SelectionFlag.NoUpdate)
            self._select(selected)
        self.verticalScrollBar().setValue(place)
        self._written = {key: row for key, row in self._written.items() if key in self._items}

    def _select(self, ids: set[str]) -> None:
        """Select rows, many in one step."""
        selection, model = QItemSelection(), self.model()
        rows = enumerate(job_id in ids for job_id in self._items)
        for chosen, run in groupby(rows, key=lambda row: row[1]):
            numbers = [number for number, _ in run]
            if chosen:
                selection.select(model.index(numbers[0], NAME), model.index(numbers[-1], NOTE))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _write_some(self) -> None:
        """Write the texts of rows that have changed; the window answers before the rest follows."""
        until = time.monotonic() + SLICE
        while self._due:
            self._write(self._due.popleft())
            if time.monotonic() >= until:
                self._next.start()
                return

    def _write(self, job_id: str) -> None:
        item, (job, state) = self._items[job_id], self.jobs[job_id]
        texts = self._texts(job, state)
        for column, text in enumerate(texts):
            progressing = column == STATE and state is JobState.RUNNING and item.text(STATE).endswith("%")
            if not progressing:
                item.setText(column, text)
        item.setTextAlignment(TIME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setToolTip(NAME, job.scan)
        item.setToolTip(NOTE, texts[NOTE])
        self._written[job_id] = job, state, self._given


def _item(job_id: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem()
    item.setData(NAME, _ID, job_id)
    return item
