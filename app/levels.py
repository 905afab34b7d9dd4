"""Pyramid levels: level n of a picture is reduced by 2**n. Sizes and boxes only, no pixels and no Qt."""

from __future__ import annotations

import math

from imagest_core.painting.geometry import Box

LAST_LEVEL = 8
"""The coarsest level: a damage tile of 256 px is one pixel there."""


def level_count(width: int, height: int) -> int:
    """Number of levels; the last is about 256 pixels wide or high."""
    return min(max(math.ceil(math.log2(max(width, height) / 256)), 0), LAST_LEVEL) + 1


def level_for(scale: float, levels: int) -> int:
    """The coarsest level to draw at ``scale`` device pixels per native pixel without losing detail."""
    return min(max(math.floor(-math.log2(scale) + 1e-6), 0), levels - 1)


def reduced_size(width: int, height: int, level: int) -> tuple[int, int]:
    """(width, height) of a level."""
    return -(-width // (1 << level)), -(-height // (1 << level))


def at_level(box: Box, level: int) -> Box:
    """The box of all pixels of a level that the native ``box`` touches."""
    scale = 1 << level
    return Box.spanning(box.x // scale, box.y // scale, -(-box.right // scale), -(-box.bottom // scale))


def native(part: Box, level: int) -> Box:
    """The native box of ``part`` of a level; it may extend beyond the picture."""
    return Box(part.x << level, part.y << level, part.width << level, part.height << level)
