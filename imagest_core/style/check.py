"""Check that a style reference can be used: inside the image and intact, trimmed on request."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from imagest_core.arrays import Mask
from imagest_core.damage.map import DamageMap
from imagest_core.errors import StyleError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.style.reference import StyleReference

SMALLEST = 8
"""Smallest side of a region in px; smaller regions carry no information about style."""
TILE = 64
"""Side in px of the part of a donor that is read to check it."""
TRIM_SIDE = 512
"""Regions larger than this (px) are trimmed on a coarser grid with at most this many cells per side."""


def check_style(
    style: StyleReference, painting: Painting, damage: DamageMap, trim: bool = False, *, dilation: int = 0
) -> StyleReference:
    """Return ``style`` after checking it, with ``trim`` cut to the largest intact rectangles.

    A region is intact if it contains no ``damage`` of any class, dilated by ``dilation`` px.

    Raises
    ------
    StyleError
        A region is too small, extends beyond the image or contains damage (with ``trim``: has no intact part
        that is large enough), or the donor is not a file.
    """
    _check_donor(style)
    for region in style.regions:
        _check_bounds(region, painting.box)
    return replace(
        style, regions=tuple(_check_intact(region, damage, trim, dilation) for region in style.regions)
    )


def check_references(style: StyleReference) -> None:
    """Check what does not depend on a painting: the size of regions, and that the donor can be read.

    Raises ``StyleError``, or ``PaintingError`` if the donor is no picture.
    """
    _check_donor(style)
    for region in style.regions:
        _check_size(region)
    if style.donor is not None:
        with open_painting(style.donor) as donor:
            donor.read_working(Box(0, 0, min(donor.width, TILE), min(donor.height, TILE)))


def _check_donor(style: StyleReference) -> None:
    if style.donor is not None and not style.donor.is_file():
        raise StyleError(Message("There is no style image {donor}.", donor=style.donor))


def touches_damage(region: Box, damage: DamageMap, dilation: int = 0) -> bool:
    """Return whether ``region`` contains damage dilated by ``dilation`` px."""
    return bool(damage.read(region.expanded(dilation)).any())


def largest_free_rectangle(occupied: Mask) -> Box:
    """Return the largest rectangle of false values in ``occupied`` (h, w); empty if there is none.

    For each row, the heights of the free columns above it form a skyline; a stack gives the largest
    rectangle below it. The first of several equal rectangles is returned.
    """
    best, heights = Box(0, 0, 0, 0), np.zeros(occupied.shape[1], np.int64)
    for y, row in enumerate(occupied):
        heights = np.where(row, 0, heights + 1)
        candidate = _largest_below_skyline(heights.tolist(), y + 1)
        if candidate.area > best.area:
            best = candidate
    return best


def _largest_below_skyline(heights: list[int], bottom: int) -> Box:
    """Return the largest rectangle below a skyline that stands on row ``bottom``."""
    best, stack = Box(0, bottom, 0, 0), list[tuple[int, int]]()
    for x, height in enumerate([*heights, 0]):
        start = x
        while stack and stack[-1][1] >= height:
            start, top = stack.pop()
            if top * (x - start) > best.area:
                best = Box(start, bottom - top, x - start, top)
        stack.append((start, height))
    return best


def _check_size(region: Box) -> None:
    if region.width < SMALLEST or region.height < SMALLEST:
        raise StyleError(
            Message(
                "The style region {region} is smaller than {smallest} × {smallest} pixels.",
                region=_format_box(region),
                smallest=SMALLEST,
            )
        )


def _check_bounds(region: Box, picture: Box) -> None:
    _check_size(region)
    if not picture.contains(region):
        raise StyleError(
            Message(
                "The style region {region} extends beyond the picture, which is {width} × {height} pixels.",
                region=_format_box(region),
                width=picture.width,
                height=picture.height,
            )
        )


def _check_intact(region: Box, damage: DamageMap, trim: bool, dilation: int) -> Box:
    if not touches_damage(region, damage, dilation):
        return region
    if not trim and damage.protected_mask(region).any():
        raise StyleError(
            Message(
                "The style region {region} overlaps a protected area: move it, or allow it to be trimmed.",
                region=_format_box(region),
            )
        )
    if not trim:
        raise StyleError(
            Message(
                "The style region {region} contains damage: move it, or allow it to be trimmed.",
                region=_format_box(region),
            )
        )
    free = _trim(region, damage, dilation)
    if free.width < SMALLEST or free.height < SMALLEST:
        raise StyleError(
            Message(
                "The style region {region} has no intact part large enough: choose another.",
                region=_format_box(region),
            )
        )
    return free


def _trim(region: Box, damage: DamageMap, dilation: int) -> Box:
    scale = -(-max(region.width, region.height) // TRIM_SIDE)
    occupied = damage.dilated(dilation).read(region) > 0
    free = largest_free_rectangle(any_per_block(occupied, scale))
    native = Box(
        region.x + free.x * scale,
        region.y + free.y * scale,
        free.width * scale,
        free.height * scale,
    )
    return native.within(region)


def any_per_block(mask: Mask, scale: int) -> Mask:
    """Return (⌈h / scale⌉, ⌈w / scale⌉) bool: the blocks of ``scale`` × ``scale`` with a true pixel."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % scale), (0, -width % scale)))
    cells = padded.reshape(padded.shape[0] // scale, scale, padded.shape[1] // scale, scale)
    return np.asarray(cells.any(axis=(1, 3)))


def _format_box(region: Box) -> str:
    return ",".join(str(value) for value in region)
