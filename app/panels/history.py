"""Every gesture by its name; a click goes back to it, or on to it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QListView

from app import theme
from app.context import Context
from app.document import OpenDocument
from app.i18n.operation_names import gesture_name
from app.widgets.parts import Panel, label
from imagest_core.project.history import Entry

Index = QModelIndex | QPersistentModelIndex


class Steps(QAbstractListModel):
    """The entries of a document's history, the latest on top."""

    def __init__(self) -> None:
        super().__init__()
        self._document: OpenDocument | None = None
        self.entries: list[Entry] = []
        self.undone = 0

    def show(self, document: OpenDocument | None) -> None:
        """The history of ``document`` as it is now."""
        self.beginResetModel()
        self._document = document
        history = document.document.history if document else None
        self.entries = [*history.undone, *reversed(history.done)] if history else []
        self.undone = len(history.undone) if history else 0
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """As many as there are entries."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The name; undone ones are grey; the time is the tooltip."""
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return gesture_name(entry.name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return " · ".join(part for part in (local_time(entry.time), entry.operator) if part)
        if role == Qt.ItemDataRole.ForegroundRole and index.row() < self.undone:
            return QColor(theme.roles().faint)
        if role == Qt.ItemDataRole.FontRole and index.row() == self.undone:
            font = QFont()
            font.setBold(True)
            return font
        return None


class HistoryPanel(Panel):
    """``summary_changed(str)``: a word for the title."""

    summary_changed = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.steps = Steps()
        self.list = QListView()
        self.list.setModel(self.steps)
        self.list.setMinimumHeight(96)
        self.list.setAccessibleName(self.tr("History"))
        self.list.clicked.connect(lambda index: self._go(index.row()))
        self.list.activated.connect(lambda index: self._go(index.row()))
        self.empty = label(
            self.tr("Every step is listed here. Click a step to go back to it."), "soft", wrap=True
        )
        self.column.addWidget(self.empty)
        self.column.addWidget(self.list, 1)
        self.setEnabled(False)

    def bind(self, document: OpenDocument) -> None:
        """Follow the history."""
        document.history_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the history as it is now."""
        self.steps.show(self.document)
        count = len(self.steps.entries)
        self.empty.setVisible(not count)
        self.list.setVisible(bool(count))
        self.summary_changed.emit(self.tr("%n step(s)", "", count - self.steps.undone) if count else "")

    def _go(self, line: int) -> None:
        """Undo or redo until the entry on ``line`` is the latest done."""
        document, by = self.document, line - self.steps.undone
        if document is None:
            return
        for _ in range(abs(by)):
            if not self.context.attempt(document.undo if by > 0 else document.redo):
                return


def local_time(text: str) -> str:
    """An ISO time as this place reads it."""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return text
