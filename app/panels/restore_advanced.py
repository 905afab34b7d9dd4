"""The fold of the Restore panel: everything of a request that has a good default."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QRegularExpression, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app import theme
from app.commands import restore as restoring
from app.context import Context
from app.i18n.parameter_texts import parameter_text
from app.panels.parameter_controls import count_box, differs, make_editor
from app.panels.reset import Reset
from app.widgets.parts import clear, column, label, row, tool_button
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.parameters import Spec
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.used_parameters import possible_parameters, used_parameters

NAME_WIDTH = 92
MOST_VARIATIONS = 12
ELSEWHERE = frozenset({"seed", "variation", "device"})
"""Shared parameters with controls of their own."""


class Advanced(QWidget):
    """``changed(dict)``: parameters of the request that the user has set."""

    changed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.rows: dict[str, QWidget] = {}
        """Parameter → the row that shows it."""
        self.editors: dict[str, QWidget] = {}
        """Parameter → the widget that changes it, for those built from their declaration."""
        self._show: dict[str, Callable[[Any], None]] = {}
        """Parameter → shows its value."""
        self._follow: dict[str, Callable[[RestorationRequest], None]] = {}
        """Parameter → gets each request before its value is shown."""
        self.resets: dict[str, Reset] = {}
        """Parameter → its mark and reset button."""
        self._shown_engine = ""
        inside = column(self)
        self._chance, self._own, self._shared = column(), column(), column()
        for part in (self._chance, self._own, self._shared):
            inside.addLayout(part)
        self._add_chance()
        self._add_specs(
            self._shared,
            (spec for name, spec in RestorationRequest.specs().items() if name not in ELSEWHERE),
        )
        self._add_windows(inside)

    # Building

    def _row(self, parent: QVBoxLayout, name: str, text: str, *widgets: QWidget) -> QHBoxLayout:
        named = label(text)
        named.setMinimumWidth(NAME_WIDTH)
        named.setBuddy(widgets[0])
        widgets[0].setAccessibleName(text)
        across = self._resettable(parent, name, text, named, *widgets)
        across.setStretch(2, 1)
        return across

    def _resettable(self, parent: QVBoxLayout, name: str, text: str, *widgets: QWidget) -> QHBoxLayout:
        """Add a row with the mark of a changed parameter before it and its reset button behind."""
        reset = self.resets[name] = Reset(text, partial(self._reset, name))
        box = QWidget()
        across = row(reset.mark, *widgets, reset.button)
        across.setSpacing(4)
        box.setLayout(across)
        parent.addWidget(box)
        self.rows[name] = box
        return across

    def _reset(self, name: str) -> None:
        """Set a parameter to its default; the number of variations belongs to the first variation."""
        if name == "variation":
            self._context.selection.variations = 1
        self._set(name, self._spec(name).default)

    def _spec(self, name: str) -> Spec:
        request = self._context.selection.request
        return {**request.specs(), **request.parameters.specs()}[name]

    @property
    def changed_count(self) -> int:
        """Number of visible parameters that differ from their default."""
        return sum(reset.changed for reset in self.resets.values())

    def _add_chance(self) -> None:
        """Seed and variations: what makes one textured fill differ from the next."""
        self.seed = QLineEdit()
        self.seed.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.seed.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,18}")))
        self.seed.setToolTip(self.tr("The same seed gives the same fill"))
        self.dice = tool_button("dice", self.tr("New seed"), lambda: restoring.new_seed(self._context))
        self.lock = tool_button("lock", self.tr("Keep this seed for the next restoration"), checkable=True)
        self._row(self._chance, "seed", self.tr("Seed"), self.seed, self.dice, self.lock)
        self.variations, self.first = count_box(1, MOST_VARIATIONS), count_box(1, 10**6)
        self.variations.setMinimumWidth(48)
        self.first.setMinimumWidth(60)
        self.variations.setToolTip(self.tr("How many fills of the same seed are made"))
        self.first.setToolTip(self.tr("The number of the first of them"))
        self.first.setAccessibleName(self.tr("First variation"))
        from_number = label(self.tr("from no."), "soft")
        widgets = (self.variations, from_number, self.first)
        across = self._row(self._chance, "variation", self.tr("Variations"), *widgets)
        across.setStretch(4, 1)
        self._connect_chance()

    def _connect_chance(self) -> None:
        self.seed.editingFinished.connect(lambda: self._set("seed", int(self.seed.text() or 0)))
        self.first.valueChanged.connect(lambda number: self._set("variation", number - 1))
        self._show["seed"] = lambda value: self.seed.setText(str(value))
        self._show["variation"] = self._show_variation
        selection = self._context.selection
        self.variations.valueChanged.connect(lambda value: setattr(selection, "variations", value))
        selection.variations_changed.connect(self.variations.setValue)
        selection.variations_changed.connect(lambda _: self._show_resets(selection.request))
        self.lock.toggled.connect(lambda on: setattr(selection, "seed_locked", on))
        selection.seed_locked_changed.connect(self._show_lock)
        self._show_lock(selection.seed_locked)

    def _show_variation(self, value: int) -> None:
        with QSignalBlocker(self.first):
            self.first.setValue(value + 1)

    def _show_lock(self, locked: bool) -> None:
        self.lock.setChecked(locked)
        theme.set_icon(self.lock, "lock" if locked else "unlock")

    def _add_specs(self, parent: QVBoxLayout, specs: Iterable[Spec]) -> None:
        for spec in specs:
            editor = make_editor(spec, partial(self._set, spec.name), self._context.settings)
            text = parameter_text(spec.label)
            if editor.labelled:
                self._resettable(parent, spec.name, text, editor.widget).setStretch(1, 1)
            else:
                self._row(parent, spec.name, text, editor.widget)
            self.editors[spec.name], self._show[spec.name] = editor.widget, editor.show
            if editor.follow is not None:
                self._follow[spec.name] = editor.follow

    def _build(self, engine: str) -> None:
        """Make the rows of the engine's own parameters."""
        clear(self._own)
        shared = RestorationRequest.specs()
        for table in (self.rows, self.editors, self._show, self._follow, self.resets):
            for name in table.keys() - shared.keys():
                del table[name]
        specs = get_engine(engine).Parameters.specs().values()
        self._add_specs(self._own, (spec for spec in specs if not spec.basic))
        self._shown_engine = engine

    def _add_windows(self, parent: QVBoxLayout) -> None:
        self.windows = QCheckBox(self.tr("Show the tiles on the canvas"))
        self.windows.setToolTip(self.tr("Show the tiles with the intact paint around (context windows)   K"))
        selection = self._context.selection
        self.windows.setChecked(selection.windows_visible)
        self.windows.toggled.connect(lambda on: setattr(selection, "windows_visible", on))
        selection.windows_visible_changed.connect(self.windows.setChecked)
        parent.addWidget(self.windows)

    # Following

    def _set(self, name: str, value: Any) -> None:
        if self._context.selection.request.get(name) != value:
            self.changed.emit({name: value})

    def show_request(self, request: RestorationRequest) -> None:
        """Show ``request``: of its parameters those that its engine can use."""
        if request.engine != self._shown_engine:
            self._build(request.engine)
        used, possible = used_parameters(request), possible_parameters(request)
        capabilities = get_engine(request.engine).capabilities(request.parameters)
        for name, widget in self.rows.items():
            if name in self._follow:
                self._follow[name](request)
            self._show[name](request.get(name))
            spec = request.parameters.specs().get(name)
            lacking = spec is not None and spec.requires is not None and spec.requires not in capabilities
            stray = lacking and spec is not None and request.get(name) != spec.default
            widget.setVisible(stray or (name in possible and not lacking))
            widget.setEnabled(stray or name in used)
        self._show_resets(request)

    def _show_resets(self, request: RestorationRequest) -> None:
        """Mark the parameters that differ from their defaults."""
        specs = {**request.specs(), **request.parameters.specs()}
        for name, reset in self.resets.items():
            changed = differs(specs[name], request.get(name))
            changed |= name == "variation" and self._context.selection.variations != 1
            reset.show(changed, offered=not self.rows[name].isHidden())
