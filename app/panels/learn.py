"""Learn from strokes: the brush for examples, what was drawn, and the model of the project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from app.commands import damage_model as model_files
from app.commands import select as selecting
from app.commands.layers import opener
from app.commands.learning import LearnedPreview, Learner, Lesson
from app.commands.marking import rim_action
from app.context import Context
from app.document import OpenDocument
from app.i18n.class_names import class_name
from app.jobs.runner import Job
from app.selection import ExampleBrushMode, Proposal, ToolName
from app.widgets.parts import SegmentedControl, button, column, elided, label, row
from imagest_core.damage.detection.trained_model import TrainedModel
from imagest_core.damage.examples import ERASED, INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.damage.stored_model import StoredModel
from imagest_core.errors import MaskError
from imagest_core.progress import Progress
from imagest_core.project.operations.examples import (
    clear_examples,
    derive_examples,
    fitted_to,
    forget_damage_model,
    load_damage_model,
)
from imagest_core.project.state import Layer


class LearnPanel(QWidget):
    """Strokes and model of the open document, with a live preview of the visible part.

    ``status(str, str)``: a sentence and its kind; ``ready(bool)``: the mask can be derived; ``done()``: it
    was applied; ``save_requested()`` and ``load_requested()``: a file must be chosen.
    """

    status = Signal(str, str)
    ready = Signal(bool)
    done = Signal()
    save_requested = Signal()
    load_requested = Signal()

    def __init__(self, context: Context, values: Callable[[], Mapping[str, float]]) -> None:
        super().__init__()
        self._context, self._values = context, values
        self._active = False
        self._learner: Learner | None = None
        self._result: DamageMap | None = None
        self._result_prior: DamageMap | None = None
        self._lesson: Lesson | None = None
        self._previous_tool: str = ToolName.PAN
        self._build()
        selection = context.selection
        self.brush.chosen.connect(self._choose_brush)
        self.correct.toggled.connect(lambda _: self.relearn())
        self.use_layers.toggled.connect(lambda _: self._layers_changed())
        selection.example_mode_changed.connect(self.brush.choose)
        selection.label_changed.connect(lambda _: self._label_changed())
        self.brush.choose(selection.example_mode)

    def _build_brush(self) -> SegmentedControl:
        return SegmentedControl(
            (
                (
                    ExampleBrushMode.DAMAGE,
                    self.tr("Damage"),
                    self.tr("Paint over damage of the selected class   X: intact paint"),
                ),
                (
                    ExampleBrushMode.INTACT,
                    self.tr("Intact paint"),
                    self.tr("Paint over intact paint, also where it is taken for damage   X: damage"),
                ),
                (ExampleBrushMode.ERASE, self.tr("Erase"), self.tr("Erase strokes")),
            ),
            self.tr("Example strokes"),
        )

    def _build(self) -> None:
        self.brush = self._build_brush()
        self.count = label("", "small", wrap=True)
        self.correct = QCheckBox(self.tr("Correct the mask so far"))
        self.correct.setChecked(True)
        self.correct.setToolTip(
            self.tr(
                "The mask helps to learn. Damage of the learned classes that is not found again is removed; "
                "otherwise damage is only added."
            )
        )
        self.use_layers = QCheckBox(self.tr("Learn from the other pictures, too"))
        self.use_layers.setToolTip(
            self.tr("Infrared, X-ray or other registered pictures may show damage that the scan doesn't")
        )
        self.model_name = elided("", "soft")
        self.clear_button = button(self.tr("Clear strokes"), lambda: self._context.do(clear_examples))
        self.save_button = button(
            self.tr("Save model…"), self.save_requested.emit, tip=self.tr("For other paintings of the series")
        )
        self.load_button = button(
            self.tr("Load model…"), self.load_requested.emit, tip=self.tr("Use what another painting taught")
        )
        self.forget_button = button(self.tr("Remove model"), lambda: self._context.do(forget_damage_model))
        layout = column(self, spacing=4)
        layout.addWidget(self.brush)
        layout.addWidget(self.count)
        layout.addWidget(self.correct)
        layout.addWidget(self.use_layers)
        layout.addLayout(row(self.clear_button, self.save_button, None, spacing=4))
        layout.addWidget(self.model_name)
        layout.addLayout(row(self.load_button, self.forget_button, None, spacing=4))

    # The document

    def bind(self, document: OpenDocument) -> None:
        """Follow the strokes and the mask of ``document``."""
        self._learner = None
        document.examples_changed.connect(self.relearn)
        document.damage_changed.connect(lambda _: self._damage_changed())
        document.layers_changed.connect(self._layers_changed)
        self.use_layers.setChecked(False)
        document.closed.connect(self._forget)

    def _forget(self) -> None:
        if self._learner is not None:
            self._learner.cancel()
        self._learner, self._lesson = None, None
        self._result, self._result_prior = None, None

    @property
    def _document(self) -> OpenDocument | None:
        return self._context.document

    def _the_learner(self, document: OpenDocument) -> Learner:
        if self._learner is None:
            layers = [opener(document, layer) for layer in self._used_layers(document)]
            background = self._context.background
            self._learner = Learner(document.painting, background, self._show, self._failed, layers)
        return self._learner

    def _used_layers(self, document: OpenDocument) -> tuple[Layer, ...]:
        """Return the pictures that are learned from beside the scan."""
        return document.state.layers if self.use_layers.isChecked() else ()

    # Opening and closing

    def set_active(self, active: bool) -> None:
        """Start or end the mode: the brush for examples, visible strokes, previews."""
        if active == self._active:
            return
        self._active, selection = active, self._context.selection
        selection.examples_visible = active
        if active:
            if selection.tool != ToolName.EXAMPLE:
                self._previous_tool = selection.tool
            self._start()
        else:
            if self._learner is not None:
                self._learner.cancel()
            self._hide_preview()
            if selection.tool == ToolName.EXAMPLE:
                selection.tool = self._previous_tool

    def _start(self) -> None:
        document = self._document
        if document is not None and not document.read_only:
            self._context.selection.tool = ToolName.EXAMPLE
            visible = self._context.selection.visible.within(document.painting.box)
            if not visible.empty and visible.area <= 16_000_000:
                self._the_learner(document).prepare(visible, self._context.selection.brush_size)
        self.relearn()

    def _choose_brush(self, mode: str) -> None:
        self._context.selection.example_mode = ExampleBrushMode(mode)
        if self._document is not None and not self._document.read_only:
            self._context.selection.tool = ToolName.EXAMPLE

    def _label_changed(self) -> None:
        """A class chosen from the list is what the next strokes mark."""
        if self._active and self._context.selection.example_mode != ExampleBrushMode.DAMAGE:
            self._context.selection.example_mode = ExampleBrushMode.DAMAGE

    # Learning

    def _damage_changed(self) -> None:
        if self._active and self.correct.isChecked():
            self.relearn()

    def _layers_changed(self) -> None:
        """Start again with the present layers."""
        if self._learner is not None:
            self._learner.cancel()
        self._learner = None
        self.relearn()

    def relearn(self) -> None:
        """Learn from the current strokes and preview the result."""
        document = self._document
        if not self._active or document is None:
            return
        self._lesson = self._current_lesson(document)
        self._show_state(document)
        self.preview()

    def _current_lesson(self, document: OpenDocument) -> Lesson | None:
        state = document.document.committed_state
        strokes = document.example_map(state.examples)
        if not strokes.empty:
            return Lesson(object(), strokes.copy(), self._prior(state.damage), None)
        if state.damage_model is None:
            return None
        model = fitted_to(state.damage_model.model(), state.damage.classes)
        return Lesson(object(), None, None, model)

    def _prior(self, damage: DamageMap) -> DamageMap | None:
        """Return the mask to learn from besides the strokes.

        What was learned is no evidence: while the mask is the last result, it is the one before that.
        """
        if not self.correct.isChecked() or damage.empty:
            return None
        return self._result_prior if damage == self._result else damage.copy()

    def preview(self) -> None:
        """Request a preview of the visible part, after a stroke, a change of the view or of a parameter."""
        document, lesson = self._document, self._lesson
        if not self._active or document is None:
            return
        self.ready.emit(lesson is not None and not document.read_only)
        if lesson is None:
            self._hide_preview()
            text = self.tr(
                "Paint a few strokes over damage, then over intact paint. "
                "The program learns and shows the rest."
            )
            return self.status.emit(text, "soft")
        try:
            lesson.check_layers(len(self._used_layers(document)))
        except MaskError as error:
            return self._failed(error)
        visible = self._context.selection.visible.within(document.painting.box)
        if not visible.empty:
            self._the_learner(document).ask(lesson, self._values(), visible)

    def _show(self, preview: LearnedPreview) -> None:
        document = self._document
        if not self._active or self._lesson is None or document is None:
            return
        labels = selecting.limited_part(self._context, preview.labels, preview.box, preview.level)
        mask, selection = labels > 0, self._context.selection
        selection.proposal = Proposal(preview.box, mask, selection.label, preview.level, labels)
        selection.previewed_labels = self._replaced(preview.learned, document.state.damage)
        text = self.tr("Preview: {0} of the visible part is marked. Correct it with more strokes.")
        if preview.partial:
            text = self.tr("Preview: {0} of the middle of the view is marked. Correct it with more strokes.")
        text = text.format(f"{mask.mean() if mask.size else 0.0:.1%}")
        if preview.partial and preview.last:
            apply = selecting.apply_text(self._context)
            text = self.tr("{0} Zoom in to check the rest; “{1}” marks it.").format(text, apply)
        self.status.emit(text, "soft")

    def _replaced(self, learned: frozenset[int], damage: DamageMap) -> frozenset[int]:
        """Return the classes of the mask that the result would replace everywhere."""
        if not self.correct.isChecked() or self._context.selection.within is not None:
            return frozenset()
        return learned & {item.label for item in damage.classes if not item.locked}

    def _failed(self, error: Exception) -> None:
        from app.messages import explained
        from imagest_core.errors import ImagestError

        if not self._active:
            return
        self.ready.emit(False)
        self._hide_preview()
        sentence = self.tr("The preview failed: paint a stroke to try again.")
        if isinstance(error, ImagestError):
            sentence = explained(error)[0]
        self.status.emit(sentence, "warn")

    def _show_state(self, document: OpenDocument) -> None:
        """Show the number of strokes, and the model."""
        state = document.state
        counts = Counter(stroke.label for stroke in state.examples if stroke.label != ERASED)
        names = {item.label: class_name(item) for item in state.damage.classes}
        names[INTACT] = self.tr("intact paint")
        parts = [f"{names.get(each, each)} {number}" for each, number in sorted(counts.items())]
        self.count.setText(self.tr("Strokes: {0}").format(", ".join(parts) or "–"))
        model, writable = state.damage_model, not document.read_only
        self.model_name.setText(self._model_text(model, bool(counts)))
        self.clear_button.setEnabled(bool(state.examples) and writable)
        self.save_button.setEnabled(self._lesson is not None)
        self.load_button.setEnabled(writable)
        self.forget_button.setVisible(model is not None)
        self.forget_button.setEnabled(writable)
        self.correct.setVisible(not state.damage.empty)
        self.use_layers.setVisible(bool(state.layers))

    def _model_text(self, model: StoredModel | None, strokes: bool) -> str:
        if strokes:
            return self.tr("Model: learned from these strokes")
        if model is None:
            return self.tr("Model: none")
        return self.tr("Model: {0}").format(model.name or self.tr("learned here before"))

    # What the buttons do

    def load(self, path: Path) -> None:
        """Read the model at ``path`` and use it."""
        document = self._document
        layers = len(document.state.layers) if document is not None else 0

        def use(stored: StoredModel) -> None:
            if document is not None and self._context.document is document:
                self._context.when_free(lambda: self._use_model(document, stored))

        model_files.read(self._context, path, layers, use)

    def _use_model(self, document: OpenDocument, stored: StoredModel) -> None:
        taken = self._context.do(lambda state: load_damage_model(state, stored))
        if taken:
            self.use_layers.setChecked(stored.model().settings.layers > 0)
        if taken and not document.example_map(document.state.examples).empty:
            self._context.messages.say(
                self.tr("The strokes of this painting go before the model: clear them to use it."),
                topic="damage-model",
            )

    def save(self, path: Path) -> None:
        """Write what was learned to ``path``; an existing file is replaced, which the user has confirmed."""
        document, lesson = self._document, self._lesson
        if document is None or lesson is None:
            return
        learner, values = self._the_learner(document), self._values()
        stored = None if lesson.strokes is not None else document.state.damage_model

        def model(progress: Progress) -> TrainedModel:
            return learner.model(lesson, values, progress) if stored is None else stored.model()

        model_files.write(self._context, path, model, document.painting.path)

    def apply(self) -> None:
        """Derive the mask of the whole scan as one undo step."""
        document, lesson = self._document, self._lesson
        if document is None or lesson is None:
            return
        learner, values, correct = self._the_learner(document), self._values(), self.correct.isChecked()
        stored, within = document.state.damage_model, self._context.selection.within

        def done(result: tuple[TrainedModel, DamageMap]) -> None:
            model, damage = result
            kept = StoredModel.of(model) if lesson.strokes is not None or stored is None else stored
            drawn = lesson.strokes or DamageMap(damage.width, damage.height)

            def change() -> None:
                if self._context.document is document and self._context.do(
                    lambda state: derive_examples(state, damage, kept, drawn, correct=correct, within=within)
                ):
                    self._applied(document, lesson.prior, kept)

            self._context.when_free(change)

        self._context.jobs.submit(
            Job(
                self.tr("Deriving the mask"),
                lambda progress: learner.derive(lesson, values, progress),
                done,
                topic="derive",
            )
        )

    def _applied(self, document: OpenDocument, prior: DamageMap | None, model: StoredModel) -> None:
        self._hide_preview()
        damage = document.state.damage
        self._result, self._result_prior = damage.copy(), prior
        counts, labels = damage.counts(), fitted_to(model.model(), damage.classes).labels
        pixels = sum(counts.get(label, 0) for label in labels)
        text = self.tr("Learned from strokes: {0} px marked. Correct the mask with the brush and the eraser.")
        action = rim_action(self._context, *(label for label in labels if counts.get(label)))
        self._context.messages.say(text.format(f"{pixels:,}"), topic="derive", action=action)
        self.done.emit()

    def _hide_preview(self) -> None:
        """Show the mask as it is."""
        self._context.selection.proposal = None
        self._context.selection.previewed_labels = frozenset()
