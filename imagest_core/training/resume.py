"""What may change when a training is resumed: its length and its learning rate; the rest is refused."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.models.validation import read_json
from imagest_core.training.state import SETTINGS, STATE, stored_clock

KEPT = (
    "method",
    "rank",
    "token",
    "initializer",
    "vectors",
    "objective",
    "train_unet",
    "side",
    "batch",
    "seed",
)
"""Settings that a run keeps for as long as it lasts."""
RATE, RATES = "rate", "rates"


def check_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Check that the training in ``folder``, if there is one, has the same ``settings`` as before.

    Raises ``ModelError``, which names the option and both values; its length and learning rate may differ.
    """
    stored = _stored(folder)
    for name in KEPT:
        if name in stored and name in settings and stored[name] != settings[name]:
            raise ModelError(
                f"{folder} was started with {_option(name, stored[name])}, which can't change to "
                f"{_value(settings[name])}: give the same, or start in a new folder."
            )


def stated_rate(folder: Path) -> float | str:
    """Return the learning rate of a training that has ended, for its card."""
    stored = _stored(folder)
    step = stored_clock(folder / STATE).step
    return rate_text({**stored, RATES: [each for each in stored.get(RATES) or [] if each[0] < step]})


def rate_text(settings: Mapping[str, Any]) -> float | str:
    """Return the learning rate of stored settings; each of them, with its steps, if it changed."""
    rates = settings.get(RATES) or [[0, settings[RATE]]]
    if len(rates) == 1:
        rate: float = rates[0][1]
        return rate
    ends = [f"{rate:g} until step {after:,}" for (_, rate), (after, _) in pairwise(rates)]
    return ", then ".join([*ends, f"{rates[-1][1]:g}"])


def with_rates(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``settings`` of a training that starts or goes on, with each of its learning rates."""
    rates = _rates(folder, settings[RATE])
    return {**settings, RATES: rates} if len(rates) > 1 else dict(settings)


def _rates(folder: Path, rate: float) -> list[list[float]]:
    """Return the first step and the learning rate of each part of a training that goes on at ``rate``."""
    stored = _stored(folder)
    if RATE not in stored:
        return [[0, rate]]
    step = stored_clock(folder / STATE).step
    before = [each for each in stored.get(RATES) or [[0, stored[RATE]]] if each[0] < step]
    return before if before and before[-1][1] == rate else [*before, [step if before else 0, rate]]


def _stored(folder: Path) -> dict[str, Any]:
    """Return the settings of a training that has begun; empty without one."""
    path = folder / SETTINGS
    if not (folder / STATE).is_file() or not path.is_file():
        return {}
    try:
        settings = read_json(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged: start in a new folder.") from error
    return settings if isinstance(settings, dict) else {}


def _option(name: str, value: Any) -> str:
    return f"--{name.replace('_', '-')} {_value(value)}"


def _value(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
