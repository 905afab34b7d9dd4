"""Convert a painting's samples to 8-bit screen colours, for display only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.color.working import (
    ColourSpace,
    Matrix,
    Srgb,
    decode_srgb,
    encode_srgb,
    profile_space,
    srgb_profile,
)
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.reader import Painting

Pixels = NDArray[np.uint8]
"""(h, w, 4) uint8: blue, green, red, alpha; colours premultiplied by alpha."""
Conversion = Callable[[Samples], Pixels]

_RELATIVE_COLORIMETRIC = 1
_STEPS = 65535


class Display:
    """Converts samples of ``painting`` for a screen with the ICC profile ``screen`` (None: sRGB).

    Profiles of tone curves and a matrix use 16-bit tables, exact to one 8-bit step at about 40 megapixels a
    second; profiles of lookup tables use LittleCMS. Both release the GIL.
    """

    def __init__(self, painting: Painting, screen: bytes | None = None) -> None:
        self._alpha = painting.alpha_channel
        self._channels = slice(0, 1 if painting.grey else 3)
        target = None if screen is None else profile_space(screen, grey=False)[0]
        self._to_screen = _colour_conversion(painting, target or Srgb(), None if target is None else screen)

    def __call__(self, samples: Samples) -> Pixels:
        """Convert ``samples`` (h, w, c) uint8 or uint16 of the painting to (h, w, 4) pixels."""
        out = self._to_screen(np.ascontiguousarray(samples[..., self._channels]))
        if self._alpha is not None:
            _apply_alpha(out, _eight_bits(samples[..., self._alpha]))
        return out


def _colour_conversion(painting: Painting, target: ColourSpace, screen: bytes | None) -> Conversion:
    source, levels = painting.colour_space, np.iinfo(painting.dtype).max
    if painting.grey:
        return _Grey(source, target, levels, painting.white_is_zero)
    if isinstance(source, Srgb) and isinstance(target, Srgb):
        return lambda samples: _opaque(_eight_bits(samples))
    if isinstance(source, Srgb | Matrix) and isinstance(target, Srgb | Matrix):
        return _Curves(source, target, levels)
    profile = None if isinstance(source, Srgb) else painting.profile
    return _LittleCms(profile or srgb_profile(), screen or srgb_profile())


class _Grey:
    """Converts grey samples with a table of all their values."""

    def __init__(self, source: ColourSpace, target: ColourSpace, levels: int, inverted: bool) -> None:
        values = np.linspace(0, 1, levels + 1, dtype=np.float32)[:, None, None]
        shown = target.from_working(source.to_working(1 - values if inverted else values))
        table = _opaque(np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8))
        self._table = table.reshape(-1, 4).view(np.uint32)[:, 0]

    def __call__(self, samples: Samples) -> Pixels:
        return self._table[samples[..., 0]].view(np.uint8).reshape(*samples.shape[:2], 4)


class _Curves:
    """Converts samples to linear light with tables, then with one matrix and tables to screen colours."""

    def __init__(self, source: Srgb | Matrix, target: Srgb | Matrix, levels: int) -> None:
        values = np.linspace(0, 1, levels + 1)
        light = [source.curves[i].linear(values) for i in range(3)] if isinstance(source, Matrix) else None
        self._in = np.stack(light or [decode_srgb(values)] * 3).astype(np.float32)
        steps = np.linspace(0, 1, _STEPS + 1)
        shown = [target.curves[i].sample(steps) for i in range(3)] if isinstance(target, Matrix) else None
        out = np.stack(shown or [encode_srgb(steps)] * 3)
        self._out = np.rint(np.clip(out, 0, 1) * 255).astype(np.uint8)
        to_srgb = source.to_srgb if isinstance(source, Matrix) else np.eye(3)
        from_srgb = target.from_srgb if isinstance(target, Matrix) else np.eye(3)
        self._matrix = (from_srgb @ to_srgb * _STEPS).astype(np.float32)

    def __call__(self, samples: Samples) -> Pixels:
        light = np.empty(samples.shape, np.float32)
        for i in range(3):
            light[..., i] = self._in[i][samples[..., i]]
        steps = cv2.transform(light, self._matrix)
        index = np.rint(np.clip(steps, 0, _STEPS, out=steps), out=steps).astype(np.uint16)
        out = np.full((*samples.shape[:2], 4), 255, np.uint8)
        for i in range(3):
            out[..., 2 - i] = self._out[i][index[..., i]]
        return out


class _LittleCms:
    """Converts RGB samples between two profiles of any kind."""

    def __init__(self, source: bytes, target: bytes) -> None:
        self._source, self._target = source, target

    def __call__(self, samples: Samples) -> Pixels:
        import imagecodecs

        out: Pixels = imagecodecs.cms_transform(
            samples,
            self._source,
            self._target,
            colorspace="rgb",
            outcolorspace="bgra",
            outdtype="u1",
            intent=_RELATIVE_COLORIMETRIC,
            flags=imagecodecs.CMS.FLAGS.HIGHRESPRECALC,
        )
        out[..., 3] = 255
        return out


def _eight_bits(samples: Samples) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        return np.asarray(samples)
    eight: Any = cv2.convertScaleAbs(np.ascontiguousarray(samples), alpha=255 / 65535)
    return np.asarray(eight).reshape(samples.shape)


def _opaque(colour: NDArray[np.uint8]) -> Pixels:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2BGRA))


def _apply_alpha(pixels: Pixels, alpha: NDArray[np.uint8]) -> None:
    """Premultiply ``pixels`` in place."""
    opacity = alpha[..., np.newaxis].astype(np.uint16)
    pixels[..., :3] = (pixels[..., :3] * opacity + 127) // 255
    pixels[..., 3] = alpha
