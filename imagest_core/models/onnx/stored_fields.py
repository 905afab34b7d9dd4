"""Check the JSON of a manifest against the fields of its dataclass."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

MOST = 1 << 20
"""Upper limit of whole numbers: sizes, versions and counts."""


def check_fields(stored: Any, manifest: type[Any], format_version: int) -> dict[str, Any]:
    """Return ``stored`` after checking names and types; raises ``ValueError`` with the reason.

    ``manifest``: a dataclass whose fields have types that start with str, int, bool, Mapping or Sequence.
    """
    if not isinstance(stored, dict):
        raise ValueError("it isn't a JSON object")
    if stored.get("format") != format_version or isinstance(stored["format"], bool):
        raise ValueError("it has another format than this version reads")
    kinds = {each.name: str(each.type) for each in fields(manifest)}
    if unknown := sorted(stored.keys() - kinds.keys()):
        raise ValueError(f"{unknown[0]} is unknown")
    if missing := sorted(kinds.keys() - stored.keys()):
        raise ValueError(f"{missing[0]} is missing")
    for name, kind in kinds.items():
        _check_type(name, kind, stored[name])
    return stored


def _check_type(name: str, kind: str, value: Any) -> None:
    if kind == "str" and not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    if kind == "int" and (type(value) is not int or not 0 <= value < MOST):
        raise ValueError(f"{name} must be a whole number")
    if kind == "bool" and not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false")
    if kind.startswith("Mapping") and not isinstance(value, dict):
        raise ValueError(f"{name} must be an object with names and values")
    if kind.startswith("Sequence") and not isinstance(value, list):
        raise ValueError(f"{name} must be a list")
