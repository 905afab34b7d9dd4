"""What of a scan is not painting: the scanner's bed or the photographer's ground round it, even and calm."""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Image, Mask

MAX_CONTRAST = 0.012
"""Largest difference between neighbours in a border, and twice its spread."""
MIN_SHARE = 0.001
"""Share of the picture that a border takes up at least."""
MAX_SHARE = 0.5
"""More than this is no border: the picture itself is that calm."""
DILATION = 5
"""Samples across by which it is grown: between border and painting lies a blurred edge."""


def scan_border(rgb: Image) -> Mask:
    """(h, w): where ``rgb`` (h, w, 3), in 0–1, is one calm colour that reaches in from the picture's edge."""
    cross = np.ones((3, 3), np.uint8)
    uniform = (cv2.dilate(rgb, cross) - cv2.erode(rgb, cross)).max(2) <= MAX_CONTRAST
    _, labels = cv2.connectedComponents(uniform.astype(np.uint8), connectivity=4)
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    large = np.bincount(labels.ravel()) >= MIN_SHARE * labels.size
    found = np.zeros(labels.shape, np.uint8)
    for label in np.unique(edges[(edges > 0) & large[edges]]):
        where = labels == label
        if 2 * float(rgb[where].std(0).max()) <= MAX_CONTRAST:
            found |= where
    dilated = cv2.dilate(found, np.ones((DILATION, DILATION), np.uint8)) > 0
    return dilated if dilated.mean() <= MAX_SHARE else np.zeros_like(dilated)
