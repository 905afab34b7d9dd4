"""Alignment of scans of any size: coarse on reduced images, then refined on patches at native scale."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.damage.detection.difference import LUMA
from imagest_core.damage.detection.registration import (
    REMEDY,
    Alignment,
    Matrix,
    check_plausible,
    register,
    warp,
)
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

WORKING_SIDE = 1024
PATCH, PATCHES = 256, 8
"""Side (px) and number along the longer side of the native patches that refine a large scan."""
MIN_RESPONSE = 0.15
MIN_PATCHES = 8
MARGIN = 4

Point = tuple[float, float]


def align(clean: Painting, damaged: Painting, progress: Progress | None = None) -> Alignment:
    """Align ``clean`` with ``damaged`` in native pixels.

    Raises ``MaskError`` if the alignment is not reliable.
    """
    progress = progress or Progress()
    clean_level, level = _working_level(clean), _working_level(damaged)
    alignment = register(
        _grey(clean.read_working(level=clean_level)), _grey(damaged.read_working(level=level))
    )
    progress.set(0.5)
    if clean.box == damaged.box and alignment.identity:
        return alignment
    matrix = level_matrix(clean_level) @ alignment.matrix @ np.linalg.inv(level_matrix(level))
    alignment = Alignment(matrix / matrix[2, 2], alignment.agreement, alignment.inliers)
    if level or clean_level:
        alignment = _refine(clean, damaged, alignment, progress.part(0.5, 1.0))
    return alignment


def level_matrix(level: int) -> Matrix:
    """Return the (3, 3) transform from pixel centres at a reduced level to native ones."""
    scale = 2.0**level
    return np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2], [0, 0, 1]])


def aligned_clean(clean: Painting, alignment: Alignment, box: Box, level: int = 0) -> NDArray[np.float32]:
    """Return (h, w, 3) working colour of ``clean`` warped onto ``box`` of the damaged image, NaN outside."""
    if alignment.identity and clean.box.contains(box):
        return clean.read_working(box, level)
    matrix = (
        np.linalg.inv(level_matrix(level)) @ alignment.matrix @ _shift(box.x, box.y) @ level_matrix(level)
    )
    shape = (-(-box.height // 2**level), -(-box.width // 2**level))
    source = _source_box(alignment.matrix, box).within(clean.box)
    if source.empty:
        return np.full((*shape, 3), np.nan, np.float32)
    to_source = np.linalg.inv(level_matrix(level)) @ _shift(-source.x, -source.y) @ level_matrix(level)
    return warp(clean.read_working(source, level), to_source @ matrix, shape)


def _shift(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _source_box(matrix: Matrix, box: Box) -> Box:
    """Return the box of the clean image that maps to ``box`` of the damaged one."""
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


def _grey(rgb: NDArray[np.float32]) -> Image:
    return np.asarray(rgb @ LUMA, np.float32)


def _refine(clean: Painting, damaged: Painting, alignment: Alignment, progress: Progress) -> Alignment:
    """Correct the remaining error of an alignment, measured on patches at native scale."""
    points, shifts = measure_shifts(clean, damaged, alignment, progress)
    if len(points) < MIN_PATCHES:
        raise MaskError(
            Message(
                "The clean picture can't be aligned precisely, since too few of its details match: {remedy}.",
                remedy=REMEDY,
            )
        )
    return _correct(alignment, np.array(points), np.array(shifts), damaged.box)


def measure_shifts(
    clean: Painting, damaged: Painting, alignment: Alignment, progress: Progress | None = None
) -> tuple[list[Point], list[Point]]:
    """Measure the remaining error of an alignment on patches at native scale.

    Returns
    -------
    points
        Centres (x, y) of the patches of the damaged image that were matched reliably.
    shifts
        Shift (x, y) in px of each from the clean image.
    """
    points, shifts = [], []
    for box in (progress or Progress()).steps(_patches(damaged.box)):
        clean_grey = _grey(aligned_clean(clean, alignment, box))
        if not np.isfinite(clean_grey).all():
            continue
        shift, response = _shift_between(clean_grey, _grey(damaged.read_working(box)))
        if response >= MIN_RESPONSE and max(abs(value) for value in shift) < PATCH / 4:
            points.append((box.x + (PATCH - 1) / 2, box.y + (PATCH - 1) / 2))
            shifts.append(shift)
    return points, shifts


def _correct(alignment: Alignment, points: Matrix, shifts: Matrix, box: Box) -> Alignment:
    targets = cv2.perspectiveTransform((points - shifts)[np.newaxis], alignment.matrix)[0]
    cv2.setRNGSeed(0)
    matrix, inliers = cv2.findHomography(points, targets, cv2.RANSAC, 1.5, maxIters=5000, confidence=0.999)
    if matrix is None or inliers.sum() < max(MIN_PATCHES, len(points) / 2):
        raise MaskError(
            Message(
                "The clean picture can't be aligned precisely, since its details are shifted "
                "unevenly: {remedy}.",
                remedy=REMEDY,
            )
        )
    check_plausible(matrix, (box.height, box.width))
    return Alignment(matrix, alignment.agreement, alignment.inliers)


def _shift_between(clean_grey: Image, damaged_grey: Image) -> tuple[Point, float]:
    """Return the shift (x, y) between two patches and its confidence (0–1), by phase correlation."""
    window = cv2.createHanningWindow((PATCH, PATCH), cv2.CV_32F)
    shift, response = cv2.phaseCorrelate(
        clean_grey - clean_grey.mean(), damaged_grey - damaged_grey.mean(), window
    )
    return (float(shift[0]), float(shift[1])), float(response)


def _patches(box: Box) -> list[Box]:
    """Return evenly spaced patches in reading order.

    In small images they overlap, so that enough remain if the clean image doesn't cover the edges.
    """
    step = max(box.width, box.height) // PATCHES
    return [
        Box(box.x + x, box.y + y, PATCH, PATCH)
        for y in _patch_starts(box.height, step)
        for x in _patch_starts(box.width, step)
    ]


def _patch_starts(length: int, step: int) -> range:
    """Return the starts of centred patches along a side: every ``step`` px, as many as fit."""
    room = length - PATCH
    if room < 0:
        return range(0)
    return range(room % step // 2, room + 1, step)
