"""Reduced pictures by area mean."""

from __future__ import annotations

import numpy as np

from imagest_core.painting.sources.base import Samples


def area_mean(samples: Samples, factor: int) -> Samples:
    """Each ``factor`` × ``factor`` block (what is left of it at the right and lower edge) as its mean.

    ``samples``: (h, w, c) uint8 or uint16; the answer has ``ceil(h / factor)`` rows, rounded to the
    same type.
    """
    height, width, channels = samples.shape
    whole_y, whole_x = height // factor * factor, width // factor * factor
    out = np.empty((-(-height // factor), -(-width // factor), channels), samples.dtype)
    for rows, out_rows in (
        (slice(0, whole_y), slice(0, whole_y // factor)),
        (slice(whole_y, height), slice(whole_y // factor, None)),
    ):
        for columns, out_columns in (
            (slice(0, whole_x), slice(0, whole_x // factor)),
            (slice(whole_x, width), slice(whole_x // factor, None)),
        ):
            part = samples[rows, columns]
            if part.size:
                out[out_rows, out_columns] = _mean(part, out[out_rows, out_columns].shape)
    return out


def _mean(part: Samples, shape: tuple[int, ...]) -> Samples:
    import cv2

    size = shape[1], shape[0]
    return cv2.resize(np.ascontiguousarray(part), size, interpolation=cv2.INTER_AREA).reshape(shape)
