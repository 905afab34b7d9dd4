"""Questions about results: whether to discard one, and its name."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMessageBox

from app.commands import decide as deciding
from app.window.parts import WindowParts
from imagest_core.project.state import Subject


class ResultQuestions(QObject):
    """Discards and renames the result under review after asking the user."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._window, self._context = parts.window, parts.context

    def discard_run(self) -> None:
        """Ask for confirmation and discard the result."""
        if deciding.shown_run(self._context) is None:
            return
        if self._context.settings.preferences.confirm_discard:
            answer = QMessageBox.question(
                self._window,
                self.tr("Discard this result?"),
                self.tr("The result is removed from the list. Undo restores it."),
                QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
                QMessageBox.StandardButton.Cancel,
            )
            if answer != QMessageBox.StandardButton.Discard:
                return
        deciding.discard_run(self._context)

    def rename_run(self) -> None:
        """Ask for a name and rename the result."""
        if (run := deciding.shown_run(self._context)) is None or self._context.document is None:
            return
        decision = self._context.document.state.decisions.get(Subject(run.id))
        name, accepted = QInputDialog.getText(
            self._window,
            self.tr("Rename result"),
            self.tr("Name"),
            QLineEdit.EchoMode.Normal,
            decision.note if decision else "",
        )
        if accepted:
            deciding.rename_run(self._context, name.strip())
