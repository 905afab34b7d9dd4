"""Convert between a file's own colour space and working colour: float32, unbounded sRGB.

Working colour is 0–1 inside the sRGB gamut and exceeds it outside, so that wider colour spaces are not
clipped. Profiles of curves and a matrix are evaluated in double precision, profiles of lookup tables by
LittleCMS in float (through imagecodecs); all with relative colorimetric intent.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.errors import ProfileError
from imagest_core.messages import Message, template
from imagest_core.painting.color import icc

_SRGB_TOLERANCE = 1 / 255
_WHITE_TOLERANCE = 2e-3
_NOTEWORTHY_ERROR = 1.0
_MOST_MEAN_ERROR = 25.0
"""Largest mean round-trip error, in 1/255; beyond it, the two tables of a profile don't match."""
_RELATIVE_COLORIMETRIC = 1
_KNEE, _SLOPE = 0.0031308, 12.92
_LARGEST_PROFILE = 64 << 20
_KINDS = {b"GRAY": Message("grey"), b"RGB ": "RGB", b"CMYK": "CMYK", b"Lab ": "Lab"}
_OTHER_CLASSES = {
    b"link": Message("is a device link, which describes no colours"),
    b"nmcl": Message("is a list of named colours"),
    b"abst": Message("is an abstract profile, which describes no colours of a file"),
}

# Linear sRGB to XYZ under D50 (IEC 61966-2-1 primaries, Bradford adaptation; Lindbloom's figures).
_SRGB_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
_LUMINANCE = _SRGB_TO_XYZ[1]


class ColourSpace(Protocol):
    """Colour space of a file: converts its samples, as floats in 0–1, to working colour and back."""

    name: str

    def to_working(self, samples: Image) -> Image:
        """Convert samples (h, w, 1 or 3) in 0–1 to working colour (h, w, 3)."""

    def from_working(self, rgb: Image) -> Image:
        """Convert working colour (h, w, 3) to samples (h, w, 1 or 3), possibly outside 0–1."""


class Srgb:
    """RGB samples in sRGB."""

    def __init__(self, name: str = "sRGB") -> None:
        self.name = name

    def to_working(self, samples: Image) -> Image:
        """Return the samples unchanged."""
        return samples

    def from_working(self, rgb: Image) -> Image:
        """Return the working colour unchanged."""
        return rgb


class GreySrgb:
    """Grey samples with the tone curve of sRGB."""

    name = "sRGB grey"

    def to_working(self, samples: Image) -> Image:
        """Repeat the grey channel three times."""
        return np.repeat(samples, 3, axis=2)

    def from_working(self, rgb: Image) -> Image:
        """Return the grey of the same luminance."""
        return encode_srgb(decode_srgb(rgb) @ _LUMINANCE)[..., np.newaxis].astype(np.float32)


class Grey:
    """Grey samples with the tone curve of a profile."""

    def __init__(self, name: str, curve: icc.Curve) -> None:
        self.name, self._curve = name, curve

    def to_working(self, samples: Image) -> Image:
        """Convert to the grey of the same luminance and repeat it three times."""
        return np.repeat(encode_srgb(self._curve.linear(samples)).astype(np.float32), 3, axis=2)

    def from_working(self, rgb: Image) -> Image:
        """Return the grey of the same luminance."""
        return self._curve.sample(decode_srgb(rgb) @ _LUMINANCE)[..., np.newaxis].astype(np.float32)


