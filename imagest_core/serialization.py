"""Convert dataclasses to plain JSON values and back, based on their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def to_plain(value: object) -> Any:
    """Convert ``value`` to dicts, lists, strings, numbers, booleans and None.

    Supports dataclasses, named tuples, tuples, lists, mappings with string keys, enums, paths, and objects
    with a method ``to_plain``. Raises ``TypeError`` for others.
    """
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "to_plain"):
        return value.to_plain()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def from_plain(kind: Any, value: Any) -> Any:
    """Build the object of type ``kind`` from the plain ``value`` that :func:`to_plain` returned.

    Missing fields take their defaults; unknown ones are dropped, so that records of later versions can be
    read. A type with a class method ``from_plain`` reads itself.

    Raises ``TypeError`` or ``ValueError`` where ``value`` doesn't fit.
    """
    if hasattr(kind, "from_plain"):
        return kind.from_plain(value)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _from_union(inner, value)
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        return _from_fields(kind, value)
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(from_plain(item_kind, item) for item_kind, item in zip(kinds, value, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: from_plain(inner[1], item) for key, item in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum | PurePath):
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind}")
    return value


def _from_union(kinds: tuple[Any, ...], value: Any) -> Any:
    """Return ``None``, a value whose type is one of ``kinds``, or the first conversion that succeeds."""
    if value is None and NoneType in kinds:
        return None
    if type(value) in kinds:
        return value
    for kind in kinds:
        try:
            return from_plain(kind, value)
        except (TypeError, ValueError):
            continue
    raise TypeError(f"{value!r} is none of {kinds}")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the types of the fields; evaluating them takes longer than reading all the values."""
    return get_type_hints(kind)


def _from_fields(kind: Any, value: Any) -> Any:
    hints = _hints(kind)
    if not isinstance(value, Mapping):
        names = kind._fields if hasattr(kind, "_fields") else ()
        return kind(*(from_plain(hints[name], item) for name, item in zip(names, value, strict=True)))
    names = [field.name for field in fields(kind)]
    return kind(**{name: from_plain(hints[name], value[name]) for name in names if name in value})
