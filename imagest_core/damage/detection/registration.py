"""Laying a clean picture of a work over the damaged one: SIFT, homography, ECC."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import MaskError

Matrix = NDArray[np.float64]
Grey = NDArray[np.float32]

RATIO = 0.75
"""Lowe's ratio of the best to the second best match."""
RANSAC_PIXELS = 2.0
FEWEST_INLIERS = 16
LEAST_INLIER_SHARE = 0.25
SCALES = (0.2, 5.0)
MOST_BENT = 3.0
"""Opposite corners of a trusted homography may differ this much in local scale."""
ECC_STEPS, ECC_CHANGE, ECC_BLUR = 60, 1e-5, 5
LEAST_ECC = 0.6
BLOCK = 16
SHIFTS = ((0, 0), (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
CLEAR, LEAST_CLEAR, FEWEST_BLOCKS, FLAT = 0.7, 0.1, 4, 0.004
TRUSTED, LEAST_TRUSTED = 0.8, 0.6

REMEDY = "choose another clean picture, or align the two first"


@dataclass(frozen=True)
class Alignment:
    """``matrix`` (3, 3) takes (x, y) pixel centres of the damaged picture to the clean one.

    ``agreement`` in 0–1: how much of the fine detail lies right then (:func:`agreement`); ``inliers``: the
    matches it rests on, 0 where the pictures were aligned as they came.
    """

    matrix: Matrix
    agreement: float
    inliers: int = 0

    @property
    def identity(self) -> bool:
        """Whether the pictures were aligned as they came."""
        return bool(np.array_equal(self.matrix, np.eye(3)))


def register(clean: Grey, damaged: Grey) -> Alignment:
    """Align two grey float32 pictures in 0–1; raises ``MaskError`` where that can't be trusted."""
    as_they_are = agreement(clean, damaged) if clean.shape == damaged.shape else 0.0
    if as_they_are >= TRUSTED:
        return Alignment(np.eye(3), as_they_are)
    try:
        matrix, inliers = matched(clean, damaged)
        matrix = refined(clean, damaged, matrix)
        found = Alignment(matrix, agreement(warped(clean, matrix, damaged.shape), damaged), inliers)
        if max(found.agreement, as_they_are) < LEAST_TRUSTED:
            raise MaskError(f"The clean picture doesn't match the damaged one once laid over it: {REMEDY}.")
    except MaskError:
        if as_they_are < LEAST_TRUSTED:
            raise
        return Alignment(np.eye(3), as_they_are)
    return found if found.agreement > as_they_are else Alignment(np.eye(3), as_they_are)


def matched(clean: Grey, damaged: Grey) -> tuple[Matrix, int]:
    """The homography damaged → clean that most SIFT matches agree on, and how many do."""
    here, there = _matches(damaged, clean)
    if len(here) < FEWEST_INLIERS:
        raise MaskError(f"Only {len(here)} details of the clean picture were found again: {REMEDY}.")
    cv2.setRNGSeed(0)
    matrix, agree = cv2.findHomography(
        here, there, cv2.RANSAC, RANSAC_PIXELS, maxIters=5000, confidence=0.999
    )
    inliers = 0 if agree is None else int(agree.sum())
    if matrix is None or inliers < max(FEWEST_INLIERS, LEAST_INLIER_SHARE * len(here)):
        raise MaskError(f"Only {inliers} of {len(here)} details agree on how the pictures lie: {REMEDY}.")
    check_plausible(matrix, damaged.shape)
    return matrix, inliers


def _matches(one: Grey, other: Grey) -> tuple[Grey, Grey]:
    """(n, 2) points of SIFT features of ``one`` and the same of ``other``, by Lowe's ratio test."""
    sift = cv2.SIFT.create(contrastThreshold=0.02)
    (points, marks), (others, other_marks) = (
        sift.detectAndCompute(_bytes(grey), None) for grey in (one, other)
    )
    none = np.zeros((0, 2), np.float32)
    if marks is None or other_marks is None or len(other_marks) < 2:
        return none, none
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(marks, other_marks, k=2)
    good = [first for first, second in pairs if first.distance < RATIO * second.distance]
    here = np.array([points[match.queryIdx].pt for match in good], np.float32).reshape(-1, 2)
    return here, np.array([others[match.trainIdx].pt for match in good], np.float32).reshape(-1, 2)


def check_plausible(matrix: Matrix, shape: tuple[int, ...]) -> None:
    """Raise ``MaskError`` for a homography that mirrors, folds, or scales beyond reason."""
    height, width = shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], np.float64)
    depth = corners @ matrix[2]
    scales = np.linalg.det(matrix) / np.where(np.abs(depth) < 1e-12, 1e-12, depth) ** 3
    low, high = SCALES[0] ** 2, SCALES[1] ** 2
    if not ((scales > low) & (scales < high)).all() or scales.max() > MOST_BENT**2 * scales.min():
        raise MaskError(f"The clean picture would have to be bent beyond reason to fit: {REMEDY}.")


