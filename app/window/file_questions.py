"""Asking for files to open and to write."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.commands.open import PICTURES
from app.context import Context
from app.folders import remember_folder, start_folder
from imagest_core.damage.detection.trained_model import SUFFIX


class FileQuestions(QObject):
    """File dialogs that start beside the scan or where the document's files were chosen last."""

    def __init__(self, context: Context, window: QWidget) -> None:
        super().__init__(window)
        self._context, self._window = context, window

    def ask_picture(self, purpose: str, title: str) -> Path | None:
        """Ask for a picture to read."""
        return self.ask_open(purpose, title, self.tr("Pictures") + f" ({PICTURES})")

    def ask_open(self, purpose: str, title: str, kinds: str) -> Path | None:
        """Ask for a file of these ``kinds`` to read."""
        folder = str(start_folder(self._context, purpose))
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, folder, kinds)
        if not chosen:
            return None
        remember_folder(self._context, purpose, Path(chosen))
        return Path(chosen)

    def ask_open_model(self) -> Path | None:
        """Ask for a damage model to read."""
        return self.ask_open("model", self.tr("Load a damage model"), self._models)

    def ask_save_model(self) -> Path | None:
        """Ask for a file for a damage model; its proposed name is that of the scan."""
        document = self._context.document
        if document is None:
            return None
        name = f"{document.painting.path.stem}{SUFFIX}"
        return self.ask_save("model", self.tr("Save the damage model"), name, self._models, (SUFFIX,))

    @property
    def _models(self) -> str:
        return self.tr("Damage models") + f" (*{SUFFIX})"

    def ask_save(
        self, purpose: str, title: str, name: str, kinds: str, suffixes: tuple[str, ...]
    ) -> Path | None:
        """Ask for a file to write; an existing file is returned only if the user agrees to replace it.

        A name without one of the ``suffixes`` gets that of the chosen kind, or the first. The file dialog
        has not checked this name, so the question about an existing file is asked here.
        """
        suggested = start_folder(self._context, purpose, writing=True) / name
        chosen, kind = QFileDialog.getSaveFileName(self._window, title, str(suggested), kinds)
        if not chosen:
            return None
        path = Path(chosen)
        if path.is_dir():
            sentence = self.tr("{0} is a folder: choose a file name in it.")
            self._context.messages.warn(sentence.format(path), topic="file-name")
            return None
        self._context.messages.resolve("file-name")
        remember_folder(self._context, purpose, path)
        if path.suffix.lower() in suffixes:
            return path
        suffix = next((known for known in suffixes if f"*{known})" in kind), suffixes[0])
        path = path.with_name(path.name + suffix)
        return path if self.may_write(path) else None

    def may_write(self, path: Path) -> bool:
        """Whether ``path`` is new, or the user agrees to replace it."""
        return not path.exists() or self._may_replace(path)

    def _may_replace(self, path: Path) -> bool:
        answer = QMessageBox.question(
            self._window,
            self.tr("Replace the file?"),
            self.tr("{0} already exists. Replace it?").format(path.name),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Yes
