"""Example strokes and the damage model of a project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from imagest_core.damage.classes import DamageClass
from imagest_core.damage.edits import replaced
from imagest_core.damage.examples import INTACT, ExampleStroke
from imagest_core.damage.map import DamageMap
from imagest_core.damage.stored_model import StoredModel
from imagest_core.errors import MaskError
from imagest_core.project.mask_import import new_class
from imagest_core.project.operations.base import Operation
from imagest_core.project.operations.group import OperationGroup
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.names import operation_name
from imagest_core.project.operations.settings import ChangeSetting, change_setting
from imagest_core.project.state import Aspect, State

if TYPE_CHECKING:
    from imagest_core.damage.detection.trained_model import TrainedModel
    from imagest_core.damage.selection import Selection

MAX_STROKES = 2000


def add_example(state: State, stroke: ExampleStroke) -> ChangeSetting:
    """Add a stroke to learn from; raises ``MaskError`` if there are too many."""
    if len(state.examples) >= MAX_STROKES:
        raise MaskError("There are too many example strokes: clear them, or go on with the model.")
    name = operation_name("example_stroke")
    return change_setting(state, Aspect.EXAMPLES, (*state.examples, stroke), name)


def clear_examples(state: State) -> ChangeSetting:
    """Remove all example strokes."""
    return change_setting(state, Aspect.EXAMPLES, (), operation_name("clear_examples"))


def forget_damage_model(state: State) -> ChangeSetting:
    """Remove the damage model from the project."""
    return change_setting(state, Aspect.DAMAGE_MODEL, None, operation_name("forget_damage_model"))


def load_damage_model(state: State, stored: StoredModel) -> OperationGroup:
    """Set the damage model of the project, and add the classes it needs as one step.

    Raises ``ModelError`` if the model is damaged, and ``MaskError`` if no label is left for a class.
    """
    name = operation_name("load_damage_model", file=stored.name)
    added = missing_classes(state.damage.classes, stored.model())
    parts: list[Operation] = []
    if added:
        classes = (*state.damage.classes, *added)
        parts.append(change_setting(state, Aspect.CLASSES, classes, name))
    parts.append(change_setting(state, Aspect.DAMAGE_MODEL, stored, name))
    return OperationGroup(tuple(parts), name=name)


def missing_classes(classes: tuple[DamageClass, ...], model: TrainedModel) -> list[DamageClass]:
    """Return the classes that ``model`` needs beside ``classes``."""
    known = list(classes)
    for label, name in zip(model.labels[:-1], names_of(model), strict=True):
        if _fitting(known, label, name) is None:
            known.append(new_class(known, name))
    return known[len(classes) :]


def fitted_to(model: TrainedModel, classes: tuple[DamageClass, ...]) -> TrainedModel:
    """Return ``model`` with the labels of the classes of the same name, else of those of the same label."""
    names = zip(model.labels[:-1], names_of(model), strict=True)
    fitting = [_fitting(classes, label, name) for label, name in names]
    labels = [old if item is None else item.label for old, item in zip(model.labels, fitting, strict=False)]
    return model if len(set(labels)) < len(labels) else replace(model, labels=(*labels, INTACT))


def names_of(model: TrainedModel) -> tuple[str, ...]:
    """Return the names of the damage classes of ``model``; one without a name is called after its label."""
    names = model.names or ("",) * (len(model.labels) - 1)
    return tuple(name.strip() or f"learned {label}" for name, label in zip(names, model.labels, strict=False))


def _fitting(classes: Sequence[DamageClass], label: int, name: str) -> DamageClass | None:
    by_name = next((item for item in classes if item.name.casefold() == name.casefold()), None)
    unnamed = name == f"learned {label}"
    by_label = next((item for item in classes if item.label == label), None)
    return by_name or (by_label if unnamed else None)


def derive_examples(
    state: State,
    learned: DamageMap,
    model: StoredModel,
    strokes: DamageMap,
    *,
    correct: bool,
    within: Selection | None = None,
) -> Operation | None:
    """Mark the damage ``learned`` with ``model`` as one step; None if nothing changes.

    With ``correct``, damage of the model's classes that was not found again is removed. Damage under strokes
    on intact paint is always removed. Locked classes are kept, and everything outside ``within``.
    """
    name = operation_name("derive_examples")
    labels = fitted_to(model.model(), state.damage.classes).labels[:-1]
    damage = replaced(state.damage, learned, labels if correct else (), strokes)
    if within is not None:
        damage = within.limited_change(state.damage, damage)
    mask = change_mask(state.damage, damage, name)
    parts: list[Operation] = [mask] if mask.patches else []
    if state.damage_model != model:
        parts.append(change_setting(state, Aspect.DAMAGE_MODEL, model, name))
    return OperationGroup(tuple(parts), name=name) if parts else None
