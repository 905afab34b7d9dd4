"""Encoding of settings as JSON, and of tiles and byte strings."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.classes import DamageClass
from imagest_core.damage.examples import ExampleStroke
from imagest_core.damage.map import TILE
from imagest_core.damage.stored_model import StoredModel
from imagest_core.project.state import Annotation, Aspect, Calibration, Decision, Layer, Verdict
from imagest_core.project.storage.unpack import LARGEST_NUMBER, decompressed
from imagest_core.serialization import from_plain
from imagest_core.style.reference import StyleReference

Json = Any

_BYTE_ONES = 0x0101010101010101

CACHED_TILES = 16
"""Decompressed tiles kept in memory: large selections have many identical uniform tiles."""


def dumps(value: Json) -> str:
    """Return compact JSON with Unicode characters; raises ``ValueError`` for NaN and infinity."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def loads(text: str) -> Json:
    """Parse JSON; raises ``ValueError``, also for NaN and infinity, and ``TypeError``."""
    return json.loads(text, parse_constant=_reject_constant)


def _reject_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a number")


# Bytes


def pack_tile(labels: NDArray[np.uint8]) -> bytes:
    """Compress a (256, 256) uint8 tile with zlib.

    Run-length matching halves the time at the same size, since labels form runs. Uniform tiles, the majority
    of a large selection, are compressed once.
    """
    uniform = _pack_uniform(int(labels[0, 0]))
    return uniform if labels is unpack_tile(uniform) or _is_uniform(labels) else _compress(labels.tobytes())


def share_tile(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the tile, replaced by the shared instance if it is uniform."""
    return unpack_tile(_pack_uniform(int(labels[0, 0]))) if _is_uniform(labels) else labels


def _is_uniform(labels: NDArray[np.uint8]) -> bool:
    """Return whether all labels are equal, comparing eight at a time."""
    words = np.ascontiguousarray(labels).reshape(-1).view(np.uint64)
    return bool(words[0] == int(labels[0, 0]) * _BYTE_ONES and (words == words[0]).all())


@cache
def _pack_uniform(label: int) -> bytes:
    return _compress(bytes([label]) * TILE * TILE)


def _compress(data: bytes) -> bytes:
    compressor = zlib.compressobj(6, strategy=zlib.Z_RLE)
    return compressor.compress(data) + compressor.flush()


@lru_cache(maxsize=CACHED_TILES)
def unpack_tile(blob: bytes) -> NDArray[np.uint8]:
    """Decompress a tile from :func:`pack_tile`; raises ``ProjectError`` if it is damaged.

    The result is read-only, so damage maps store it without a copy and equal tiles share memory.
    """
    content = decompressed(blob, TILE * TILE, exact=True)
    labels = np.frombuffer(content, np.uint8).reshape(TILE, TILE).copy()
    labels.setflags(write=False)
    return labels


def concatenate(pieces: Iterable[bytes]) -> bytes:
    """Concatenate byte strings."""
    return b"".join(pieces)


def split(blob: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    """Split the result of :func:`concatenate` into parts of these lengths; raises ``ValueError``."""
    if any(type(length) is not int or length < 0 for length in lengths) or sum(lengths) != len(blob):
        raise ValueError("the parts have other lengths")
    start = 0
    for length in lengths:
        yield blob[start : start + length]
        start += length


# Small values

_SETTING_TYPES: dict[Aspect, Any] = {
    Aspect.CLASSES: tuple[DamageClass, ...],
    Aspect.STYLE: StyleReference,
    Aspect.CALIBRATION: Calibration | None,
    Aspect.OPERATOR: str,
    Aspect.NOTES: str,
    Aspect.ANNOTATIONS: tuple[Annotation, ...],
    Aspect.LAYERS: tuple[Layer, ...],
    Aspect.EXAMPLES: tuple[ExampleStroke, ...],
    Aspect.DAMAGE_MODEL: StoredModel | None,
}


def decode_setting(aspect: Aspect, data: Json) -> Any:
    """Decode the value of ``aspect`` from plain data; raises ``TypeError`` and ``ValueError``."""
    return from_plain(_SETTING_TYPES[aspect], data)


def encode_decision(decision: Decision | None) -> Json:
    """Encode a decision as a list, or None."""
    return None if decision is None else list(vars(decision).values())


def decode_decision(data: Json) -> Decision | None:
    """Decode the result of :func:`encode_decision`; raises ``TypeError`` and ``ValueError``."""
    return None if data is None else checked_decision(*data)


def checked_decision(verdict: Json, note: Json, operator: Json, time: Json, place: Json) -> Decision:
    """Return a decision of these values; raises ``TypeError`` or ``ValueError`` if one is invalid."""
    if not all(isinstance(text, str) for text in (note, operator, time)):
        raise TypeError("a decision is damaged")
    if type(place) is not int or not 0 <= place <= LARGEST_NUMBER:
        raise ValueError("a decision is damaged")
    return Decision(Verdict(verdict), note, operator, time, place)
