"""A project whose scan isn't where it was: the user shows the file, and the program checks that it is it."""

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
    """Says which file is wanted; what is chosen is opened if it is the same, sample for sample."""

    def __init__(self, context: Context, missing: ScanMissingError, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Locate the scan"))
        self.setMinimumWidth(560)
        self._context, self._missing = context, missing
        inside = column(self, margin=16, spacing=12)
        inside.addWidget(label(self.tr("Locate the scan"), "title"))
        self.sentence = label(explained(missing)[0], "warn", wrap=True)
        inside.addWidget(self.sentence)
        inside.addLayout(self._facts())
        check = self.tr("The file you choose is compared with the stored hash of the scan before it is used.")
        inside.addWidget(label(check, "small", wrap=True))
        inside.addWidget(rule())
        self.show_where = button(self.tr("Choose the file…"), self.ask, primary=True)
        self.show_where.setDefault(True)
        self.go_on_with_it = button(self.tr("Use this file"), self.accept_rewritten)
        rewritten = missing.rewritten
        self.go_on_with_it.setVisible(rewritten is not None and bool(rewritten.same_samples))
        not_now = button(self.tr("Not now"), self.reject)
        inside.addLayout(row(self.go_on_with_it, None, not_now, self.show_where))

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
        """What is known of the file in its place."""
        rewritten = self._missing.rewritten
        if rewritten is None:
            return ()
        said = {
            True: self.tr("all unchanged"),
            False: self.tr("different"),
            None: self.tr("can’t be compared: the project has no record of them"),
        }
        return (
            (self.tr("File found there"), str(rewritten.path)),
            (self.tr("Samples"), said[rewritten.same_samples]),
        )

    def accept_rewritten(self) -> None:
        """Go on with the file in its place, every sample of which is the scan's."""
        rewritten = self._missing.rewritten
        if rewritten is not None:
            self.accept()
            project = self._missing.project
            opening.open_path(self._context, project, rewritten.path, accept_rewritten=True)

    def ask(self) -> None:
        """Let the user choose the file."""
        folder = self._context.settings.folder("open")
        kinds = self.tr("Pictures") + f" ({opening.PICTURES});;" + self.tr("All files") + " (*)"
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Locate {0}").format(self._missing.reference.path.name), str(folder), kinds
        )
        if chosen:
            self.go_on(Path(chosen))

    def go_on(self, scan: Path) -> None:
        """Open the project with ``scan``; where that is another picture the dialog comes back and says so."""
        self._context.settings.keep_folder("open", scan)
        self.accept()
        opening.open_path(self._context, self._missing.project, scan)
