"""Offer the saved project of a scan instead of starting again from the scan."""

from __future__ import annotations

from PySide6.QtCore import QFileInfo, QLocale, Qt
from PySide6.QtWidgets import QWidget

from app.commands import open as opening
from app.context import Context
from app.document import ProjectFoundError
from app.widgets.parts import button, column, label, row, rule
from app.widgets.placement import Dialog
from app.widgets.project_folder import ProjectFolder


class ProjectFoundDialog(Dialog):
    """Opens the project, the scan alone, or nothing."""

    help_page = "project#found"

    def __init__(self, context: Context, found: ProjectFoundError, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Open the project?"))
        self.setMinimumWidth(480)
        self._context, self._found = context, found
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Open the project?"), "title"))
        sentence = self.tr("The scan {0} belongs to a project that you saved on {1}.")
        layout.addWidget(label(sentence.format(found.scan.name, self._saved()), wrap=True))
        layout.addWidget(label(str(found.project), "soft", wrap=True))
        layout.addWidget(
            label(
                self.tr("If you open the scan alone, your work in the project is kept but not shown."),
                "small",
                wrap=True,
            )
        )
        layout.addWidget(ProjectFolder())
        layout.addWidget(rule())
        self.project = button(self.tr("Open the project"), self._open_project, primary=True)
        self.project.setDefault(True)
        self.alone = button(self.tr("Open the scan alone"), self._open_scan)
        cancel = button(self.tr("Cancel"), self.reject)
        layout.addLayout(row(None, cancel, self.alone, self.project))

    def _saved(self) -> str:
        """Time of the last change of the project's file."""
        saved = QFileInfo(str(self._found.project)).lastModified()
        return QLocale().toString(saved, QLocale.FormatType.ShortFormat)

    def _open_project(self) -> None:
        self.accept()
        opening.open_path(self._context, self._found.project)

    def _open_scan(self) -> None:
        self.accept()
        opening.open_path(self._context, self._found.scan, alone=True)
