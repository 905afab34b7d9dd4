"""Step three: how shall it be filled, with what, and how long will that take here?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QWidget

from app.commands import restoring
from app.context import Context
from app.devices import Device, device_now
from app.document import OpenDocument
from app.estimate import Estimate, estimate
from app.panels.parts import (
    Amount,
    Fold,
    Panel,
    Segments,
    button,
    column,
    form,
    label,
    restyle,
    row,
    rule,
    tool_button,
)
from app.status import duration
from imagest_core.errors import ImagestError, InputError
from imagest_core.restoration.engines import engine, engine_names
from imagest_core.restoration.request import MAX_SEED, Mode, Quality, RestorationRequest

ESTIMATE_WAIT = 250
SHOWN_SEEDS = 2**31 - 1


class RestorePanel(Panel):
    """Shows and changes ``selection.request``; ``stood(str)``: a word for the title."""

    stood = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._showing = False
        self._choices()
        self._advanced()
        self._start()
        self.column.addStretch(1)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(ESTIMATE_WAIT)
        self._wait.timeout.connect(self._estimate)
        context.selection.request_changed.connect(self._show_request)
        context.selection.variations_changed.connect(self.variations.setValue)
        context.jobs.started.connect(lambda _: self._enable())
        context.jobs.idle.connect(self._wait.start)
        self._fill_engines()
        self._prefer_network()
        self._show_request(context.selection.request)
        self.setEnabled(False)

    # What it is made of

    def _choices(self) -> None:
        self.engine, self.model = QComboBox(), QComboBox()
        self.engine.setAccessibleName(self.tr("Engine"))
        self.model.setAccessibleName(self.tr("Model"))
        self.about = label("", "small", wrap=True)
        self.mode = Segments(
            (
                (
                    Mode.FAITHFUL,
                    self.tr("Faithful"),
                    self.tr("Closest to what is known; smooth where nothing is"),
                ),
                (Mode.TEXTURED, self.tr("Textured"), self.tr("Continues the texture of the style reference")),
            ),
            self.tr("Mode"),
        )
        self.quality = Segments(
            (
                (Quality.DRAFT, self.tr("Draft"), self.tr("Fewest steps: to see where it goes")),
                (Quality.STANDARD, self.tr("Standard"), self.tr("For most work")),
                (Quality.FINE, self.tr("Fine"), self.tr("Most steps: for the last run")),
            ),
            self.tr("Quality"),
        )
        grid = form()
        self._network_only: list[QWidget] = []
        for line, (name, widget) in enumerate(
            (
                (self.tr("Engine"), self.engine),
                (self.tr("Model"), self.model),
                (self.tr("Mode"), self.mode),
                (self.tr("Quality"), self.quality),
            )
        ):
            named = label(name, "soft")
            grid.addWidget(named, 2 * line, 0)
            grid.addWidget(widget, 2 * line, 1)
            named.setBuddy(widget)
            if widget is not self.engine:
                self._network_only += [named, widget]
            if widget is self.model:
                self._model_label = named
        grid.addWidget(self.about, 1, 1)
        self.column.addLayout(grid)
        self.engine.activated.connect(lambda _: self._change(engine=self.engine.currentData(), weights=""))
        self.model.activated.connect(lambda _: self._change(weights=self.model.currentData() or ""))
        self.mode.chosen.connect(lambda key: self._change(mode=Mode(key)))
        self.quality.chosen.connect(
            lambda key: self._change(quality=Quality(key), steps=None, scheduler=None)
        )

    def _advanced(self) -> None:
        body = QWidget()
        inside = column(body)
        self.seed = QSpinBox()
        self.seed.setRange(0, SHOWN_SEEDS)
        self.seed.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.seed.setAccessibleName(self.tr("Seed"))
        self.lock = tool_button("lock", self.tr("Keep this seed for the next restoration"), checkable=True)
        self.lock.setChecked(True)
        dice = tool_button("dice", self.tr("New seed"), lambda: restoring.new_seed(self.context))
        self.variations = QSpinBox()
        self.variations.setRange(1, 12)
        self.variations.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.variations.setAccessibleName(self.tr("Variations"))
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText(self.tr("What is lost, for engines that read text"))
        self.prompt.setAccessibleName(self.tr("Prompt"))
        self.growth = Amount(
            self.tr("Growth"), 1, 3, 1, unit="px", tip=self.tr("Grows the mask over its uncertain rim")
        )
        self.blend = Amount(
            self.tr("Blend"), 0, 16, 1, unit="px", tip=self.tr("Transition inside the grown mask")
        )
        self.around = Amount(
            self.tr("Context"),
            0.1,
            2,
            0.5,
            unit="×",
            step=0.05,
            tip=self.tr("Intact border round damage, as a share of its size"),
        )
        self.steps = Amount(self.tr("Steps"), 0, 100, 0, tip=self.tr("0: as the quality says"))
        self.seeds = QWidget()
        lines = form()
        lines.addWidget(label(self.tr("Seed"), "soft"), 0, 0)
        lines.addLayout(row(self.seed, dice, self.lock), 0, 1)
        lines.addWidget(label(self.tr("Variations"), "soft"), 1, 0)
        lines.addWidget(self.variations, 1, 1)
        self.seeds.setLayout(lines)
        self._prompt_label = label(self.tr("Prompt"), "soft")
        self.column.addWidget(self.seeds)
        self.column.addWidget(self._prompt_label)
        self.column.addWidget(self.prompt)
        for item in (self.steps, self.growth, self.blend, self.around):
            inside.addWidget(item)
        inside.addLayout(self._device_row())
        self.fold = Fold(self.tr("Advanced"), body)
        self.column.addWidget(self.fold)
        self._connect_advanced()

    def _device_row(self) -> Any:
        self.device = QComboBox()
        for key, name in (("auto", self.tr("Automatic")), ("cuda", self.tr("GPU")), ("cpu", self.tr("CPU"))):
            self.device.addItem(name, key)
        self.device.setAccessibleName(self.tr("Device"))
        self.device.activated.connect(lambda _: self._change(device=self.device.currentData()))
        named = label(self.tr("Device"))
        named.setMinimumWidth(96)
        self._network_only.append(named)
        return row(named, self.device, None)

    def _connect_advanced(self) -> None:
        self.seed.valueChanged.connect(lambda value: self._change(seed=value))
        self.lock.toggled.connect(self._locked)
        self.variations.valueChanged.connect(
            lambda value: setattr(self.context.selection, "variations", value)
        )
        self.prompt.editingFinished.connect(lambda: self._change(prompt=self.prompt.text()))
        self.growth.changed.connect(lambda value: self._change(growth=int(value)))
        self.blend.changed.connect(lambda value: self._change(blend=int(value)))
        self.around.changed.connect(lambda value: self._change(context=round(value, 2)))
        self.steps.changed.connect(lambda value: self._change(steps=int(value) or None))

    def _start(self) -> None:
        """The footer: what will happen, and the button that starts it."""
        self.footer = QWidget()
        self.footer.setObjectName("panel")
        self.expected = label("", "soft", wrap=True)
        self.hardware = label("", "small", wrap=True)
        self.go = button(
            self.tr("Restore"),
            lambda: restoring.restore_all(self.context),
            primary=True,
            tip=self.tr("Restore   Ctrl+Enter"),
        )
        self.part = button(
            self.tr("Visible part"),
            lambda: restoring.restore_visible(self.context),
            tip=self.tr("Only the damage the canvas shows"),
        )
        across = row(self.go, self.part)
        across.setStretch(0, 1)
        inside = column(self.footer)
        inside.setContentsMargins(12, 4, 12, 12)
        inside.addWidget(rule())
        inside.addWidget(self.expected)
        inside.addLayout(across)
        inside.addWidget(self.hardware)

    # Following

    def bind(self, document: OpenDocument) -> None:
        """Follow what decides how long it takes."""
        document.damage_changed.connect(lambda _: self._wait.start())
        document.classes_changed.connect(self._wait.start)
        self.context.background.latest("device", device_now, self._show_device)

    def refresh(self) -> None:
        """Show the request and the estimate."""
        self._wait.start()
        self._enable()

    def _change(self, **values: Any) -> None:
        if self._showing:
            return
        try:
            self.context.selection.request = replace(self.context.selection.request, **values)
        except InputError as error:
            self.context.messages.fail(error)

    def _locked(self, locked: bool) -> None:
        from app import theme

        theme.set_icon(self.lock, "lock" if locked else "unlock")
        self.context.selection.seed_locked = locked

    def _fill_engines(self) -> None:
        for name in engine_names():
            self.engine.addItem(engine(name).title, name)

    def _prefer_network(self) -> None:
        """Begin with the network where its weights are installed."""
        from imagest_core.models.catalogue import entries

        if entries():
            device = self.context.settings.preferences.device
            self.context.selection.request = RestorationRequest(engine=NETWORKS[0], device=device)

    def _show_request(self, request: RestorationRequest) -> None:
        self._showing = True
        self.engine.setCurrentIndex(self.engine.findData(request.engine))
        self.mode.choose(request.mode)
        self.quality.choose(request.quality)
        self.seed.setValue(min(request.seed, SHOWN_SEEDS, MAX_SEED))
        self.prompt.setText(request.prompt)
        self.growth.value, self.blend.value, self.around.value = (
            request.growth,
            request.blend,
            request.context,
        )
        self.steps.value = request.steps or 0
        self.device.setCurrentIndex(self.device.findData(request.device))
        self._show_engine(request.engine)
        self._showing = False
        self._wait.start()

    def _show_engine(self, name: str) -> None:
        said = about(name)
        self.about.setText(first_sentence(said))
        self.about.setToolTip(said)
        network, text = name in NETWORKS, name in READS_TEXT
        for widget in (*self._network_only, self.seeds, self.steps, self.device):
            widget.setVisible(network)
        for widget in (self.prompt, self._prompt_label):
            widget.setVisible(text)
        if network:
            self._fill_models()
        self.reshaped.emit()

    def _fill_models(self) -> None:
        from imagest_core.models.catalogue import entries

        self.model.clear()
        for entry in entries():
            self.model.addItem(entry.name, entry.name)
        if not self.model.count():
            self.model.addItem(self.tr("no weights installed"), "")
        for widget in (self.model, self._model_label):
            widget.setVisible(len(entries()) != 1)
        wanted = self.model.findData(self.context.selection.request.weights)
        self.model.setCurrentIndex(max(wanted, 0))

    def _show_device(self, device: Device) -> None:
        self.hardware.setText(self.tr("Device: {0}").format(device.text))

    def _enable(self) -> None:
        there = self.document is not None and not self.document.state.damage.empty
        self.go.setEnabled(there)
        self.part.setEnabled(there)

    # How long

    def _estimate(self) -> None:
        self._enable()
        document, request = self.document, self.context.selection.request
        if document is None or document.state.damage.empty:
            self.expected.setText(self.tr("Mark damage first: there is nothing to restore yet."))
            restyle(self.expected, "soft")
            self.context.selection.windows = ()
            self.stood.emit("")
            return
        if not self.context.selection.windows:
            self.expected.setText(self.tr("Looking at the damage…"))
        damage, box = document.state.damage.copy(), document.painting.box
        self.context.background.latest(
            "estimate", lambda: estimate(damage, box, request), self._show_estimate, self._no_estimate
        )

    def _show_estimate(self, found: Estimate) -> None:
        self.context.selection.windows = tuple(window.box for window in found.boxes)
        restyle(self.expected, "soft")
        text = self.tr("{0} regions, {1} px, in {2} windows").format(
            f"{found.regions:,}", f"{found.pixels:,}", found.windows
        )
        speed = self.context.settings.speed(self.context.selection.request.engine)
        if speed is not None:
            seconds = speed * found.pixels * max(self.context.selection.variations, 1)
            text += self.tr(" · about {0} here").format(duration(seconds))
            self.stood.emit(self.tr("about {0}").format(duration(seconds)))
        else:
            text += self.tr(" · the first run tells how long it takes here")
            self.stood.emit("")
        if found.coarsest > 1:
            text += self.tr(" · large damage is solved at 1:{0} and enlarged").format(found.coarsest)
        self.expected.setText(text)

    def _no_estimate(self, error: Exception) -> None:
        if isinstance(error, ImagestError):
            restyle(self.expected, "warn")
            self.expected.setText(str(error))


def first_sentence(text: str) -> str:
    """The text up to its first full stop; the rest is for the tooltip."""
    for stop in (". ", "。"):
        if stop in text:
            return text.split(stop, 1)[0] + stop.strip()
    return text


def about(name: str) -> str:
    """What an engine is: the core's own words, or their translation."""
    key = f"about {name}"
    said = QCoreApplication.translate("Engines", key)
    return engine(name).description if said == key else said


ABOUT = (
    QT_TRANSLATE_NOOP("Engines", "about imagest"),
    QT_TRANSLATE_NOOP("Engines", "about harmonic"),
    QT_TRANSLATE_NOOP("Engines", "about telea"),
    QT_TRANSLATE_NOOP("Engines", "about navier-stokes"),
    QT_TRANSLATE_NOOP("Engines", "about biharmonic"),
)
"""Keys that translations answer with the description; English has none, since the core has it."""
NETWORKS = ("imagest", "imagest-sd14", "stable-diffusion")
"""Engines with weights, modes and steps."""
READS_TEXT = ("imagest-sd14", "stable-diffusion")
