"""Deriving the mask: every parameter live, previewed in the visible part, applied to the whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app import theme
from app.commands import masking
from app.commands.opening import PICTURES
from app.context import Context
from app.derivers import METHODS, Cracks, Deriver, Difference, Losses, Mask, Parameter
from app.jobs import Job
from app.panels.parts import Amount, Segments, button, clear, column, label, restyle, row
from app.selection import Proposal, Tool
from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.map import DamageMap
from imagest_core.errors import ImagestError
from imagest_core.painting.geometry import Box
from imagest_core.painting.painting import Painting, open_painting

MOST, LEAST = 1_400_000, 256 * 256
"""Pixels a preview covers: as many as this computer looks at in time; of more the middle is shown."""
IN_TIME = 0.25
"""Seconds a preview may take."""
PAUSE = 30
"""Milliseconds between a change and its preview, to take quick ones together."""
LABELS = {"cracks": CRACK.label, "losses": LOSS.label, "difference": LOSS.label}


class DerivePanel(QWidget):
    """``done()``: the derived mask was taken over."""

    done = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._active, self._deriver = False, None
        self._learned: Any = None
        self._clean: Painting | None = None
        self._ground: tuple[float, float, float] | None = None
        self._amounts: dict[str, Amount] = {}
        self._budget = float(MOST)
        self._build()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._look)
        context.selection.visible_changed.connect(lambda _: self._pause.start())
        context.selection.picked.connect(self._picked)
        self.methods.choose("losses")

    def _build(self) -> None:
        inside = column(self)
        self.methods = Segments(
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
        self._fields = column(spacing=4)
        self.state = label("", "soft", wrap=True)
        self.apply_button = button(self.tr("Apply to the whole scan"), self.apply, primary=True)
        inside.addWidget(self.methods)
        inside.addWidget(self.about)
        inside.addLayout(self._source)
        inside.addLayout(self._fields)
        inside.addWidget(self.state)
        inside.addLayout(row(self.apply_button, None))

    # Choosing

    @property
    def method(self) -> str:
        """difference, cracks or losses."""
        return self.methods.value

    def set_active(self, active: bool) -> None:
        """Opened or closed; a closed one shows no preview."""
        self._active = active
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
        """Another document: nothing learned holds any more."""
        self._ground, self._clean = None, None
        self.choose(self.method)

    def _forget(self) -> None:
        self._learned, self._deriver = None, None
        self._context.background.forget("derive")
        self._context.selection.proposal = None
        self.apply_button.setEnabled(False)

    def _show_source(self) -> None:
        clear(self._source)
        if self.method == "difference":
            name = self._clean.path.name if self._clean else self.tr("no clean picture chosen")
            choose = button(self.tr("Choose…"), self.ask_clean, icon="donor")
            self._source.addLayout(row(label(name, "soft"), None, choose))
        elif self.method == "cracks":
            self.polarity = Segments(
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
        self._amounts.clear()
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
            made.changed.connect(lambda _: self._pause.start())
            self._amounts[parameter.name] = made
            self._fields.addWidget(made)

    @property
    def values(self) -> dict[str, float]:
        """What the sliders say."""
        return {name: amount.value for name, amount in self._amounts.items()}

    # Sources

    def ask_clean(self) -> None:
        """Ask for the clean picture."""
        folder = str(self._context.settings.folder("clean"))
        kinds = self.tr("Pictures") + f" ({PICTURES})"
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose a clean picture of the work"), folder, kinds
        )
        if chosen:
            self._context.settings.keep_folder("clean", Path(chosen))
            self.set_clean(Path(chosen))

    def set_clean(self, path: Path) -> None:
        """Compare with the picture at ``path``."""
        try:
            self._clean = open_painting(path)
        except ImagestError as error:
            return self._context.messages.fail(error)
        self._show_source()
        self._prepare()

    def _pick(self) -> None:
        self._before = self._context.selection.tool
        self._context.selection.tool = Tool.PICK

    def _picked(self, x: int, y: int) -> None:
        """The ground is the mean colour of the 3 × 3 pixels round the click."""
        document = self._context.document
        if document is None or self.method != "losses":
            return
        around = Box(x - 1, y - 1, 3, 3).within(document.painting.box)
        colour = document.painting.read_working(around).mean(axis=(0, 1))
        self._ground = float(colour[0]), float(colour[1]), float(colour[2])
        self._context.selection.tool = Tool.PAN
        self._show_source()
        self._prepare()

    # Previewing

    def _make(self) -> Deriver | None:
        if self.method == "difference":
            return Difference(self._clean) if self._clean is not None else None
        return Cracks(self.polarity.value) if self.method == "cracks" else Losses(self._ground)

    def _prepare(self) -> None:
        """Learn what previews need, in the background."""
        document, deriver = self._context.document, self._make()
        self._learned, self._deriver = None, deriver
        self.apply_button.setEnabled(False)
        if document is None or deriver is None:
            self._say(
                self.tr("Choose a clean picture of the same work to compare with.") if deriver is None else ""
            )
            return
        self._say(self.tr("Looking at the scan…"))
        painting, values = document.painting, self.values

        def learn() -> Any:
            from imagest_core.progress import Progress

            return deriver.prepare(painting, values, Progress())

        def learned(found: Any) -> None:
            if self._deriver is deriver:
                self._learned = found
                self.apply_button.setEnabled(True)
                self._tell_learned(found)
                self._look()

        self._context.background.latest("learn", learn, learned, self._failed)

    def _tell_learned(self, found: Any) -> None:
        if self.method == "losses":
            self._show_source()
        elif self.method == "difference":
            self._say(registration_text(found.alignment))

    def _failed(self, error: Exception) -> None:
        self._say(
            str(error) if isinstance(error, ImagestError) else self.tr("This could not be looked at."), "warn"
        )

    def _look(self) -> None:
        """Ask for a preview of the visible part; only the last one asked for is made."""
        document, deriver, learned = self._context.document, self._deriver, self._learned
        if not self._active or document is None or deriver is None or learned is None:
            return
        box, whole = previewed(self._context.selection.visible.within(document.painting.box), self._budget)
        if box.empty:
            return
        self._context.background.latest(
            "derive",
            _looking(deriver, document.painting, box, learned, self.values),
            lambda found: self._show(box, whole, *found),
            self._failed,
        )

    def _show(self, box: Box, whole: bool, mask: Mask, seconds: float) -> None:
        if not self._active or self._learned is None:
            return
        self._budget = min(max(box.area * IN_TIME / max(seconds, 1e-3), LEAST, self._budget / 2), MOST)
        self._context.selection.proposal = Proposal(box, mask, LABELS[self.method])
        share = mask.mean() if mask.size else 0.0
        text = self.tr("Preview: {0} of the visible part, in {1} ms.").format(
            f"{share:.1%}", round(seconds * 1000)
        )
        self._say(
            text if whole else text + " " + self.tr("Only its middle is previewed; zoom in for the rest.")
        )

    def _say(self, text: str, kind: str = "soft") -> None:
        restyle(self.state, kind)
        self.state.setText(text)

    # Applying

    def apply(self) -> None:
        """Derive over the whole scan, as one undo step."""
        document, deriver, learned, values = self._context.document, self._deriver, self._learned, self.values
        if document is None or deriver is None:
            return
        name, title = f"Derive {self.method}", translated(deriver.title)
        painting = document.painting

        def taken(found: DamageMap) -> None:
            if self._context.document is document:
                self._context.selection.proposal = None
                masking.take_over(self._context, found, name)
                self._context.messages.say(
                    self.tr("{0}: {1} px marked. Correct them with brush and eraser.").format(
                        title, f"{found.count():,}"
                    )
                )
                self.done.emit()

        self._context.jobs.submit(
            Job(
                self.tr("Deriving the mask"),
                lambda progress: deriver.derive(painting, learned, values, progress),
                taken,
            )
        )


def _looking(
    deriver: Deriver, painting: Painting, box: Box, learned: Any, values: dict[str, float]
) -> Callable[[], tuple[Mask, float]]:
    def look() -> tuple[Mask, float]:
        began = time.perf_counter()
        return deriver.look(painting, box, learned, values), time.perf_counter() - began

    return look


def previewed(visible: Box, budget: float) -> tuple[Box, bool]:
    """The part of ``visible`` of about ``budget`` pixels that is previewed, and whether that is all."""
    if visible.area <= budget:
        return visible, True
    share = (budget / visible.area) ** 0.5
    width, height = max(int(visible.width * share), 1), max(int(visible.height * share), 1)
    x, y = visible.x + (visible.width - width) // 2, visible.y + (visible.height - height) // 2
    return Box(x, y, width, height), False


def translated(text: str) -> str:
    """A text of the derivers' tables."""
    return QCoreApplication.translate("Derivers", text) if text else ""


def registration_text(alignment: Any) -> str:
    """How the clean picture lies over the scan, in words."""
    translate = QCoreApplication.translate
    if alignment.identity:
        return translate("Derivers", "The pictures lie exactly over each other.")
    dx, dy = alignment.matrix[0, 2], alignment.matrix[1, 2]
    scale = (
        abs(alignment.matrix[0, 0] * alignment.matrix[1, 1] - alignment.matrix[0, 1] * alignment.matrix[1, 0])
        ** 0.5
    )
    text = translate("Derivers", "Registered: moved by {0}, {1} px, scaled by {2}, agreement {3}.")
    return text.format(f"{dx:.1f}", f"{dy:.1f}", f"{scale:.3f}", f"{alignment.agreement:.0%}")


def _css(colour: tuple[float, float, float]) -> str:
    return "rgb({}, {}, {})".format(*(round(255 * min(max(value, 0), 1)) for value in colour))
