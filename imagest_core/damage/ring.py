"""A ring of pixels along the boundary of a mask, and means of its values along the boundary.

Values are kept for the pixels of the ring only; sums in windows are taken over the whole plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask

STEP = 2
"""Pixels by which a mask grows before its new rim is judged: the width of a ring."""
STRETCH, PART = 11, 65
"""Side (px) of the windows that contain a stretch and a longer part of the boundary."""
BLOCK = 4
"""Side (px) of the blocks that windows consist of, where their exact place doesn't matter."""
MIN_SAMPLES = 40
"""Pixels of intact paint without which nothing is known of its variation."""

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Line:
    """Pixels at about the same distance from a boundary.

    Parameters
    ----------
    shape
        Height and width of the plane.
    at
        (m,) the flat indices of the pixels.
    values
        (m, n) float32.
    """

    shape: tuple[int, int]
    at: Indices
    values: Image

    @cached_property
    def stretches(self) -> Image:
        """(m, n) means along a stretch, NaN where too short."""
        return self.means(self.values, STRETCH)

    @cached_property
    def parts(self) -> Image:
        """(m, n) means along a part, NaN where too short."""
        return self.means(self.values, PART)

    def means(self, values: Image, side: int) -> Image:
        """Return (m, n) the means in a window around each pixel, NaN where too few are known."""
        known = ~np.isnan(values[:, 0])
        samples = np.column_stack((known, np.where(known[:, np.newaxis], values, 0)))
        sums = window_sums(self.shape, self.at, samples, side, self.at)
        known &= sums[:, 0] > STRETCH / 2
        out = np.full(values.shape, np.nan, np.float32)
        out[known] = sums[known, 1:] / sums[known, :1]
        return out


class Ring:
    """The lines of pixels next to a boundary.

    Parameters
    ----------
    values
        (h, w, n) float32, used where ``known``.
    known, distance
        (h, w) bool and float32: pixels with values, and their distance (px) from the boundary.
    """

    def __init__(self, values: Image, known: Mask, distance: Image) -> None:
        self.shape = known.shape[0], known.shape[1]
        flat = values.reshape(-1, values.shape[2])
        self.lines = []
        for step in range(1, STEP + 1):
            at = np.flatnonzero(known & (np.abs(distance - step) <= 0.5))
            self.lines.append(Line(self.shape, at, flat[at]))

    def spread(self, channel: int, side: int, at: Indices) -> Image:
        """Return the root mean square of the stretches in a window around pixels, infinite where unknown."""
        return self._spread([line.stretches[:, channel] for line in self.lines], side, at)

    def spread_of_parts(self, channel: int, at: Indices) -> Image:
        """Return the root mean square of the parts in a window around pixels, infinite where unknown."""
        return self._spread([line.parts[:, channel] for line in self.lines], 2 * PART - 1, at)

    def _spread(self, means: list[Image], side: int, at: Indices) -> Image:
        every = np.concatenate(means)
        known = ~np.isnan(every)
        indices = np.concatenate([line.at for line in self.lines])[known]
        samples = np.column_stack((every[known] ** 2, np.ones(len(indices), np.float32)))
        squares, number = window_sums(self.shape, indices, samples, side, at).T
        spread = np.sqrt(np.maximum(squares, 0) / np.maximum(number, 1))
        return np.asarray(np.where(number >= MIN_SAMPLES, spread, np.inf))


def window_sums(shape: tuple[int, int], at: Indices, values: Image, side: int, around: Indices) -> Image:
    """Return (k, n) the sums of ``values`` (m, n) of the pixels ``at`` in windows ``around`` k pixels."""
    plane = np.zeros((shape[0] * shape[1], values.shape[1]), np.float32)
    plane[at] = values
    return box_sum(plane.reshape(*shape, -1), side).reshape(plane.shape)[around]


def coarse_sums(shape: tuple[int, int], at: Indices, values: Image, side: int, around: Indices) -> Image:
    """Return about the same as ``window_sums`` for large windows, from sums of blocks of 4 × 4 px."""
    height, width = (-(-length // BLOCK) for length in shape)
    block, wanted = (
        indices // shape[1] // BLOCK * width + indices % shape[1] // BLOCK for indices in (at, around)
    )
    sums = [np.bincount(block, each, height * width) for each in values.T]
    plane = np.stack(sums, axis=1).astype(np.float32).reshape(height, width, -1)
    return box_sum(plane, side // BLOCK | 1).reshape(height * width, -1)[wanted]


def box_sum(values: NDArray, side: int) -> Image:
    """Return the sum in a window, without pixels outside the image."""
    return np.asarray(
        cv2.boxFilter(
            values.astype(np.float32, copy=False),
            -1,
            (side, side),
            normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        )
    )


def mask_of(shape: tuple[int, int], at: Indices) -> Mask:
    """Return (h, w) bool: the pixels ``at``."""
    mask = np.zeros(shape, np.bool_)
    mask.ravel()[at] = True
    return mask


def widened(mask: Mask, pixels: int) -> Mask:
    """Return ``mask`` dilated by a square."""
    return np.asarray(cv2.dilate(mask.view(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0)


def nearest_of(mask: Mask) -> tuple[Image, Indices]:
    """Return the distance (px) of every pixel to the nearest one of ``mask``, and that one's flat index."""
    distance, numbers = cv2.distanceTransformWithLabels(
        (~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    index = np.zeros(int(numbers.max()) + 1, np.intp)
    index[numbers[mask]] = np.flatnonzero(mask)
    return np.asarray(distance), np.asarray(index[numbers])
