"""What of a scan is not painting: the scanner's bed or the photographer's ground round it, even and calm."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CALM = 0.012
"""Largest difference between neighbours in a border, and twice its spread."""
SMALLEST = 0.001
"""Share of the picture that a border takes up at least."""
LARGEST = 0.5
"""More than this is no border: the picture itself is that calm."""
RIM = 5
"""Samples across by which it is grown: between border and painting lies a blurred edge."""


def border(rgb: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(h, w): where ``rgb`` (h, w, 3), in 0–1, is one calm colour that reaches in from the picture's edge."""
    cross = np.ones((3, 3), np.uint8)
    calm = (cv2.dilate(rgb, cross) - cv2.erode(rgb, cross)).max(2) <= CALM
    _, labels = cv2.connectedComponents(calm.astype(np.uint8), connectivity=4)
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    large = np.bincount(labels.ravel()) >= SMALLEST * labels.size
    found = np.zeros(labels.shape, np.uint8)
    for label in np.unique(edges[(edges > 0) & large[edges]]):
        where = labels == label
        if 2 * float(rgb[where].std(0).max()) <= CALM:
            found |= where
    grown = cv2.dilate(found, np.ones((RIM, RIM), np.uint8)) > 0
    return grown if grown.mean() <= LARGEST else np.zeros_like(grown)
