"""Parameters as typed dataclass fields that carry their own description.

:func:`parameter` gives a field a label, a help text, a range, a unit and what it needs. From these come the
options of the command line, the controls of the window, validation, the record, and which parameters a fill
depends on.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields, replace
from enum import StrEnum
from functools import cache
from numbers import Integral, Real
from typing import Any, Self, get_args, get_type_hints

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.models.backbone import Capability

_KEY = "parameter"


@dataclass(frozen=True)
class Choice:
    """One of the values a parameter may have, with what it is called and a word on it."""

    value: Any
    label: str
    help: str = ""


@dataclass(frozen=True)
class Spec:
    """What is known of a parameter besides its name.

    ``low`` and ``high`` bound numbers; a slider ends at ``soft_high``. ``automatic`` describes the value that
    leaves the choice to the program: None, or 0 where 0 means that. ``choices`` lists all values there are.
    ``requires`` is a capability that the model must have. ``applies`` says, given all parameters, whether
    this one affects the fill. ``basic``: shown before the advanced ones. ``option`` is its name on the
    command line, if another; ``metavar`` is how help there writes its value.
    Setting it in the window sets those named in ``resets`` to None. ``longest`` bounds the characters of
    a text. ``usual`` returns, given all parameters, the number that the program takes where the choice is
    left to it; None if only the run knows. ``editor`` names a special control of the window: "prompt",
    "adapters", "style-adapter" or "study". Without ``portable`` the value belongs to its engine and is not
    kept for another one.
    """

    name: str
    type: type
    default: Any
    label: str
    help: str
    low: float | None = None
    high: float | None = None
    soft_high: float | None = None
    unit: str = ""
    step: float | None = None
    optional: bool = False
    automatic: str = ""
    usual: Callable[[Any], float | None] | None = None
    choices: tuple[Choice, ...] = ()
    requires: Capability | None = None
    applies: Callable[[Any], bool] | None = None
    basic: bool = False
    option: str = ""
    metavar: str = ""
    resets: tuple[str, ...] = ()
    longest: int = 1000
    editor: str = ""
    portable: bool = True

    @property
    def flag(self) -> str:
        """The option of the command line."""
        return "--" + (self.option or self.name).replace("_", "-")

    def texts(self) -> tuple[str, ...]:
        """Everything that a window shows of it."""
        choices = [text for choice in self.choices for text in (choice.label, choice.help)]
        return (self.label, self.help, self.automatic, *choices)

    def check(self, value: Any) -> Any:
        """``value`` in the parameter's type; raises ``InputError`` with one sentence."""
        if value is None and self.optional:
            return None
        checked = _CHECKS.get(self.type, _check_choice)(self, value)
        if self.choices and checked not in [choice.value for choice in self.choices]:
            self._refuse_choice(value)
        return checked

    def _refuse_choice(self, value: Any) -> None:
        names = ", ".join(str(choice.value) for choice in self.choices if choice.value is not None)
        raise InputError(
            Message(
                "The {label} is one of {names}, not {value}.",
                label=Message(self.label.lower()),
                names=names,
                value=f"{str(value)[:40]!r}",
            )
        )

    def _check_range(self, value: float) -> None:
        low, high = self.low, self.high
        if (low is not None and value < low) or (high is not None and value > high):
            if high is None:
                limits = Message("{low} or more", low=_number(low))
            else:
                limits = Message("{low} to {high}", low=_number(low), high=_number(high))
            if self.unit:
                limits = Message("{limits} {unit}", limits=limits, unit=Message(self.unit))
            raise InputError(
                Message(
                    "The {label} must be {limits}, not {value}.",
                    label=Message(self.label.lower()),
                    limits=limits,
                    value=_number(value),
                )
            )


