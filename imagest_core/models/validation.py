"""Check the sizes in a network's description before the network is built; needs no torch.

A description may come from an untrusted file. Every value must have its type and lie within bounds that no
real network reaches, so a wrong one causes an error message rather than exhausting the memory.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

LARGEST_FILE = 16 << 20
"""Maximum size of a description in bytes."""
_WIDEST, _LONGEST, _DEEPEST, _MAX_TEXT = 16384, 16, 64, 200

Check = Callable[[Any], str]
"""Returns an empty string for a valid value, else a description of valid values."""


def _whole(low: int, high: int) -> Check:
    def check(value: Any) -> str:
        valid = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return "" if valid else f"a whole number from {low} to {high:,}"

    return check


def _positive(value: Any) -> str:
    valid = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if valid and math.isfinite(value) and 0 < value < 1e6 else "a finite number above 0"


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _short_text(value: Any) -> str:
    return "" if isinstance(value, str) and len(value) <= _MAX_TEXT else "a short text"


def _one_of(*options: str) -> Check:
    def check(value: Any) -> str:
        return "" if value in options else " or ".join(options)

    return check


def _list(of: Check, low: int = 1, high: int = _LONGEST) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, list | tuple) or not low <= len(value) <= high:
            return f"a list of {low} to {high} values"
        expected = next(filter(None, map(of, value)), "")
        return f"a list in which each value is {expected}" if expected else ""

    return check


_width, _depth = _whole(1, _WIDEST), _whole(0, _DEEPEST)

SCHEMA: Mapping[str, Mapping[str, Check]] = {
    "autoencoder": {
        "latent_channels": _whole(1, 64),
        "encoder_channels": _width,
        "encoder_blocks": _depth,
        "decoder_channels": _list(_width, 2, 8),
        "decoder_blocks": _list(_depth, 2, 8),
        "latent_scale": _list(_positive, 1, 64),
    },
    "style": {
        "side": _whole(8, 4096),
        "channels": _width,
        "depths": _list(_whole(1, _DEEPEST), 1, 8),
        "heads": _list(_whole(1, 256), 1, 8),
        "window": _whole(1, 64),
        "patch": _whole(1, 64),
        "position": _one_of("relative", "deviation"),
        "token_channels": _width,
    },
    "unet": {
        "channels": _list(_width, 1, 8),
        "attention": _list(_flag, 1, 8),
        "layers": _whole(1, 16),
        "head_channels": _width,
        "context_channels": _width,
        "text_channels": _whole(0, _WIDEST),
        "style_channels": _width,
        "restoration_layers": _list(_short_text, 0, 256),
        "synthesis_layers": _list(_short_text, 0, 256),
    },
}
_SAME_LENGTH = (
    ("autoencoder", "decoder_channels", "decoder_blocks"),
    ("style", "depths", "heads"),
    ("unet", "channels", "attention"),
)


def read_json(path: Path) -> Any:
    """Read the JSON in ``path``; raises ``ValueError`` if it is invalid, and ``OSError``."""
    if not path.is_file():
        raise ValueError("it isn't a regular file")
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"it is larger than {LARGEST_FILE >> 20} MB")
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_repetition)
    except _RepeatedNameError:
        raise
    except UnicodeDecodeError:
        raise ValueError("it isn't UTF-8 text") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        raise ValueError("it isn't valid JSON") from None


class _RepeatedNameError(ValueError):
    """An object has two values of one name."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _RepeatedNameError(f"{name} is given twice")
        found[name] = value
    return found


def check_network(stored: Any) -> None:
    """Raise ``ValueError`` for the first invalid size."""
    parts = _mapping(stored, "the network")
    for name, checks in SCHEMA.items():
        if name not in parts:
            raise ValueError(f"the network lacks {name}")
        _check_part(name, _mapping(parts[name], name), checks)
    for name, one, other in _SAME_LENGTH:
        if one in parts[name] and other in parts[name] and len(parts[name][one]) != len(parts[name][other]):
            raise ValueError(f"{name}.{one} and {name}.{other} differ in length")


def check_texts(values: Mapping[str, Any], *names: str) -> None:
    """Raise ``ValueError`` if one of these values isn't a string."""
    for name in names:
        if name in values and not isinstance(values[name], str):
            raise ValueError(f"{name} must be text")


def check_digests(files: Any) -> None:
    """Raise ``ValueError`` unless ``files`` maps names of safetensors files to SHA-256 hashes."""
    for name, digest in _mapping(files, "files").items():
        if not name.endswith(".safetensors"):
            raise ValueError(f"{name} in files isn't a safetensors file")
        if not isinstance(digest, str) or len(digest) != 64:
            raise ValueError(f"files.{name} must be a SHA-256 hash")


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object with names and values")
    return value


def _check_part(name: str, part: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    if unknown := sorted(part.keys() - checks.keys()):
        raise ValueError(f"{name}.{unknown[0]} is unknown")
    for key, value in part.items():
        if expected := checks[key](value):
            raise ValueError(f"{name}.{key} must be {expected}")
