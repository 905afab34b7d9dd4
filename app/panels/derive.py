"""Derive the mask: parameters with a live preview of the visible part, applied to the whole scan."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.commands import learning
from app.commands import mask as masking
from app.commands import select as selecting
from app.commands.marking import rim_action
from app.commands.mask_detectors import (
    METHODS,
    CrackDetector,
    DifferenceDetector,
    LossDetector,
    MaskDetector,
    Parameter,
)
from app.commands.previews import MaskPreview, Previewer
from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Job
from app.messages import explained
from app.panels.derive_sources import CleanPicture, GroundColour
from app.panels.learn import LearnPanel
from app.panels.registration import RegistrationView
from app.selection import Proposal
from app.widgets.parts import (
    Amount,
    SegmentedControl,
    button,
    clear,
    column,
    label,
    restyle,
    rule,
)
from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.map import DamageMap
from imagest_core.errors import ImagestError
from imagest_core.project.operations.names import operation_name

PREVIEW_INTERVAL = 30
"""Milliseconds over which changes are collected before a preview is requested."""
EXAMPLES = "examples"
"""The method that learns from strokes."""
LABELS = {"cracks": CRACK.label, "losses": LOSS.label, "difference": LOSS.label}


class DerivePanel(QWidget):
    """``done()``: the derived mask was applied. ``footer`` belongs below the scrolling part."""

    done = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._active = False
        self._detector: MaskDetector | None = None
        self._prepared: Any = None
        self.amounts: dict[str, Amount] = {}
        self._previewer = Previewer(context.background, self._show, self._failed)
        self.footer = self._build_footer()
        self._build()
        self._preview_timer = QTimer(self)
        self._preview_timer.setSingleShot(True)
        self._preview_timer.setInterval(PREVIEW_INTERVAL)
        self._preview_timer.timeout.connect(self._request_preview)
        context.selection.visible_changed.connect(lambda _: self._changed())
        context.selection.label_changed.connect(lambda _: self._changed())
        context.selection.within_changed.connect(lambda _: self._selected())
        self.methods.choose("losses")

    def _build(self) -> None:
        layout = column(self)
        self.methods = SegmentedControl(
            (
                ("difference", self.tr("Difference"), self.tr("From a clean picture of the same work")),
                ("cracks", self.tr("Cracks"), self.tr("From the scan alone: thin dark or light lines")),
                ("losses", self.tr("Losses"), self.tr("From the scan alone: areas where the ground shows")),
                (EXAMPLES, self.tr("Strokes"), self.tr("Learned from strokes that you paint: any damage")),
            ),
            self.tr("Method"),
        )
        self.methods.chosen.connect(self.choose)
        self.about = label("", "small", wrap=True)
        self._build_sources()
        self.registration = RegistrationView(self._context)
        self.learn = self._build_learn()
        self._fields = column(spacing=4)
        layout.addWidget(self.methods)
        layout.addWidget(self.about)
        for source in (self.clean, self.polarity, self.ground):
            layout.addWidget(source)
        layout.addWidget(self.registration)
        layout.addWidget(self.learn)
        layout.addLayout(self._fields)

    def _build_sources(self) -> None:
        self.clean, self.ground = CleanPicture(self._context), GroundColour(self._context)
        self.polarity = SegmentedControl(
            (
                ("dark", self.tr("Dark"), self.tr("Cracks darker than the paint")),
                ("light", self.tr("Light"), self.tr("Cracks lighter than the paint")),
                ("both", self.tr("Both"), ""),
            ),
            self.tr("Tone of the cracks"),
        )
        self.polarity.choose("dark")
        self.polarity.chosen.connect(lambda _: self._prepare())
        for source in (self.clean, self.ground):
            source.changed.connect(self._prepare)

    def _build_learn(self) -> LearnPanel:
        learn = LearnPanel(self._context, lambda: self.values)
        learn.status.connect(self._show_status)
        learn.ready.connect(self.apply_button.setEnabled)
        learn.done.connect(self.done)
        learn.hide()
        return learn

    def _build_footer(self) -> QWidget:
        """The preview's status and the Apply button, always visible while the panel is open."""
        self.state = label("", "soft", wrap=True)
        self.apply_button = button(selecting.apply_text(self._context), self.apply, primary=True, once=True)
        self.learn_button = button(
            self.tr("Learn from strokes"),
            lambda: self.choose(EXAMPLES),
            icon="examples",
            tip=self.tr("Show the program some damage and some intact paint"),
        )
        self.learn_button.hide()
        footer = QWidget()
        layout = column(footer)
        layout.setContentsMargins(12, 4, 12, 12)
        layout.addWidget(rule())
        layout.addWidget(self.state)
        for each in (self.learn_button, self.apply_button):  # beside each other, they would be too wide
            layout.addWidget(each, 0, Qt.AlignmentFlag.AlignLeft)
        footer.hide()
        return footer

    # Choosing

    @property
    def method(self) -> str:
        """difference, cracks, losses or examples."""
        return self.methods.value

    def set_active(self, active: bool) -> None:
        """Start or stop previews as the panel is opened or closed."""
        self._active = active
        self.footer.setVisible(active)
        if active:
            self.choose(self.method)
        else:
            self.learn.set_active(False)
            self._reset()

    def bind(self, document: OpenDocument) -> None:
        """Follow the strokes of ``document``."""
        self.learn.bind(document)

    def choose(self, method: str) -> None:
        """Select ``method`` and show its parameters."""
        self.methods.choose(method)
        self._reset()
        learns = method == EXAMPLES
        self.learn.setVisible(learns)
        if learns:
            return self._choose_learning()
        self.learn.set_active(False)
        kind = METHODS[method]
        self.about.setText(translated(kind.about))  # type: ignore[attr-defined]
        self._show_source(method)
        self._show_fields(kind.parameters)  # type: ignore[attr-defined]
        if self._active:
            self._context.selection.label = LABELS[method]
            self._prepare()

    def _choose_learning(self) -> None:
        """Show the strokes and their parameters, and start to learn."""
        self.about.setText(
            self.tr("Finds what looks like the damage that you paint over, also several classes.")
        )
        self._show_source(EXAMPLES)
        self._show_fields(learning.PARAMETERS)
        self.learn.set_active(self._active)
        self.learn.relearn()

    def refresh(self) -> None:
        """Reset for another document; a closed panel is set up when it is opened."""
        self.clean.forget()
        self.ground.forget()
        self.polarity.choose("dark")
        self.learn.set_active(False)
        if self._active:
            self.choose(self.method)
        else:
            self._reset()

    def _reset(self) -> None:
        self._prepared, self._detector = None, None
        self._previewer.forget()
        self._show_registration(None)
        self._context.selection.proposal = None
        self.apply_button.setEnabled(False)
        self.learn_button.hide()

    def _show_source(self, method: str) -> None:
        """Show what ``method`` starts from."""
        self.clean.setVisible(method == "difference")
        self.polarity.setVisible(method == "cracks")
        self.ground.setVisible(method == "losses")

    def _show_fields(self, parameters: tuple[Parameter, ...]) -> None:
        clear(self._fields)
        self.amounts.clear()
        for parameter in parameters:
            amount = Amount(
                translated(parameter.text),
                parameter.low,
                parameter.high,
                parameter.value,
                unit=parameter.unit,
                step=parameter.step,
                tip=translated(parameter.tip),
                special=self.tr("auto") if parameter.auto else "",
            )
            amount.changed.connect(lambda _: self._changed())
            self.amounts[parameter.name] = amount
            self._fields.addWidget(amount)

    @property
    def values(self) -> dict[str, float]:
        """The values of the sliders."""
        return {name: amount.value for name, amount in self.amounts.items()}

    # Previewing

    def _make_detector(self) -> MaskDetector | None:
        if self.method == "difference":
            if self.clean.picture is None:
                return None
            return DifferenceDetector(self.clean.picture, self.clean.alignment)
        if self.method == "cracks":
            return CrackDetector(self.polarity.value)
        return LossDetector(self.ground.colour)

    def _prepare(self) -> None:
        """Prepare the detector in the background."""
        document, detector = self._context.document, self._make_detector()
        self._prepared, self._detector = None, detector
        self._previewer.forget()
        self._show_registration(None)
        self.apply_button.setEnabled(False)
        self.learn_button.hide()
        if document is None or detector is None:
            self._show_status(
                self.tr("Choose a clean picture of the same work to compare with.")
                if detector is None
                else ""
            )
            return
        self._show_status(self.tr("Analysing the scan…"))
        painting, values = document.painting, self.values

        def prepare() -> Any:
            from imagest_core.progress import Progress

            return detector.prepare(painting, values, Progress())

        def done(prepared: Any) -> None:
            if self._detector is detector:
                self._prepared = prepared
                self.apply_button.setEnabled(True)
                self._show_prepared(prepared)
                self._request_preview()

        def failed(error: Exception) -> None:
            if self._detector is detector:
                self._failed(error)

        self._context.background.latest("prepare", prepare, done, failed)

    def _show_prepared(self, prepared: Any) -> None:
        if self.method == "losses":
            self.ground.show_colour(prepared if isinstance(prepared, tuple) else None)
        elif self.method == "difference":
            self._show_registration(prepared)

    def _show_registration(self, prepared: Any) -> None:
        """Show the registration instead of the method's description; None hides it."""
        self.registration.show_registration(prepared)
        self.about.setVisible(prepared is None)

    def _failed(self, error: Exception) -> None:
        known = isinstance(error, ImagestError)
        self._show_status(
            explained(error)[0] if known else self.tr("The preview failed: change a parameter to try again."),
            "warn",
        )
        self.learn_button.setVisible(self.method == "losses" and known)

    def _changed(self) -> None:
        """Request a preview soon after a parameter or the view changed, also while a slider moves."""
        if self._active and not self._preview_timer.isActive():
            self._preview_timer.start()

    def _selected(self) -> None:
        """Limit the preview to the selection, or show all of it."""
        self.apply_button.setText(selecting.apply_text(self._context))
        self._changed()

    def _request_preview(self) -> None:
        """Request a preview of the visible part."""
        if self.method == EXAMPLES:
            return self.learn.preview()
        document, detector, prepared = self._context.document, self._detector, self._prepared
        if not self._active or document is None or detector is None or prepared is None:
            return
        visible = self._context.selection.visible.within(document.painting.box)
        if not visible.empty:
            self._previewer.ask(detector, document.painting, prepared, self.values, visible)
            self.registration.refresh()

    def _show(self, preview: MaskPreview) -> None:
        if not self._active or self._prepared is None:
            return
        labels = selecting.limited_part(
            self._context, preview.mask.view(np.uint8), preview.box, preview.level
        )
        mask = labels > 0
        self._context.selection.proposal = Proposal(
            preview.box, mask, self._context.selection.label, preview.level
        )
        share = mask.mean() if mask.size else 0.0
        text = self.tr("Preview: {0} of the visible part is marked.").format(f"{share:.1%}")
        if preview.level:
            reduced = self.tr("Computed at 1:{0}; zoom in to see finer damage.").format(1 << preview.level)
            text = f"{text} {reduced}"
        self._show_status(text)

    def _show_status(self, text: str, kind: str = "soft") -> None:
        restyle(self.state, kind)
        self.state.setText(text)

    # Applying

    def apply(self) -> None:
        """Derive the mask of the whole scan as one undo step."""
        if self.method == EXAMPLES:
            return self.learn.apply()
        document, detector, prepared, values = (
            self._context.document,
            self._detector,
            self._prepared,
            self.values,
        )
        if document is None or detector is None:
            return
        name, title = operation_name(f"derive_{self.method}"), translated(detector.title)
        painting = document.painting

        def done(damage: DamageMap) -> None:
            if self._context.document is document:
                found, label = selecting.limited(self._context, damage), self._context.selection.label
                masking.merge_mask(
                    self._context, damage, name, lambda: self._applied(title, document, found, label)
                )

        self._context.jobs.submit(
            Job(
                self.tr("Deriving the mask"),
                lambda progress: detector.derive(painting, prepared, values, progress),
                done,
                topic="derive",
            )
        )

    def _applied(self, title: str, document: OpenDocument, found: DamageMap, label: int) -> None:
        """Report how much of what was ``found`` has the class ``label`` now; other classes may be kept."""
        self._context.selection.proposal = None
        action = rim_action(self._context, label)
        text = self.tr("{0}: {1} px marked. Correct the mask with the brush and the eraser.")
        pixels = document.state.damage.within(found).count(label)
        self._context.messages.say(text.format(title, f"{pixels:,}"), topic="derive", action=action)
        self.done.emit()


def translated(text: str) -> str:
    """Translate a text of a detector."""
    return QCoreApplication.translate("MaskDetectors", text) if text else ""
