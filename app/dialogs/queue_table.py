"""The table of a queue: it shows thousands of jobs without a stall, because only rows in sight get texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from imagest_core.batch.job import Job, JobState

NAME, STATE, TIME, NOTE = range(4)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ROOT = QModelIndex()
_PADDING = 8
"""Height of a row beyond that of its text."""

Index = QModelIndex | QPersistentModelIndex
Row = tuple[Job, JobState]
Texts = Callable[[Job, JobState], Sequence[str]]
"""Returns the texts of a job's columns."""


class QueueRows(QAbstractTableModel):
    """The jobs with their states and texts, in order."""

    def __init__(self, texts: Texts, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self._texts, self._titles = texts, titles
        self._numbers: dict[str, int] = {}
        self._news: dict[str, str] = {}
        self._shown: dict[int, Sequence[str]] = {}
        self._given: object = None

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self._titles)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        number, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(number, column)
        if role == Qt.ItemDataRole.ToolTipRole and column in (NAME, NOTE):
            return self.rows[number][0].scan if column == NAME else self.text(number, NOTE)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == TIME:
            return _RIGHT
        return None

    def text(self, number: int, column: int) -> str:
        """The text of a cell; of a job's state, the latest news."""
        row = self.rows[number]
        if column == STATE and row[0].id in self._news:
            return self._news[row[0].id]
        if number not in self._shown:
            self._shown[number] = self._texts(*row)
        return self._shown[number][column]

    def fits(self, rows: Sequence[Row]) -> bool:
        """Whether these are the same jobs in the same order."""
        same = len(rows) == len(self.rows)
        return same and all(old[0].id == new[0].id for old, new in zip(self.rows, rows, strict=True))

    def change(self, rows: list[Row], given: object) -> None:
        """Show other states of the same jobs; news of jobs that run stay."""
        pairs = enumerate(zip(self.rows, rows, strict=True))
        changed = [number for number, (old, new) in pairs if old != new]
        changed += [self._numbers[job_id] for job_id in self._news]
        if given != self._given and rows:
            changed += [0, len(rows) - 1]
            self._shown.clear()
        for number in changed:
            self._shown.pop(number, None)
        self.rows, self._given = rows, given
        self._keep_news()
        if changed:
            self.dataChanged.emit(self.index(min(changed), NAME), self.index(max(changed), NOTE))

    def replace(self, rows: list[Row], given: object) -> None:
        """Show other jobs."""
        self.beginResetModel()
        self.rows, self._given = rows, given
        self._numbers = {job.id: number for number, (job, _) in enumerate(rows)}
        self._shown.clear()
        self._keep_news()
        self.endResetModel()

    def _keep_news(self) -> None:
        """Keep how far jobs are that run; of others, the list knows more."""
        self._news = {
            job_id: text
            for job_id, text in self._news.items()
            if text.endswith("%")
            and job_id in self._numbers
            and self.rows[self._numbers[job_id]][1] is JobState.RUNNING
        }

    def tell(self, job_id: str, text: str) -> None:
        """Show news of a job."""
        if job_id in self._numbers:
            self._news[job_id] = text
            cell = self.index(self._numbers[job_id], STATE)
            self.dataChanged.emit(cell, cell)

    def find(self, job_id: str) -> QModelIndex:
        """Return the first cell of a job; invalid if it isn't there."""
        return self.index(self._numbers.get(job_id, -1), NAME)

    def select(self, ids: Iterable[str]) -> QItemSelection:
        """Return the rows of these jobs as a selection."""
        selection = QItemSelection()
        numbers = sorted(self._numbers[job_id] for job_id in ids if job_id in self._numbers)
        for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
            consecutive = [number for _, number in run]
            selection.select(self.index(consecutive[0], NAME), self.index(consecutive[-1], NOTE))
        return selection


class QueueTable(QTableView):
    """Has a row for each job; ``texts`` returns those of its columns, ``titles`` are those of the columns."""

    def __init__(self, texts: Texts, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = QueueRows(texts, titles, self)
        self.setModel(self.rows)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _PADDING)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsClickable(False)
        # With the table's own, the header asks each row whether it is selected.
        header.setSelectionModel(QItemSelectionModel(self.rows, header))
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for section, width in ((NAME, 260), (STATE, 150), (TIME, 80)):
            header.resizeSection(section, width)

    @property
    def jobs(self) -> list[Row]:
        """The jobs with their states, in order."""
        return self.rows.rows

    def show_jobs(self, jobs: Iterable[Row], given: object = None) -> None:
        """Show the jobs in their order; ``given``: what else the texts depend on."""
        rows = list(jobs)
        if self.rows.fits(rows):
            self.rows.change(rows, given)
        else:
            self._replace(rows, given)

    def _replace(self, rows: list[Row], given: object) -> None:
        """Show other jobs; what is selected and in sight stays so."""
        selected = [job.id for job, _ in self.selected()]
        current, place = self.currentIndex(), self.verticalScrollBar().value()
        current_id = self.jobs[current.row()][0].id if current.isValid() else ""
        self.rows.replace(rows, given)
        self.updateGeometries()  # the range of the scroll bar
        flags, model = QItemSelectionModel.SelectionFlag, self.selectionModel()
        model.setCurrentIndex(self.rows.find(current_id), flags.NoUpdate)
        if selected:
            model.select(self.rows.select(selected), flags.ClearAndSelect)
        self.verticalScrollBar().setValue(place)

    def show_state(self, job_id: str, text: str) -> None:
        """Show news of a job until it is shown again."""
        self.rows.tell(job_id, text)

    def selected(self) -> list[Row]:
        """The selected jobs with their states, in order."""
        ranges = self.selectionModel().selection()
        numbers = {
            number
            for each in ranges  # type: ignore[attr-defined]
            for number in range(each.top(), each.bottom() + 1)
        }
        return [self.jobs[number] for number in sorted(numbers)]
