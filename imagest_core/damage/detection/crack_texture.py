"""Response of the paint texture to the crack filter, which cracks must exceed.

It is estimated from light lines. Brushwork and canvas have at least as many light lines as dark ones, because
ridges of paint reflect light, while cracks are dark. (For light cracks, dark lines are used.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image

CELL = 64
"""Side (px) of the cells in which texture is measured; the first starts at the upper left corner of the
image."""
TEXTURE_RADIUS, COUNT_RADIUS = 1, 2
"""Neighbouring cells on each side used for the texture level and for counting lines."""
LINE_FACTOR = 4.0
"""A line responds this many times as strongly as the texture; 1–3 % of intact brushwork does."""
INTACT_RATIO, CRACKED_RATIO, COUNT_OFFSET = 1.1, 1.3, 50
"""Ratio of sought to opposite lines up to which an area is intact (``INTACT_RATIO``) and from which it is
cracked (``CRACKED_RATIO``). ``COUNT_OFFSET`` px are added to both counts."""
INTACT_FACTOR = 2.5
"""Factor on the texture level in intact areas."""
MIN_LEVEL = 1e-3
"""Minimum texture level."""
FIXED_POINT = 1 << 20
"""Responses are summed as integers in units of 1 / this, so that sums don't depend on where a part starts."""

Cells = NDArray[np.int64]


def support(filter_radius: int) -> int:
    """Return the support radius (px, whole cells) of the texture level with ``filter_radius`` px filters."""
    return -(-((TEXTURE_RADIUS + COUNT_RADIUS) * CELL + filter_radius) // CELL) * CELL


def texture_level(sought: Image, opposite: Image) -> Image:
    """Return (h, w) > 0: the mean response to lines of ``opposite`` polarity near each pixel.

    It is raised by up to ``INTACT_FACTOR`` where such lines are as frequent as those ``sought``: such an area
    shows no cracks, and only lines much stronger than the brushwork may be one.
    """
    pixels = _neighbour_sums(_cell_sums(np.ones(opposite.shape, np.uint8)), TEXTURE_RADIUS)
    level = (
        _neighbour_sums(
            _cell_sums(np.rint(opposite * np.float32(FIXED_POINT)).astype(np.int32)), TEXTURE_RADIUS
        )
        / pixels
        / FIXED_POINT
        + MIN_LEVEL
    )
    lines = _expand(LINE_FACTOR * level, opposite.shape)
    sought_count, opposite_count = (
        _neighbour_sums(_cell_sums(response > lines), COUNT_RADIUS) + COUNT_OFFSET
        for response in (sought, opposite)
    )
    factor = np.interp(sought_count / opposite_count, [INTACT_RATIO, CRACKED_RATIO], [INTACT_FACTOR, 1.0])
    return _expand(level * factor, opposite.shape)


def _cell_sums(values: NDArray[Any]) -> Cells:
    """Sum over each cell; cells at the right and lower edge may be incomplete."""
    rows, columns = (np.arange(0, length, CELL) for length in values.shape)
    along = np.add.reduceat(values, columns, axis=1, dtype=np.int64)
    return np.asarray(np.add.reduceat(along, rows, axis=0))


def _neighbour_sums(cells: Cells, radius: int) -> Cells:
    """Sum over each cell and its neighbours within ``radius``."""
    side = 2 * radius + 1
    padded = np.pad(cells, radius)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, (side, side)).sum(axis=(2, 3)))


def _expand(cells: NDArray[np.float64], shape: tuple[int, ...]) -> Image:
    """Expand cell values to the pixels of an image of ``shape``."""
    wide = np.repeat(cells.astype(np.float32), CELL, axis=1)[:, : shape[1]]
    return np.repeat(wide, CELL, axis=0)[: shape[0]]
