"""A painting's samples as 8-bit colours of a screen: for looking at, never for computing with."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.colour import srgb_profile
from imagest_core.painting.painting import Painting
from imagest_core.painting.sources.base import Samples

Pixels = NDArray[np.uint8]
"""(h, w, 4) uint8: blue, green, red, alpha; colours premultiplied by alpha."""

_RELATIVE_COLORIMETRIC = 1


class Display:
    """Colours of ``painting`` on a screen whose ICC profile is ``screen`` (None: sRGB).

    Profiles go through LittleCMS in the samples' own depth: to half an 8-bit step, at some
    40 megapixels a second, without the interpreter's lock.
    """

    def __init__(self, painting: Painting, screen: bytes | None = None) -> None:
        self._grey, self._alpha = painting.grey, painting.alpha
        self._inverted = painting.white_is_zero
        self._profile, self._screen = painting.profile_in_use, screen
        if not self._works():
            self._profile, self._screen = None, None

    def __call__(self, samples: Samples) -> Pixels:
        """``samples`` (h, w, c) uint8 or uint16 of the painting as (h, w, 4) pixels."""
        colour = np.ascontiguousarray(samples[..., : 1 if self._grey else 3])
        out = self._coloured(np.invert(colour) if self._inverted else colour)
        if self._alpha:
            _lay_alpha(out, _eight_bits(samples[..., -1]))
        return out

    def _coloured(self, colour: Samples) -> Pixels:
        if self._profile is None and self._screen is None:
            return _opaque(_eight_bits(colour))
        if self._profile is None and self._grey:
            colour = np.repeat(colour, 3, axis=2)
        return self._transformed(colour)

    def _transformed(self, colour: Samples) -> Pixels:
        import imagecodecs

        out: Pixels = imagecodecs.cms_transform(
            colour,
            self._profile or srgb_profile(),
            self._screen or srgb_profile(),
            colorspace="gray" if colour.shape[2] == 1 else "rgb",
            outcolorspace="bgra",
            outdtype="u1",
            intent=_RELATIVE_COLORIMETRIC,
        )
        out = out.reshape(*colour.shape[:2], 4)
        out[..., 3] = 255
        return out

    def _works(self) -> bool:
        """Whether LittleCMS takes the two profiles."""
        try:
            self._coloured(np.zeros((1, 1, 1 if self._grey else 3), np.uint8))
        except (RuntimeError, ValueError):
            return False
        return True


def _eight_bits(samples: Samples) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        return np.asarray(samples)
    eight: Any = cv2.convertScaleAbs(np.ascontiguousarray(samples), alpha=255 / 65535)
    return np.asarray(eight).reshape(samples.shape)


def _opaque(colour: NDArray[np.uint8]) -> Pixels:
    code = cv2.COLOR_GRAY2BGRA if colour.shape[2] == 1 else cv2.COLOR_RGB2BGRA
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(colour), code))


def _lay_alpha(pixels: Pixels, alpha: NDArray[np.uint8]) -> None:
    """Premultiply ``pixels`` in place."""
    share = alpha[..., np.newaxis].astype(np.uint16)
    pixels[..., :3] = (pixels[..., :3] * share + 127) // 255
    pixels[..., 3] = alpha
