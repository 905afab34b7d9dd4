"""Choose what to export and where; shows the result of the verification."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from app.commands.export import ExportOutcome, ExportSpec, check_targets, export
from app.context import Context
from app.folders import remember_folder, start_folder
from app.i18n.core_messages import localized
from app.jobs.call_later import call_later
from app.jobs.runner import Job
from app.messages import explained
from app.widgets.parts import button, column, form, guard_wheel, label, restyle, row, rule
from app.widgets.placement import Dialog
from imagest_core.errors import ImagestError, OutputError
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.form import Compression, Form
from imagest_core.painting.writer import keeps_file, writing_notes

SEPARATORS = tuple(each for each in (os.sep, os.altsep) if each)
"""A path that ends with one names a folder."""
LINES = 3
"""Lines of text reserved for the notes below the choices."""


class ExportDialog(Dialog):
    """Not modal: the window stays usable, and the export runs in the worker thread."""

    help_page = "export"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Export"))
        self.setMinimumWidth(680)
        assert context.document is not None
        self._context, self._document = context, context.document
        self._running: Job | None = None
        self._written = Path()
        """The last file written, which "Show in folder" shows."""
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Export the restored scan"), "title"))
        layout.addLayout(self._form())
        layout.addWidget(rule())
        self.answer = label("", wrap=True)
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self.answer)
        layout.addStretch(1)
        layout.addLayout(self._buttons())
        self._document.decisions_changed.connect(self._decisions_changed)
        self._document.closed.connect(self.reject)
        for signal in (context.jobs.cancelled, context.jobs.dropped):
            signal.connect(self._stopped)
        self._check()

    def _form(self) -> QGridLayout:
        painting = self._document.painting
        self.path = QLineEdit(str(self._default_path(painting)))
        self.path.setAccessibleName(self.tr("Restored TIFF"))
        self.path.textChanged.connect(lambda _: self._check())
        browse = button(self.tr("Choose…"), self._browse)
        self.replace = QCheckBox(self.tr("Replace existing files"))
        self.replace.toggled.connect(lambda _: self._check())
        self.with_mask = QCheckBox(self.tr("The mask (PNG)"))
        self.with_fill = QCheckBox(self.tr("The fills only (RGBA TIFF, transparent elsewhere)"))
        self.with_record = QCheckBox(self.tr("The record of what was done, how and when (JSON)"))
        preferences = self._context.settings.preferences
        for box, checked in (
            (self.with_mask, preferences.export_mask),
            (self.with_fill, preferences.export_fill),
            (self.with_record, preferences.export_record),
        ):
            box.setChecked(checked)
            box.toggled.connect(lambda _: self._check())
        grid = form()
        grid.addWidget(label(self.tr("Restored TIFF"), "soft"), 0, 0)
        grid.addLayout(row(self.path, browse), 0, 1)
        self.format = FormatChoices(painting)
        self.format.changed.connect(self._check)
        format_label = label(self.tr("Format"), "soft")
        format_label.setMinimumHeight(self.format.bits.sizeHint().height())
        grid.addWidget(format_label, 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.format, 1, 1)
        grid.addWidget(label(self.tr("Also write"), "soft"), 2, 0)
        for line, box in enumerate((self.with_mask, self.with_fill, self.with_record), 2):
            grid.addWidget(box, line, 1)
        grid.addWidget(self.replace, 5, 1)
        return grid

    def _default_path(self, painting: Painting) -> Path:
        folder = start_folder(self._context, "export", writing=True)
        return folder / f"{painting.path.stem}-restored.tif"

    def _buttons(self) -> QHBoxLayout:
        self.show_folder = button(self.tr("Show in folder"), self._open_folder, icon="open")
        self.show_folder.hide()
        self.close_button = button(self.tr("Close"), self.reject)
        self.go = button(self.tr("Export"), self._export, primary=True, once=True)
        self.go.setDefault(True)
        return row(self.show_folder, None, self.close_button, self.go)

    def spec(self) -> ExportSpec:
        """The chosen files and format; raises ``OutputError`` if the path is not a valid file name."""
        out = self._output_path()
        stem = out.with_suffix("")
        return ExportSpec(
            out,
            stem.with_name(stem.name + "-mask.png") if self.with_mask.isChecked() else None,
            stem.with_name(stem.name + "-fill.tif") if self.with_fill.isChecked() else None,
            stem.with_name(stem.name + "-record.json") if self.with_record.isChecked() else None,
            self.replace.isChecked(),
            self.format.form,
        )

    def _output_path(self) -> Path:
        """The path as entered; a relative one is in the folder of the default path."""
        text = self.path.text().strip()
        try:
            typed = Path(text).expanduser()
        except RuntimeError as error:
            sentence = self.tr("The home folder {0} does not exist: choose another folder.")
            raise OutputError(sentence.format(Path(text).parts[0])) from error
        if not typed.name or "\0" in text or text.endswith(SEPARATORS):
            raise OutputError(self.tr("Enter a file name that ends in .tif."))
        out = self._default_path(self._document.painting).parent / typed
        if out.is_dir():
            raise OutputError(self.tr("{0} is a folder: add a file name that ends in .tif.").format(typed))
        return out

    def _browse(self) -> None:
        try:
            suggested = self._output_path()
        except ImagestError:
            suggested = self._default_path(self._document.painting)
        if not suggested.parent.is_dir():
            suggested = self._default_path(self._document.painting).parent / suggested.name
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Restored TIFF"),
            str(suggested),
            "TIFF (*.tif *.tiff)",
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self.path.setText(chosen)

    def _decisions_changed(self, box: object) -> None:
        """A method rather than a lambda, so that Qt disconnects it when the dialog is deleted."""
        self._check()

    def _check(self) -> None:
        """Show why the export would be refused, before it starts."""
        if self._running is not None:
            return
        self.go.show()
        try:
            check_targets(self._document, self.spec())
        except (ImagestError, OSError) as error:
            self._show_answer(explained(error)[0], "warn")
            self.go.setEnabled(False)
        else:
            self._show_answer("", "soft")
            self.go.setEnabled(True)

    def _show_answer(self, text: str, kind: str) -> None:
        restyle(self.answer, kind)
        self.answer.setText(text)
        call_later(self, self.adjustSize)

    def _export(self) -> None:
        spec, document = self.spec(), self._document
        try:
            snapshot = document.document.snapshot()
        except ImagestError as error:
            self._failed(error)
            return
        self.go.setEnabled(False)
        self._show_answer(
            self.tr("Writing and verifying. Progress is shown at the bottom of the window."), "soft"
        )
        remember_folder(self._context, "export", spec.out)
        self._context.settings.prefer(
            export_mask=spec.mask is not None,
            export_fill=spec.fill is not None,
            export_record=spec.record is not None,
        )
        work = lambda progress: export(document, spec, progress, snapshot)  # noqa: E731
        self._running = Job(self.tr("Exporting"), work, self._done, self._failed)
        self._context.jobs.submit(self._running)

    def _stopped(self, job: Job) -> None:
        """Reset if the cancelled or dropped job is this export."""
        if job is self._running:
            self._running = None
            self._check()

    def _done(self, outcome: ExportOutcome) -> None:
        from shiboken6 import isValid

        self._context.messages.say(self.tr("Exported and verified: {0}").format(outcome.out), topic="export")
        if not isValid(self):
            return
        self._running, self._written = None, outcome.out
        self._show_answer(self._summary(outcome), "good")
        self.show_folder.show()
        self.go.hide()

    def _summary(self, outcome: ExportOutcome) -> str:
        """The verification result, notes and written files."""
        account = outcome.account
        if account.converted:
            verdict = self.tr(
                "Verified: all {0} samples equal the converted samples of the scan and the fills; {1} px"
                " are filled."
            ).format(f"{account.converted:,}", f"{account.filled:,}")
        else:
            verdict = self.tr(
                "Verified: {0} samples outside the fills are identical to the scan; {1} px are filled.\n"
                "SHA-256 of the unchanged samples: {2}…"
            ).format(f"{account.samples:,}", f"{account.filled:,}", account.sha256[:16])
        files = "\n".join(map(str, outcome.files))
        notes = [localized(note) for note in outcome.notes]
        return "\n".join([verdict, *notes, self.tr("Written: {0}").format(files)])

    def _failed(self, error: Exception) -> None:
        from shiboken6 import isValid

        self._context.messages.fail(error, "export")
        if isValid(self):
            self._running = None
            self._show_answer(explained(error)[0], "bad")
            self.go.setEnabled(True)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))


class FormatChoices(QWidget):
    """Bit depth, colour and compression of the TIFF; by default those of the scan. Emits ``changed()``."""

    changed = Signal()

    def __init__(self, painting: Painting) -> None:
        super().__init__()
        self._painting = painting
        self.bits = self._choice(self.tr("Bit depth"), self._depths())
        self.colour = self._choice(self.tr("Colour"), self._colours())
        self.compression = self._choice(self.tr("Compression"), self._compressions())
        self.notes = label("", "small", wrap=True)
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.notes.setMinimumHeight(LINES * self.notes.fontMetrics().lineSpacing())
        layout = column(self, spacing=4)
        layout.addLayout(row(self.bits, self.colour, self.compression, None))
        layout.addWidget(self.notes)
        self._update_notes()

    @property
    def form(self) -> Form:
        """How the storage differs from the scan."""
        return Form(self.compression.currentData(), self.bits.currentData(), bool(self.colour.currentData()))

    def _choice(self, name: str, entries: list[tuple[str, object]]) -> QComboBox:
        box = QComboBox()
        guard_wheel(box)
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setToolTip(name)
        for text, value in entries:
            box.addItem(text, value)
        box.setEnabled(len(entries) > 1)
        box.currentIndexChanged.connect(self._changed)
        return box

    def _depths(self) -> list[tuple[str, object]]:
        own = self._painting.depth
        other = 8 if own == 16 else 16
        return [
            (self._unchanged(self.tr("{0} bit").format(own)), None),
            (self.tr("{0} bit").format(other), other),
        ]

    def _colours(self) -> list[tuple[str, object]]:
        own: list[tuple[str, object]] = [(self._unchanged(self._painting.profile_name), None)]
        return own + ([("sRGB", True)] if Form(srgb=True).converts_colour(self._painting) else [])

    def _compressions(self) -> list[tuple[str, object]]:
        names = {
            Compression.NONE: self.tr("uncompressed"),
            Compression.LZW: "LZW",
            Compression.DEFLATE: "Deflate",
            Compression.ZSTD: "Zstandard",
        }
        own = self._painting.compression
        first = self._unchanged(own) if keeps_file(self._painting) else "Deflate"
        others = [(text, kind) for kind, text in names.items() if text != first]
        return [(first, None), *others]

    def _unchanged(self, text: str) -> str:
        return self.tr("{0} (unchanged)").format(text)

    def _changed(self) -> None:
        self._update_notes()
        self.changed.emit()

    def _update_notes(self) -> None:
        """Describe the consequences of the choice."""
        form = self.form
        converts = form.converts(self._painting)
        promise = self.tr(
            "All samples outside the fills stay identical to the scan. This is verified before the file"
            " is saved."
        )
        remedy = self.tr("Also keep a file in the scan’s own format as the record of the treatment.")
        notes = [localized(note) for note in writing_notes(self._painting, form)]
        restyle(self.notes, "warn" if converts else "small")
        self.notes.setText(" ".join([*notes, remedy] if converts else [promise, *notes]))
