"""Locate the missing scan of a project; the chosen file is compared with the stored hash."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QGridLayout, QWidget

from app.commands import open as opening
from app.context import Context
from app.document import ScanMissingError
from app.messages import explained
from app.widgets.parts import button, column, form, label, row, rule
from app.widgets.placement import Dialog


class LocateScanDialog(Dialog):
    """Shows which file is missing; the chosen file is opened if its samples are identical."""

    help_page = "project#locate"

    def __init__(self, context: Context, missing: ScanMissingError, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Locate the scan"))
        self.setMinimumWidth(560)
        self._context, self._missing = context, missing
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Locate the scan"), "title"))
        self.sentence = label(explained(missing)[0], "warn", wrap=True)
        layout.addWidget(self.sentence)
        layout.addLayout(self._facts())
        check = self.tr("The file you choose is compared with the stored hash of the scan before it is used.")
        layout.addWidget(label(check, "small", wrap=True))
        layout.addWidget(rule())
        self.choose_button = button(self.tr("Choose the file…"), self.ask, primary=True)
        self.choose_button.setDefault(True)
        self.use_button = button(self.tr("Use this file"), self.accept_rewritten)
        rewritten = missing.rewritten
        self.use_button.setVisible(rewritten is not None and bool(rewritten.same_samples))
        not_now = button(self.tr("Not now"), self.reject)
        layout.addLayout(row(self.use_button, None, not_now, self.choose_button))

    def _facts(self) -> QGridLayout:
        reference = self._missing.reference
        grid = form()
        size = f"{reference.width:,} × {reference.height:,} px, {reference.depth} bit"
        facts = (
            (self.tr("Project"), self._missing.project.name),
            (self.tr("Scan"), reference.path.name),
            (self.tr("Last known folder"), str(reference.path.parent)),
            (self.tr("Size"), size),
        )
        for line, (name, value) in enumerate((*facts, *self._changes())):
            grid.addWidget(label(name, "soft"), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(value, wrap=True), line, 1)
        return grid

    def _changes(self) -> tuple[tuple[str, str], ...]:
        """Facts about the file found at the scan's path."""
        rewritten = self._missing.rewritten
        if rewritten is None:
            return ()
        comparison = {
            True: self.tr("all unchanged"),
            False: self.tr("different"),
            None: self.tr("can’t be compared: the project has no record of them"),
        }
        return (
            (self.tr("File found there"), str(rewritten.path)),
            (self.tr("Samples"), comparison[rewritten.same_samples]),
        )

    def accept_rewritten(self) -> None:
        """Use the rewritten file, whose samples are identical to the scan's."""
        rewritten = self._missing.rewritten
        if rewritten is not None:
            self.accept()
            project = self._missing.project
            opening.open_path(self._context, project, rewritten.path, accept_rewritten=True)

    def ask(self) -> None:
        """Ask the user for the file."""
        known = (self._missing.reference.path.parent, self._missing.project.parent)
        folder = next((each for each in known if each.is_dir()), self._context.settings.folder("open"))
        kinds = self.tr("Pictures") + f" ({opening.PICTURES});;" + self.tr("All files") + " (*)"
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Locate {0}").format(self._missing.reference.path.name), str(folder), kinds
        )
        if chosen:
            self.use_scan(Path(chosen))

    def use_scan(self, scan: Path) -> None:
        """Open the project with ``scan``; the dialog opens again if that is a different picture."""
        self._context.settings.remember_folder("open", scan)
        self.accept()
        opening.open_path(self._context, self._missing.project, scan)
