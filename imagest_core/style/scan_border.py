"""Detect the border of a scan that isn't painting, such as the scanner bed or a photographer's background."""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Image, Mask

MAX_CONTRAST = 0.012
"""Largest difference between neighbouring pixels of a border, and twice its largest standard deviation."""
MIN_SHARE = 0.001
"""Smallest share of the image that counts as a border."""
MAX_SHARE = 0.5
"""Largest share of the image that counts as a border; beyond it, the painting itself is uniform."""
DILATION = 5
"""Size of the dilation kernel in px; it covers the blurred edge between border and painting."""


def scan_border(rgb: Image) -> Mask:
    """Detect areas of one uniform colour that touch the edge of the image.

    Parameters
    ----------
    rgb
        Image (h, w, 3) in 0–1.

    Returns
    -------
    Mask
        (h, w), true on the border, dilated by a few pixels; all false if the border would cover most of the
        image.
    """
    cross = np.ones((3, 3), np.uint8)
    uniform = (cv2.dilate(rgb, cross) - cv2.erode(rgb, cross)).max(2) <= MAX_CONTRAST
    _, labels = cv2.connectedComponents(uniform.astype(np.uint8), connectivity=4)
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    large = np.bincount(labels.ravel()) >= MIN_SHARE * labels.size
    border = np.zeros(labels.shape, np.uint8)
    for label in np.unique(edges[(edges > 0) & large[edges]]):
        where = labels == label
        if 2 * float(rgb[where].std(0).max()) <= MAX_CONTRAST:
            border |= where
    dilated = cv2.dilate(border, np.ones((DILATION, DILATION), np.uint8)) > 0
    return dilated if dilated.mean() <= MAX_SHARE else np.zeros_like(dilated)
