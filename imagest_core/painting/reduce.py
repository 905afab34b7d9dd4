"""Reduce images by area mean."""

from __future__ import annotations

import numpy as np

from imagest_core.painting.formats.base import Samples


def area_mean(samples: Samples, factor: int) -> Samples:
    """Replace each ``factor`` × ``factor`` block, smaller at the right and lower edge, by its mean.

    Parameters
    ----------
    samples
        (h, w, c) uint8, uint16 or float32.

    Returns
    -------
    Samples
        ``ceil(h / factor)`` rows of the same type; integers are rounded.
    """
    height, width, channels = samples.shape
    out = np.empty((-(-height // factor), -(-width // factor), channels), samples.dtype)
    for rows, out_rows in _halves(height, factor):
        for columns, out_columns in _halves(width, factor):
            part, target = samples[rows, columns], out[out_rows, out_columns]
            if part.size:
                target[:] = _mean(part, target.shape)
    return out


def _halves(length: int, factor: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return (samples, means) slices of the whole blocks, and of the remaining shorter one."""
    blocks = length // factor
    return (slice(0, blocks * factor), slice(0, blocks)), (
        slice(blocks * factor, length),
        slice(blocks, None),
    )


def _mean(part: Samples, shape: tuple[int, ...]) -> Samples:
    import cv2

    size = shape[1], shape[0]
    mean: Samples = cv2.resize(np.ascontiguousarray(part), size, interpolation=cv2.INTER_AREA)
    return mean.reshape(shape)
