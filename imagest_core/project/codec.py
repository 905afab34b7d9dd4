"""Small values as JSON, and pieces of bytes as one.

Each of the small values of a state (classes, style, calibration …) has a pair of functions here that
turns it into what ``json`` can write and back.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.classes import DamageClass, Policy
from imagest_core.damage.map import TILE
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.project.state import Aspect, Calibration, Decision, PaintingReference, Verdict
from imagest_core.style.reference import StyleReference

Json = Any


def dumps(value: Json) -> str:
    """JSON without needless blanks, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# Bytes


def packed_tile(labels: NDArray[np.uint8]) -> bytes:
    """A (256, 256) uint8 tile, compressed (zlib; a decoder for it will exist in fifty years)."""
    return zlib.compress(labels.tobytes(), 6)


def unpacked_tile(blob: bytes) -> NDArray[np.uint8]:
    """What :func:`packed_tile` has packed; raises ``ValueError`` or ``zlib.error`` where it is damaged."""
    return np.frombuffer(zlib.decompress(blob), np.uint8).reshape(TILE, TILE)


def joined(pieces: Iterable[bytes]) -> bytes:
    """The pieces, one behind the other."""
    return b"".join(pieces)


def split(blob: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    """The pieces of these lengths that :func:`joined` has joined."""
    start = 0
    for length in lengths:
        yield blob[start : start + length]
        start += length


# Small values


@dataclass(frozen=True)
class Codec:
    """How one kind of value becomes JSON and back."""

    encode: Callable[[Any], Json]
    decode: Callable[[Json], Any]


def _same(value: Any) -> Any:
    return value


def _decode_classes(data: Json) -> tuple[DamageClass, ...]:
    return tuple(DamageClass(**{**item, "policy": Policy(item["policy"])}) for item in data)


def _encode_style(style: StyleReference) -> Json:
    donor = None if style.donor is None else str(style.donor)
    return {"regions": style.regions, "donor": donor, "suggested": style.suggested}


def _decode_style(data: Json) -> StyleReference:
    donor = None if data["donor"] is None else Path(data["donor"])
    return StyleReference(tuple(Box(*item) for item in data["regions"]), donor, data["suggested"])


def _decode_calibration(data: Json) -> Calibration | None:
    if data is None:
        return None
    points = data["points"] and tuple(tuple(point) for point in data["points"])
    return Calibration(Resolution(**data["resolution"]), points, data["length"])


CODECS = {
    Aspect.CLASSES: Codec(lambda classes: [asdict(item) for item in classes], _decode_classes),
    Aspect.STYLE: Codec(_encode_style, _decode_style),
    Aspect.CALIBRATION: Codec(lambda value: None if value is None else asdict(value), _decode_calibration),
    Aspect.OPERATOR: Codec(_same, _same),
    Aspect.NOTES: Codec(_same, _same),
}


def encode_painting(painting: PaintingReference) -> Json:
    """The reference to the scan as JSON."""
    return {**asdict(painting), "path": str(painting.path)}


def decode_painting(data: Json) -> PaintingReference:
    """The reference to the scan from JSON."""
    return PaintingReference(**{**data, "path": Path(data["path"])})


def encode_decision(decision: Decision | None) -> Json:
    """A decision as a list, or None for none."""
    return None if decision is None else list(asdict(decision).values())


def decode_decision(data: Json) -> Decision | None:
    """A decision from :func:`encode_decision`."""
    return None if data is None else Decision(Verdict(data[0]), *data[1:])
