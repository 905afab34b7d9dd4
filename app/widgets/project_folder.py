"""Says where unnamed projects are kept, and shows the folder."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.widgets.parts import button, label, row
from imagest_core.project.storage.folders import unnamed_projects


class ProjectFolder(QWidget):
    """A sentence with the folder of unnamed projects, and a button that shows it."""

    def __init__(self) -> None:
        super().__init__()
        sentence = self.tr("Your work is saved automatically. Until you save it under a name, it is in {0}")
        self.sentence = label(sentence.format(unnamed_projects()), "small", wrap=True)
        self.show_button = button(self.tr("Show folder"), self.show_folder, icon="open")
        across = row(self.sentence, self.show_button)
        across.setStretch(0, 1)
        self.setLayout(across)

    def show_folder(self) -> None:
        """Show the folder in the file manager; it is created if nothing was saved yet."""
        folder = unnamed_projects()
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
