"""Between a file's own colour and the working colour: float32, unbounded sRGB.

Working colour is what a screen's sRGB would show, 0–1 inside its gamut and beyond outside it, so
that nothing of a wider space is clipped. Transforms are LittleCMS's float ones, relative
colorimetric, through imagecodecs.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SRGB_TOLERANCE = 5e-4
_RELATIVE = 1
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


class ColourSpace(Protocol):
    """A file's colour: its samples as floats in 0–1, and back."""

    name: str

    def to_working(self, samples: Floats) -> Floats:
        """Samples (h, w, 1 or 3) in 0–1 as working colour (h, w, 3)."""

    def from_working(self, rgb: Floats) -> Floats:
        """Working colour (h, w, 3) as samples (h, w, 1 or 3), not yet clipped to 0–1."""


class Srgb:
    """RGB samples that are sRGB already."""

    def __init__(self, name: str = "sRGB") -> None:
        self.name = name

    def to_working(self, samples: Floats) -> Floats:
        """The samples themselves."""
        return samples

    def from_working(self, rgb: Floats) -> Floats:
        """The working colour itself."""
        return rgb


class GreySrgb:
    """Grey samples with the tone curve of sRGB."""

    name = "sRGB grey"

    def to_working(self, samples: Floats) -> Floats:
        """The grey three times."""
        return np.repeat(samples, 3, axis=2)

    def from_working(self, rgb: Floats) -> Floats:
        """The grey of the same luminance."""
        return encode_srgb(decode_srgb(rgb) @ _LUMINANCE)[..., np.newaxis].astype(np.float32)


class LittleCms:
    """RGB or grey samples of an ICC profile."""

    def __init__(self, profile: bytes, grey: bool) -> None:
        self.name = profile_name(profile)
        self._profile, self._space = profile, "gray" if grey else "rgb"

    def to_working(self, samples: Floats) -> Floats:
        """Through the profile to sRGB."""
        rgb = _transform(samples, self._profile, srgb_profile(), self._space, "rgb")
        return rgb.reshape(*samples.shape[:2], 3)

    def from_working(self, rgb: Floats) -> Floats:
        """Through sRGB to the profile."""
        samples = _transform(rgb, srgb_profile(), self._profile, "rgb", self._space)
        return samples.reshape(*rgb.shape[:2], -1)


@cache
def srgb_profile() -> bytes:
    """The sRGB profile of LittleCMS."""
    import imagecodecs

    return bytes(imagecodecs.cms_profile("srgb"))


def colour_space(profile: bytes | None, grey: bool) -> tuple[ColourSpace, str]:
    """The colour space of a file, and a note about it where the user should know (else empty)."""
    assumed: ColourSpace = GreySrgb() if grey else Srgb()
    if profile is None:
        return assumed, "The file has no colour profile: sRGB is assumed."
    fault = profile_fault(profile, grey)
    if fault:
        return assumed, f"The colour profile {fault}; sRGB is assumed instead."
    space = LittleCms(profile, grey)
    if not grey and is_srgb(space):
        return Srgb(space.name), ""
    return space, ""


def profile_fault(profile: bytes, grey: bool) -> str:
    """What keeps a profile from being used for grey or RGB samples; empty if nothing."""
    if len(profile) < 128 or profile[36:40] != b"acsp":
        return "is damaged"
    wanted, found = (b"GRAY" if grey else b"RGB "), profile[16:20]
    if found != wanted:
        is_for = found.decode("ascii", "replace").strip().lower()
        return f"is for {is_for} and not for {'grey' if grey else 'RGB'}"
    space = LittleCms(profile, grey)
    try:
        probe = _probe(1 if grey else 3)
        there = space.to_working(probe)
        back = space.from_working(there)
    except Exception:
        return "can't be used in both directions"
    if not np.isfinite(there).all() or np.abs(back - probe).max() > 0.02:
        return "can't be used in both directions"
    return ""


def is_srgb(space: ColourSpace) -> bool:
    """Whether a space differs from sRGB by less than an eighth of an 8-bit step."""
    probe = _probe(3)
    return bool(np.abs(space.to_working(probe) - probe).max() < _SRGB_TOLERANCE)


def profile_name(profile: bytes) -> str:
    """The description of an ICC profile, or a plain word for one that has none."""
    count = int.from_bytes(profile[128:132], "big")
    for index in range(min(count, 100)):
        entry = profile[132 + 12 * index : 144 + 12 * index]
        if entry[:4] == b"desc":
            start = int.from_bytes(entry[4:8], "big")
            return (
                _description(profile[start : start + int.from_bytes(entry[8:12], "big")]) or "unnamed profile"
            )
    return "unnamed profile"


def _description(tag: bytes) -> str:
    if tag[:4] == b"desc":  # version 2: counted ASCII
        text = tag[12 : 12 + int.from_bytes(tag[8:12], "big")].decode("latin-1")
    else:  # version 4 'mluc': the first of its languages, UTF-16
        length, start = int.from_bytes(tag[20:24], "big"), int.from_bytes(tag[24:28], "big")
        text = tag[start : start + length].decode("utf-16-be", "replace")
    return text.split("\0")[0].strip()


def encode_srgb(linear: NDArray) -> NDArray:
    """The sRGB tone curve (IEC 61966-2-1), continued by its straight part below 0."""
    curved = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, curved)


def decode_srgb(encoded: NDArray) -> NDArray[np.float64]:
    """The inverse of :func:`encode_srgb`."""
    encoded = np.asarray(encoded, np.float64)
    curved = ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, curved)


def _probe(channels: int) -> Floats:
    """A coarse lattice of all colours, (n, 1, channels) in 0–1."""
    steps = np.linspace(0.02, 0.98, 7, dtype=np.float32)
    lattice = np.stack(np.meshgrid(*[steps] * channels, indexing="ij"), axis=-1)
    return np.ascontiguousarray(lattice.reshape(-1, 1, channels))


def _transform(samples: Floats, profile: bytes, out: bytes, space: str, out_space: str) -> Floats:
    import imagecodecs

    contiguous = np.ascontiguousarray(samples, np.float32)
    return imagecodecs.cms_transform(
        contiguous, profile, out, colorspace=space, outcolorspace=out_space, outdtype="f4", intent=_RELATIVE
    )
