"""Questions about presets: the name of a new one, and whether to replace or delete one."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMessageBox

from app.window.parts import WindowParts


class PresetQuestions(QObject):
    """Saves and deletes presets of the Restore panel after asking the user."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._window, self._context, self._panel = parts.window, parts.context, parts.restore

    def save(self) -> None:
        """Ask for a name and save the parameters of the Restore panel."""
        settings, request = self._context.settings, self._context.selection.request
        current = self._panel.presets.current
        name, accepted = QInputDialog.getText(
            self._window, self.tr("Save preset"), self.tr("Name"), QLineEdit.EchoMode.Normal, current
        )
        name = name.strip()
        if accepted and name and (name not in settings.presets or self._may_replace(name)):
            settings.save_preset(name, request.to_plain())

    def _may_replace(self, name: str) -> bool:
        answer = QMessageBox.question(
            self._window,
            self.tr("Replace the preset?"),
            self.tr("The preset “{0}” already exists. Replace it?").format(name),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Yes

    def delete(self, name: str) -> None:
        """Ask for confirmation and delete a preset; the parameters of the panel stay."""
        answer = QMessageBox.question(
            self._window,
            self.tr("Delete the preset?"),
            self.tr("The preset “{0}” will be deleted; the current parameters stay.").format(name),
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        if answer == QMessageBox.StandardButton.Discard:
            self._context.settings.delete_preset(name)
