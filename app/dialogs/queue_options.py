"""The options of the queue: where results go, how masks are found, and how the damage is filled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from app.context import Context
from app.i18n.run_texts import mode_name
from app.widgets.parts import button, elided, form, label, row
from imagest_core.batch import MASK_SUFFIX
from imagest_core.batch.settings import BatchSettings
from imagest_core.damage.detection.recipe import Recipe, load_recipe
from imagest_core.errors import ImagestError
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest


class QueueOptions(QWidget):
    """``folder_chosen(Path)``: another folder for results; ``failed(Exception)``: a recipe can't be read.

    The options of a new list are those of the Restore panel; they are stored with the first painting.
    """

    folder_chosen = Signal(object)
    failed = Signal(object)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._queue = context, context.queue
        self._recipe: Recipe | None = None
        grid = form()
        self.setLayout(grid)
        self.folder = elided()
        self.change = button(self.tr("Change…"), self._browse_folder)
        self.suffix = QLineEdit(MASK_SUFFIX)
        self.suffix.setAccessibleName(self.tr("Masks end in"))
        self.suffix.editingFinished.connect(self._store)
        self.suffix.setToolTip(self.tr("The mask of scan.tif is scan-mask.png if this is -mask."))
        self.recipe = elided()
        self.choose_recipe = button(self.tr("Choose…"), self._browse_recipe)
        self.no_recipe = button(self.tr("None"), self._forget_recipe)
        self.fill = elided()
        self.use_panel = button(self.tr("Use the Restore panel"), self._use_panel)
        self.use_panel.setToolTip(
            self.tr("Fill the paintings that wait with the parameters now chosen in the Restore panel.")
        )
        rows = (
            (self.tr("Results go to"), row(self.folder, self.change)),
            (self.tr("Masks end in"), row(self.suffix, None)),
            (self.tr("Recipe for missing masks"), row(self.recipe, self.choose_recipe, self.no_recipe)),
            (self.tr("Filled with"), row(self.fill, self.use_panel)),
        )
        for line, (name, widgets) in enumerate(rows):
            grid.addWidget(label(name, "soft"), line, 0)
            widgets.setStretch(0, 1)
            grid.addLayout(widgets, line, 1)
        for widget in (self.folder, self.recipe, self.fill):
            widget.setMinimumWidth(200)

    @property
    def has_recipe(self) -> bool:
        """Whether masks that are missing are derived."""
        return self._recipe is not None

    def settings(self) -> BatchSettings:
        """What is chosen: the stored settings of the list, else those of a new one."""
        stored = self._stored()
        if stored is not None:
            return stored
        return BatchSettings(
            self._context.selection.request,
            self.suffix.text().strip(),
            self._recipe,
            operator=self._context.settings.preferences.operator,
        )

    def _stored(self) -> BatchSettings | None:
        try:
            return self._queue.settings()
        except ImagestError as error:
            self.failed.emit(error)
            return None

    def refresh(self) -> None:
        """Show the settings, and enable what can be changed now."""
        folder, stored = self._queue.folder, self._stored()
        self.folder.setText(str(folder) if folder is not None else self.tr("the folder of the first scan"))
        shown = stored or self.settings()
        if stored is not None:
            self._recipe = stored.recipe
            if not self.suffix.hasFocus():
                self.suffix.setText(stored.mask_suffix)
        self.recipe.setText(self._recipe_text(shown.recipe))
        self.fill.setText(self._fill_text(shown.request))
        free = not self._queue.running
        for widget in (self.change, self.choose_recipe, self.use_panel):
            widget.setEnabled(free)
        self.no_recipe.setEnabled(free and shown.recipe is not None)
        self.suffix.setEnabled(stored is None)

    def _recipe_text(self, recipe: Recipe | None) -> str:
        if recipe is None:
            return self.tr("none: every scan needs a mask")
        return f"{recipe.method} · {Path(recipe.model).name}" if recipe.model else recipe.method

    def _store(self) -> None:
        """Store changed options of a list that exists."""
        stored = self._stored()
        if stored is not None:
            self._queue.set_settings(replace(stored, recipe=self._recipe))
        self.refresh()

    def _browse_folder(self) -> None:
        start = self._queue.folder or self._context.settings.folder("queue")
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder for the results"), str(start))
        if chosen:
            self.folder_chosen.emit(Path(chosen))

    def _browse_recipe(self) -> None:
        start = str(self._context.settings.folder("recipe"))
        kinds = self.tr("Mask recipes (*.json);;All files (*)")
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Choose a recipe"), start, kinds)
        if chosen:
            self.use_recipe(Path(chosen))

    def use_recipe(self, path: Path) -> None:
        """Derive missing masks with the recipe in ``path``."""
        try:
            self._recipe = load_recipe(path)
        except ImagestError as error:
            self.failed.emit(error)
            return
        self._context.settings.remember_folder("recipe", path)
        self._store()

    def _forget_recipe(self) -> None:
        self._recipe = None
        self._store()

    def _use_panel(self) -> None:
        stored = self._stored()
        if stored is not None:
            self._queue.set_settings(replace(stored, request=self._context.selection.request))
        self.refresh()

    def _fill_text(self, request: RestorationRequest) -> str:
        """The engine, its mode and the seed."""
        title, mode = get_engine(request.engine).title, mode_name(request.get("mode", ""))
        return " · ".join(part for part in (title, mode, self.tr("seed {0}").format(request.seed)) if part)
