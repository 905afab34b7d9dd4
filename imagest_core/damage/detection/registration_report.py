"""Description of an alignment for the user: in numbers, and as an image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from imagest_core.arrays import Image
from imagest_core.damage.detection.alignment import PATCH, measure_shifts
from imagest_core.damage.detection.registration import Alignment, Matrix
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

UNCOVERED_FACTOR = 0.5
"""Brightness of the damaged image where the clean one doesn't cover it."""


@dataclass(frozen=True)
class Placement:
    """Transform of the clean image.

    Parameters
    ----------
    dx, dy
        Shift of its centre (px of the scan).
    degrees
        Clockwise rotation as displayed.
    scale
        Enlargement.
    """

    dx: float
    dy: float
    degrees: float
    scale: float


def placement(alignment: Alignment, clean: Box, damaged: Box) -> Placement:
    """Return the placement of an image of the size ``clean`` over one of the size ``damaged``.

    A homography is described by its first-order approximation at the centre.
    """
    matrix: Matrix = np.asarray(np.linalg.inv(alignment.matrix), np.float64)
    centre = np.array([(clean.width - 1) / 2, (clean.height - 1) / 2])
    point_there, slope = _project(matrix, centre)
    dx, dy = point_there - [(damaged.width - 1) / 2, (damaged.height - 1) / 2]
    angle = math.atan2(slope[1, 0] - slope[0, 1], slope[0, 0] + slope[1, 1])
    scale = math.sqrt(abs(np.linalg.det(slope)))
    return Placement(float(dx), float(dy), math.degrees(angle), scale)


def residual(
    clean: Painting, damaged: Painting, alignment: Alignment, progress: Progress | None = None
) -> float | None:
    """Return the median misalignment (px) of patches of 256 px at native scale.

    None if no patch could be matched reliably.
    """
    if min(damaged.width, damaged.height) < PATCH:
        return None
    _, shifts = measure_shifts(clean, damaged, alignment, progress)
    return float(np.median(np.hypot(*np.array(shifts).T))) if shifts else None


def checkerboard(clean: Image, damaged: Image, cell: int) -> Image:
    """Alternate squares of ``cell`` px of two (h, w, 3) images: shapes continue across edges if aligned."""
    rows, columns = (np.arange(length) // cell for length in damaged.shape[:2])
    is_damaged = (rows[:, np.newaxis] + columns) % 2 == 0
    return np.asarray(
        np.where(is_damaged[..., np.newaxis], damaged, _fill_uncovered(clean, damaged)), np.float32
    )


def blend(clean: Image, damaged: Image) -> Image:
    """Return the mean of two (h, w, 3) images: shapes appear twice if not aligned."""
    return np.asarray((_fill_uncovered(clean, damaged) + damaged) / 2, np.float32)


def _fill_uncovered(clean: Image, damaged: Image) -> Image:
    """Replace NaN in ``clean`` by the darkened damaged image."""
    return np.where(np.isnan(clean), np.float32(UNCOVERED_FACTOR) * damaged, clean)


def _project(matrix: Matrix, point: Matrix) -> tuple[Matrix, Matrix]:
    """Return the image of a point under a homography, and its (2, 2) derivative there."""
    x, y, w = matrix @ [*point, 1.0]
    point_there = np.array([x, y]) / w
    return point_there, (matrix[:2, :2] - np.outer(point_there, matrix[2, :2])) / w
