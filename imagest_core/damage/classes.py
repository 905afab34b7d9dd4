"""Damage classes: the kind of damage a label stands for, and whether it is filled or only recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from imagest_core.errors import MaskError
from imagest_core.messages import Message

MAX_LABEL = 255


class Policy(StrEnum):
    """What a restoration does with damage of a class."""

    FILL = "fill"
    """The damage is filled."""
    RECORD = "record"
    """The damage is recorded and counted, and its pixels are left unchanged."""
    PROTECT = "protect"
    """The pixels are no damage: nothing fills them, grows into them, or uses them as a style reference."""


@dataclass(frozen=True)
class DamageClass:
    """A kind of damage.

    Parameters
    ----------
    label
        Value in a :class:`~imagest_core.damage.map.DamageMap`, 1–255.
    name
        Name shown to the user.
    colour
        Display colour as ``#rrggbb``.
    policy
        Whether damage of this class is filled or only recorded, or its pixels are protected.
    visible, locked
        Display and editing state: hidden classes are not drawn, locked classes are not painted over.
    """

    label: int
    name: str
    colour: str
    policy: Policy = Policy.FILL
    visible: bool = True
    locked: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.label <= MAX_LABEL:
            raise MaskError(
                Message(
                    "A damage class needs a label from 1 to {largest}, not {label}.",
                    largest=MAX_LABEL,
                    label=self.label,
                )
            )
        if not self.name.strip():
            raise MaskError("A damage class needs a name.")
        if not re.fullmatch("#[0-9a-fA-F]{6}", self.colour):
            raise MaskError(
                Message("A damage class needs a colour like #d62828, not '{colour}'.", colour=self.colour)
            )

    @property
    def filled(self) -> bool:
        """Whether damage of this class is filled."""
        return self.policy is Policy.FILL

    @property
    def protected(self) -> bool:
        """Whether pixels of this class are protected."""
        return self.policy is Policy.PROTECT

    def with_label(self, label: int) -> DamageClass:
        """Return the same class with another label."""
        return replace(self, label=label)


LOSS = DamageClass(1, "loss", "#d62828")
CRACK = DamageClass(2, "crack", "#1d6fd8")
ABRASION = DamageClass(3, "abrasion", "#e08a00")
STAIN = DamageClass(4, "stain", "#7b4fb5")
TEAR = DamageClass(5, "tear", "#0b8f6a")
OVERPAINT = DamageClass(6, "overpaint", "#c2468f", Policy.RECORD)
PROTECTED = DamageClass(7, "protected", "#00958f", Policy.PROTECT)

DEFAULT_CLASSES = (LOSS, CRACK, ABRASION, STAIN, TEAR, OVERPAINT, PROTECTED)
"""Classes of a new map. Overpaint is existing paint, so it is only recorded by default."""


_RECOVERED_COLOUR = "#ff00ff"


def recovered_class(label: int) -> DamageClass:
    """Return a placeholder for a label whose class is missing; it is visible and only recorded."""
    return DamageClass(label, f"recovered {label}", _RECOVERED_COLOUR, Policy.RECORD)


def free_label(classes: Iterable[DamageClass], wanted: int = 1) -> int:
    """Return ``wanted`` if no class has this label, else the first free one; raises ``MaskError``."""
    used = {item.label for item in classes}
    for label in (wanted, *range(1, MAX_LABEL + 1)):
        if label not in used:
            return label
    raise MaskError(
        Message("All {count} damage classes exist already: rename one that you do not need.", count=MAX_LABEL)
    )


def check_classes(classes: tuple[DamageClass, ...]) -> tuple[DamageClass, ...]:
    """Return ``classes``; raise ``MaskError`` if there are none or two share a label."""
    labels = [item.label for item in classes]
    if not labels or len(set(labels)) != len(labels):
        raise MaskError("Every damage class needs a label of its own, and at least one class is needed.")
    return classes
