"""What to write and where; then the answer of the check, sample by sample."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from app.commands.export import Exported, ExportSpec, check_targets, export
from app.context import Context
from app.i18n.core_messages import core_sentence
from app.jobs.call_later import call_later
from app.jobs.runner import Job
from app.messages import explained
from app.panels.stored_as import StoredAs
from app.widgets.parts import button, column, form, label, restyle, row, rule
from app.widgets.placement import Dialog
from imagest_core.errors import ImagestError, OutputError
from imagest_core.painting.reader import Painting


class ExportDialog(Dialog):
    """Not modal: the window can be used while it stands, and the export runs in the worker."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Export"))
        self.setMinimumWidth(680)
        assert context.document is not None
        self._context, self._document = context, context.document
        self._running: Job | None = None
        inside = column(self, margin=16, spacing=12)
        inside.addWidget(label(self.tr("Export the restored scan"), "title"))
        inside.addLayout(self._form())
        inside.addWidget(rule())
        self.answer = label("", wrap=True)
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        inside.addWidget(self.answer)
        inside.addStretch(1)
        inside.addLayout(self._buttons())
        self._document.decisions_changed.connect(self._decided)
        self._document.closed.connect(self.reject)
        for signal in (context.jobs.cancelled, context.jobs.dropped):
            signal.connect(self._stopped)
        self._check()

    def _form(self) -> QGridLayout:
        painting = self._document.painting
        self.path = QLineEdit(str(self._proposed(painting)))
        self.path.setAccessibleName(self.tr("Restored TIFF"))
        self.path.textChanged.connect(lambda _: self._check())
        browse = button(self.tr("Choose…"), self._browse)
        self.replace = QCheckBox(self.tr("Replace existing files"))
        self.replace.toggled.connect(lambda _: self._check())
        self.mask = QCheckBox(self.tr("The mask (PNG)"))
        self.fill = QCheckBox(self.tr("The fills only (RGBA TIFF, transparent elsewhere)"))
        self.record = QCheckBox(self.tr("The record of what was done, how and when (JSON)"))
        known = self._context.settings.preferences
        for box, wanted in (
            (self.mask, known.export_mask),
            (self.fill, known.export_fill),
            (self.record, known.export_record),
        ):
            box.setChecked(wanted)
            box.toggled.connect(lambda _: self._check())
        grid = form()
        grid.addWidget(label(self.tr("Restored TIFF"), "soft"), 0, 0)
        grid.addLayout(row(self.path, browse), 0, 1)
        self.stored = StoredAs(painting)
        self.stored.changed.connect(self._check)
        stored = label(self.tr("Format"), "soft")
        stored.setMinimumHeight(self.stored.depth.sizeHint().height())
        grid.addWidget(stored, 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.stored, 1, 1)
        grid.addWidget(label(self.tr("Also write"), "soft"), 2, 0)
        for line, box in enumerate((self.mask, self.fill, self.record), 2):
            grid.addWidget(box, line, 1)
        grid.addWidget(self.replace, 5, 1)
        return grid

    def _proposed(self, painting: Painting) -> Path:
        folder = self._context.settings.folder("export")
        return (
            folder if folder != Path.home() else painting.path.parent
        ) / f"{painting.path.stem}-restored.tif"

    def _buttons(self) -> QHBoxLayout:
        self.show_folder = button(self.tr("Show in folder"), self._open_folder, icon="open")
        self.show_folder.hide()
        self.close_button = button(self.tr("Close"), self.reject)
        self.go = button(self.tr("Export"), self._export, primary=True)
        self.go.setDefault(True)
        return row(self.show_folder, None, self.close_button, self.go)

    def wanted(self) -> ExportSpec:
        """What the dialog says; raises ``OutputError`` where that is no file name."""
        out = self._named()
        beside = out.with_suffix("")
        return ExportSpec(
            out,
            beside.with_name(beside.name + "-mask.png") if self.mask.isChecked() else None,
            beside.with_name(beside.name + "-fill.tif") if self.fill.isChecked() else None,
            beside.with_name(beside.name + "-record.json") if self.record.isChecked() else None,
            self.replace.isChecked(),
            self.stored.form,
        )

    def _named(self) -> Path:
        """The typed name; a relative one is in the folder of the proposed one."""
        text = self.path.text().strip()
        try:
            typed = Path(text).expanduser()
        except RuntimeError as error:
            sentence = self.tr("The home folder {0} does not exist: choose another folder.")
            raise OutputError(sentence.format(Path(text).parts[0])) from error
        if not typed.name:
            raise OutputError(self.tr("Enter a file name that ends in .tif."))
        return self._proposed(self._document.painting).parent / typed

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Restored TIFF"),
            self.path.text(),
            "TIFF (*.tif *.tiff)",
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self.path.setText(chosen)

    def _decided(self, box: object) -> None:
        """A method and no lambda, so that it is not called any more once the dialog is gone."""
        self._check()

    def _check(self) -> None:
        """Say at once what would be refused."""
        if self._running is not None:
            return
        self.go.show()
        try:
            check_targets(self._document, self.wanted())
        except (ImagestError, OSError) as error:
            self._say(explained(error)[0], "warn")
            self.go.setEnabled(False)
        else:
            self._say("", "soft")
            self.go.setEnabled(True)

    def _say(self, text: str, kind: str) -> None:
        restyle(self.answer, kind)
        self.answer.setText(text)
        call_later(self, self.adjustSize)

    def _export(self) -> None:
        wanted, document = self.wanted(), self._document
        try:
            snapshot = document.document.snapshot()
        except ImagestError as error:
            self._failed(error)
            return
        self.go.setEnabled(False)
        self._say(self.tr("Writing and verifying. Progress is shown at the bottom of the window."), "soft")
        self._context.settings.keep_folder("export", wanted.out)
        self._context.settings.prefer(
            export_mask=wanted.mask is not None,
            export_fill=wanted.fill is not None,
            export_record=wanted.record is not None,
        )
        work = lambda progress: export(document, wanted, progress, snapshot)  # noqa: E731
        self._running = Job(self.tr("Exporting"), work, self._done, self._failed)
        self._context.jobs.submit(self._running)

    def _stopped(self, job: Job) -> None:
        """A job was cancelled or will not be run: perhaps this export."""
        if job is self._running:
            self._running = None
            self._check()

    def _done(self, written: Exported) -> None:
        from shiboken6 import isValid

        self._context.messages.say(self.tr("Exported and verified: {0}").format(written.out))
        if not isValid(self):
            return
        self._running = None
        self._say(self._verdict(written), "good")
        self.show_folder.show()
        self.go.hide()

    def _verdict(self, written: Exported) -> str:
        """What the check of the written file found."""
        account = written.account
        if account.converted:
            found = self.tr(
                "Verified: all {0} samples equal the converted samples of the scan and the fills; {1} px"
                " are filled."
            ).format(f"{account.converted:,}", f"{account.filled:,}")
        else:
            found = self.tr(
                "Verified: {0} samples outside the fills are identical to the scan’s; {1} px are filled.\n"
                "The fingerprint of the unchanged samples is {2}…"
            ).format(f"{account.samples:,}", f"{account.filled:,}", account.sha256[:16])
        files = "\n".join(map(str, written.files))
        notes = [core_sentence(note) for note in written.notes]
        return "\n".join([found, *notes, self.tr("Written: {0}").format(files)])

    def _failed(self, error: Exception) -> None:
        from shiboken6 import isValid

        self._context.messages.fail(error)
        if isValid(self):
            self._running = None
            self._say(explained(error)[0], "bad")
            self.go.setEnabled(True)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.wanted().out.parent)))