def _number(value: float | None) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _check_whole(spec: Spec, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(
            Message(
                "The {label} must be a whole number, not {value}.",
                label=Message(spec.label.lower()),
                value=f"{str(value)[:40]!r}",
            )
        )
    spec._check_range(int(value))
    return int(value)


def _check_real(spec: Spec, value: Any) -> float:
    number = math.nan
    if isinstance(value, Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise InputError(
            Message(
                "The {label} must be a finite number, not {value}.",
                label=Message(spec.label.lower()),
                value=str(value)[:40],
            )
        )
    spec._check_range(number)
    return number


def _check_text(spec: Spec, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(
            Message(
                "The {label} must be text, not {value}.",
                label=Message(spec.label.lower()),
                value=f"{str(value)[:40]!r}",
            )
        )
    if len(value) > spec.longest:
        raise InputError(
            Message(
                "The {label} must have at most {longest} characters, not {count}.",
                label=Message(spec.label.lower()),
                longest=f"{spec.longest:,}",
                count=f"{len(value):,}",
            )
        )
    return str(value)


def _check_flag(spec: Spec, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(
            Message(
                "The {label} is on or off, not {value}.",
                label=Message(spec.label.lower()),
                value=f"{str(value)[:40]!r}",
            )
        )
    return value


def _check_choice(spec: Spec, value: Any) -> Any:
    try:
        return spec.type(value)
    except (ValueError, TypeError):
        spec._refuse_choice(value)


_CHECKS: Mapping[type, Callable[[Spec, Any], Any]] = {
    int: _check_whole,
    float: _check_real,
    str: _check_text,
    bool: _check_flag,
}


def parameter(default: Any, *, label: str, help: str, **spec: Any) -> Any:
    """Return a dataclass field with a :class:`Spec`; ``spec`` are the Spec's own fields."""
    return field(default=default, metadata={_KEY: {"label": label, "help": help, **spec}})


def study_parameter(**spec: Any) -> Any:
    """Return the parameter that names a study of the painting by the SHA-256 of its file, or by its path.

    The command line and the window set the SHA-256 (:mod:`imagest_core.models.studies`).
    """
    return parameter(
        "",
        label="Study",
        help="A study of this painting, which adapts the model to its intact parts.",
        metavar="FILE",
        editor="study",
        basic=True,
        portable=False,
        **spec,
    )


@dataclass(frozen=True)
class Parameters:
    """Base of everything that has parameters; subclasses are frozen dataclasses of :func:`parameter` fields.

    Raises ``InputError`` for values of another type, NaN, infinity, and values out of range.
    """

    def __post_init__(self) -> None:
        for name, spec in self.specs().items():
            object.__setattr__(self, name, spec.check(getattr(self, name)))

    @classmethod
    def specs(cls) -> Mapping[str, Spec]:
        """Every parameter by name, in the order of their definition."""
        return _specs(cls)  # type: ignore[arg-type]

    def used(self) -> frozenset[str]:
        """Names of the parameters that decide the fill."""
        return frozenset(
            name for name, spec in self.specs().items() if spec.applies is None or spec.applies(self)
        )

    def changed(self, **values: Any) -> Self:
        """Return the same with other values; raises ``InputError`` for a name there isn't."""
        unknown = sorted(values.keys() - self.specs().keys())
        if unknown:
            raise InputError(Message("There is no parameter {unknown}.", unknown=f"{unknown[0]!r}"))
        return replace(self, **values)

    def values(self) -> dict[str, Any]:
        """Name → value."""
        return {name: getattr(self, name) for name in self.specs()}


def means_the_same(first: Spec, second: Spec) -> bool:
    """Whether a value of the parameter ``first`` of one engine can be kept for ``second`` of another."""
    values = [[choice.value for choice in spec.choices] for spec in (first, second)]
    forms = [(s.label, s.type, s.optional, s.portable) for s in (first, second)]
    return first.portable and forms[0] == forms[1] and values[0] == values[1]


@cache
def _specs(cls: type) -> Mapping[str, Spec]:
    hints = get_type_hints(cls)
    return {each.name: _spec(each, hints[each.name]) for each in fields(cls) if _KEY in each.metadata}


def _spec(each: Field[Any], hint: Any) -> Spec:
    optional = isinstance(hint, types.UnionType)
    kind = next(arg for arg in get_args(hint) if arg is not type(None)) if optional else hint
    known = dict(each.metadata[_KEY])
    if isinstance(kind, type) and issubclass(kind, StrEnum) and "choices" not in known:
        known["choices"] = tuple(Choice(value, value.value.capitalize()) for value in kind)
    return Spec(each.name, kind, each.default, optional=optional, **known)
