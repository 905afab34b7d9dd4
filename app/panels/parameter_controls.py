"""Controls for the parameters of a request, built from what each parameter declares about itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QLineEdit, QSpinBox, QWidget

from app.i18n.parameter_texts import parameter_text
from app.jobs.runner import Background
from app.settings import Settings
from app.widgets.combo_box import narrow_combo_box
from app.widgets.parts import Amount, SegmentedControl, column, guard_wheel
from imagest_core.project.storage.study_table import KeptStudy
from imagest_core.restoration.parameters import Spec
from imagest_core.restoration.request import RestorationRequest

MOST_SEGMENTS = 4
Changed = Callable[[Any], None]


@dataclass(frozen=True)
class Editor:
    """A widget that shows and changes one parameter; ``labelled`` where it carries its own label."""

    widget: QWidget
    show: Callable[[Any], None]
    labelled: bool = False
    follow: Callable[[RestorationRequest], None] | None = None
    """Called with each request before its value is shown."""
    wide: bool = False
    """Whether it takes the whole width, below its label."""


def differs(spec: Spec, value: Any) -> bool:
    """Whether ``value`` is not the default of ``spec``; the embedded model is the default by any name."""
    if spec.name == "model":
        from imagest_core.models.installed import EMBEDDED

        return value not in (spec.default, "", EMBEDDED)
    return bool(value != spec.default)


def make_editor(
    spec: Spec,
    changed: Changed,
    settings: Settings | None = None,
    background: Background | None = None,
    studies: Callable[[], Sequence[KeptStudy]] = tuple,
) -> Editor:
    """The editor that suits ``spec``; it calls ``changed`` with each value the user sets.

    ``settings`` keep the prompts used before; ``background`` runs the language model that expands them;
    ``studies`` returns the studies of the open painting.
    """
    editor = _special(spec, changed, settings, background, studies) or _kind(spec)(spec, changed)
    editor.widget.setAccessibleName(parameter_text(spec.label))
    if not editor.widget.toolTip():
        editor.widget.setToolTip(parameter_text(spec.help))
    return editor


def _special(
    spec: Spec,
    changed: Changed,
    settings: Settings | None,
    background: Background | None,
    studies: Callable[[], Sequence[KeptStudy]],
) -> Editor | None:
    if spec.editor == "prompt":
        from app.panels.prompt_editor import PromptEditor

        prompt = PromptEditor(spec, changed, settings, background)
        return Editor(prompt, prompt.show_value, wide=True)
    if spec.editor == "adapters":
        from app.panels.adapter_editor import AdapterEditor

        adapters = AdapterEditor(spec, changed)
        return Editor(adapters, adapters.show_value, labelled=True, follow=adapters.show_request)
    if spec.editor == "style-adapter":
        from app.panels.style_adapter_editor import StyleAdapterEditor

        chosen = StyleAdapterEditor(spec, changed)
        return Editor(chosen, chosen.show_value)
    if spec.editor == "study":
        from app.panels.study_editor import StudyEditor

        study = StudyEditor(spec, changed, studies)
        return Editor(study, study.show_value, follow=study.show_request)
    return None


def _kind(spec: Spec) -> Callable[[Spec, Changed], Editor]:
    if spec.optional and spec.type is float:
        return _optional_amount
    if spec.choices:
        return _segments if spec.basic and len(spec.choices) <= MOST_SEGMENTS else _combo_box
    if spec.type is bool:
        return _check_box
    if spec.type is float or (spec.type is int and spec.unit):
        return _amount
    return _spin_box if spec.type is int else _line_edit


def _segments(spec: Spec, changed: Changed) -> Editor:
    values = {str(choice.value): choice.value for choice in spec.choices}
    texts = [
        (str(choice.value), parameter_text(choice.label), parameter_text(choice.help))
        for choice in spec.choices
    ]
    segments = SegmentedControl(texts, parameter_text(spec.label))
    segments.chosen.connect(lambda key: changed(values[key]))
    return Editor(segments, lambda value: segments.choose(str(value)))


def _combo_box(spec: Spec, changed: Changed) -> Editor:
    box = narrow_combo_box()
    values = [choice.value for choice in spec.choices]
    texts = [parameter_text(choice.label) for choice in spec.choices]
    if spec.optional and None not in values:
        values, texts = [None, *values], [parameter_text(spec.automatic), *texts]
    box.addItems(texts)
    box.activated.connect(lambda index: changed(values[index]))
    return Editor(box, lambda value: box.setCurrentIndex(values.index(value)))


def _check_box(spec: Spec, changed: Changed) -> Editor:
    box = QCheckBox(parameter_text(spec.label))
    box.clicked.connect(changed)
    return Editor(box, box.setChecked, labelled=True)


def _amount(spec: Spec, changed: Changed) -> Editor:
    whole = spec.type is int
    low, high = spec.low or 0, spec.soft_high if spec.soft_high is not None else spec.high
    amount = Amount(
        parameter_text(spec.label),
        low,
        high if high is not None else max(1.0, 2 * spec.default),
        spec.default,
        unit=spec.unit,
        step=spec.step or (1 if whole else 0.05),
        tip=parameter_text(spec.help),
    )
    amount.changed.connect(lambda value: changed(int(value) if whole else round(value, 2)))

    def show(value: float) -> None:
        amount.reach(value)
        amount.value = value

    return Editor(amount, show, labelled=True)


def _optional_amount(spec: Spec, changed: Changed) -> Editor:
    """A number, or a check mark that leaves it to the program."""
    automatic = QCheckBox(parameter_text("Automatic"))
    automatic.setToolTip(parameter_text(spec.automatic))
    amount = _amount(replace(spec, default=spec.high, optional=False), changed).widget
    assert isinstance(amount, Amount)
    box = QWidget()
    below = column(box, spacing=0)  # side by side they are wider than the panel
    below.addWidget(amount)
    below.addWidget(automatic)
    automatic.clicked.connect(lambda on: changed(None if on else round(amount.value, 2)))

    def show(value: float | None) -> None:
        automatic.setChecked(value is None)
        amount.setEnabled(value is not None)
        if value is not None:
            amount.value = value

    def follow(request: RestorationRequest) -> None:
        usual = spec.usual(request.parameters) if spec.usual is not None else None
        if usual is not None:  # what choosing oneself begins with
            amount.value = usual

    return Editor(box, show, labelled=True, follow=follow)


def _spin_box(spec: Spec, changed: Changed) -> Editor:
    """A whole number; below its range, or at 0 where that means it, the program chooses."""
    low = int(spec.low or 0)
    automatic = low - 1 if spec.optional else low
    box = count_box(automatic if spec.automatic else low, int(spec.soft_high or spec.high or 10**6))
    if spec.automatic:
        box.setSpecialValueText(parameter_text(spec.automatic))
    box.valueChanged.connect(lambda value: changed(None if spec.optional and value == automatic else value))

    def show(value: int | None) -> None:
        with QSignalBlocker(box):
            box.setMaximum(max(box.maximum(), value or 0))
            box.setValue(automatic if value is None else value)

    return Editor(box, show)


def _line_edit(spec: Spec, changed: Changed) -> Editor:
    line = QLineEdit()
    line.setPlaceholderText(parameter_text(spec.help))
    line.editingFinished.connect(lambda: changed(line.text()))
    return Editor(line, line.setText)


def count_box(low: int, high: int) -> QSpinBox:
    """A field for a whole number."""
    box = QSpinBox()
    guard_wheel(box)
    box.setRange(low, high)
    box.setMinimumWidth(64)
    return box