class Matrix:
    """RGB samples of a profile with three tone ``curves`` and a matrix (``to_srgb``, in linear light)."""

    def __init__(self, name: str, curves: tuple[icc.Curve, ...], to_xyz: NDArray[Any]) -> None:
        self.name, self.curves = name, curves
        to_srgb = np.linalg.solve(_SRGB_TO_XYZ, to_xyz)
        white = to_srgb.sum(axis=1, keepdims=True)
        if np.abs(white - 1).max() < _WHITE_TOLERANCE:  # differs from 1 by rounding only
            to_srgb /= white
        self.to_srgb = to_srgb
        self.from_srgb = np.linalg.inv(self.to_srgb)

    def to_working(self, samples: Image) -> Image:
        """Apply the curves, the matrix and the sRGB tone curve."""
        linear = np.stack([curve.linear(samples[..., i]) for i, curve in enumerate(self.curves)], axis=-1)
        return encode_srgb(linear @ self.to_srgb.T).astype(np.float32)

    def from_working(self, rgb: Image) -> Image:
        """Invert :meth:`to_working`; colours outside the profile's gamut are clipped."""
        linear = decode_srgb(rgb) @ self.from_srgb.T
        samples = [curve.sample(linear[..., i]) for i, curve in enumerate(self.curves)]
        return np.stack(samples, axis=-1).astype(np.float32)


class LittleCms:
    """RGB or grey samples of any ICC profile that works in both directions."""

    def __init__(self, profile: bytes, grey: bool) -> None:
        self.name = icc.name(profile)
        self._profile, self._kind = profile, "gray" if grey else "rgb"

    def to_working(self, samples: Image) -> Image:
        """Convert from the profile to sRGB."""
        rgb = _transform(samples, self._profile, srgb_profile(), self._kind, "rgb")
        return rgb.reshape(*samples.shape[:2], 3)

    def from_working(self, rgb: Image) -> Image:
        """Convert from sRGB to the profile."""
        samples = _transform(rgb, srgb_profile(), self._profile, "rgb", self._kind)
        return samples.reshape(*rgb.shape[:2], -1)


def colour_space(profile: bytes | None, grey: bool) -> tuple[ColourSpace, str]:
    """Return the colour space of a file's samples, and a note for the user (or "").

    Raises ``ProfileError`` with what is wrong with the profile, such as ``is damaged``.
    """
    if profile is None:
        return assumed_space(grey), Message("The file has no colour profile: sRGB is assumed.")
    space, note = profile_space(profile, grey)
    if space is None:
        raise ProfileError(note)
    return space, note


def assumed_space(grey: bool) -> ColourSpace:
    """Return the colour space of files without a profile."""
    return GreySrgb() if grey else Srgb()


def profile_space(profile: bytes, grey: bool) -> tuple[ColourSpace | None, str]:
    """Return the colour space of a profile and a note (or ""); or None and what is wrong with it."""
    if fault := _fault(profile, grey):
        return None, fault
    space = _space(profile, grey)
    probe = _lattice(1 if grey else 3)
    try:
        converted = space.to_working(probe)
    except (RuntimeError, ValueError):  # imagecodecs' CmsError is a RuntimeError
        return None, _unreadable(profile)
    try:
        back = space.from_working(converted)
    except (RuntimeError, ValueError):
        return None, _one_way(profile)
    error = np.abs(back - probe) * 255
    largest, mean = float(error.max()), float(error.mean())
    if not np.isfinite([largest, mean]).all() or mean > _MOST_MEAN_ERROR:
        return None, Message("doesn't convert colours back to the same samples")
    if not grey and _is_srgb(space):
        return Srgb(space.name), ""
    return space, _round_trip_note(space, largest, mean)


_LOOKUP_TABLE = template(
    "The colour profile {profile} is a lookup table: converting there and back differs by up to {largest} of "
    "255 (mean {mean}), in filled pixels only."
)
_INEXACT_CURVES = template(
    "The colour profile {profile} can't be inverted exactly: converting there and back differs by up to "
    "{largest} of 255 (mean {mean}), in filled pixels only."
)


def _round_trip_note(space: ColourSpace, largest: float, mean: float) -> str:
    """Describe the round-trip error of a lookup table, or of curves that can't be inverted exactly."""
    if not isinstance(space, LittleCms) and largest <= _NOTEWORTHY_ERROR:
        return ""
    sentence = _LOOKUP_TABLE if isinstance(space, LittleCms) else _INEXACT_CURVES
    return Message(sentence, profile=space.name, largest=f"{largest:.1f}", mean=f"{mean:.2f}")


