"""Registration of a clean with a damaged image: SIFT, homography, ECC."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.errors import MaskError
from imagest_core.messages import Message

Matrix = NDArray[np.float64]

LOWE_RATIO = 0.75
"""Lowe's ratio of the best to the second-best match."""
RANSAC_PIXELS = 2.0
MIN_INLIERS = 16
MIN_INLIER_SHARE = 0.25
SCALES = (0.2, 5.0)
MAX_SCALE_RATIO = 3.0
"""Maximum ratio of the local scales at the corners of a valid homography."""
ECC_STEPS, ECC_CHANGE, ECC_BLUR = 60, 1e-5, 5
MIN_ECC = 0.6
BLOCK = 16
SHIFTS = ((0, 0), (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
CLEAR_CORRELATION, MIN_CLEAR_SHARE, MIN_BLOCKS, FLAT_LEVEL = 0.7, 0.1, 4, 0.004
TRUSTED_AGREEMENT, MIN_AGREEMENT = 0.8, 0.6

REMEDY = Message("choose another clean picture, or align the two first")


@dataclass(frozen=True)
class Alignment:
    """Result of a registration.

    Parameters
    ----------
    matrix
        (3, 3) homography from pixel centres (x, y) of the damaged image to those of the clean one.
    agreement
        Share (0–1) of the fine detail that is aligned (:func:`agreement`).
    inliers
        Number of supporting matches, 0 if the images were already aligned.
    """

    matrix: Matrix
    agreement: float
    inliers: int = 0

    @property
    def identity(self) -> bool:
        """Whether the images were already aligned."""
        return bool(np.array_equal(self.matrix, np.eye(3)))


def register(clean: Image, damaged: Image) -> Alignment:
    """Align two grey float32 images in 0–1; raises ``MaskError`` if the result is not reliable."""
    unaligned_agreement = agreement(clean, damaged) if clean.shape == damaged.shape else 0.0
    if unaligned_agreement >= TRUSTED_AGREEMENT:
        return Alignment(np.eye(3), unaligned_agreement)
    try:
        matrix, inliers = match_features(clean, damaged)
        matrix = refine(clean, damaged, matrix)
        alignment = Alignment(matrix, agreement(warp(clean, matrix, damaged.shape), damaged), inliers)
        if max(alignment.agreement, unaligned_agreement) < MIN_AGREEMENT:
            raise MaskError(
                Message(
                    "The clean picture doesn't match the damaged one after alignment: {remedy}.",
                    remedy=REMEDY,
                )
            )
    except MaskError:
        if unaligned_agreement < MIN_AGREEMENT:
            raise
        return Alignment(np.eye(3), unaligned_agreement)
    if alignment.agreement > unaligned_agreement:
        return alignment
    return Alignment(np.eye(3), unaligned_agreement)


def match_features(clean: Image, damaged: Image) -> tuple[Matrix, int]:
    """Return the RANSAC homography damaged → clean from SIFT matches, and the number of inliers."""
    points, matches = _matches(damaged, clean)
    if len(points) < MIN_INLIERS:
        raise MaskError(
            Message(
                "Too few details of the clean picture were matched ({points}): {remedy}.",
                points=len(points),
                remedy=REMEDY,
            )
        )
    cv2.setRNGSeed(0)
    matrix, inlier_mask = cv2.findHomography(
        points, matches, cv2.RANSAC, RANSAC_PIXELS, maxIters=5000, confidence=0.999
    )
    inliers = 0 if inlier_mask is None else int(inlier_mask.sum())
    if matrix is None or inliers < max(MIN_INLIERS, MIN_INLIER_SHARE * len(points)):
        raise MaskError(
            Message(
                "Only {inliers} of {points} details agree on the alignment: {remedy}.",
                inliers=inliers,
                points=len(points),
                remedy=REMEDY,
            )
        )
    check_plausible(matrix, damaged.shape)
    return matrix, inliers


def _matches(one: Image, other: Image) -> tuple[Image, Image]:
    """Return the (n, 2) points of matching SIFT features in both images, by Lowe's ratio test."""
    sift = cv2.SIFT.create(contrastThreshold=0.02)
    (keypoints, descriptors), (other_keypoints, other_descriptors) = (
        sift.detectAndCompute(_to_uint8(grey), None) for grey in (one, other)
    )
    empty = np.zeros((0, 2), np.float32)
    if descriptors is None or other_descriptors is None or len(other_descriptors) < 2:
        return empty, empty
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors, other_descriptors, k=2)
    good = [first for first, second in pairs if first.distance < LOWE_RATIO * second.distance]
    points = np.array([keypoints[match.queryIdx].pt for match in good], np.float32).reshape(-1, 2)
    return points, np.array([other_keypoints[match.trainIdx].pt for match in good], np.float32).reshape(-1, 2)


def check_plausible(matrix: Matrix, shape: tuple[int, ...]) -> None:
    """Raise ``MaskError`` for a homography that mirrors, folds or scales implausibly."""
    height, width = shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], np.float64)
    depth = corners @ matrix[2]
    scales = np.linalg.det(matrix) / np.where(np.abs(depth) < 1e-12, 1e-12, depth) ** 3
    low, high = SCALES[0] ** 2, SCALES[1] ** 2
    if not ((scales > low) & (scales < high)).all() or scales.max() > MAX_SCALE_RATIO**2 * scales.min():
        raise MaskError(
            Message("The clean picture would have to be distorted too much to fit: {remedy}.", remedy=REMEDY)
        )


