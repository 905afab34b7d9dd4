"""The difference between a clean and a damaged picture of one work, and where to cut it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image

Codes = NDArray[np.uint8]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
BLUE, RED = 0.564, 0.713
"""Of (blue − luma) and (red − luma), to the colour difference axes of ITU-R BT.601."""
CHROMA_BLUR = 1.5
"""JPEG files keep colour at half the resolution, so what differs there is judged a little smoothed."""
CODE_UNIT, CODE_END, TOP = 1 / 255, 2.0, 255
"""Differences are kept as one byte on a logarithmic scale: steps of 2.4 %, finer below 1/255."""
_DECADES = np.log1p(CODE_END / CODE_UNIT)


def colour_difference(clean: Image, damaged: Image) -> Image:
    """(h, w) float32 ≥ 0: the distance in luma and (slightly smoothed) chroma of two (h, w, 3) pictures.

    Luma counts at full resolution because photographs and JPEG keep it best; equal luma in another
    colour (a stain, a retouch) is still seen. 1 is the distance of black and white.
    """
    change = damaged - clean
    luma = change @ LUMA
    blue = cv2.GaussianBlur((change[..., 2] - luma) * BLUE, (0, 0), CHROMA_BLUR)
    red = cv2.GaussianBlur((change[..., 0] - luma) * RED, (0, 0), CHROMA_BLUR)
    return np.asarray(np.sqrt(luma * luma + blue * blue + red * red), np.float32)


def encode(difference: Image) -> Codes:
    """Differences as bytes on the logarithmic scale."""
    scaled = np.log1p(difference * np.float32(1 / CODE_UNIT)) * np.float32(TOP / _DECADES)
    return np.minimum(scaled + np.float32(0.5), TOP).astype(np.uint8)


def decode(codes: Any) -> NDArray[np.float64]:
    """What :func:`encode` was given, to within half a step."""
    return np.asarray(CODE_UNIT * np.expm1(np.asarray(codes, np.float64) * (_DECADES / TOP)))


def threshold(histogram: NDArray[np.int64], noise_factor: float) -> float:
    """Where to cut differences with this (256,) histogram of codes.

    Otsu's threshold on log(1 + difference / noise), with twice the median as the noise: without the
    logarithm the strongest damage pulls the cut over the faint. Never below ``noise_factor`` times
    what the calmest fifth of the picture stays under, so that noise alone isn't halved into damage.
    """
    levels = decode(np.arange(TOP + 1))
    noise = max(2 * levels[_quantile(histogram, 0.5)], CODE_UNIT / 2)
    cut = noise * np.expm1(otsu(histogram, np.log1p(levels / noise)))
    return float(max(cut, noise_factor * levels[_quantile(histogram, 0.2)]))


def otsu(histogram: NDArray, values: NDArray[np.float64]) -> float:
    """The cut between ``values`` (ascending, with counts) of largest between-class variance.

    N. Otsu, A threshold selection method from gray-level histograms, IEEE SMC 9 (1979), eq. 18.
    Halfway over a gap of equally good cuts; the last value where all are the same.
    """
    below = np.cumsum(histogram, dtype=np.float64)
    moment = np.cumsum(histogram * values)
    above = below[-1] - below
    usable = (below > 0) & (above > 0)
    if not usable.any():
        return float(values[-1])
    between = np.full(len(values), -1.0)
    apart = moment[usable] / below[usable] - (moment[-1] - moment[usable]) / above[usable]
    between[usable] = below[usable] * above[usable] * apart * apart
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    return float((values[best[0]] + values[min(best[-1] + 1, len(values) - 1)]) / 2)


def _quantile(histogram: NDArray, share: float) -> int:
    below = np.cumsum(histogram)
    return int(np.searchsorted(below, share * below[-1]))
