"""How a clean picture lies over the damaged one, for people: in words' numbers, and as a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from imagest_core.arrays import Image
from imagest_core.damage.detection.alignment import PATCH, native_shifts
from imagest_core.damage.detection.registration import Alignment, Matrix
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

GONE = 0.5
"""The light left where the clean picture doesn't reach."""


@dataclass(frozen=True)
class Placement:
    """What was done to the clean picture: moved by ``dx``, ``dy`` (px of the scan, at its middle), turned
    by ``degrees`` (clockwise as seen), enlarged ``scale`` times."""

    dx: float
    dy: float
    degrees: float
    scale: float


def placement(alignment: Alignment, clean: Box, damaged: Box) -> Placement:
    """The placement of a picture of the size ``clean`` over one of the size ``damaged``.

    A homography's, where it is the same everywhere only to first order, is taken at the middle.
    """
    matrix: Matrix = np.asarray(np.linalg.inv(alignment.matrix), np.float64)
    middle = np.array([(clean.width - 1) / 2, (clean.height - 1) / 2])
    there, slope = _at(matrix, middle)
    dx, dy = there - [(damaged.width - 1) / 2, (damaged.height - 1) / 2]
    turned = math.atan2(slope[1, 0] - slope[0, 1], slope[0, 0] + slope[1, 1])
    scale = math.sqrt(abs(np.linalg.det(slope)))
    return Placement(float(dx), float(dy), math.degrees(turned), scale)


def residual(
    clean: Painting, damaged: Painting, alignment: Alignment, progress: Progress | None = None
) -> float | None:
    """How far details (patches of 256 px at native scale) still lie apart: the median in px.

    None for pictures without a patch that shows clearly where it belongs.
    """
    if min(damaged.width, damaged.height) < PATCH:
        return None
    _, shifts = native_shifts(clean, damaged, alignment, progress)
    return float(np.median(np.hypot(*np.array(shifts).T))) if shifts else None


def checkered(clean: Image, damaged: Image, cell: int) -> Image:
    """Squares of ``cell`` px of two (h, w, 3) pictures in turn: where they fit, forms go on over edges."""
    rows, columns = (np.arange(length) // cell for length in damaged.shape[:2])
    ours = (rows[:, np.newaxis] + columns) % 2 == 0
    return np.asarray(np.where(ours[..., np.newaxis], damaged, _reaching(clean, damaged)), np.float32)


def blended(clean: Image, damaged: Image) -> Image:
    """The mean of two (h, w, 3) pictures: where they don't fit, forms are seen twice."""
    return np.asarray((_reaching(clean, damaged) + damaged) / 2, np.float32)


def _reaching(clean: Image, damaged: Image) -> Image:
    """``clean``, and where it is NaN the damaged picture, dark."""
    return np.where(np.isnan(clean), np.float32(GONE) * damaged, clean)


def _at(matrix: Matrix, point: Matrix) -> tuple[Matrix, Matrix]:
    """Where a homography takes a point, and its (2, 2) derivative there."""
    x, y, w = matrix @ [*point, 1.0]
    there = np.array([x, y]) / w
    return there, (matrix[:2, :2] - np.outer(there, matrix[2, :2])) / w
