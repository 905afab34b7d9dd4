"""The fold of the Restore panel: everything of a request that has a good default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRegularExpression, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from app import theme
from app.commands import restore as restoring
from app.context import Context
from app.panels.restore_choices import narrow_choice, possible_fields
from app.widgets.parts import Amount, column, guard_wheel, label, row, tool_button
from imagest_core.restoration.fields import used_fields
from imagest_core.restoration.request import DDIM, MULTISTEP, RestorationRequest, ScalePolicy

NAME_WIDTH = 96
MOST_VARIATIONS = 12
MOST_STEPS = 1000


class Advanced(QWidget):
    """``changed(dict)``: fields of the request that the user has set."""

    changed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._widgets: dict[str, QWidget] = {}
        """Field of the request → the row that shows it."""
        self._show: dict[str, Callable[[Any], None]] = {}
        """Field of the request → how its value is shown."""
        self.amounts: dict[str, Amount] = {}
        self._inside = column(self)
        self._add_chance()
        self._add_sampling()
        self._add_amounts()
        self._add_fitting()

    # What it is made of

    def _row(self, field: str, name: str, *widgets: QWidget) -> QHBoxLayout:
        named = label(name)
        named.setMinimumWidth(NAME_WIDTH)
        named.setBuddy(widgets[0])
        widgets[0].setAccessibleName(name)
        box = QWidget()
        across = row(named, *widgets)
        across.setStretch(1, 1)
        box.setLayout(across)
        self._inside.addWidget(box)
        self._widgets[field] = box
        return across

    def _add_chance(self) -> None:
        """Seed and variations: what makes one textured fill differ from the next."""
        self.seed = QLineEdit()
        self.seed.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.seed.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,18}")))
        self.seed.setToolTip(self.tr("The same seed gives the same fill"))
        self.dice = tool_button("dice", self.tr("New seed"), lambda: restoring.new_seed(self._context))
        self.lock = tool_button("lock", self.tr("Keep this seed for the next restoration"), checkable=True)
        self._row("seed", self.tr("Seed"), self.seed, self.dice, self.lock)
        self.variations, self.first = _count(1, MOST_VARIATIONS), _count(1, 10**6)
        self.variations.setToolTip(self.tr("How many fills of the same seed are made"))
        self.first.setToolTip(self.tr("The number of the first of them"))
        self.first.setAccessibleName(self.tr("First variation"))
        from_number = label(self.tr("from no."), "soft")
        across = self._row("variation", self.tr("Variations"), self.variations, from_number, self.first)
        across.setStretch(3, 1)
        self.seed.editingFinished.connect(lambda: self._set("seed", int(self.seed.text() or 0)))
        self.first.valueChanged.connect(lambda number: self._set("variation", number - 1))
        self._show["seed"] = lambda value: self.seed.setText(str(value))
        self._show["variation"] = lambda value: self.first.setValue(value + 1)
        selection = self._context.selection
        self.variations.valueChanged.connect(lambda value: setattr(selection, "variations", value))
        selection.variations_changed.connect(self.variations.setValue)
        self.lock.toggled.connect(lambda on: setattr(selection, "seed_locked", on))
        selection.seed_locked_changed.connect(self._show_lock)
        self._show_lock(selection.seed_locked)

    def _show_lock(self, locked: bool) -> None:
        self.lock.setChecked(locked)
        theme.set_icon(self.lock, "lock" if locked else "unlock")

    def _add_sampling(self) -> None:
        quality = self.tr("as the quality says")
        self.steps = _count(0, MOST_STEPS)
        self.steps.setSpecialValueText(quality)
        self._row("steps", self.tr("Steps"), self.steps)
        self.steps.valueChanged.connect(lambda value: self._set("steps", value or None))
        self._show["steps"] = lambda value: self.steps.setValue(value or 0)
        self.scheduler = self._choice(
            "scheduler",
            self.tr("Scheduler"),
            (
                (None, quality),
                (MULTISTEP, self.tr("DPM-Solver++, for few steps")),
                (DDIM, self.tr("DDIM, the paper's")),
            ),
        )

    def _choice(self, field: str, name: str, choices: tuple[tuple[Any, str], ...]) -> QComboBox:
        made = narrow_choice()
        keys = [key for key, _ in choices]
        made.addItems([text for _, text in choices])
        made.activated.connect(lambda at: self._set(field, keys[at]))
        self._show[field] = lambda value: made.setCurrentIndex(keys.index(value))
        self._row(field, name, made)
        return made

    def _add_amounts(self) -> None:
        self._amount(
            "style_strength",
            self.tr("Style strength"),
            0,
            2,
            self.tr("How strongly the style reference counts; one that you chose lends its colours, too"),
        )
        self._amount(
            "guidance",
            self.tr("Guidance"),
            0,
            5,
            self.tr("Exaggerates the style; all but 1 take twice as long"),
        )
        self._amount(
            "detail", self.tr("Detail"), 0, 1, self.tr("Share of the finest texture, taken from intact paint")
        )
        self._amount(
            "growth", self.tr("Growth"), 1, 3, self.tr("Grows the mask over its uncertain rim"), "px"
        )
        self._amount("blend", self.tr("Blend"), 0, 64, self.tr("Transition inside the grown mask"), "px")
        self._amount(
            "context",
            self.tr("Context"),
            0.1,
            4,
            self.tr("Intact border round damage, as a share of its size"),
            "×",
        )

    def _amount(self, field: str, name: str, low: float, high: float, tip: str, unit: str = "") -> None:
        whole = unit == "px"
        amount = Amount(name, low, high, low, unit=unit, step=1 if whole else 0.05, tip=tip)
        self._inside.addWidget(amount)
        self._widgets[field] = amount
        self.amounts[field] = amount
        amount.changed.connect(lambda value: self._set(field, int(value) if whole else round(value, 2)))
        self._show[field] = lambda value: setattr(amount, "value", value)

    def _add_fitting(self) -> None:
        self.scale = self._choice(
            "scale",
            self.tr("Large damage"),
            (
                (ScalePolicy.AUTO, self.tr("coarse first, then refined")),
                (ScalePolicy.NATIVE, self.tr("at the scan's own scale")),
            ),
        )
        self.batch = _count(0, 256)
        self.batch.setSpecialValueText(self.tr("as memory allows"))
        self.batch.setToolTip(self.tr("Windows a GPU fills at a time; the CPU fills one"))
        self._row("batch", self.tr("Batch"), self.batch)
        self.batch.valueChanged.connect(lambda value: self._set("batch", value))
        self._show["batch"] = self.batch.setValue
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText(self.tr("What is lost, in words"))
        self._row("prompt", self.tr("Prompt"), self.prompt)
        self.prompt.editingFinished.connect(lambda: self._set("prompt", self.prompt.text()))
        self._show["prompt"] = self.prompt.setText
        self.windows = QCheckBox(self.tr("Show the context windows on the canvas"))
        self.windows.setToolTip(self.tr("Show the context windows   K"))
        selection = self._context.selection
        self.windows.setChecked(selection.windows_visible)
        self.windows.toggled.connect(lambda on: setattr(selection, "windows_visible", on))
        selection.windows_visible_changed.connect(self.windows.setChecked)
        self._inside.addWidget(self.windows)

    # Following

    def _set(self, field: str, value: Any) -> None:
        if getattr(self._context.selection.request, field) != value:
            self.changed.emit({field: value})

    def show_request(self, request: RestorationRequest) -> None:
        """Show ``request``, and of its fields those that the engine has a use for."""
        blockers = [QSignalBlocker(box) for box in (self.first, self.steps, self.batch)]
        for field, show in self._show.items():
            show(getattr(request, field))
        del blockers
        used, possible = used_fields(request), possible_fields(request)
        if request.prompt:
            used, possible = used | {"prompt"}, possible | {"prompt"}
        for field, widget in self._widgets.items():
            widget.setVisible(field in possible)
            widget.setEnabled(field in used)


def _count(low: int, high: int) -> QSpinBox:
    made = QSpinBox()
    guard_wheel(made)
    made.setRange(low, high)
    made.setMinimumWidth(64)
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    return made
