"""The adapters of a model: a list with weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from app import theme
from app.i18n.parameter_texts import parameter_text
from app.widgets.parts import Amount, clear, column, elided, label, row, tool_button
from imagest_core.errors import ImagestError, InputError
from imagest_core.models.adapter_choice import MAX_WEIGHT, AdapterChoice, format_adapters, parse_adapters
from imagest_core.models.few_steps import LABELS as FEW_STEPS_LABELS
from imagest_core.models.few_steps import few_steps_of
from imagest_core.models.installed import InstalledModel
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.engines.stable_diffusion import StableDiffusionEngine
from imagest_core.restoration.parameters import Spec
from imagest_core.restoration.request import RestorationRequest


class AdapterEditor(QWidget):
    """Shows and changes the text of a parameter that names adapters."""

    def __init__(self, spec: Spec, changed: Callable[[str], None]) -> None:
        super().__init__()
        self._changed = changed
        self._choices: tuple[AdapterChoice, ...] = ()
        self._request: RestorationRequest | None = None
        self._list: QVBoxLayout = column()
        self.add = QToolButton()
        theme.set_icon(self.add, "plus")
        self.add.setText(self.tr("Add"))
        self.add.setToolTip(parameter_text(spec.help))
        self.add.setAccessibleName(self.tr("Add an adapter"))
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.add)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.add.setMenu(self.menu)
        self.empty: QLabel = label(self.tr("none"), "soft")
        named = label(parameter_text(spec.label))
        named.setBuddy(self.add)
        inside = column(self)
        inside.addLayout(row(named, self.empty, None, self.add))
        inside.addLayout(self._list)
        self.preset: QLabel = label("", "soft", wrap=True)
        self.preset.hide()
        inside.addWidget(self.preset)
        self.setFocusProxy(self.add)

    def show_request(self, request: RestorationRequest) -> None:
        """Offer the adapters that fit the model of ``request``; say which preset they bring with them."""
        self._request = request
        text = self._preset_text(request)
        self.preset.setText(text)
        self.preset.setVisible(bool(text))

    def _preset_text(self, request: RestorationRequest) -> str:
        """How ``request`` is sampled with a few-step adapter; "" without one."""
        engine = get_engine(request.engine)
        if not isinstance(engine, StableDiffusionEngine):
            return ""
        try:
            preset = engine.preset(request.parameters)
        except ImagestError:
            return ""
        if preset.few_steps is None:
            return ""
        text = self.tr("{0} adapter: {1}, {2} steps, text strength {3}.")
        return text.format(
            FEW_STEPS_LABELS[preset.few_steps], preset.scheduler, preset.steps, f"{preset.guidance:g}"
        )

    def show_value(self, text: str) -> None:
        """Show the adapters in ``text``."""
        try:
            choices = parse_adapters(text)
        except InputError:
            choices = ()
        self.empty.setVisible(not choices)
        if choices == self._choices and self._list.count() == len(choices):
            return
        self._choices = choices
        clear(self._list)
        for choice in choices:
            self._list.addWidget(self._row(choice))

    def _row(self, choice: AdapterChoice) -> QWidget:
        box = QWidget()
        low, high = min(0.0, choice.weight), max(2.0, choice.weight)
        weight = Amount(choice.name, low, high, choice.weight, step=0.05)
        weight.hide_label()
        weight.changed.connect(partial(self._weigh, choice.name))
        named = elided(choice.name)
        named.setToolTip(choice.name)
        remove = tool_button("close", self.tr("Leave out {0}").format(choice.name), lambda: None)
        remove.clicked.connect(partial(self._remove, choice.name))
        across = row(named, remove)
        across.setStretch(0, 1)
        below = column(box, spacing=0)  # side by side they are wider than the panel
        below.addLayout(across)
        below.addWidget(weight)
        return box

    def _weigh(self, name: str, weight: float) -> None:
        weight = min(round(weight, 2), MAX_WEIGHT)
        self._choices = tuple(AdapterChoice(c.name, weight) if c.name == name else c for c in self._choices)
        self._changed(format_adapters(self._choices))

    def _remove(self, name: str) -> None:
        self._changed(format_adapters(tuple(c for c in self._choices if c.name != name)))

    def fitting(self) -> list[InstalledModel]:
        """Return the installed adapters that fit the model and aren't chosen yet."""
        engine = get_engine(self._request.engine) if self._request is not None else None
        if engine is None or self._request is None:
            return []
        chosen = {choice.name for choice in self._choices}
        try:
            found = engine.adapters(self._request.parameters)
        except ImagestError:
            return []
        return [model for model in found if model.name not in chosen]

    def _fill_menu(self) -> None:
        self.menu.clear()
        for model in self.fitting():
            few = few_steps_of(model.identity)
            kind = f"{model.identity.kind}, {FEW_STEPS_LABELS[few]}" if few else str(model.identity.kind)
            action = self.menu.addAction(f"{model.name}  ({kind})")
            action.triggered.connect(partial(self._take, model.name))
        if self.menu.isEmpty():
            none = self.tr("No adapter that fits is installed; add some under Models")
            self.menu.addAction(none).setEnabled(False)

    def _take(self, name: str) -> None:
        self._changed(format_adapters((*self._choices, AdapterChoice(name))))
