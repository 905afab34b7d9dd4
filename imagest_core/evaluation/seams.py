"""Measures of a fill that need no truth: the colour step at its boundary, and how visible the seam is.

Neither tells whether the fill is right. A fill can have an invisible boundary and show nonsense inside.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8, Mask

RING = 3.0
"""Width in px of the ring of the fill that is compared with the paint outside."""
SMOOTH = 2.0
"""σ in px by which both sides are averaged first, so that grain is no difference."""
SURROUND = (4.0, 16.0)
"""Distances in px from the boundary between which the gradient of the paint itself is measured."""
SEAM_COLUMNS = ("ring", "seam")


def seam_measures(picture: Image8, hole: Mask) -> dict[str, float]:
    """Return ``ring`` and ``seam`` of a picture (h, w, 3) whose ``hole`` (h, w) was filled."""
    return {"ring": ring_difference(picture, hole), "seam": seam_visibility(picture, hole)}


def ring_difference(picture: Image8, hole: Mask) -> float:
    """Return the mean CIEDE2000, ≥ 0, of the fill along its boundary and the nearest paint outside.

    Each side is averaged on its own. NaN without a boundary.
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    if not hole.any() or hole.all():
        return float("nan")
    depth, labels = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero((depth > 0) & (depth <= RING))
    places = np.zeros((int(labels.max()) + 1, 2), np.int64)  # of the pixel outside with each label
    outside = ~hole
    places[labels[outside]] = np.argwhere(outside)
    nearest = places[labels[rows, columns]]
    inner = _averaged(picture, hole)[rows, columns]
    outer = _averaged(picture, outside)[nearest[:, 0], nearest[:, 1]]
    difference = deltaE_ciede2000(rgb2lab(outer[None]), rgb2lab(inner[None]))
    return float(np.mean(difference))


def seam_visibility(picture: Image8, hole: Mask) -> float:
    """Return the mean gradient on the boundary as a ratio to that of the paint around it.

    1 is a boundary like any other place in the paint; above it the seam shows. NaN if the paint is flat.
    """
    if not hole.any() or hole.all():
        return float("nan")
    inside, outside = (_distance(mask) for mask in (hole, ~hole))
    boundary = ((inside > 0) & (inside < 1.5)) | ((outside > 0) & (outside < 1.5))
    around = (outside > SURROUND[0]) & (outside <= SURROUND[1])
    gradient = _gradient(picture)
    paint = float(gradient[around].mean()) if around.any() else 0.0
    return float(gradient[boundary].mean()) / paint if paint > 0 else float("nan")


def _distance(mask: Mask) -> NDArray[np.float32]:
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))


def _averaged(picture: Image8, mask: Mask) -> NDArray[np.float32]:
    """Return the picture in 0–1, averaged over the pixels of ``mask`` alone."""
    weights = mask.astype(np.float32)
    sums = cv2.GaussianBlur(picture / np.float32(255) * weights[..., None], (0, 0), SMOOTH)
    norm = cv2.GaussianBlur(weights, (0, 0), SMOOTH)
    return np.asarray(sums / np.maximum(norm, 1e-6)[..., None], np.float32)


def _gradient(picture: Image8) -> NDArray[np.float64]:
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY), np.float64)
    return np.hypot(cv2.Sobel(grey, cv2.CV_64F, 1, 0, ksize=3), cv2.Sobel(grey, cv2.CV_64F, 0, 1, ksize=3))
