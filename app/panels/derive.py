"""Deriving the mask: every parameter live, previewed in the visible part, applied to the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app import theme
from app.commands import mask as masking
from app.commands.mask_detectors import METHODS, Cracks, Difference, Losses, MaskDetector, Parameter
from app.commands.open import PICTURES
from app.commands.previews import Preview, Previewer
from app.context import Context
from app.jobs.runner import Job
from app.messages import explained
from app.panels.registered import Registered
from app.selection import Proposal, ToolName
from app.widgets.parts import (
    Amount,
    SegmentedControl,
    button,
    clear,
    column,
    elided,
    label,
    restyle,
    row,
    rule,
)
from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.map import DamageMap
from imagest_core.errors import ImagestError, ProfileError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting

PAUSE = 30
"""Milliseconds in which changes are taken together before they are previewed."""
LABELS = {"cracks": CRACK.label, "losses": LOSS.label, "difference": LOSS.label}


class DerivePanel(QWidget):
    """``done()``: the derived mask was taken over. ``foot`` belongs below it, whatever scrolls."""

    done = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._active = False
        self._detector: MaskDetector | None = None
        self._learned: Any = None
        self._clean: Painting | None = None
        self._ground: tuple[float, float, float] | None = None
        self._before: str = ToolName.PAN
        self.amounts: dict[str, Amount] = {}
        self._previewer = Previewer(context.background, self._show, self._failed)
        self.foot = self._make_foot()
        self._build()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._look)
        context.selection.visible_changed.connect(lambda _: self._changed())
        context.selection.label_changed.connect(lambda _: self._changed())
        context.selection.picked.connect(self._picked)
        self.methods.choose("losses")

    def _build(self) -> None:
        inside = column(self)
        self.methods = SegmentedControl(
            (
                ("difference", self.tr("Difference"), self.tr("From a clean picture of the same work")),
                ("cracks", self.tr("Cracks"), self.tr("From the scan alone: thin dark or light lines")),
                ("losses", self.tr("Losses"), self.tr("From the scan alone: where the ground shows")),
            ),
            self.tr("Method"),
        )
        self.methods.chosen.connect(self.choose)
        self.about = label("", "small", wrap=True)
        self._source = column()
        self.registered = Registered(self._context)
        self._fields = column(spacing=4)
        inside.addWidget(self.methods)
        inside.addWidget(self.about)
        inside.addLayout(self._source)
        inside.addWidget(self.registered)
        inside.addLayout(self._fields)

    def _make_foot(self) -> QWidget:
        """What is found, and the button that takes it: always in sight while the mask is derived."""
        self.state = label("", "soft", wrap=True)
        self.apply_button = button(self.tr("Apply to the whole scan"), self.apply, primary=True)
        made = QWidget()
        inside = column(made)
        inside.setContentsMargins(12, 4, 12, 12)
        inside.addWidget(rule())
        inside.addWidget(self.state)
        inside.addLayout(row(self.apply_button, None))
        made.hide()
        return made

    # Choosing

    @property
    def method(self) -> str:
        """difference, cracks or losses."""
        return self.methods.value

    def set_active(self, active: bool) -> None:
        """Opened or closed; a closed one shows no preview."""
        self._active = active
        self.foot.setVisible(active)
        if active:
            self.choose(self.method)
        else:
            self._forget()

    def choose(self, method: str) -> None:
        """Show ``method`` with its parameters."""
        self.methods.choose(method)
        self._forget()
        kind = METHODS[method]
        self.about.setText(translated(kind.about))  # type: ignore[attr-defined]
        self._show_source()
        self._show_fields(kind.parameters)  # type: ignore[attr-defined]
        if self._active:
            self._context.selection.label = LABELS[method]
            self._prepare()

    def refresh(self) -> None:
        """Another document: nothing learned holds any more. What is folded away is made when it is opened."""
        self._ground, self._clean = None, None
        if self._active:
            self.choose(self.method)
        else:
            self._forget()

    def _forget(self) -> None:
        self._learned, self._detector = None, None
        self._previewer.forget()
        self._register(None)
        self._context.selection.proposal = None
        self.apply_button.setEnabled(False)

    def _show_source(self) -> None:
        clear(self._source)
        if self.method == "difference":
            name = self._clean.path.name if self._clean else self.tr("no clean picture chosen")
            choose = button(self.tr("Choose…"), self.ask_clean, icon="donor")
            self._source.addLayout(row(elided(name, "soft"), None, choose))
        elif self.method == "cracks":
            self.polarity = SegmentedControl(
                (
                    ("dark", self.tr("Dark"), self.tr("Cracks darker than the paint")),
                    ("light", self.tr("Light"), self.tr("Cracks lighter than the paint")),
                    ("both", self.tr("Both"), ""),
                ),
                self.tr("Cracks are"),
            )
            self.polarity.choose("dark")
            self.polarity.chosen.connect(lambda _: self._prepare())
            self._source.addWidget(self.polarity)
        else:
            self._source.addLayout(self._ground_row())

    def _ground_row(self) -> Any:
        swatch = label("")
        swatch.setFixedSize(20, 20)
        text = self.tr("ground found by the program")
        if self._ground is not None:
            text = self.tr("ground picked")
        found = self._ground or (self._learned if isinstance(self._learned, tuple) else None)
        colour = "transparent" if found is None else _css(found)
        swatch.setStyleSheet(
            f"background: {colour}; border: 1px solid {theme.roles().line}; border-radius: 4px;"
        )
        pick = button(
            self.tr("Pick"), self._pick, icon="pick", tip=self.tr("Click on bare ground in the picture")
        )
        return row(swatch, label(text, "soft"), None, pick)

    def _show_fields(self, parameters: tuple[Parameter, ...]) -> None:
        clear(self._fields)
        self.amounts.clear()
        for parameter in parameters:
            made = Amount(
                translated(parameter.text),
                parameter.low,
                parameter.high,
                parameter.value,
                unit=parameter.unit,
                step=parameter.step,
                tip=translated(parameter.tip),
                special=self.tr("auto") if parameter.auto else "",
            )
            made.changed.connect(lambda _: self._changed())
            self.amounts[parameter.name] = made
            self._fields.addWidget(made)

    @property
    def values(self) -> dict[str, float]:
        """What the sliders say."""
        return {name: amount.value for name, amount in self.amounts.items()}

    # Sources

    def ask_clean(self) -> None:
        """Ask for the clean picture."""
        folder = str(self._context.settings.folder("clean"))
        kinds = self.tr("Pictures") + f" ({PICTURES})"
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose a clean picture of the work"), folder, kinds
        )
        if chosen:
            self._context.settings.remember_folder("clean", Path(chosen))
            self.set_clean(Path(chosen))

    def set_clean(self, path: Path, assume_srgb: bool = False) -> None:
        """Compare with the picture at ``path``."""
        try:
            self._clean = open_painting(path, assume_srgb=assume_srgb)
        except ProfileError as error:
            return self._context.profile_unusable.emit(error, lambda: self.set_clean(path, assume_srgb=True))
        except ImagestError as error:
            return self._context.messages.fail(error)
        self._show_source()
        self._prepare()

    def _pick(self) -> None:
        if self._context.selection.tool != ToolName.PICK:
            self._before = self._context.selection.tool
        self._context.selection.tool = ToolName.PICK

    def _picked(self, x: int, y: int) -> None:
        """The ground is the mean colour of the 3 × 3 pixels round the click."""
        document = self._context.document
        if document is None or self.method != "losses":
            return
        around = Box(x - 1, y - 1, 3, 3).within(document.painting.box)
        colour = document.painting.read_working(around).mean(axis=(0, 1))
        self._ground = float(colour[0]), float(colour[1]), float(colour[2])
        self._context.selection.tool = self._before
        self._show_source()
        self._prepare()

    # Previewing

    def _make(self) -> MaskDetector | None:
        if self.method == "difference":
            return Difference(self._clean) if self._clean is not None else None
        return Cracks(self.polarity.value) if self.method == "cracks" else Losses(self._ground)

    def _prepare(self) -> None:
        """Learn what previews need, in the background."""
        document, detector = self._context.document, self._make()
        self._learned, self._detector = None, detector
        self._previewer.forget()
        self._register(None)
        self.apply_button.setEnabled(False)
        if document is None or detector is None:
            self._say(
                self.tr("Choose a clean picture of the same work to compare with.")
                if detector is None
                else ""
            )
            return
        self._say(self.tr("Looking at the scan…"))
        painting, values = document.painting, self.values

        def learn() -> Any:
            from imagest_core.progress import Progress

            return detector.prepare(painting, values, Progress())

        def learned(found: Any) -> None:
            if self._detector is detector:
                self._learned = found
                self.apply_button.setEnabled(True)
                self._tell_learned(found)
                self._look()

        def failed(error: Exception) -> None:
            if self._detector is detector:
                self._failed(error)

        self._context.background.latest("learn", learn, learned, failed)

    def _tell_learned(self, found: Any) -> None:
        if self.method == "losses":
            self._show_source()
        elif self.method == "difference":
            self._register(found)

    def _register(self, found: Any) -> None:
        """Show how the clean picture lies, in place of what the method does."""
        self.registered.show_registration(found)
        self.about.setVisible(found is None)

    def _failed(self, error: Exception) -> None:
        known = isinstance(error, ImagestError)
        self._say(explained(error)[0] if known else self.tr("This could not be looked at."), "warn")

    def _changed(self) -> None:
        """A parameter or the view: preview soon, also while the slider still moves."""
        if self._active and not self._pause.isActive():
            self._pause.start()

    def _look(self) -> None:
        """Ask for a preview of the visible part."""
        document, detector, learned = self._context.document, self._detector, self._learned
        if not self._active or document is None or detector is None or learned is None:
            return
        visible = self._context.selection.visible.within(document.painting.box)
        if not visible.empty:
            self._previewer.ask(detector, document.painting, learned, self.values, visible)
            self.registered.look()

    def _show(self, preview: Preview) -> None:
        if not self._active or self._learned is None:
            return
        self._context.selection.proposal = Proposal(
            preview.box, preview.mask, self._context.selection.label, preview.level
        )
        share = preview.mask.mean() if preview.mask.size else 0.0
        text = self.tr("Preview: {0} of the visible part.").format(f"{share:.1%}")
        if preview.level:
            reduced = self.tr("Seen at 1:{0}; zoom in for what is thinner.").format(1 << preview.level)
            text = f"{text} {reduced}"
        self._say(text)

    def _say(self, text: str, kind: str = "soft") -> None:
        restyle(self.state, kind)
        self.state.setText(text)

    # Applying

    def apply(self) -> None:
        """Derive over the whole scan, as one undo step."""
        document, detector, learned, values = (
            self._context.document,
            self._detector,
            self._learned,
            self.values,
        )
        if document is None or detector is None:
            return
        name, title = f"Derive {self.method}", translated(detector.title)
        painting = document.painting

        def taken(found: DamageMap) -> None:
            if self._context.document is document:
                sentence = self.tr("{0}: {1} px marked. Correct them with brush and eraser.")
                told = sentence.format(title, f"{found.count():,}")
                masking.take_over(self._context, found, name, lambda: self._taken(told))

        self._context.jobs.submit(
            Job(
                self.tr("Deriving the mask"),
                lambda progress: detector.derive(painting, learned, values, progress),
                taken,
            )
        )

    def _taken(self, told: str) -> None:
        self._context.selection.proposal = None
        self._context.messages.say(told)
        self.done.emit()


def translated(text: str) -> str:
    """A text of the derivers' tables."""
    return QCoreApplication.translate("Derivers", text) if text else ""


def _css(colour: tuple[float, float, float]) -> str:
    return "rgb({}, {}, {})".format(*(round(255 * min(max(value, 0), 1)) for value in colour))
