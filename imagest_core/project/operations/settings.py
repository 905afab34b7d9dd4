"""Settings of a project: classes, style, calibration, operator, notes, annotations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from imagest_core.damage.classes import DamageClass, Policy, check_classes, recovered_class
from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError, MaskError
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.project.operations.base import Operation, Payload, RunSource
from imagest_core.project.operations.mask import labels_without_class, no_class
from imagest_core.project.operations.names import operation_name
from imagest_core.project.state import Aspect, Calibration, Change, Changes, Point, State
from imagest_core.project.storage.codec import decode_setting, dumps, loads
from imagest_core.serialization import to_plain
from imagest_core.style.reference import StyleReference


def value_of(state: State, aspect: Aspect) -> Any:
    """Return the setting ``aspect`` of a state."""
    return state.damage.classes if aspect is Aspect.CLASSES else getattr(state, aspect.value)


def put_value(state: State, aspect: Aspect, value: Any) -> None:
    """Set the setting ``aspect`` of a state."""
    setattr(state.damage if aspect is Aspect.CLASSES else state, aspect.value, value)


@dataclass(frozen=True)
class ChangeSetting(Operation):
    """Replace one setting; both values are stored as JSON text."""

    kind: ClassVar[str] = "setting"
    aspect: Aspect
    before: str
    after: str

    def apply(self, state: State) -> Changes:
        """Set the value. Labels left without a class get one, so that no damage is invisible."""
        value = decode_setting(self.aspect, loads(self.after))
        if self.aspect is Aspect.CLASSES:
            value = with_recovered(state.damage, check_classes(value))
        put_value(state, self.aspect, value)
        return (Change(self.aspect, state.box if self.aspect is Aspect.CLASSES else Box(0, 0, 0, 0)),)

    def inverse(self) -> ChangeSetting:
        """Return the operation that restores the earlier value."""
        return replace(self, before=self.after, after=self.before)

    def encode(self) -> Payload:
        """Encode both values."""
        return Payload({"aspect": self.aspect, "before": loads(self.before), "after": loads(self.after)})

    @classmethod
    def decode(cls, name: str, payload: Payload, run_source: RunSource) -> Self:
        """Decode the result of :meth:`encode`."""
        data = payload.data
        return cls(Aspect(data["aspect"]), dumps(data["before"]), dumps(data["after"]), name=name)

    @property
    def size(self) -> int:
        """Approximate size in memory, in bytes."""
        return 256 + len(self.before) + len(self.after)


def change_setting(state: State, aspect: Aspect, value: Any, name: str) -> ChangeSetting:
    """Return the operation that gives ``aspect`` a new ``value``."""
    before, after = (dumps(to_plain(item)) for item in (value_of(state, aspect), value))
    return ChangeSetting(aspect, before, after, name=name)


# Damage classes

Classes = tuple[DamageClass, ...]


def with_recovered(damage: DamageMap, classes: Classes) -> Classes:
    """Add a visible class "recovered" to ``classes`` for every label of ``damage`` without one.

    Its damage is only recorded until the user changes the policy.
    """
    if {item.label for item in damage.classes} <= {item.label for item in classes}:
        return classes
    missing = labels_without_class(damage.with_classes(classes), damage.tiles().values())
    return (*classes, *(recovered_class(label) for label in missing))


def _change_classes(state: State, classes: Classes, name: str) -> ChangeSetting:
    return change_setting(state, Aspect.CLASSES, check_classes(classes), name)


def add_class(state: State, added: DamageClass) -> ChangeSetting:
    """Add a damage class; raises ``MaskError`` if its label is taken."""
    return _change_classes(
        state, (*state.damage.classes, added), operation_name("add_class", name=added.name)
    )


def _change_class(
    state: State, label: int, name: str, change: Callable[[DamageClass], DamageClass]
) -> ChangeSetting:
    if label not in {item.label for item in state.damage.classes}:
        raise MaskError(no_class(label))
    classes = tuple(change(item) if item.label == label else item for item in state.damage.classes)
    return _change_classes(state, classes, name)


def rename_class(state: State, label: int, name: str) -> ChangeSetting:
    """Rename a class."""
    return _change_class(
        state, label, operation_name("rename_class", name=name), lambda item: replace(item, name=name)
    )


def recolour_class(state: State, label: int, colour: str) -> ChangeSetting:
    """Change the colour (#rrggbb) of a class."""
    return _change_class(
        state, label, operation_name("recolour_class"), lambda item: replace(item, colour=colour)
    )


def lock_class(state: State, label: int, locked: bool) -> ChangeSetting:
    """Lock or unlock a class against painting."""
    name = operation_name("lock_class") if locked else operation_name("unlock_class")
    return _change_class(state, label, name, lambda item: replace(item, locked=locked))


def show_class(state: State, label: int, visible: bool) -> ChangeSetting:
    """Show or hide a class."""
    name = operation_name("show_class") if visible else operation_name("hide_class")
    return _change_class(state, label, name, lambda item: replace(item, visible=visible))


_POLICY_NAMES = {
    Policy.FILL: "fill_class",
    Policy.RECORD: "record_class",
    Policy.PROTECT: "protect_class",
}


def set_policy(state: State, label: int, policy: Policy) -> ChangeSetting:
    """Set whether a class is filled, only recorded, or protected."""
    name = operation_name(_POLICY_NAMES[policy])
    return _change_class(state, label, name, lambda item: replace(item, policy=policy))


# Style reference


def _change_style(state: State, name: str, **values: Any) -> ChangeSetting:
    return change_setting(state, Aspect.STYLE, replace(state.style, **values), name)


SET_STYLE = operation_name("set_style")


def set_style(state: State, style: StyleReference, name: str = SET_STYLE) -> ChangeSetting:
    """Replace the whole style reference, for instance by a suggested one."""
    return change_setting(state, Aspect.STYLE, style, name)


def add_style_region(state: State, region: Box) -> ChangeSetting:
    """Add a style region of this painting."""
    return _change_style(
        state, operation_name("add_style_region"), regions=(*state.style.regions, region), suggested=False
    )


def move_style_region(state: State, index: int, region: Box) -> ChangeSetting:
    """Move or resize the style region number ``index`` (from 0)."""
    regions = list(state.style.regions)
    regions[index] = region
    return _change_style(state, operation_name("move_style_region"), regions=tuple(regions), suggested=False)


def remove_style_region(state: State, index: int) -> ChangeSetting:
    """Remove a style region (from 0)."""
    regions = state.style.regions[:index] + state.style.regions[index + 1 :]
    return _change_style(state, operation_name("remove_style_region"), regions=regions)


def set_donor(state: State, donor: Path | None) -> ChangeSetting:
    """Set another image as style, or None."""
    return _change_style(
        state, operation_name("remove_donor") if donor is None else operation_name("set_donor"), donor=donor
    )


# Scale, operator, notes


def calibrate(state: State, first: Point, second: Point, length: float) -> ChangeSetting:
    """Set the scale from two points (px) that are ``length`` mm apart on the painting."""
    distance = math.dist(first, second)
    if not (math.isfinite(length) and length > 0 and math.isfinite(distance) and distance > 0):
        raise InputError("The scale needs two different points and the millimetres between them.")
    scale = Resolution(distance / length, distance / length, "two points")
    return change_setting(
        state,
        Aspect.CALIBRATION,
        Calibration(scale, (first, second), float(length)),
        operation_name("calibrate"),
    )


def set_scale(state: State, resolution: Resolution | None) -> ChangeSetting:
    """Set the scale given by the file of the scan, or None."""
    value = None if resolution is None else Calibration(resolution)
    return change_setting(state, Aspect.CALIBRATION, value, operation_name("set_scale"))


def set_operator(state: State, operator: str) -> ChangeSetting:
    """Set the operator of later operations."""
    return change_setting(state, Aspect.OPERATOR, operator, operation_name("set_operator"))


def set_notes(state: State, notes: str) -> ChangeSetting:
    """Set the notes on the project."""
    return change_setting(state, Aspect.NOTES, notes, operation_name("set_notes"))
