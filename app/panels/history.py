"""The undo history as a list; a click undoes or redoes up to a step."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QListView

from app import theme
from app.context import Context
from app.document import OpenDocument
from app.i18n.core_messages import localized
from app.widgets.parts import Panel, label
from imagest_core.project.history import HistoryEntry

Index = QModelIndex | QPersistentModelIndex


class HistoryModel(QAbstractListModel):
    """The history of a document as a list model, latest first."""

    def __init__(self) -> None:
        super().__init__()
        self._document: OpenDocument | None = None
        self.entries: list[HistoryEntry] = []
        self.undone = 0

    @property
    def read_only(self) -> str:
        """Why no step can be undone, in the user's language; "" if steps can."""
        return localized(self._document.read_only) if self._document is not None else ""

    def show(self, document: OpenDocument | None) -> None:
        """Show the current history of ``document``."""
        self.beginResetModel()
        self._document = document
        history = document.document.history if document else None
        self.entries = [*history.undone, *reversed(history.done)] if history else []
        self.undone = len(history.undone) if history else 0
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """The number of entries, and one for what was before the first."""
        return 0 if parent.isValid() or not self.entries else len(self.entries) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The name; undone steps are grey, the current one is bold; the tooltip shows time and operator."""
        entry = self.entries[index.row()] if index.row() < len(self.entries) else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tr("Before the first step") if entry is None else localized(entry.name)
        if role == Qt.ItemDataRole.ToolTipRole:
            facts = () if entry is None else (local_time(entry.time), entry.operator)
            return "\n".join(filter(None, (" · ".join(filter(None, facts)), self.read_only)))
        if role == Qt.ItemDataRole.ForegroundRole and (index.row() < self.undone or self.read_only):
            return QColor(theme.roles().faint)
        if role == Qt.ItemDataRole.FontRole and index.row() == self.undone:
            font = QFont()
            font.setBold(True)
            return font
        return None


class HistoryPanel(Panel):
    """``summary_changed(str)``: title text."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.model = HistoryModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setMinimumHeight(96)
        self.list.setAccessibleName(self.tr("History"))
        self.list.clicked.connect(lambda index: self._go_to(index.row()))
        self.list.activated.connect(lambda index: self._go_to(index.row()))
        self.empty = label(
            self.tr("Every step is listed here. Click a step to go back to it."), "soft", wrap=True
        )
        self.column.addWidget(self.empty)
        self.column.addWidget(self.list, 1)
        self.setEnabled(False)

    def bind(self, document: OpenDocument) -> None:
        """Connect to the history of ``document``."""
        document.history_changed.connect(self.refresh)
        document.renamed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the current history."""
        self.model.show(self.document)
        count = len(self.model.entries)
        self.empty.setVisible(not count)
        self.list.setVisible(bool(count))
        self.list.setCurrentIndex(self.model.index(self.model.undone, 0))
        self.summary_changed.emit(self.tr("%n step(s)", "", count - self.model.undone) if count else "")

    def _go_to(self, line: int) -> None:
        """Undo or redo until the step on ``line`` is the latest one done."""
        document, by = self.document, line - self.model.undone
        if document is None or document.read_only:
            return
        for _ in range(abs(by)):
            if not self.context.attempt(document.undo if by > 0 else document.redo):
                return


def local_time(text: str) -> str:
    """An ISO time in the local time zone."""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return text
