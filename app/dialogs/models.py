"""The models dialog: what is installed, what it can do; add, check, remove, download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.context import Context
from app.dialogs.job_dialog import JobDialog
from app.i18n.core_messages import localized
from app.i18n.noop import QT_TRANSLATE_NOOP
from app.messages import explained
from app.widgets.parts import button, column, label, row
from imagest_core.models.few_steps import LABELS, FewSteps, few_steps_of
from imagest_core.models.identity import Identity, ModelKind
from imagest_core.models.installed import EMBEDDED, InstalledModel, installed_models
from imagest_core.printable import size_text
from imagest_core.progress import Progress

KINDS = {
    "imagest": QT_TRANSLATE_NOOP("Models", "Imagest network"),
    "pipeline": QT_TRANSLATE_NOOP("Models", "Diffusion model"),
    "onnx-pipeline": QT_TRANSLATE_NOOP("Models", "Diffusion model, ONNX"),
    "lora": QT_TRANSLATE_NOOP("Models", "LoRA"),
    "textual-inversion": QT_TRANSLATE_NOOP("Models", "Textual inversion"),
    "ip-adapter": QT_TRANSLATE_NOOP("Models", "IP-Adapter"),
    "vae": QT_TRANSLATE_NOOP("Models", "Autoencoder"),
    "vq": QT_TRANSLATE_NOOP("Models", "VQGAN autoencoder"),
    "style-adapter": QT_TRANSLATE_NOOP("Models", "Style adapter"),
    "language-model": QT_TRANSLATE_NOOP("Models", "Language model"),
    "captioner": QT_TRANSLATE_NOOP("Models", "Captioning model"),
    "clip": QT_TRANSLATE_NOOP("Models", "CLIP model"),
}
FAMILIES = {
    "sd1": "Stable Diffusion 1",
    "sd2": "Stable Diffusion 2",
    "sdxl": "Stable Diffusion XL",
    "sd3": "Stable Diffusion 3",
    "flux": "FLUX",
}
"""Names of families, which are not translated."""
ABILITIES = {
    "inpaint": QT_TRANSLATE_NOOP("Models", "inpainting"),
    "text": QT_TRANSLATE_NOOP("Models", "text"),
    "style": QT_TRANSLATE_NOOP("Models", "style"),
    "adapters": QT_TRANSLATE_NOOP("Models", "extensions"),
}


def translated(text: str) -> str:
    """The translation of a text of this module."""
    return QCoreApplication.translate("Models", text)


def abilities(identity: Identity) -> str:
    """What a model can do, in the user's language."""
    names = ["inpaint"] if identity.inpainting else []
    names += [name for name in ("text", "style", "adapters") if name in identity.capabilities]
    words = [translated(ABILITIES[name]) for name in names]
    words += [LABELS[few]] if (few := few_steps_of(identity)) else []
    return ", ".join(words) or "–"


