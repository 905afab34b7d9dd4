"""The menu of results that were put away: discarded, or taken back and then overtaken by other work."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from app.context import Context


class ArchivedResultsMenu(QMenu):
    """Filled when it is opened; a click lists the result again, which undo takes back."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("&Bring back a result"))
        self._context = context
        self.aboutToShow.connect(self.refresh)

    def refresh(self) -> None:
        """List what is kept now."""
        self.clear()
        document = self._context.document
        for run in document.document.archived_results() if document is not None else ():
            text = self.tr("{0} · {1}, %n region(s)", "", run.count).format(run.id, run.engine)
            self.addAction(text, lambda number=run.id: self._bring_back(number))
        if self.isEmpty():
            self.addAction(self.tr("Nothing was put away")).setEnabled(False)

    def _bring_back(self, number: int) -> None:
        document = self._context.document
        if document is not None and self._context.attempt(lambda: document.document.restore_archived(number)):
            self._context.selection.run, self._context.selection.region = number, 0
