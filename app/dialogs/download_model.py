"""Download a model from a hub: name, licence, size, progress."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialogButtonBox, QGridLayout, QLineEdit, QPlainTextEdit, QWidget

from app.context import Context
from app.dialogs.job_dialog import JobDialog
from app.widgets.parts import button, column, form, label, row
from imagest_core.models.hub import HubModel
from imagest_core.printable import size_text
from imagest_core.progress import Progress


class DownloadDialog(JobDialog):
    """Looks up a repository, shows licence and size, and downloads it after confirmation.

    ``added(InstalledModel)``: the model was downloaded and added.
    """

    added = Signal(object)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setWindowTitle(self.tr("Download a model"))
        self.resize(640, 520)
        self.model: HubModel | None = None
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Download a model"), "title"))
        only = self.tr(
            "This is the only place where the program uses the network. Nothing is sent but the request."
        )
        layout.addWidget(label(only, "small", wrap=True))
        layout.addLayout(self._form())
        self.summary = label("", "", wrap=True)
        self.licence = QPlainTextEdit()
        self.licence.setReadOnly(True)
        self.licence.setAccessibleName(self.tr("Licence"))
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self.summary)
        layout.addWidget(self.licence, 1)
        layout.addWidget(self.message)
        layout.addLayout(self.progress_row())
        self.start = button(self.tr("Accept the licence and download"), self._download, primary=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addLayout(row(None, self.start, buttons))
        self.enable()

    def _form(self) -> QGridLayout:
        grid = form()
        self.repository, self.file = QLineEdit(), QLineEdit()
        self.repository.setPlaceholderText("stable-diffusion-v1-5/stable-diffusion-inpainting")
        self.file.setPlaceholderText(self.tr("Only if the repository has several models"))
        self.look_up = button(self.tr("Look up"), self._look_up)
        for line, (text, field) in enumerate(
            ((self.tr("Repository"), self.repository), (self.tr("File or folder"), self.file))
        ):
            name = label(text, "soft")
            name.setBuddy(field)
            field.setAccessibleName(text)
            field.textChanged.connect(self._forget)
            field.returnPressed.connect(self._look_up)
            grid.addWidget(name, line, 0)
            grid.addWidget(field, line, 1)
        grid.addWidget(self.look_up, 0, 2)
        return grid

    def _forget(self) -> None:
        """Forget what was looked up, since another repository is named."""
        self.model = None
        self.summary.clear()
        self.licence.clear()
        self.enable()

    def enable(self) -> None:
        """Enable what can be done now."""
        super().enable()
        self.repository.setEnabled(not self.busy)
        self.file.setEnabled(not self.busy)
        self.look_up.setEnabled(not self.busy and bool(self.repository.text().strip()))
        self.start.setEnabled(not self.busy and self.model is not None)

    def _look_up(self) -> None:
        repository, file = self.repository.text().strip(), self.file.text().strip().strip("/")
        if not repository:
            return

        def work(progress: Progress) -> tuple[HubModel, str]:
            from imagest_core.models.hub import licence_text, look_up

            model = look_up(repository, pattern=file)
            progress.set(0.5)
            return model, licence_text(model)

        self.run(self.tr("Look up a model"), work, self._show)

    def _show(self, result: tuple[HubModel, str]) -> None:
        from imagest_core.models.library import free_space

        self.model, text = result
        files = self.tr("{0} files, {1}; {2} free on the disk").format(
            len(self.model.files), size_text(self.model.size), size_text(free_space())
        )
        licence = self.model.licence or self.tr("not stated; see the page of the model")
        stated = self.tr("Licence: {0}").format(licence)
        self.summary.setText(f"{files}\n{stated}\n{self.model.page}")
        self.licence.setPlainText(text or self.model.licence_link or self.model.page)

    def _download(self) -> None:
        model, file = self.model, self.file.text().strip().strip("/")
        if model is None:
            return

        def work(progress: Progress) -> Any:
            from imagest_core.models.hub import adding, download
            from imagest_core.models.library import add_downloaded, free_name

            folder = download(model, progress.part(0.0, 0.95))
            name = free_name(PurePosixPath(file or model.repository).stem)
            origin = f"{model.repository}@{model.commit}"
            end = progress.part(0.95, 1.0)
            with adding(model, folder):
                return add_downloaded(folder / file, name, origin=origin, licence=model.licence, progress=end)

        self.run(self.tr("Download a model"), work, self._finish)

    def _finish(self, model: object) -> None:
        self.added.emit(model)
        self.accept()
