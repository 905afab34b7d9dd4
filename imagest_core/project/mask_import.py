"""Import of a mask image into the damage classes of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from imagest_core.damage.classes import DEFAULT_CLASSES, DamageClass, free_label
from imagest_core.damage.edits import merged
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_parts import MaskParts
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.project.operations import Operation
from imagest_core.project.operations.group import OperationGroup
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.names import operation_name
from imagest_core.project.operations.settings import add_class, show_class
from imagest_core.project.state import State

Targets = Mapping[int, DamageClass | None]
"""The class of each part by its number, None for parts that are not imported."""
INTACT_PAINT = DamageClass(INTACT, "intact", "#3ddc97")
"""What strokes on intact paint are given."""
_COLOURS = ("#8c6d31", "#3f7f93", "#a05195", "#5f7a2f", "#b0472f", "#4a5fb0")


def proposed_targets(parts: MaskParts, state: State, label: int) -> dict[int, DamageClass]:
    """Propose a class for each part.

    The part of a black and white mask gets the class ``label``. Other parts get the class of the same colour,
    or the one whose label is their value, else a new class.
    """
    classes = list(state.damage.classes)
    if len(parts.parts) == 1 and not parts.parts[0].value:
        return {parts.parts[0].number: state.damage.class_of(label)}
    targets = {}
    for part in parts.parts:
        same = [item for item in classes if item.colour.lower() == part.colour]
        same += [item for item in classes if str(item.label) == part.value]
        chosen = same[0] if same else new_class(classes, f"{parts.path.stem} {part.value}", part.colour)
        if not same:
            classes.append(chosen)
        targets[part.number] = chosen
    return targets


def named_targets(parts: MaskParts, state: State, names: Sequence[str]) -> dict[int, DamageClass | None]:
    """Return the classes that ``names`` give: ``CLASS`` for every part, or ``VALUE=CLASS`` for one.

    An unknown class is added. Parts without a class are not imported. Raises ``MaskError``.
    """
    return _named(parts, state.damage.classes, names)


def damage_of_parts(parts: MaskParts, names: Sequence[str]) -> DamageMap:
    """Return the damage of a mask with the classes that ``names`` give, as for :func:`named_targets`.

    Raises ``MaskError``, also for a name that is no class of a new project: a misspelled protected class must
    not be filled.
    """
    return _labelled(parts, _named(parts, DEFAULT_CLASSES, names, may_add=False))


def strokes_of_parts(parts: MaskParts, names: Sequence[str]) -> DamageMap:
    """Return example strokes with the classes that ``names`` give; *intact* is intact paint.

    Raises ``MaskError``, also for a protected class.
    """
    damage = tuple(item for item in DEFAULT_CLASSES if not item.protected)
    return _labelled(parts, _named(parts, (*damage, INTACT_PAINT), names, may_add=False))


def _labelled(parts: MaskParts, targets: Targets) -> DamageMap:
    """Return a map with the class of each part."""
    result = DamageMap(parts.damage.width, parts.damage.height, DEFAULT_CLASSES)
    labels = np.zeros(256, np.uint8)
    for number, item in targets.items():
        labels[number] = 0 if item is None else item.label
    for cell in parts.damage.occupied():
        result.write(cell, labels[parts.damage.read(cell)])
    return result


def left_out(parts: MaskParts, damage: DamageMap, targets: Mapping[int, DamageClass | None]) -> int:
    """Return how many pixels of ``parts`` an import doesn't mark because ``damage`` protects them."""
    protecting = {number for number, item in targets.items() if item is None or item.protected}
    counts = parts.damage.within(damage.protected()).counts()
    return sum(pixels for number, pixels in counts.items() if number not in protecting)


def class_named(classes: Sequence[DamageClass], name: str) -> DamageClass | None:
    """Return the class of this name; without one, one whose name differs in case only."""
    exact = next((item for item in classes if item.name == name), None)
    folded = name.casefold()
    return exact or next((item for item in classes if item.name.casefold() == folded), None)