def refine(clean: Image, damaged: Image, matrix: Matrix) -> Matrix:
    """Refine a homography by ECC on the pixels that differ least.

    References
    ----------
    G. D. Evangelidis and E. Z. Psarakis, Parametric image alignment using enhanced correlation coefficient
    maximization, IEEE PAMI 30 (2008).
    """
    inverse = np.linalg.inv(matrix)
    start = (inverse / inverse[2, 2]).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ECC_STEPS, ECC_CHANGE)
    intact = _similar_mask(warp(clean, matrix, damaged.shape), damaged)
    try:
        correlation, warp_matrix = cv2.findTransformECC(
            clean, damaged, start, cv2.MOTION_HOMOGRAPHY, stop, intact, ECC_BLUR
        )
    except cv2.error as error:
        raise MaskError(
            Message("The clean picture can't be aligned precisely: {remedy}.", remedy=REMEDY)
        ) from error
    if correlation < MIN_ECC:
        raise MaskError(
            Message(
                "The clean picture differs too much from the damaged one to be aligned: {remedy}.",
                remedy=REMEDY,
            )
        )
    homography = np.linalg.inv(warp_matrix.astype(np.float64))
    homography /= homography[2, 2]
    check_plausible(homography, damaged.shape)
    return homography


def warp(clean: NDArray[np.float32], matrix: Matrix, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Warp ``clean`` onto an image of ``shape``; NaN outside."""
    size, inverse = (shape[1], shape[0]), cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(
        clean, matrix, size, flags=cv2.INTER_CUBIC | inverse, borderMode=cv2.BORDER_REPLICATE
    )
    covered = np.ones(clean.shape[:2], np.uint8)
    warped[cv2.warpPerspective(covered, matrix, size, flags=cv2.INTER_NEAREST | inverse) == 0] = np.nan
    return np.asarray(warped)


def agreement(one: Image, other: Image) -> float:
    """Return the share (0–1) of clearly matching blocks that match best without a shift.

    Textured blocks of 16 px are compared at the nine shifts of −1…1 px. Blocks that match nowhere are assumed
    to be damaged and ignored, provided a tenth of the blocks match; otherwise the result is 0. NaN in ``one``
    is ignored.
    """
    inside = np.isfinite(one)
    first, second = _detail(np.where(inside, one, other)), _detail(other)
    scores = np.stack([_correlations(np.roll(first, shift, axis=(0, 1)), second) for shift in SHIFTS])
    textured = _texture(first, inside)
    best = scores.max(axis=0)
    clear = textured & (best >= CLEAR_CORRELATION)
    if clear.sum() < max(MIN_BLOCKS, MIN_CLEAR_SHARE * textured.sum()):
        return 0.0
    return float(np.mean(scores[0][clear] >= best[clear]))


def _correlations(one: Image, other: Image) -> Image:
    """Return the correlation (−1…1) of every complete block of two images."""
    both, first, second = (_block_means(plane) for plane in (one * other, one * one, other * other))
    return np.asarray(both / np.sqrt(first * second + 1e-12), np.float32)


def _texture(detail: Image, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which blocks have more than the median texture and lie completely inside."""
    energy, whole = _block_means(detail * detail), _block_means(inside.astype(np.float32)) > 0.999
    if not whole.any():
        return whole
    return whole & (energy >= np.median(energy[whole])) & (energy > FLAT_LEVEL * FLAT_LEVEL)


def _block_means(plane: Image) -> Image:
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    whole = plane[: rows * BLOCK, : columns * BLOCK]
    return np.asarray(whole.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3)))


def _detail(grey: Image) -> Image:
    """Band-pass filter that removes coarse structure and single-pixel noise."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 4.0))


def _similar_mask(one: Image, other: Image) -> NDArray[np.uint8]:
    """Return 1 where the difference is below its third quartile, 0 elsewhere and for NaN."""
    difference = cv2.GaussianBlur(np.abs(np.nan_to_num(one, nan=2.0) - other), (0, 0), 2.0)
    return (difference <= np.quantile(difference, 0.75)).astype(np.uint8)


def _to_uint8(grey: Image) -> NDArray[np.uint8]:
    return np.clip(grey * 255 + 0.5, 0, 255).astype(np.uint8)
