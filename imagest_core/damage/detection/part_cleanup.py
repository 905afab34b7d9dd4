"""The clean-up of a part that fits into memory, as arrays: the same result as tile by tile, but sooner."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Labels, Mask
from imagest_core.damage.detection.cleanup import MAX_OPENING, MIN_KEPT_SHARE, Cleanup, disk


def clean_part(labels: Labels, parameters: Cleanup) -> Labels:
    """Clean up the union of all classes of ``labels`` (h, w); what is added gets the class beside it."""
    classes = np.flatnonzero(np.bincount(labels.ravel(), minlength=256)[1:]) + 1
    if not len(classes):
        return labels.copy()
    mask = _without_small(_closed(_opened(labels > 0, parameters), parameters), parameters)
    mask = _grown(mask.view(np.uint8), _square(parameters.dilate)) > 0 if parameters.dilate else mask
    if len(classes) == 1:
        return mask * np.uint8(classes[0])
    grown = _grown(labels, disk(max(parameters.dilate + parameters.closing, 1)))
    kept = np.where(labels > 0, labels, grown)
    return np.where(kept > 0, kept, np.uint8(classes[0])) * mask


def _opened(mask: Mask, parameters: Cleanup) -> Mask:
    """Keep whole components that contain a disk; its radius is chosen as for whole scans."""
    chosen = parameters.opening
    if chosen == 0:
        return mask
    count, components = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    sizes = np.bincount(components.ravel(), minlength=count)
    for radius in range(MAX_OPENING, 0, -1) if chosen is None else (chosen,):
        keep = np.zeros(count, np.bool_)
        keep[np.unique(components[cv2.erode(mask.view(np.uint8), disk(radius)) > 0])] = True
        keep[0] = False
        if chosen is not None or sizes[keep].sum() >= MIN_KEPT_SHARE * sizes[1:].sum():
            return keep[components]
    return mask


def _closed(mask: Mask, parameters: Cleanup) -> Mask:
    radius = parameters.closing
    if radius < 1:
        return mask
    grown = _grown(np.pad(mask, radius).view(np.uint8), disk(radius))
    return np.asarray(cv2.erode(grown, disk(radius))[radius:-radius, radius:-radius] > 0)


def _without_small(mask: Mask, parameters: Cleanup) -> Mask:
    if parameters.min_area <= 1:
        return mask
    count, components = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    keep = np.bincount(components.ravel(), minlength=count) >= parameters.min_area
    keep[0] = False
    return np.asarray(keep[components])


def _square(radius: int) -> Labels:
    return np.ones((2 * radius + 1,) * 2, np.uint8)


def _grown(labels: NDArray[np.uint8], shape: Labels) -> NDArray[np.uint8]:
    return np.asarray(cv2.dilate(labels, shape))
