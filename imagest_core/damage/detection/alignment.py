"""Aligning scans of any size: coarsely on reduced pictures, then exactly on patches at native scale."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.detection.difference import LUMA
from imagest_core.damage.detection.registration import (
    Alignment,
    Grey,
    Matrix,
    check_plausible,
    register,
    warped,
)
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

WORKING_SIDE = 1024
PATCH, PATCHES = 256, 8
"""Side and number along the picture's longer side of the native patches a large scan is refined on."""
LEAST_RESPONSE = 0.15
FEWEST_PATCHES = 8
MARGIN = 4

Point = tuple[float, float]


def align(clean: Painting, damaged: Painting, progress: Progress | None = None) -> Alignment:
    """How ``clean`` lies over ``damaged`` in native pixels; raises ``MaskError`` if not to be trusted."""
    progress = progress or Progress()
    clean_level, level = _working_level(clean), _working_level(damaged)
    found = register(_grey(clean.read_working(level=clean_level)), _grey(damaged.read_working(level=level)))
    progress.set(0.5)
    if clean.box == damaged.box and found.identity:
        return found
    matrix = scaled(clean_level) @ found.matrix @ np.linalg.inv(scaled(level))
    alignment = Alignment(matrix / matrix[2, 2], found.agreement, found.inliers)
    if level or clean_level:
        alignment = _refined(clean, damaged, alignment, progress.part(0.5, 1.0))
    return alignment


def scaled(level: int) -> Matrix:
    """From pixel centres at a reduced level to native ones."""
    scale = 2.0**level
    return np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2], [0, 0, 1]])


def overlaid(clean: Painting, alignment: Alignment, box: Box, level: int = 0) -> NDArray[np.float32]:
    """(h, w, 3) working colour of ``clean`` as it lies over ``box`` of the damaged picture; NaN beyond."""
    if alignment.identity and clean.box.contains(box):
        return clean.read_working(box, level)
    matrix = np.linalg.inv(scaled(level)) @ alignment.matrix @ _shift(box.x, box.y) @ scaled(level)
    shape = (-(-box.height // 2**level), -(-box.width // 2**level))
    source = _reached(alignment.matrix, box).within(clean.box)
    if source.empty:
        return np.full((*shape, 3), np.nan, np.float32)
    back = np.linalg.inv(scaled(level)) @ _shift(-source.x, -source.y) @ scaled(level)
    return warped(clean.read_working(source, level), back @ matrix, shape)


def _shift(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _reached(matrix: Matrix, box: Box) -> Box:
    """The box of the clean picture that ``box`` of the damaged one comes from."""
    corners = np.array(
        [[(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)]], float
    )
    points = cv2.perspectiveTransform(corners, matrix)[0]
    left, top = np.floor(points.min(axis=0)).astype(int) - MARGIN
    right, bottom = np.ceil(points.max(axis=0)).astype(int) + MARGIN
    return Box.spanning(int(left), int(top), int(right), int(bottom))


def _working_level(painting: Painting) -> int:
    level = 0
    while max(painting.width, painting.height) >> level > WORKING_SIDE:
        level += 1
    return level


def _grey(rgb: NDArray[np.float32]) -> Grey:
    return np.asarray(rgb @ LUMA, np.float32)


def _refined(clean: Painting, damaged: Painting, alignment: Alignment, progress: Progress) -> Alignment:
    """The alignment with what patches at native scale are still off by taken out."""
    here, off = native_shifts(clean, damaged, alignment, progress)
    if len(here) < FEWEST_PATCHES:
        raise MaskError(
            "The clean picture can't be aligned exactly: too little of its detail is found again."
        )
    return _corrected(alignment, np.array(here), np.array(off), damaged.box)


def native_shifts(
    clean: Painting, damaged: Painting, alignment: Alignment, progress: Progress | None = None
) -> tuple[list[Point], list[Point]]:
    """The middles of patches of the damaged picture that are clearly found again, and by how much
    (x, y in px) they lie off the clean one's."""
    here, off = [], []
    for box in (progress or Progress()).steps(_patches(damaged.box)):
        laid = _grey(overlaid(clean, alignment, box))
        if not np.isfinite(laid).all():
            continue
        shift, response = _shift_between(laid, _grey(damaged.read_working(box)))
        if response >= LEAST_RESPONSE and max(abs(value) for value in shift) < PATCH / 4:
            here.append((box.x + (PATCH - 1) / 2, box.y + (PATCH - 1) / 2))
            off.append(shift)
    return here, off


def _corrected(alignment: Alignment, here: Matrix, off: Matrix, box: Box) -> Alignment:
    there = cv2.perspectiveTransform((here - off)[np.newaxis], alignment.matrix)[0]
    cv2.setRNGSeed(0)
    matrix, agree = cv2.findHomography(here, there, cv2.RANSAC, 1.5, maxIters=5000, confidence=0.999)
    if matrix is None or agree.sum() < max(FEWEST_PATCHES, len(here) / 2):
        raise MaskError("The clean picture can't be aligned exactly: its details lie unevenly.")
    check_plausible(matrix, (box.height, box.width))
    return Alignment(matrix, alignment.agreement, alignment.inliers)


def _shift_between(laid: Grey, shown: Grey) -> tuple[Point, float]:
    """How far (x, y) ``shown`` lies from ``laid``, and how clearly (0–1), by phase correlation."""
    window = cv2.createHanningWindow((PATCH, PATCH), cv2.CV_32F)
    shift, response = cv2.phaseCorrelate(laid - laid.mean(), shown - shown.mean(), window)
    return (float(shift[0]), float(shift[1])), float(response)


def _patches(box: Box) -> list[Box]:
    """Patches spread evenly over the picture, in reading order.

    On a picture of few patches' size they overlap, so that enough are left where the clean picture doesn't
    reach its edges.
    """
    step = max(box.width, box.height) // PATCHES
    return [
        Box(box.x + x, box.y + y, PATCH, PATCH)
        for y in _centred(box.height, step)
        for x in _centred(box.width, step)
    ]


def _centred(length: int, step: int) -> range:
    """Where patches begin along a side: every ``step`` px, as many as fit, as far from either end."""
    room = length - PATCH
    if room < 0:
        return range(0)
    return range(room % step // 2, room + 1, step)