def refined(clean: Grey, damaged: Grey, matrix: Matrix) -> Matrix:
    """The homography after ECC (Evangelidis and Psarakis 2008), led by what differs least."""
    inverse = np.linalg.inv(matrix)
    start = (inverse / inverse[2, 2]).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ECC_STEPS, ECC_CHANGE)
    intact = _alike(warped(clean, matrix, damaged.shape), damaged)
    try:
        likeness, found = cv2.findTransformECC(
            clean, damaged, start, cv2.MOTION_HOMOGRAPHY, stop, intact, ECC_BLUR
        )
    except cv2.error as error:
        raise MaskError(f"The clean picture couldn't be aligned exactly: {REMEDY}.") from error
    if likeness < LEAST_ECC:
        raise MaskError(f"The clean picture is too unlike the damaged one to be laid over it: {REMEDY}.")
    back = np.linalg.inv(found.astype(np.float64))
    back /= back[2, 2]
    check_plausible(back, damaged.shape)
    return back


def warped(clean: NDArray[np.float32], matrix: Matrix, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """``clean`` laid over a picture of ``shape``; NaN where it doesn't reach."""
    size, inverse = (shape[1], shape[0]), cv2.WARP_INVERSE_MAP
    laid = cv2.warpPerspective(
        clean, matrix, size, flags=cv2.INTER_CUBIC | inverse, borderMode=cv2.BORDER_REPLICATE
    )
    reached = np.ones(clean.shape[:2], np.uint8)
    laid[cv2.warpPerspective(reached, matrix, size, flags=cv2.INTER_NEAREST | inverse) == 0] = np.nan
    return np.asarray(laid)


def agreement(one: Grey, other: Grey) -> float:
    """Share (0–1) of clearly matching blocks that match best just where they lie; 0 where few do.

    Blocks of 16 px with texture are compared at the nine shifts of −1…1 px. Those that match nowhere
    are taken for damage and not counted, as long as a tenth of them match. NaN in ``one`` is left out.
    """
    inside = np.isfinite(one)
    first, second = _detail(np.where(inside, one, other)), _detail(other)
    scores = np.stack([_correlations(np.roll(first, shift, axis=(0, 1)), second) for shift in SHIFTS])
    textured = _texture(first, inside)
    best = scores.max(axis=0)
    clear = textured & (best >= CLEAR)
    if clear.sum() < max(FEWEST_BLOCKS, LEAST_CLEAR * textured.sum()):
        return 0.0
    return float(np.mean(scores[0][clear] >= best[clear]))


def _correlations(one: Grey, other: Grey) -> Grey:
    """The correlation (−1…1) of every whole block of two planes."""
    both, first, second = (_block_means(plane) for plane in (one * other, one * one, other * other))
    return np.asarray(both / np.sqrt(first * second + 1e-12), np.float32)


def _texture(detail: Grey, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which blocks have more texture than half of them have, and lie wholly inside."""
    energy, whole = _block_means(detail * detail), _block_means(inside.astype(np.float32)) > 0.999
    if not whole.any():
        return whole
    return whole & (energy >= np.median(energy[whole])) & (energy > FLAT * FLAT)


def _block_means(plane: Grey) -> Grey:
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    whole = plane[: rows * BLOCK, : columns * BLOCK]
    return np.asarray(whole.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3)))


def _detail(grey: Grey) -> Grey:
    """Without what is coarser than a few pixels, and without single-pixel noise."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 4.0))


def _alike(one: Grey, other: Grey) -> NDArray[np.uint8]:
    """1 where two pictures differ less than in the worst quarter, 0 elsewhere and where one is NaN."""
    difference = cv2.GaussianBlur(np.abs(np.nan_to_num(one, nan=2.0) - other), (0, 0), 2.0)
    return (difference <= np.quantile(difference, 0.75)).astype(np.uint8)


def _bytes(grey: Grey) -> NDArray[np.uint8]:
    return np.clip(grey * 255 + 0.5, 0, 255).astype(np.uint8)
