"""Parse ICC profiles: their name, and the tone curves and matrix of matrix profiles.

LittleCMS evaluates tone curves given as tables with 16 bits of *linear* light, which merges dark 16-bit
samples (measured: up to 12 of 65,535 apart). Museum scans often have such a profile (eciRGB v2, the common
sRGB profile), so curves are evaluated here in double precision.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_HEAD, _ENTRY = 128, 12
_MAX_TAGS = 200
LUTS = (b"A2B0", b"A2B1", b"D2B0", b"D2B1")
INVERSE_LUTS = (b"B2A0", b"B2A1", b"B2D0", b"B2D1")
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}


class Curve(Protocol):
    """A tone curve: sample in 0–1 to linear light, and back."""

    def linear(self, sample: Array) -> Array:
        """Convert samples in 0–1 to linear light."""

    def sample(self, linear: Array) -> Array:
        """Convert linear light to samples; values outside 0–1 are clipped first."""


@dataclass(frozen=True)
class Table:
    """An increasing curve through evenly spaced points, linearly interpolated."""

    points: Array

    def linear(self, sample: Array) -> Array:
        """Interpolate between the points."""
        return np.interp(sample, np.linspace(0, 1, len(self.points)), self.points)

    def sample(self, linear: Array) -> Array:
        """Invert the interpolation."""
        return np.interp(linear, self.points, np.linspace(0, 1, len(self.points)))


@dataclass(frozen=True)
class Parametric:
    """The curve ``(a·x + b)^g + e`` from ``d`` on, and ``c·x + f`` below (ICC.1:2022, 10.18)."""

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def linear(self, sample: Array) -> Array:
        """Evaluate the formula."""
        curved = np.maximum(self.a * sample + self.b, 0.0) ** self.g + self.e
        return np.where(sample >= self.d, curved, self.c * sample + self.f)

    def sample(self, linear: Array) -> Array:
        """Invert the formula."""
        linear = np.clip(linear, 0.0, 1.0)
        curved = (np.maximum(linear - self.e, 0.0) ** (1 / self.g) - self.b) / self.a
        straight = (linear - self.f) / self.c if self.c else np.zeros_like(linear)
        return np.where(linear >= self._join, curved, straight)

    @property
    def _join(self) -> float:
        return float(max(self.a * self.d + self.b, 0.0) ** self.g + self.e)


@dataclass(frozen=True)
class MatrixProfile:
    """Tone curves (three, or one for grey) and the matrix from linear light to XYZ (D50)."""

    curves: tuple[Curve, ...]
    matrix: Array | None


def tags(profile: bytes) -> dict[bytes, bytes]:
    """Return the tags of a profile by signature, without those that extend beyond its end."""
    found = {}
    for index in range(min(int.from_bytes(profile[_HEAD : _HEAD + 4], "big"), _MAX_TAGS)):
        entry = profile[_HEAD + 4 + _ENTRY * index :][:_ENTRY]
        if len(entry) == _ENTRY:
            name, start, size = struct.unpack(">4sII", entry)
            if start + size <= len(profile):
                found[name] = profile[start : start + size]
    return found


def name(profile: bytes) -> str:
    """Return the profile's description, or "unnamed profile"."""
    return _text(tags(profile).get(b"desc", b"")) or "unnamed profile"


def matrix_profile(profile: bytes) -> MatrixProfile | None:
    """Return the profile's curves and matrix; None if it has lookup tables or curves that don't increase."""
    found = tags(profile)
    if profile[20:24] != b"XYZ " or any(lut in found for lut in LUTS):
        return None
    try:
        if profile[16:20] == b"GRAY":
            return MatrixProfile((_curve(found[b"kTRC"]),), None)
        matrix = np.stack([_xyz(found[key]) for key in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
        if abs(np.linalg.det(matrix)) < 1e-6:
            return None
        return MatrixProfile(tuple(_curve(found[key]) for key in (b"rTRC", b"gTRC", b"bTRC")), matrix)
    except (KeyError, ValueError, struct.error):
        return None


def _curve(tag: bytes) -> Curve:
    """Parse a ``curv`` or ``para`` tag; raise ``ValueError`` if the curve can't be inverted."""
    if tag[:4] == b"para":
        return _parametric(tag)
    if tag[:4] != b"curv":
        raise ValueError("neither a table nor a formula")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return Parametric(1.0)
    points = np.frombuffer(tag, ">u2", count, 12)
    if count == 1:
        return _checked(Parametric(float(points[0]) / 256))
    if (np.diff(points.astype(int)) < 0).any() or points[-1] == points[0]:
        raise ValueError("a curve that doesn't rise")
    return Table(points / 65535.0)


def _parametric(tag: bytes) -> Parametric:
    (kind,) = struct.unpack_from(">H", tag, 8)
    count = _PARAMETERS.get(kind)
    if count is None:
        raise ValueError("an unknown formula")
    values = [number / 65536 for number in struct.unpack_from(f">{count}i", tag, 12)]
    if kind in (1, 2):
        g, a, b = values[:3]
        floor = values[3] if kind == 2 else 0.0
        return _checked(Parametric(g, a, b, 0.0, -b / a if a else 0.0, floor, floor))
    return _checked(Parametric(*values))


def _checked(curve: Parametric) -> Parametric:
    if not (0.1 <= curve.g <= 10 and curve.a > 0 and curve.c >= 0):
        raise ValueError("a curve that doesn't rise")
    return curve


def _xyz(tag: bytes) -> Array:
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536


def _text(tag: bytes) -> str:
    if tag[:4] == b"desc":  # version 2: counted ASCII
        text = tag[12 : 12 + int.from_bytes(tag[8:12], "big")].decode("latin-1")
    else:  # version 4, 'mluc': the first of its languages, UTF-16
        length, start = int.from_bytes(tag[20:24], "big"), int.from_bytes(tag[24:28], "big")
        text = tag[start : start + length].decode("utf-16-be", "replace")
    return text.split("\0")[0].strip()