@cache
def srgb_profile() -> bytes:
    """Return LittleCMS's sRGB profile."""
    import imagecodecs

    return bytes(imagecodecs.cms_profile("srgb"))


def encode_srgb(linear: NDArray[Any]) -> NDArray[Any]:
    """Apply the sRGB tone curve (IEC 61966-2-1), whose linear part is continued below 0."""
    encoded = 1.055 * np.maximum(linear, _KNEE) ** (1 / 2.4) - 0.055
    return np.where(linear <= _KNEE, _SLOPE * linear, encoded)


def decode_srgb(encoded: NDArray[Any]) -> NDArray[np.float64]:
    """Invert :func:`encode_srgb` in double precision."""
    encoded = np.asarray(encoded, np.float64)
    linear = ((np.maximum(encoded, _SLOPE * _KNEE) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= _SLOPE * _KNEE, encoded / _SLOPE, linear)


def _fault(profile: bytes, grey: bool) -> str:
    """Return what the profile's header shows to be wrong with it for these samples, or ""."""
    if not 132 <= len(profile) <= _LARGEST_PROFILE or profile[36:40] != b"acsp":
        return Message("is damaged")
    if profile[12:16] in _OTHER_CLASSES:
        return _OTHER_CLASSES[profile[12:16]]
    found = profile[16:20]
    if found != (b"GRAY" if grey else b"RGB "):
        kind = _KINDS.get(found, Message("another kind of picture"))
        needed = Message("grey") if grey else "RGB"
        return Message("is made for {kind}, not for {needed}", kind=kind, needed=needed)
    if profile[20:24] not in (b"XYZ ", b"Lab "):
        return Message("uses an unknown connection space")
    return ""


def _unreadable(profile: bytes) -> str:
    """Return why a profile can't convert samples to colours."""
    if int.from_bytes(profile[:4], "big") > len(profile):
        return Message("is cut short")
    found = icc.tags(profile)
    if not any(tag in found for tag in (*icc.LUTS, *icc.INVERSE_LUTS, b"rTRC", b"kTRC")):
        return Message("contains no colour data")
    if not any(tag in found for tag in (*icc.LUTS, b"rTRC", b"kTRC")):
        return Message("works in one direction only: it has no table from samples to colours")
    return Message("is damaged")


def _one_way(profile: bytes) -> str:
    """Return why a profile can't convert colours to samples."""
    if any(tag in icc.tags(profile) for tag in icc.INVERSE_LUTS):
        return Message("is damaged: its table from colours to samples can't be used")
    return Message("works in one direction only: it has no table from colours back to samples")


def _space(profile: bytes, grey: bool) -> ColourSpace:
    found, name = icc.matrix_profile(profile), icc.name(profile)
    if found is None:
        return LittleCms(profile, grey)
    return Grey(name, found.curves[0]) if found.matrix is None else Matrix(name, found.curves, found.matrix)


def _is_srgb(space: ColourSpace) -> bool:
    """Return whether a colour space differs from sRGB by less than one 8-bit step."""
    probe = _lattice(3)
    return bool(np.abs(space.to_working(probe) - probe).max() < _SRGB_TOLERANCE)


def _lattice(channels: int) -> Image:
    """Return a coarse lattice of colours without the extremes, (n, 1, channels) in 0–1."""
    steps = np.linspace(0.02, 0.98, 7, dtype=np.float32)
    lattice = np.stack(np.meshgrid(*[steps] * channels, indexing="ij"), axis=-1)
    return np.ascontiguousarray(lattice.reshape(-1, 1, channels))


def _transform(samples: Image, profile: bytes, out: bytes, kind: str, out_kind: str) -> Image:
    import imagecodecs

    transformed: Image = imagecodecs.cms_transform(
        np.ascontiguousarray(samples, np.float32),
        profile,
        out,
        colorspace=kind,
        outcolorspace=out_kind,
        outdtype="f4",
        intent=_RELATIVE_COLORIMETRIC,
    )
    return transformed
