"""The first choices of the Restore panel: the engine and its basic parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QLabel, QWidget

from app.i18n.noop import QT_TRANSLATE_NOOP
from app.i18n.parameter_texts import parameter_text
from app.jobs.runner import Background
from app.panels.engine_choice import EngineChoice
from app.panels.parameter_controls import Editor, differs, make_editor
from app.panels.reset import Reset
from app.settings import Settings
from app.start_request import default_engine
from app.widgets.parts import clear, form, label
from imagest_core.project.storage.study_table import KeptStudy
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.parameters import Spec
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.used_parameters import possible_parameters, used_parameters


class Choices(QWidget):
    """Engine, and those of its parameters that are shown first.

    ``changed(dict)``: parameters of the request that the user has set.
    """

    changed = Signal(object)

    def __init__(
        self,
        settings: Settings | None = None,
        background: Background | None = None,
        studies: Callable[[], Sequence[KeptStudy]] = tuple,
    ) -> None:
        super().__init__()
        self._settings, self._background, self._studies = settings, background, studies
        self.engine_choice = EngineChoice()
        self.engine = self.engine_choice.box
        self.about = label("", "small", wrap=True)
        self.rows: dict[str, tuple[QLabel, QWidget]] = {}
        """Parameter → its label and its widget."""
        self._editors: dict[str, Editor] = {}
        self.resets: dict[str, Reset] = {}
        """Parameter, or "engine" → its mark and reset button."""
        self._shown_engine = ""
        self._head, self._grid = form(), form()
        whole = form()
        self.setLayout(whole)
        for part in (self._head, self._grid):
            part.setHorizontalSpacing(4)
            part.setColumnMinimumWidth(1, name_width())
            part.setColumnStretch(1, 0)
            part.setColumnStretch(2, 1)
        whole.addLayout(self._head, 0, 0, 1, 2)
        whole.addLayout(self._grid, 1, 0, 1, 2)
        self._add_engines()

    def _add_engines(self) -> None:
        named = label(self.tr("Engine"), "soft")
        named.setBuddy(self.engine)
        self.engine_choice.chosen.connect(self._choose_engine)
        self._engine_reset = Reset(self.tr("Engine"), lambda: self._choose_engine(default_engine(), ""))
        for column, widget in enumerate((self._engine_reset.mark, named, self.engine_choice)):
            self._head.addWidget(widget, 0, column)
        self._head.addWidget(self._engine_reset.button, 0, 3)
        self._head.addWidget(self.about, 1, 2)

    def _choose_engine(self, engine: str, model: str) -> None:
        has_models = "model" in get_engine(engine).Parameters.specs()
        self.changed.emit({"engine": engine, **({"model": model} if has_models else {})})

    def editor(self, name: str) -> Any:
        """The widget of a parameter that is shown here."""
        return self._editors[name].widget

    def _build(self, engine: str) -> None:
        """Rebuild the rows for the parameters of ``engine``."""
        clear(self._grid)
        self.rows, self._editors, self._shown_engine = {}, {}, engine
        self.resets = {"engine": self._engine_reset}
        for spec in get_engine(engine).Parameters.specs().values():
            if spec.basic and spec.name != "model":
                self._add(spec)

    def _add(self, spec: Spec) -> None:
        def changed(value: Any) -> None:
            self.changed.emit({spec.name: value, **dict.fromkeys(spec.resets)})

        editor = make_editor(spec, changed, self._settings, self._background, self._studies)
        named, row = label(parameter_text(spec.label), "soft"), self._grid.rowCount()
        named.setWordWrap(True)
        named.setBuddy(editor.widget)
        editor.widget.setAccessibleName(parameter_text(spec.label))
        reset = self.resets[spec.name] = Reset(parameter_text(spec.label), lambda: changed(spec.default))
        self._grid.addWidget(reset.mark, row, 0)
        self._grid.addWidget(named, row, 1, 1, 2 if editor.wide else 1)
        if editor.wide:
            self._grid.addWidget(editor.widget, row + 1, 1, 1, 2)
        else:
            self._grid.addWidget(editor.widget, row, 2)
        self._grid.addWidget(reset.button, row, 3)
        self.rows[spec.name], self._editors[spec.name] = (named, editor.widget), editor

    def show_request(self, request: RestorationRequest) -> None:
        """Show ``request``; parameters without effect in this mode are disabled, others hidden."""
        if request.engine != self._shown_engine:
            self._build(request.engine)
        self.engine_choice.show_request(request)
        description = about(request.engine)
        self.about.setText(first_sentence(description))
        self.about.setToolTip(description)
        model = request.parameters.specs().get("model")
        other_model = model is not None and differs(model, request.get("model"))
        self._engine_reset.show(request.engine != default_engine() or other_model)
        used, possible = used_parameters(request), possible_parameters(request)
        specs = request.parameters.specs()
        capabilities = get_engine(request.engine).capabilities(request.parameters)
        for name, editor in self._editors.items():
            if editor.follow is not None:
                editor.follow(request)
            editor.show(request.get(name))
            offered = name in possible or specs[name].requires in capabilities  # no row moves while one types
            self.resets[name].show(differs(specs[name], request.get(name)), offered=offered)
            for widget in self.rows[name]:
                widget.setVisible(offered)
                widget.setEnabled(name in used)


def name_width() -> int:
    """The width of the short names in this panel, so that the fields start in one line."""
    names = (
        QCoreApplication.translate("Presets", "Preset"),
        QCoreApplication.translate("Choices", "Engine"),
        *(parameter_text(name) for name in ("Mode", "Quality", "Study")),
    )
    return max(label(name, "soft").sizeHint().width() for name in names)


def first_sentence(text: str) -> str:
    """The text up to its first full stop; the rest is for the tooltip."""
    for stop in (". ", "。"):
        if stop in text:
            return text.split(stop, 1)[0] + stop.strip()
    return text


def about(name: str) -> str:
    """The description of an engine: the core's own, or its translation."""
    key = f"about {name}"
    text = QCoreApplication.translate("Engines", key)
    return get_engine(name).description if text == key else text


ABOUT = (
    QT_TRANSLATE_NOOP("Engines", "about imagest"),
    QT_TRANSLATE_NOOP("Engines", "about imagest-sd"),
    QT_TRANSLATE_NOOP("Engines", "about stable-diffusion"),
    QT_TRANSLATE_NOOP("Engines", "about pipeline"),
    QT_TRANSLATE_NOOP("Engines", "about spline"),
    QT_TRANSLATE_NOOP("Engines", "about harmonic"),
    QT_TRANSLATE_NOOP("Engines", "about telea"),
    QT_TRANSLATE_NOOP("Engines", "about navier-stokes"),
    QT_TRANSLATE_NOOP("Engines", "about biharmonic"),
)
"""Keys that translations answer with the description; English has none, since the core has it."""
