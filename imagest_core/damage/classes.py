"""Damage classes: what kind of damage a label stands for, and whether it is filled or only recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from imagest_core.errors import MaskError

MAX_LABEL = 255


class Policy(StrEnum):
    """What a restoration does with damage of a class."""

    FILL = "fill"
    """It is filled."""
    RECORD = "record"
    """It is recorded and counted, and its pixels are left as they are."""


@dataclass(frozen=True)
class DamageClass:
    """A kind of damage.

    ``label`` (1–255) is its value in a :class:`~imagest_core.damage.map.DamageMap`; ``colour`` is
    ``#rrggbb``; ``visible`` and ``locked`` are for whoever draws the map and paints on it.
    """

    label: int
    name: str
    colour: str
    policy: Policy = Policy.FILL
    visible: bool = True
    locked: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.label <= MAX_LABEL:
            raise MaskError(f"A damage class needs a label from 1 to {MAX_LABEL}, not {self.label}.")
        if not self.name.strip():
            raise MaskError("A damage class needs a name.")
        if not re.fullmatch("#[0-9a-fA-F]{6}", self.colour):
            raise MaskError(f"A damage class needs a colour like #d62828, not '{self.colour}'.")

    @property
    def filled(self) -> bool:
        """Whether damage of this class is filled."""
        return self.policy is Policy.FILL


LOSS = DamageClass(1, "loss", "#d62828")
CRACK = DamageClass(2, "crack", "#1d6fd8")
ABRASION = DamageClass(3, "abrasion", "#e08a00")
STAIN = DamageClass(4, "stain", "#7b4fb5")
TEAR = DamageClass(5, "tear", "#0b8f6a")
OVERPAINT = DamageClass(6, "overpaint", "#c2468f", Policy.RECORD)

DEFAULT_CLASSES = (LOSS, CRACK, ABRASION, STAIN, TEAR, OVERPAINT)
"""What a new map knows; overpaint is somebody's paint, so it is recorded and never filled unasked."""


_RECOVERED_COLOUR = "#ff00ff"


def recovered_class(label: int) -> DamageClass:
    """The class of damage whose own class is lost: visible, and recorded until somebody lets it be filled."""
    return DamageClass(label, f"recovered {label}", _RECOVERED_COLOUR, Policy.RECORD)


def check_classes(classes: tuple[DamageClass, ...]) -> tuple[DamageClass, ...]:
    """The ``classes`` themselves; raises ``MaskError`` where two share a label or there is none."""
    labels = [item.label for item in classes]
    if not labels or len(set(labels)) != len(labels):
        raise MaskError("Every damage class needs a label of its own, and at least one class is needed.")
    return classes
