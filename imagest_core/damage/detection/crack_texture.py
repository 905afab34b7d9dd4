"""What the paint's own texture answers to the crack filter: what a crack must stand out from.

Light lines tell it. Brushwork and canvas have as many of them as dark ones, rather more: ridges of
paint catch the light. Cracks are dark only. (When light cracks are sought, dark lines tell.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image

CELL = 64
"""Side (px) of the squares that texture is measured in; the picture's upper left corner starts the first."""
NEAR, AROUND = 1, 2
"""Cells on each side whose texture counts, and whose lines are counted."""
STANDS_OUT = 4.0
"""A line is what answers this many times as much as the texture: 1–3 % of intact brushwork does."""
ALIKE, PREVAIL, FEW = 1.1, 1.3, 50
"""Up to ``ALIKE`` times as many sought as opposite lines, there is brushwork only; from ``PREVAIL`` times
as many on, there are cracks. ``FEW`` px of each are taken for granted."""
INTACT = 2.5
"""How many times the texture counts where there is brushwork only."""
QUIET = 1e-3
"""Texture never counts less than this."""
UNIT = 1 << 20
"""Responses are summed in whole units of 1 / this, so that no sum depends on where a part begins."""

Cells = NDArray[np.int64]


def reach(around: int) -> int:
    """How far (px, whole cells) a picture decides the texture's level, with filters of ``around`` px."""
    return -(-((NEAR + AROUND) * CELL + around) // CELL) * CELL


def texture_level(sought: Image, opposite: Image) -> Image:
    """(h, w) > 0: the mean response to lines ``opposite`` to cracks near each pixel.

    Up to ``INTACT`` times that where such lines are as many as those ``sought``: nothing there looks like
    cracks, and only what is far bolder than the brushwork may be one.
    """
    pixels = _near(_cells(np.ones(opposite.shape, np.uint8)), NEAR)
    level = _near(_cells(np.rint(opposite * np.float32(UNIT)).astype(np.int32)), NEAR) / pixels / UNIT + QUIET
    lines = _spread(STANDS_OUT * level, opposite.shape)
    alike, contrary = (_near(_cells(response > lines), AROUND) + FEW for response in (sought, opposite))
    factor = np.interp(alike / contrary, [ALIKE, PREVAIL], [INTACT, 1.0])
    return _spread(level * factor, opposite.shape)


def _cells(values: NDArray[Any]) -> Cells:
    """The sums over each cell; those at the right and lower edge may be cut."""
    rows, columns = (np.arange(0, length, CELL) for length in values.shape)
    along = np.add.reduceat(values, columns, axis=1, dtype=np.int64)
    return np.asarray(np.add.reduceat(along, rows, axis=0))


def _near(cells: Cells, radius: int) -> Cells:
    """The sums over each cell and its neighbours within ``radius``."""
    side = 2 * radius + 1
    padded = np.pad(cells, radius)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, (side, side)).sum(axis=(2, 3)))


def _spread(cells: NDArray[np.float64], shape: tuple[int, ...]) -> Image:
    """Each pixel of a picture of ``shape`` with its cell's value."""
    wide = np.repeat(cells.astype(np.float32), CELL, axis=1)[:, : shape[1]]
    return np.repeat(wide, CELL, axis=0)[: shape[0]]
