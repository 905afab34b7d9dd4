"""Adapters as the user writes them: names with weights. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from imagest_core.errors import InputError
from imagest_core.messages import Message

MAX_WEIGHT = 4.0


@dataclass(frozen=True)
class AdapterChoice:
    """The name of an installed adapter and its weight."""

    name: str
    weight: float = 1.0


def parse_adapters(text: str) -> tuple[AdapterChoice, ...]:
    """Parse ``NAME[:WEIGHT], …``; raises :class:`InputError` for a weight or name that can't be used."""
    choices = tuple(_parse(part.strip()) for part in text.split(",") if part.strip())
    names = [choice.name for choice in choices]
    for name in names:
        if names.count(name) > 1:
            raise InputError(Message("The adapter {name} is named twice; name it once.", name=name))
    return choices


def _parse(text: str) -> AdapterChoice:
    name, colon, weight = text.rpartition(":")
    if not colon:
        return AdapterChoice(text)
    try:
        value = float(weight)
    except ValueError:
        if len(name) == 1 or Path(text).exists():  # a path with a drive letter or a colon
            return AdapterChoice(text)
        value = math.nan
    if not math.isfinite(value) or abs(value) > MAX_WEIGHT:
        raise InputError(
            Message(
                "The weight of the adapter {name} must be from -{limit} to {limit}, not {weight}.",
                limit=f"{MAX_WEIGHT:g}",
                name=name,
                weight=weight,
            )
        )
    return AdapterChoice(name, value)


def format_adapters(choices: tuple[AdapterChoice, ...]) -> str:
    """Return the text that :func:`parse_adapters` reads."""
    return ", ".join(c.name if c.weight == 1 else f"{c.name}:{c.weight:g}" for c in choices)
