"""Colours of damage classes on the screen: those of the project, or a second palette. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from imagest_core.damage.classes import DamageClass

BRIGHT = ("#00e5ff", "#ff2bd6", "#b4ff00", "#ffffff", "#ffa000", "#ffee00", "#5b6bff", "#00ffa2")
"""Saturated colours that are rare in paintings, by label."""


class MaskPalette(StrEnum):
    """The colours in which damage is drawn."""

    CLASSES = "classes"
    """The colours of the project's classes."""
    BRIGHT = "bright"


def displayed_colour(item: DamageClass, palette: str) -> str:
    """The colour (#rrggbb) in which ``item`` is drawn."""
    return BRIGHT[(item.label - 1) % len(BRIGHT)] if palette == MaskPalette.BRIGHT else item.colour


def displayed_classes(classes: Iterable[DamageClass], palette: str) -> tuple[DamageClass, ...]:
    """``classes`` with the colours in which they are drawn."""
    return tuple(replace(item, colour=displayed_colour(item, palette)) for item in classes)
