"""Small values as JSON, and tiles and pieces of bytes as one."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.classes import DamageClass
from imagest_core.damage.map import TILE
from imagest_core.project.state import Aspect, Calibration, Decision, Verdict
from imagest_core.project.storage.unpack import LARGEST_NUMBER, decompressed
from imagest_core.serialization import from_plain
from imagest_core.style.reference import StyleReference

Json = Any

_EIGHT_ONES = 0x0101010101010101

ALIKE = 16
"""Tiles kept unpacked: a large outline has many of one label throughout, which are packed alike."""


def dumps(value: Json) -> str:
    """JSON without needless blanks, letters as they are; raises ``ValueError`` for NaN and infinity."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def loads(text: str) -> Json:
    """The value of a JSON text; raises ``ValueError`` also for NaN and infinity, ``TypeError``."""
    return json.loads(text, parse_constant=_refused)


def _refused(name: str) -> Json:
    raise ValueError(f"{name} is no number")


# Bytes


def packed_tile(labels: NDArray[np.uint8]) -> bytes:
    """A (256, 256) uint8 tile, compressed: zlib, for which there will be a decoder in fifty years, told
    to look for runs only: labels are runs, and it takes half the time for the same size. Tiles of one
    label throughout, most of what a large outline marks, are packed once."""
    alike = _packed_alike(int(labels[0, 0]))
    return alike if labels is unpacked_tile(alike) or _alike(labels) else _packed(labels.tobytes())


def shared_tile(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same tile; where it is of one label throughout, the one in memory that all such tiles are."""
    return unpacked_tile(_packed_alike(int(labels[0, 0]))) if _alike(labels) else labels


def _alike(labels: NDArray[np.uint8]) -> bool:
    """Whether all are the same: eight at a time."""
    eights = np.ascontiguousarray(labels).reshape(-1).view(np.uint64)
    return bool(eights[0] == int(labels[0, 0]) * _EIGHT_ONES and (eights == eights[0]).all())


@cache
def _packed_alike(label: int) -> bytes:
    return _packed(bytes([label]) * TILE * TILE)


def _packed(data: bytes) -> bytes:
    packer = zlib.compressobj(6, strategy=zlib.Z_RLE)
    return packer.compress(data) + packer.flush()


@lru_cache(maxsize=ALIKE)
def unpacked_tile(blob: bytes) -> NDArray[np.uint8]:
    """What :func:`packed_tile` has packed; raises ``ProjectError`` where it is damaged.

    It can't be changed, so that a damage map keeps it as it is: alike tiles are one in memory.
    """
    content = decompressed(blob, TILE * TILE, exact=True)
    labels = np.frombuffer(content, np.uint8).reshape(TILE, TILE).copy()
    labels.setflags(write=False)
    return labels


def joined(pieces: Iterable[bytes]) -> bytes:
    """The pieces, one behind the other."""
    return b"".join(pieces)


def split(blob: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    """The pieces of these lengths that :func:`joined` has joined; raises ``ValueError``."""
    if any(type(length) is not int or length < 0 for length in lengths) or sum(lengths) != len(blob):
        raise ValueError("the pieces have other lengths")
    start = 0
    for length in lengths:
        yield blob[start : start + length]
        start += length


# Small values

_KINDS: dict[Aspect, Any] = {
    Aspect.CLASSES: tuple[DamageClass, ...],
    Aspect.STYLE: StyleReference,
    Aspect.CALIBRATION: Calibration | None,
    Aspect.OPERATOR: str,
    Aspect.NOTES: str,
}


def decode_setting(aspect: Aspect, data: Json) -> Any:
    """The value of ``aspect`` that ``to_plain`` made ``data`` of; raises ``TypeError``, ``ValueError``."""
    return from_plain(_KINDS[aspect], data)


def encode_decision(decision: Decision | None) -> Json:
    """A decision as a list, or None for none."""
    return None if decision is None else list(vars(decision).values())


def decode_decision(data: Json) -> Decision | None:
    """A decision from :func:`encode_decision`; raises ``TypeError``, ``ValueError``."""
    return None if data is None else sound_decision(*data)


def sound_decision(verdict: Json, note: Json, operator: Json, time: Json, place: Json) -> Decision:
    """A decision of these values; raises ``TypeError``, ``ValueError`` where one is of another kind."""
    if not all(isinstance(text, str) for text in (note, operator, time)):
        raise TypeError("a decision is damaged")
    if type(place) is not int or not 0 <= place <= LARGEST_NUMBER:
        raise ValueError("a decision is damaged")
    return Decision(Verdict(verdict), note, operator, time, place)
