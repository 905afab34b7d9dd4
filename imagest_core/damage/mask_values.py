"""Which values of a mask image mean damage.

A mask is clearly black and white if one of these holds:

- It has a single value, or only 0 and one other: every value other than 0 is damage.
- It is *soft-edged*: its darkest value is black and its lightest white (within 1/16 of full scale), and
  the pixels between the two are edges: at most 16 for each white one, at most half of the image, and
  without uniform areas. Half of full scale and above is damage. Full scale is that of the samples,
  or the 1, 8, 10, 12, 14 or 16 bits that the lightest value fills.

All other images (class labels, heat maps, photographs) are rejected with a list of their values.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.messages import Message

Grey = NDArray[Any]
"""(h, w) samples of one channel: uint8, uint16, float32 or float64."""

END_MARGIN = 1 / 16
"""Share of full scale at either end that counts as black or white."""
BETWEEN_PER_WHITE = 16
MAX_BETWEEN = 0.5
MAX_FLAT = 0.01
"""Maximum share of the pixels between black and white that may lie in uniform areas."""
FEW_VALUES = 4
"""With up to this many values, nearly black ones that fill areas are labels: 0, 1 and 255."""
MAX_VALUES = 1 << 17
_LISTED = 6
_BITS = (8, 10, 12, 14, 16)
_NEIGHBOURS = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Rule:
    """Damage is at or above ``threshold`` (None: not 0), or, if ``inverted``, below it (None: 0)."""

    threshold: float | None = None
    inverted: bool = False

    def damaged(self, grey: Grey) -> Mask:
        """Return (h, w) bool: where the samples mean damage."""
        bright = grey != 0 if self.threshold is None else grey >= self.threshold
        return np.asarray(bright ^ self.inverted)


@dataclass
class ValueCounts:
    """How many pixels of a mask have each value, and how many of them equal their eight neighbours.

    Floating-point values are distinguished by their first three digits or so.
    """

    pixels: Counter[float] = field(default_factory=Counter)
    flat: Counter[float] = field(default_factory=Counter)
    finite: bool = True

    def add_constant(self, value: float, pixels: int) -> None:
        """Count ``pixels`` of a uniform area."""
        value = value if value.is_integer() else float(_quantized(np.array(value)))
        self.pixels[value] += pixels
        self.flat[value] += pixels

    def add(self, grey: Grey) -> None:
        """Count the pixels of a part of the mask."""
        if grey.dtype.kind == "f" and not np.isfinite(grey).all():
            self.finite = False
            return
        self._add(*_histogram(grey), self.pixels)
        inner = grey[1:-1, 1:-1][_is_flat(grey)]
        if inner.size:
            self._add(*_histogram(inner), self.flat)

    @property
    def ambiguous(self) -> bool:
        """Whether no further pixel can make the mask black and white."""
        return not self.finite or len(self.pixels) > MAX_VALUES

    def _add(self, values: NDArray[Any], counts: NDArray[Any], counter: Counter[float]) -> None:
        for value, count in zip(_quantized(values).tolist(), counts.tolist(), strict=True):
            counter[float(value)] += count


def find_rule(counts: ValueCounts, full_scale: float, *, white_is_zero: bool = False) -> Rule | None:
    """Return what means damage in a mask with samples up to ``full_scale``, or None if that is unclear."""
    values = sorted(counts.pixels)
    if counts.ambiguous:
        return None
    if len(values) == 1 or (len(values) == 2 and 0 in values):
        return Rule(inverted=white_is_zero)
    scale = _scale(values[-1], full_scale)
    if scale is None or not _soft_edged(counts, scale, white_is_zero):
        return None
    half = scale / 2
    return Rule(float(np.nextafter(half, np.inf)) if white_is_zero else half, white_is_zero)


def format_values(counts: ValueCounts) -> str:
    """Format the values of a mask, such as ``values 0, 17, 92, 128 … 255 (57 different ones)``."""
    values = sorted(counts.pixels)
    texts = list(dict.fromkeys(map(_format_value, values)))
    if len(texts) == 1:
        return Message("value {value}", value=texts[0])
    if len(texts) <= _LISTED:
        return Message("values {values}", values=", ".join(texts))
    return Message(
        "values {values} … {last} ({count} different ones)",
        values=", ".join(texts[: _LISTED - 2]),
        last=texts[-1],
        count=f"{len(values):,}",
    )


def _format_value(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() else f"{value:.3g}"


def _soft_edged(counts: ValueCounts, scale: float, inverted: bool) -> bool:
    values = np.array(sorted(counts.pixels), np.float64)
    pixels = np.array([counts.pixels[value] for value in values], np.float64)
    flat = np.array([counts.flat[value] for value in values], np.float64)
    black, white = values <= scale * END_MARGIN, values >= scale * (1 - END_MARGIN)
    if values[0] < 0 or not black.any() or not white.any():
        return False
    damaged, intact = (black, white) if inverted else (white, black)
    near_dark = intact & (values != values[-1 if inverted else 0])
    if len(values) <= FEW_VALUES and flat[near_dark].any():
        return False
    between = ~(black | white)
    count = pixels[between].sum()
    is_few = count <= BETWEEN_PER_WHITE * pixels[damaged].sum() and count <= MAX_BETWEEN * pixels.sum()
    return bool(is_few and flat[between].sum() <= MAX_FLAT * count)


def _scale(largest: float, full_scale: float) -> float | None:
    """Return the full scale that ``largest`` reaches: that of the samples or a smaller usual one."""
    usual = [1.0] if full_scale == 1 else []
    scales = [*usual, *(float(2**bits - 1) for bits in _BITS), full_scale]
    return next((scale for scale in sorted(scales) if scale * (1 - END_MARGIN) <= largest <= scale), None)


def _histogram(grey: Grey) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the values that occur and how many pixels have each."""
    low, high = grey.min(), grey.max()
    lows, highs = int(np.count_nonzero(grey == low)), int(np.count_nonzero(grey == high))
    if lows + highs == grey.size or low == high:
        return np.array([low, high])[: 1 + (low != high)], np.array([lows, highs])[: 1 + (low != high)]
    if grey.dtype == np.uint8:
        counts = np.bincount(grey.ravel(), minlength=256)
        values = np.flatnonzero(counts)
        return values, counts[values]
    return np.unique(_quantized(grey), return_counts=True)


def _is_flat(grey: Grey) -> Mask:
    """Return where a pixel equals its eight neighbours, for the inner (h - 2, w - 2) pixels."""
    if min(grey.shape) < 3:
        return np.zeros((max(grey.shape[0] - 2, 0), max(grey.shape[1] - 2, 0)), np.bool_)
    grey = np.ascontiguousarray(grey)
    return np.asarray(cv2.erode(grey, _NEIGHBOURS) == cv2.dilate(grey, _NEIGHBOURS))[1:-1, 1:-1]


def _quantized(values: NDArray[Any]) -> NDArray[Any]:
    """Round floating-point values to 12 bits of mantissa, which bounds their number."""
    if values.dtype.kind != "f":
        return values
    mantissa, exponent = np.frexp(values.astype(np.float64))
    return np.asarray(np.ldexp(np.rint(mantissa * 4096) / 4096, exponent))
