"""The menu of archived results: discarded ones, and those undone and then followed by other work."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from app.context import Context


class ArchivedResultsMenu(QMenu):
    """Filled when it opens; choosing a result adds it to the list again, as one step of the history."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Restore a discarded &result"))
        self._context = context
        self.aboutToShow.connect(self.refresh)

    def refresh(self) -> None:
        """List the archived results."""
        self.clear()
        document = self._context.document
        for run in document.document.archived_results() if document is not None else ():
            text = self.tr("{0} · {1}, %n region(s)", "", run.count).format(run.id, run.engine)
            entry = self.addAction(text)
            entry.triggered.connect(partial(self._restore, run.id))
            entry.setEnabled(not document.read_only if document is not None else False)
        if self.isEmpty():
            self.addAction(self.tr("No discarded results")).setEnabled(False)

    def _restore(self, number: int, _: bool = False) -> None:
        document = self._context.document
        if document is not None and self._context.attempt(lambda: document.document.restore_archived(number)):
            self._context.selection.run, self._context.selection.region = number, 0
