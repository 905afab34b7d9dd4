"""Raised edges of paint around damage: lit on the side that faces the lamp, in shadow on the other.

Lifted paint slopes up towards the damage. So its lightness differs from that of the flat paint further out by
about the cosine of the angle between the boundary's normal and the direction of the light, while its colour
hardly differs. In a window around each pixel, the light that explains the differences best is fitted. It is
trusted if it explains much of them, and more than intact paint shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.damage.ring import (
    PART,
    STEP,
    STRETCH,
    Indices,
    Line,
    Ring,
    coarse_sums,
    mask_of,
    widened,
    window_sums,
)

SIDE = 2 * PART - 1
"""Side (px) of the window in which the light is the same."""
SMOOTHNESS = 2.0
"""Smoothing (px) of the boundary before its normals are taken."""
MIN_LIGHT = 2.0
"""Least lightness (CIELAB, root mean square) that a fitted light explains."""
CONFIRM = 5.0
"""The same in standard deviations, as stretches of intact paint vary independently."""
EXPLAINED = 0.3
"""Least share of the squared differences that it explains."""
USUAL = 2.0
"""Least ratio to what a light fitted to intact paint explains: shaded forms in it look lit from a side."""
COLOUR = 0.6
"""Largest squared differences in colour, relative to those in lightness."""
WEAKER, AGREES = 0.75, 0.85
"""Factor of these limits further out and near confirmed light, and the least cosine between the directions of
both."""
MIN_FITTED = 60
"""Pixels of the boundary without which no light is fitted."""
LEAST, RELATIVE = 2.0, 0.4
"""Least difference of a stretch of a raised edge: CIELAB units, which the light must explain as well, and
relative to the differences of stretches in intact paint."""
RIDGE = 0.05
"""Regularization of the fit: a boundary with one direction doesn't show the light across it."""


@dataclass(frozen=True, eq=False)
class _Fit:
    """The light in a window around each of n pixels: its direction (n, 2), and what it explains."""

    light: Image
    explained: Image
    squares: Image
    colour: Image
    count: Image


class RaisedEdges:
    """Finds raised edges around a growing mask; the light found next to the mask also counts further out."""

    def __init__(self, height: int, width: int) -> None:
        self._light = np.zeros((height, width, 2), np.float32)
        self._confirmed = np.zeros((height, width), np.bool_)
        self._first = True

    def grow(self, distance: Image, inner: Ring, outer: Ring) -> Mask:
        """Return the pixels of the ring that are a raised edge.

        Parameters
        ----------
        distance
            (h, w) float32 the distance (px) from the mask.
        inner, outer
            The rings next to the mask and in intact paint; their values are any difference, L*, a* and b*.
        """
        rim, open_ = np.zeros(inner.shape, np.bool_), np.ones(inner.shape, np.bool_)
        if not (self._first or self._confirmed.any()):
            return rim
        normals = _normals_of(distance)
        self._confirm(normals, inner, outer)
        for line in inner.lines:
            near = self._confirmed.ravel()[line.at] & open_.ravel()[line.at]
            at, tone = line.at[near], line.stretches[near, 1]
            expected = (self._light.reshape(-1, 2)[at] * normals.reshape(-1, 2)[at]).sum(axis=1)
            threshold = np.maximum(LEAST, RELATIVE * outer.spread(1, SIDE, at))
            enough = (tone * np.sign(expected) > threshold) & (np.abs(expected) > LEAST)
            grown = mask_of(inner.shape, at[enough])
            rim |= grown
            open_ = widened(grown, 1)
        return rim

    def _confirm(self, normals: Image, inner: Ring, outer: Ring) -> None:
        """Find the light where the differences confirm it: anywhere next to the mask, then only further out.

        Where it isn't confirmed next to the mask, later rings would be further chances of a false light.
        """
        line, first = inner.lines[0], self._first
        before = None if first else widened(self._confirmed, STEP).ravel()[line.at]
        self._first, self._confirmed = False, np.zeros_like(self._confirmed)
        if before is not None and not before.any():
            return
        fit, chance = _fit(line, normals, line.at), _fit(outer.lines[0], normals, line.at)
        usual = outer.spread(1, SIDE, line.at) * np.sqrt(STRETCH / np.maximum(fit.count, 1))
        likely = _explains(fit, chance, usual, WEAKER)
        confirmed = _near_agreeing(line, fit, chance, usual) if before is None else before
        self._keep(line, fit.light, confirmed & likely)

    def _keep(self, line: Line, light: Image, confirmed: Mask) -> None:
        """Keep the light of the confirmed pixels of ``line``, for the pixels around them as well."""
        if not confirmed.any():
            return
        at = line.at[confirmed]
        self._confirmed = widened(mask_of(line.shape, at), STEP)
        around = np.flatnonzero(self._confirmed)
        samples = np.column_stack((light[confirmed], np.ones(len(at), np.float32)))
        sums = window_sums(line.shape, at, samples, 2 * STEP + 1, around)
        self._light.reshape(-1, 2)[around] = sums[:, :2] / sums[:, 2:]


def _near_agreeing(line: Line, fit: _Fit, chance: _Fit, usual: Image) -> Mask:
    """Return where the light is confirmed, or has the direction of confirmed light nearby."""
    confirmed = _explains(fit, chance, usual, 1.0)
    if not confirmed.any():
        return confirmed
    directions = _of_length_one(fit.light)
    mean = coarse_sums(line.shape, line.at[confirmed], directions[confirmed], SIDE, line.at)
    agrees = (_of_length_one(mean) * directions).sum(axis=1) > AGREES
    return np.asarray(confirmed | agrees)


def _explains(fit: _Fit, chance: _Fit, usual: Image, factor: float) -> Mask:
    """Return where a light explains the differences, with all limits multiplied by ``factor``."""
    return np.asarray(
        (fit.count >= MIN_FITTED)
        & (fit.explained > factor * np.maximum(MIN_LIGHT, CONFIRM * usual))
        & (fit.explained > factor * USUAL * chance.explained)
        & (fit.explained**2 > factor * EXPLAINED * fit.squares)
        & (factor * fit.colour < COLOUR * fit.squares)
    )


def _fit(line: Line, normals: Image, around: Indices) -> _Fit:
    """Fit the light to the stretches of a line in a window around some pixels."""
    known = ~np.isnan(line.stretches[:, 1])
    at, (_, tone, a, b) = line.at[known], line.stretches[known].T
    x, y = normals.reshape(-1, 2)[at].T
    terms = np.ones_like(x), x * x, x * y, y * y, x * tone, y * tone, tone * tone, a * a + b * b
    sums = coarse_sums(line.shape, at, np.column_stack(terms), SIDE, around)
    count, xx, xy, yy, xt, yt, squares, colours = sums.T
    ridge = RIDGE * count + 1e-3
    xx, yy = xx + ridge, yy + ridge
    light = np.column_stack((yy * xt - xy * yt, xx * yt - xy * xt)) / (xx * yy - xy * xy)[:, np.newaxis]
    number = np.maximum(count, 1)
    explained = np.sqrt(np.maximum(light[:, 0] * xt + light[:, 1] * yt, 0) / number)
    return _Fit(light, explained, squares / number, colours / number, count)


def _normals_of(distance: Image) -> Image:
    """Return (h, w, 2) the directions (x, y) away from the mask, of length 1."""
    smooth = cv2.GaussianBlur(distance, (0, 0), SMOOTHNESS)
    slope = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *way, ksize=3) for way in ((1, 0), (0, 1))], axis=-1)
    return _of_length_one(slope)


def _of_length_one(vectors: Image) -> Image:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-3))
