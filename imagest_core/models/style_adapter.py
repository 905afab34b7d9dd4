"""The configuration of a style adapter, readable without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.safetensors_header import read_header
from imagest_core.models.validation import read_json

KIND = "style-adapter"
"""Value of ``kind`` in the configuration."""
FORMAT = 1
CONFIG, WEIGHTS = "config.json", "style_adapter.safetensors"
FILE_FORMAT = "imagest-style-adapter"
"""Value of ``format`` in the metadata of the weights, which also hold the configuration."""
LARGEST_SIDE = 2048


def read_style_adapter(path: Path) -> Mapping[str, Any]:
    """Return the configuration of the style adapter at ``path``, a folder or a single file.

    Raises :class:`ModelError` if it can't be understood or was made by a newer version.
    """
    try:
        stored = _stored(path)
        if not isinstance(stored, dict) or stored.get("kind") != KIND:
            raise ValueError(f"its kind isn't {KIND}")
        version = stored.get("format")
        if type(version) is not int or version < 1:
            raise ValueError("format must be a whole number from 1 on")
        if version > FORMAT:
            raise ModelError(
                Message(
                    "{folder} was made by a newer version of this program: update to use it.",
                    folder=path.name,
                )
            )
        _checked_side(stored)
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            Message(
                "{path} can't be understood as a model's description ({reason}).", path=path, reason=error
            )
        ) from error
    return stored


def style_side(path: Path) -> int:
    """Return the side in px of the pictures that the style adapter at ``path`` reads."""
    return _checked_side(read_style_adapter(path))


def _stored(path: Path) -> Any:
    if path.is_dir():
        return read_json(path / CONFIG)
    return json.loads(read_header(path).metadata.get("config", "null"))


def _checked_side(stored: Mapping[str, Any]) -> int:
    encoder = stored.get("encoder")
    side = encoder.get("side") if isinstance(encoder, dict) else None
    if type(side) is not int or not 1 <= side <= LARGEST_SIDE:
        raise ValueError(f"encoder.side must be a whole number from 1 to {LARGEST_SIDE}")
    return side
