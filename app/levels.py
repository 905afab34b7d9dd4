"""Pyramid levels: level n of a picture is reduced by 2**n. Sizes and boxes only, no pixels and no Qt."""

from __future__ import annotations

import math

from imagest_core.painting.geometry import Box

LAST_LEVEL = 8
"""The coarsest level: a damage tile of 256 px is one pixel there."""


def level_count(width: int, height: int) -> int:
    """How many levels a picture has: the last fits about 256 pixels."""
    return min(max(math.ceil(math.log2(max(width, height) / 256)), 0), LAST_LEVEL) + 1


def level_for(scale: float, levels: int) -> int:
    """The level to draw at ``scale`` device pixels per native one: never fewer pixels than shown."""
    return min(max(math.floor(-math.log2(scale) + 1e-6), 0), levels - 1)


def reduced_size(width: int, height: int, level: int) -> tuple[int, int]:
    """The size of a level."""
    return -(-width // (1 << level)), -(-height // (1 << level))


def at_level(box: Box, level: int) -> Box:
    """All pixels of a level that a native ``box`` touches."""
    scale = 1 << level
    return Box.spanning(box.x // scale, box.y // scale, -(-box.right // scale), -(-box.bottom // scale))


def native(part: Box, level: int) -> Box:
    """The native box of pixels of a level; it may reach over the picture's edge."""
    return Box(part.x << level, part.y << level, part.width << level, part.height << level)
