"""What fills: engine, model, mode, quality, each with a word on what it is."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from app.i18n.noop import QT_TRANSLATE_NOOP
from app.widgets.parts import SegmentedControl, form, guard_wheel, label
from imagest_core.restoration.engines import engine, engine_names
from imagest_core.restoration.fields import used_fields
from imagest_core.restoration.request import Mode, Quality, RestorationRequest


class Choices(QWidget):
    """``changed(dict)``: fields of the request the user has set; ``reshaped()``: other rows are there."""

    changed = Signal(object)
    reshaped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.engine, self.model = narrow_choice(), narrow_choice()
        self.about = label("", "small", wrap=True)
        self.mode = SegmentedControl(self._modes(), self.tr("Mode"))
        self.quality = SegmentedControl(self._qualities(), self.tr("Quality"))
        self._rows: dict[str, tuple[QLabel, QWidget]] = {}
        grid = form()
        self.setLayout(grid)
        self._add(grid, 0, "engine", self.tr("Engine"), self.engine)
        grid.addWidget(self.about, 1, 1)
        self._add(grid, 2, "weights", self.tr("Model"), self.model)
        self._add(grid, 3, "mode", self.tr("Mode"), self.mode)
        self._add(grid, 4, "quality", self.tr("Quality"), self.quality)
        for name in engine_names():
            self.engine.addItem(engine(name).title, name)
        self._connect()

    def _add(self, grid: QGridLayout, line: int, field: str, name: str, widget: QWidget) -> None:
        named = label(name, "soft")
        named.setBuddy(widget)
        widget.setAccessibleName(name)
        grid.addWidget(named, line, 0)
        grid.addWidget(widget, line, 1)
        self._rows[field] = named, widget

    def _connect(self) -> None:
        self.engine.activated.connect(
            lambda _: self.changed.emit({"engine": self.engine.currentData(), "weights": ""})
        )
        self.model.activated.connect(lambda _: self.changed.emit({"weights": self.model.currentData()}))
        self.mode.chosen.connect(lambda key: self.changed.emit({"mode": Mode(key)}))
        self.quality.chosen.connect(
            lambda key: self.changed.emit({"quality": Quality(key), "steps": None, "scheduler": None})
        )

    def _modes(self) -> tuple[tuple[str, str, str], ...]:
        return (
            (
                Mode.FAITHFUL,
                self.tr("Faithful"),
                self.tr("Closest to what is known; smooth where nothing is"),
            ),
            (Mode.TEXTURED, self.tr("Textured"), self.tr("Continues the texture of the style reference")),
        )

    def _qualities(self) -> tuple[tuple[str, str, str], ...]:
        return (
            (Quality.DRAFT, self.tr("Draft"), self.tr("Fewest steps: to see where it goes")),
            (Quality.STANDARD, self.tr("Standard"), self.tr("For most work")),
            (Quality.FINE, self.tr("Fine"), self.tr("Most steps: for the last run")),
        )

    def show_request(self, request: RestorationRequest) -> None:
        """Show ``request``; what its engine has no use for is not there, or can't be chosen in this mode."""
        with QSignalBlocker(self.engine):
            self.engine.setCurrentIndex(self.engine.findData(request.engine))
        self.mode.choose(request.mode)
        self.quality.choose(request.quality)
        said = about(request.engine)
        self.about.setText(first_sentence(said))
        self.about.setToolTip(said)
        self._show_models(request)
        used, possible = used_fields(request), possible_fields(request)
        before = [row[1].isHidden() for row in self._rows.values()]
        for field in ("mode", "quality"):
            for widget in self._rows[field]:
                widget.setVisible(field in possible)
                widget.setEnabled(field in used)
        if before != [row[1].isHidden() for row in self._rows.values()]:
            self.reshaped.emit()

    def _show_models(self, request: RestorationRequest) -> None:
        from imagest_core.models.library import EMBEDDED, entries

        found = entries() if "weights" in used_fields(request) else []
        names = [entry.name for entry in found]
        wanted = request.weights or EMBEDDED
        self.model.clear()
        for entry in found:
            self.model.addItem(entry.description.title or entry.name, entry.name)
        if wanted not in names:
            self.model.addItem(
                wanted if request.weights else self.tr("no weights installed"), request.weights
            )
        self.model.setCurrentIndex(names.index(wanted) if wanted in names else len(names))
        for widget in self._rows["weights"]:
            widget.setVisible("weights" in used_fields(request) and names != [wanted])


def narrow_choice() -> QComboBox:
    """A box as wide as there is room, not as its longest text."""
    made = QComboBox()
    guard_wheel(made)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(8)
    return made


def possible_fields(request: RestorationRequest) -> frozenset[str]:
    """The fields the engine of ``request`` uses in one of its modes."""
    return frozenset().union(*(used_fields(replace(request, mode=mode)) for mode in Mode))


def first_sentence(text: str) -> str:
    """The text up to its first full stop; the rest is for the tooltip."""
    for stop in (". ", "。"):
        if stop in text:
            return text.split(stop, 1)[0] + stop.strip()
    return text


def about(name: str) -> str:
    """What an engine is and needs: the core's own words, or their translation."""
    key = f"about {name}"
    said = QCoreApplication.translate("Engines", key)
    return engine(name).description if said == key else said


ABOUT = (
    QT_TRANSLATE_NOOP("Engines", "about imagest"),
    QT_TRANSLATE_NOOP("Engines", "about spline"),
    QT_TRANSLATE_NOOP("Engines", "about harmonic"),
    QT_TRANSLATE_NOOP("Engines", "about telea"),
    QT_TRANSLATE_NOOP("Engines", "about navier-stokes"),
    QT_TRANSLATE_NOOP("Engines", "about biharmonic"),
)
"""Keys that translations answer with the description; English has none, since the core has it."""