def _named(
    parts: MaskParts, known_classes: Sequence[DamageClass], names: Sequence[str], *, may_add: bool = True
) -> dict[int, DamageClass | None]:
    classes, targets = list(known_classes), dict[int, DamageClass | None]()
    _check_repetition(names)
    for text in names:
        value, separator, name = text.partition("=")
        chosen = [part for part in parts.parts if not separator or part.value == value.strip().lower()]
        if not chosen:
            raise MaskError(
                Message(
                    "{path} has no part '{value}': choose from {values}.",
                    path=parts.path.name,
                    value=value,
                    values=", ".join(part.value or "(all)" for part in parts.parts),
                )
            )
        name = (name if separator else text).strip()
        known = class_named(classes, name)
        if known is None and not may_add:
            raise MaskError(
                Message(
                    "There is no class {name}: choose from {classes}.",
                    name=name,
                    classes=", ".join(item.name for item in classes),
                )
            )
        if known is None:
            known = new_class(classes, name, chosen[0].colour)
            classes.append(known)
        targets |= dict.fromkeys((part.number for part in chosen), known)
    return targets


def _check_repetition(names: Sequence[str]) -> None:
    """Raise ``MaskError`` if two of the ``names`` give the class of the same part."""
    found = set()
    for text in names:
        value, separator, _ = text.partition("=")
        key = value.strip().lower() if separator else ""
        if key in found and separator:
            raise MaskError(
                Message("The part '{value}' is given two classes: give it one.", value=value.strip())
            )
        if key in found:
            raise MaskError("Two classes are given for all parts of the mask: give one.")
        found.add(key)


def new_class(classes: list[DamageClass], name: str, colour: str = "") -> DamageClass:
    """Return a new class beside ``classes``; raises ``MaskError`` if no label is left.

    A built-in class that is missing, such as "protected", keeps its meaning.
    """
    built_in = next((item for item in DEFAULT_CLASSES if item.name == name), None)
    if built_in is not None:
        return built_in.with_label(free_label(classes, built_in.label))
    label = free_label(classes)
    grey = not colour or colour[1:3] == colour[3:5] == colour[5:7]
    return DamageClass(label, name, _COLOURS[label % len(_COLOURS)] if grey else colour)


def import_operation(
    state: State, parts: MaskParts, targets: Targets, *, overwrite: bool = False
) -> OperationGroup:
    """Return the operation that marks every part as its class, adds new classes and shows hidden ones.

    Other classes are kept where they overlap unless ``overwrite``; locked ones always are. Raises
    ``MaskError`` if a class is invalid or the sizes differ.
    """
    changed, steps = state.copy(), list[Operation]()

    def apply(operation: Operation) -> None:
        operation.apply(changed)
        steps.append(operation)

    known = {item.label: item for item in state.damage.classes}
    chosen = {item.label: item for item in targets.values() if item is not None}
    for item in chosen.values():
        if item.label not in known:
            apply(add_class(changed, item))
        elif not known[item.label].visible:
            apply(show_class(changed, item.label, True))
    after = changed.damage
    for label in chosen:
        numbers = [number for number, item in targets.items() if item is not None and item.label == label]
        after = merged(after, _only(parts.damage, numbers), label, overwrite=overwrite)
    name = operation_name("import_mask", file=parts.path.name)
    steps.append(change_mask(changed.damage, after, name))
    return OperationGroup(tuple(steps), name=name)


def _only(damage: DamageMap, numbers: list[int]) -> DamageMap:
    """Return a map of these labels only."""
    result = DamageMap(damage.width, damage.height, damage.classes)
    for cell in damage.occupied():
        labels = damage.read(cell)
        result.write(cell, np.where(np.isin(labels, numbers), labels, np.uint8(0)))
    return result
