"""Hatch patterns that tell damage classes apart without colour."""

from __future__ import annotations

import numpy as np

from imagest_core.arrays import Labels, Mask
from imagest_core.painting.geometry import Box

PATTERNS = 8
"""Number of patterns."""
PERIOD = 7
"""Distance of lines in pixels."""
_LINE = 2
LATTICE_PERIOD = 8
"""Distance of the lines of a lattice in pixels."""


def lattice(box: Box) -> Mask:
    """Return (h, w) bool: a lattice of thin lines, which marks protected areas."""
    columns, rows = np.arange(box.x, box.right), np.arange(box.y, box.bottom)[:, np.newaxis]
    return np.asarray(((columns + rows) % LATTICE_PERIOD == 0) | ((columns - rows) % LATTICE_PERIOD == 0))


def hatch(labels: Labels, box: Box, *, turned: bool = False) -> Mask:
    """Return (h, w) bool: where the lines of each label's pattern are.

    ``box``: position of ``labels`` (h, w) in the whole picture, so that parts fit together.
    ``turned``: the result will be shown rotated by 90° or 270°, so the directions of the lines are swapped.
    """
    columns, rows = np.arange(box.x, box.right), np.arange(box.y, box.bottom)[:, np.newaxis]
    rising, falling = (columns + rows) % PERIOD < _LINE, (columns - rows) % PERIOD < _LINE
    level, upright = rows % PERIOD < _LINE, columns % PERIOD < _LINE
    if turned:
        rising, falling, level, upright = falling, rising, upright, level
    odd = columns // PERIOD % 2 == 1
    patterns = (
        rising,
        falling,
        level,
        upright,
        rising | falling,
        level | upright,
        level & upright,
        np.where(odd, upright, level),
    )
    return np.asarray(np.choose((labels.astype(np.intp) - 1) % PATTERNS, patterns))
