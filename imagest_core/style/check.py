"""Whether a style reference can be used: inside the picture and intact, trimmed where asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import DamageMap
from imagest_core.errors import StyleError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.style.reference import StyleReference

SMALLEST = 8
"""Pixels across below which a region says nothing about style."""
TRIM_SIDE = 512
"""Larger regions are trimmed on a coarser grid of at most this many cells across."""


def check_style(
    style: StyleReference, painting: Painting, damage: DamageMap, trim: bool = False, *, growth: int = 0
) -> StyleReference:
    """The reference itself, or with ``trim`` its regions cut to their largest intact rectangles.

    Intact means clear of all ``damage`` (of any class) grown by ``growth`` px. Raises ``StyleError``:
    a region is too small, reaches out of the picture, or touches damage (with ``trim``: has no intact
    part to speak of); the donor is no file.
    """
    if style.donor is not None and not style.donor.is_file():
        raise StyleError(f"There is no style image {style.donor}.")
    for region in style.regions:
        _check_place(region, painting.box)
    return replace(style, regions=tuple(_intact(region, damage, trim, growth) for region in style.regions))


def touches_damage(region: Box, damage: DamageMap, growth: int = 0) -> bool:
    """Whether damage grown by ``growth`` px lies in ``region``."""
    return bool(damage.read(region.expanded(growth)).any())


def largest_free(taken: NDArray[np.bool_]) -> Box:
    """The largest rectangle of false in (h, w) bool, the first of equals; an empty box for none.

    Heights of free columns row by row, and the largest rectangle under each such skyline by a stack.
    """
    best, heights = Box(0, 0, 0, 0), np.zeros(taken.shape[1], np.int64)
    for y, row in enumerate(taken):
        heights = np.where(row, 0, heights + 1)
        found = _largest_under(heights.tolist(), y + 1)
        if found.area > best.area:
            best = found
    return best


def _largest_under(heights: list[int], bottom: int) -> Box:
    """The largest rectangle that stands on row ``bottom`` under a skyline."""
    best, rising = Box(0, bottom, 0, 0), list[tuple[int, int]]()
    for x, height in enumerate([*heights, 0]):
        start = x
        while rising and rising[-1][1] >= height:
            start, tall = rising.pop()
            if tall * (x - start) > best.area:
                best = Box(start, bottom - tall, x - start, tall)
        rising.append((start, height))
    return best


def _check_place(region: Box, picture: Box) -> None:
    if region.width < SMALLEST or region.height < SMALLEST:
        raise StyleError(f"The style region {_named(region)} is smaller than {SMALLEST} × {SMALLEST} pixels.")
    if not picture.contains(region):
        raise StyleError(
            f"The style region {_named(region)} reaches out of the picture, which is"
            f" {picture.width} × {picture.height} pixels."
        )


def _intact(region: Box, damage: DamageMap, trim: bool, growth: int) -> Box:
    if not touches_damage(region, damage, growth):
        return region
    if not trim:
        raise StyleError(f"The style region {_named(region)} touches damage: move it, or let it be trimmed.")
    free = _trimmed(region, damage, growth)
    if free.width < SMALLEST or free.height < SMALLEST:
        raise StyleError(
            f"The style region {_named(region)} has no intact part large enough: choose another."
        )
    return free


def _trimmed(region: Box, damage: DamageMap, growth: int) -> Box:
    scale = -(-max(region.width, region.height) // TRIM_SIDE)
    taken = damage.dilated(growth).read(region) > 0
    free = largest_free(any_in_cells(taken, scale))
    native = Box(
        region.x + free.x * scale, region.y + free.y * scale, free.width * scale, free.height * scale
    )
    return native.within(region)


def any_in_cells(mask: NDArray[np.bool_], scale: int) -> NDArray[np.bool_]:
    """(⌈h / scale⌉, ⌈w / scale⌉) bool: the cells that hold a true pixel."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % scale), (0, -width % scale)))
    cells = padded.reshape(padded.shape[0] // scale, scale, padded.shape[1] // scale, scale)
    return np.asarray(cells.any(axis=(1, 3)))


def _named(region: Box) -> str:
    return ",".join(str(value) for value in region)
