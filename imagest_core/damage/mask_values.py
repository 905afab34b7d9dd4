"""Which values of a mask picture mean damage.

A mask is clearly black and white where one of these holds:

- It has a single value, or only 0 and one other: every other value than 0 is damage.
- It is *soft-edged*: its darkest value is black and its lightest white (within 1/16 of full scale), and
  the pixels between the two are edges: at most 16 for each white one, at most half of the picture, and
  without areas of one value. Half of full scale and above is damage. Full scale is that of the samples,
  or the 1, 8, 10, 12, 14 or 16 bits that the lightest value fills.

Everything else is refused, naming the values found: class labels, heat maps, photographs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import Mask

Grey = NDArray[Any]
"""(h, w) samples of one channel: uint8, uint16, float32 or float64."""

END = 1 / 16
"""Share of full scale at either end that is black or white."""
BETWEEN_PER_WHITE = 16
MOST_BETWEEN = 0.5
MOST_FLAT = 0.01
"""Share of the pixels between black and white that may lie in areas of one value."""
FEW = 4
"""Of up to so many values, those that are nearly black are labels where they fill areas: 0, 1 and 255."""
MOST_VALUES = 1 << 17
_SHOWN = 6
_BITS = (8, 10, 12, 14, 16)
_NEIGHBOURS = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Rule:
    """Damage is what is at or above ``threshold`` (None: not 0); below or 0 where ``inverted``."""

    threshold: float | None = None
    inverted: bool = False

    def damaged(self, grey: Grey) -> Mask:
        """(h, w) bool: where the samples mean damage."""
        found = grey != 0 if self.threshold is None else grey >= self.threshold
        return np.asarray(found ^ self.inverted)


@dataclass
class Survey:
    """The values of a mask: how many pixels have each, and how many of them lie amid eight of the same.

    Floating-point values are told apart by their first 3 digits or so.
    """

    counts: Counter[float] = field(default_factory=Counter)
    flat: Counter[float] = field(default_factory=Counter)
    finite: bool = True

    def add_constant(self, value: float, pixels: int) -> None:
        """Count ``pixels`` of an area of one value."""
        self._note(np.array([value]), np.array([pixels]), self.counts)
        self._note(np.array([value]), np.array([pixels]), self.flat)

    def add(self, grey: Grey) -> None:
        """Count the pixels of a part of the mask."""
        if grey.dtype.kind == "f" and not np.isfinite(grey).all():
            self.finite = False
            return
        self._note(*_histogram(grey), self.counts)
        inner = grey[1:-1, 1:-1][_is_flat(grey)]
        if inner.size:
            self._note(*_histogram(inner), self.flat)

    @property
    def hopeless(self) -> bool:
        """Whether no further pixel can make it black and white."""
        return not self.finite or len(self.counts) > MOST_VALUES

    def _note(self, values: NDArray[Any], numbers: NDArray[Any], where: Counter[float]) -> None:
        for value, number in zip(_told_apart(values).tolist(), numbers.tolist(), strict=True):
            where[float(value)] += number


def rule_for(survey: Survey, full_scale: float, *, white_is_zero: bool = False) -> Rule | None:
    """What means damage in a mask whose samples end at ``full_scale``; None where it isn't clear."""
    values = sorted(survey.counts)
    if survey.hopeless:
        return None
    if len(values) == 1 or (len(values) == 2 and 0 in values):
        return Rule(inverted=white_is_zero)
    scale = _scale(values[-1], full_scale)
    if scale is None or not _soft_edged(survey, scale, white_is_zero):
        return None
    half = scale / 2
    return Rule(float(np.nextafter(half, np.inf)) if white_is_zero else half, white_is_zero)


def found_values(survey: Survey) -> str:
    """The values of a mask in words, such as ``values 0, 17, 92, 128 … 255 (57 different ones)``."""
    found = sorted(survey.counts)
    values = list(dict.fromkeys(map(_in_words, found)))
    if len(values) == 1:
        return f"value {values[0]}"
    if len(values) <= _SHOWN:
        return f"values {', '.join(values)}"
    return f"values {', '.join(values[: _SHOWN - 2])} … {values[-1]} ({len(found):,} different ones)"


def _in_words(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() else f"{value:.3g}"


def _soft_edged(survey: Survey, scale: float, inverted: bool) -> bool:
    values = np.array(sorted(survey.counts), np.float64)
    counts = np.array([survey.counts[value] for value in values], np.float64)
    flat = np.array([survey.flat[value] for value in values], np.float64)
    black, white = values <= scale * END, values >= scale * (1 - END)
    if values[0] < 0 or not black.any() or not white.any():
        return False
    light, dark = (black, white) if inverted else (white, black)
    labels = dark & (values != values[-1 if inverted else 0])
    if len(values) <= FEW and flat[labels].any():
        return False
    between = ~(black | white)
    number = counts[between].sum()
    few = number <= BETWEEN_PER_WHITE * counts[light].sum() and number <= MOST_BETWEEN * counts.sum()
    return bool(few and flat[between].sum() <= MOST_FLAT * number)


def _scale(most: float, full_scale: float) -> float | None:
    """The full scale that ``most`` reaches: that of the samples or a smaller usual one."""
    usual = [1.0] if full_scale == 1 else []
    scales = [*usual, *(float(2**bits - 1) for bits in _BITS), full_scale]
    return next((scale for scale in sorted(scales) if scale * (1 - END) <= most <= scale), None)


def _histogram(grey: Grey) -> tuple[NDArray[Any], NDArray[Any]]:
    """The values there are, and how many pixels have each."""
    low, high = grey.min(), grey.max()
    lows, highs = int(np.count_nonzero(grey == low)), int(np.count_nonzero(grey == high))
    if lows + highs == grey.size or low == high:
        return np.array([low, high])[: 1 + (low != high)], np.array([lows, highs])[: 1 + (low != high)]
    if grey.dtype == np.uint8:
        numbers = np.bincount(grey.ravel(), minlength=256)
        values = np.flatnonzero(numbers)
        return values, numbers[values]
    return np.unique(_told_apart(grey), return_counts=True)


def _is_flat(grey: Grey) -> Mask:
    """Where a pixel and its eight neighbours are equal; of the inner (h - 2, w - 2) pixels."""
    if min(grey.shape) < 3:
        return np.zeros((max(grey.shape[0] - 2, 0), max(grey.shape[1] - 2, 0)), np.bool_)
    grey = np.ascontiguousarray(grey)
    return np.asarray(cv2.erode(grey, _NEIGHBOURS) == cv2.dilate(grey, _NEIGHBOURS))[1:-1, 1:-1]


def _told_apart(values: NDArray[Any]) -> NDArray[Any]:
    """Floating-point values rounded to 12 bits of their mantissa, so that their number is bounded."""
    if values.dtype.kind != "f":
        return values
    mantissa, exponent = np.frexp(values.astype(np.float64))
    return np.asarray(np.ldexp(np.rint(mantissa * 4096) / 4096, exponent))