class ModelsDialog(JobDialog):
    """Lists the installed models."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setWindowTitle(self.tr("Models"))
        self.setAcceptDrops(True)
        self.resize(880, 560)
        self._models: dict[str, InstalledModel] = {}
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Models"), "title"))
        self.tree = self._tree()
        layout.addWidget(self.tree, 1)
        self.details = label("", "small", wrap=True)
        self.note = label("", "warn", wrap=True)
        for widget in (self.details, self.note, self.message):
            widget.setTextFormat(Qt.TextFormat.PlainText)
            layout.addWidget(widget)
        self._add_buttons(layout)
        self.refresh()

    def _tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setRootIsDecorated(False)
        tree.setAlternatingRowColors(True)
        tree.setAccessibleName(self.tr("Installed models"))
        tree.setHeaderLabels(
            [
                self.tr("Name"),
                self.tr("Kind"),
                self.tr("Can use"),
                self.tr("Size"),
                self.tr("State"),
                self.tr("Licence"),
            ]
        )
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setSectionResizeMode(5, QHeaderView.ResizeMode.Stretch)
        tree.itemSelectionChanged.connect(self._show_selected)
        return tree

    def _add_buttons(self, layout: Any) -> None:
        self.in_place = QCheckBox(self.tr("Use added files where they are, without a copy"))
        self.space = label("", "small")
        self.question = label("", "warn", wrap=True)
        self.confirm = button(self.tr("Remove it"), self._remove)
        self.keep = button(self.tr("Keep it"), self._hide_question)
        asking = row(self.question, self.keep, self.confirm)
        asking.setStretch(0, 1)
        for part in (self._few_steps_row(), asking, self.progress_row()):
            layout.addLayout(part)  # above the buttons, which must not move under the pointer
        layout.addLayout(row(self.in_place, None, self.space))
        self.add_file = button(self.tr("Add file…"), self._browse_file, icon="plus")
        self.add_folder = button(self.tr("Add folder…"), self._browse_folder, icon="open")
        self.fetch = button(self.tr("Download…"), self._open_download, icon="import")
        self.check = button(self.tr("Check files"), self._check, icon="check")
        self.remove = button(self.tr("Remove"), self._ask, icon="discard")
        layout.addLayout(row(self.add_file, self.add_folder, self.fetch, None, self.check, self.remove))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self._hide_question()

    def _few_steps_row(self) -> QHBoxLayout:
        """The choice of what a LoRA for few steps is; shown for LoRA only."""
        self.few_steps = QComboBox()
        self.few_steps.addItem(self.tr("Usual number of steps"), "none")
        for kind in FewSteps:
            self.few_steps.addItem(self.tr("Few steps: {0}").format(LABELS[kind]), str(kind))
        self.few_steps.activated.connect(self._declare)
        self.few_steps_label = label(self.tr("Sampling steps of this LoRA"))
        self.few_steps_label.setBuddy(self.few_steps)
        self.few_steps.setAccessibleName(self.few_steps_label.text())
        self.few_steps.setToolTip(
            self.tr(
                "A LoRA for few steps needs a sampling method of its own. The page it came from names it."
            )
        )
        return row(self.few_steps_label, self.few_steps, None)

    def _declare(self, index: int) -> None:
        from imagest_core.errors import ImagestError
        from imagest_core.models.library import declare_few_steps

        name = self.selected_name
        try:
            declare_few_steps(name, self.few_steps.itemData(index))
        except (ImagestError, OSError) as error:
            self.say(explained(error)[0], "bad")
            return
        self._change(name)

    # The list

    def refresh(self, select: str = "") -> None:
        """Read the installed models again and select one of them."""
        from imagest_core.models.library import free_space

        chosen = select or self.selected_name
        broken: list[str] = []
        self._models = {model.name: model for model in installed_models(broken)}
        self.tree.clear()
        for model in self._models.values():
            item = QTreeWidgetItem(self._cells(model))
            item.setData(0, Qt.ItemDataRole.UserRole, model.name)
            item.setToolTip(0, self._title(model))
            item.setToolTip(5, model.licence)
            item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.tree.addTopLevelItem(item)
            if model.name == (chosen or EMBEDDED):
                self.tree.setCurrentItem(item)
        if broken:
            self.say(" ".join(localized(sentence) for sentence in broken), "warn")
        self.space.setText(self.tr("{0} free on the disk").format(size_text(free_space())))
        self._show_selected()

    def _change(self, select: str = "") -> None:
        """List the models after one has changed, here and in the Restore panel."""
        self.refresh(select)
        self._context.models_changed.emit()

    def _cells(self, model: InstalledModel) -> list[str]:
        kind = translated(KINDS[model.identity.kind])
        family = FAMILIES.get(model.identity.family, "")
        state = self.tr("in place") if model.in_place else self.tr("installed")
        return [
            model.name,
            f"{kind} ({family})" if family else kind,
            abilities(model.identity),
            size_text(model.size),
            self.tr("files missing") if model.missing else state,
            model.licence or self.tr("unknown"),
        ]

    def _title(self, model: InstalledModel) -> str:
        if model.name == EMBEDDED:
            return self.tr("The network that ships with the program. It runs on any machine.")
        return model.title

    @property
    def selected_name(self) -> str:
        """Name of the selected model, or ""."""
        items = self.tree.selectedItems()
        return str(items[0].data(0, Qt.ItemDataRole.UserRole)) if items else ""

    def _show_selected(self) -> None:
        from imagest_core.models.requirements import memory_note

        model = self._models.get(self.selected_name)
        self._hide_question()
        parts = [self._title(model), str(model.path), model.origin] if model else []
        lora = model is not None and model.identity.kind is ModelKind.LORA
        for widget in (self.few_steps_label, self.few_steps):
            widget.setVisible(lora)
        if model is not None:
            stored = few_steps_of(model.identity) or "none"
            self.few_steps.setCurrentIndex(self.few_steps.findData(str(stored)))
        self.details.setText("\n".join(part for part in parts if part))
        note = memory_note(model) if model and not model.missing else None
        self.note.setText(localized(note) if note else "")
        self.note.setVisible(note is not None)
        self.enable()

    def enable(self) -> None:
        """Enable what can be done now with the selected model."""
        super().enable()
        name, busy = self.selected_name, self.busy
        for widget in (self.add_file, self.add_folder, self.fetch, self.in_place):
            widget.setEnabled(not busy)
        self.few_steps.setEnabled(not busy)
        self.check.setEnabled(bool(name) and not busy)
        self.remove.setEnabled(bool(name) and name != EMBEDDED and not busy)

    # Adding

    def _browse_file(self) -> None:
        kinds = self.tr("Models (*.safetensors);;All files (*)")
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Add a model"), "", kinds)
        if chosen:
            self.add(Path(chosen))

    def _browse_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Add a model’s folder"))
        if chosen:
            self.add(Path(chosen))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept one file or folder of this computer."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile() and not self.busy:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Add what was dropped."""
        event.acceptProposedAction()
        self.add(Path(event.mimeData().urls()[0].toLocalFile()))

    def add(self, path: Path) -> None:
        """Add a file or folder in a job."""
        in_place = self.in_place.isChecked()

        def work(progress: Progress) -> InstalledModel:
            from imagest_core.models.identify import identify
            from imagest_core.models.library import add_model, default_name, free_name

            name = free_name(default_name(path, identify(path)))
            return add_model(path, name, in_place=in_place, progress=progress)

        self.run(self.tr("Add a model"), work, self._added)

    def _added(self, model: InstalledModel) -> None:
        self._change(model.name)
        self.say(self.tr("{0} was added.").format(model.name))

    def _open_download(self) -> None:
        from app.dialogs.download_model import DownloadDialog

        dialog = DownloadDialog(self._context, self)
        dialog.added.connect(self._added)
        dialog.open()

    # Checking and removing

    def _check(self) -> None:
        model = self._models[self.selected_name]

        def work(progress: Progress) -> str:
            from imagest_core.models.library import check_model

            check_model(model, progress)
            return model.name

        self.run(
            self.tr("Check a model"),
            work,
            lambda name: self.say(self.tr("All files of {0} are intact.").format(name)),
        )

    def _ask(self) -> None:
        model = self._models[self.selected_name]
        if model.in_place:
            text = self.tr("Remove {0}? Its files stay where they are.")
        else:
            text = self.tr("Remove {0}? Its files are deleted.")
        self.question.setText(text.format(model.name))
        for widget in (self.question, self.keep, self.confirm):
            widget.show()
        self.keep.setFocus()

    def _hide_question(self) -> None:
        for widget in (self.question, self.keep, self.confirm):
            widget.hide()

    def _remove(self) -> None:
        from imagest_core.errors import ImagestError
        from imagest_core.models.library import remove_model

        name = self.selected_name
        try:
            remove_model(name)
        except (ImagestError, OSError) as error:
            self.say(explained(error)[0], "bad")
            return
        self._change()
        self.say(self.tr("{0} was removed.").format(name))
