"""Who takes part: engines in a mode, the untouched damage, and white noise as a control."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imagest_core.errors import InputError
from imagest_core.restoration.request import Mode

NONE = "none"
"""The damaged picture itself."""
HARMONIC = "harmonic"
NOISE = "harmonic+noise"
"""The harmonic fill with white noise of another contestant's fine energy, ``harmonic+noise:ENGINE``."""


@dataclass(frozen=True)
class Method:
    """A row of the tables: ``engine`` in ``mode``, or grain as fine as that of the row ``like``."""

    label: str
    engine: str
    mode: Mode = Mode.TEXTURED
    like: str = ""


def methods(
    names: Sequence[str], modes: Sequence[Mode], has_modes: Callable[[str], bool]
) -> tuple[Method, ...]:
    """The rows asked for by ``names``: ``ENGINE``, ``ENGINE:MODE`` or ``harmonic+noise[:ROW]``.

    An engine named without a mode runs in each of ``modes`` (textured when none is given) if
    ``has_modes`` says it has any. Controls come last. Raises ``InputError``.
    """
    engines = [row for name in names if not _is_noise(name) for row in _rows(name, modes, has_modes)]
    rows = _unique(engines)
    return _unique([*rows, *(_control(name, rows) for name in names if _is_noise(name))])


def _rows(name: str, modes: Sequence[Mode], has_modes: Callable[[str], bool]) -> list[Method]:
    engine, _, mode = name.partition(":")
    if not has_modes(engine):
        if mode:
            raise InputError(f"The engine {engine} has no modes: name it without ':{mode}'.")
        return [Method(engine, engine)]
    wanted = [_mode(mode)] if mode else list(modes) or [Mode.TEXTURED]
    return [Method(f"{engine}:{each.value}", engine, each) for each in wanted]


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise InputError(f"The mode is {' or '.join(Mode)}, not '{text}'.") from None


def _is_noise(name: str) -> bool:
    return name == NOISE or name.startswith(NOISE + ":")


def _control(name: str, rows: Sequence[Method]) -> Method:
    like = name[len(NOISE) + 1 :]
    lively = [row.label for row in rows if row.engine != HARMONIC]
    fitting = [label for label in lively if label == like or label.partition(":")[0] == like or not like]
    if not fitting:
        raise InputError(f"{name} takes its energy from another engine: name that with --engine too.")
    return Method(f"{NOISE}:{fitting[-1]}", HARMONIC, Mode.FAITHFUL, fitting[-1])


def _unique(rows: Sequence[Method]) -> tuple[Method, ...]:
    return tuple({row.label: row for row in rows}.values())
