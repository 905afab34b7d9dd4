"""Colour difference of a clean and a damaged image, and its threshold."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image

Codes = NDArray[np.uint8]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
BLUE_SCALE, RED_SCALE = 0.564, 0.713
"""Scale (blue − luma) and (red − luma) to the colour difference axes of ITU-R BT.601."""
CHROMA_BLUR = 1.5
"""Smoothing of the chroma difference (px), since JPEG stores colour at half the resolution."""
CODE_UNIT, CODE_END, MAX_CODE = 1 / 255, 2.0, 255
"""Differences are stored as one byte on a logarithmic scale: steps of 2.4 %, finer below 1/255."""
_DECADES = np.log1p(CODE_END / CODE_UNIT)


def colour_difference(clean: Image, damaged: Image) -> Image:
    """Return (h, w) float32 ≥ 0: the distance in luma and smoothed chroma of two (h, w, 3) images.

    Luma is compared at full resolution because photographs and JPEG preserve it best. Equal luma in another
    colour (a stain, a retouching) is still detected. 1 is the distance of black and white.
    """
    change = damaged - clean
    luma = change @ LUMA
    blue = cv2.GaussianBlur((change[..., 2] - luma) * BLUE_SCALE, (0, 0), CHROMA_BLUR)
    red = cv2.GaussianBlur((change[..., 0] - luma) * RED_SCALE, (0, 0), CHROMA_BLUR)
    return np.asarray(np.sqrt(luma * luma + blue * blue + red * red), np.float32)


def encode(difference: Image) -> Codes:
    """Encode differences as bytes on the logarithmic scale."""
    scaled = np.log1p(difference * np.float32(1 / CODE_UNIT)) * np.float32(MAX_CODE / _DECADES)
    return np.minimum(scaled + np.float32(0.5), MAX_CODE).astype(np.uint8)


def decode(codes: Any) -> NDArray[np.float64]:
    """Invert :func:`encode`, to within half a step."""
    return np.asarray(CODE_UNIT * np.expm1(np.asarray(codes, np.float64) * (_DECADES / MAX_CODE)))


def threshold(histogram: NDArray[np.int64], noise_factor: float) -> float:
    """Return the threshold for differences with this (256,) histogram of codes.

    It is Otsu's threshold on log(1 + difference / noise), with twice the median as the noise; without the
    logarithm, strong damage would raise the threshold above faint damage. The result is at least
    ``noise_factor`` times the first quintile, so that noise alone isn't classified as damage.
    """
    levels = decode(np.arange(MAX_CODE + 1))
    noise = max(2 * levels[_quantile(histogram, 0.5)], CODE_UNIT / 2)
    cut = noise * np.expm1(otsu(histogram, np.log1p(levels / noise)))
    return float(max(cut, noise_factor * levels[_quantile(histogram, 0.2)]))


def otsu(histogram: NDArray, values: NDArray[np.float64]) -> float:
    """Return the cut between ``values`` (ascending, with counts) of maximum between-class variance.

    The result is halfway across a gap of equally good cuts, or the last value if there is only one.

    References
    ----------
    N. Otsu, A threshold selection method from gray-level histograms, IEEE SMC 9 (1979), eq. 18.
    """
    below = np.cumsum(histogram, dtype=np.float64)
    moment = np.cumsum(histogram * values)
    above = below[-1] - below
    usable = (below > 0) & (above > 0)
    if not usable.any():
        return float(values[-1])
    between = np.full(len(values), -1.0)
    mean_difference = moment[usable] / below[usable] - (moment[-1] - moment[usable]) / above[usable]
    between[usable] = below[usable] * above[usable] * mean_difference * mean_difference
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    return float((values[best[0]] + values[min(best[-1] + 1, len(values) - 1)]) / 2)


def _quantile(histogram: NDArray, share: float) -> int:
    below = np.cumsum(histogram)
    return int(np.searchsorted(below, share * below[-1]))
