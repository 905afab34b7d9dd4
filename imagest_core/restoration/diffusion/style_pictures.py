"""Style references as the style encoder sees them: squares of one size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.restoration.texture.detail_transfer import Source
from imagest_core.style.reference import StyleReference

MOST = 8
"""Squares a style is made of at most."""
LARGEST = 256
"""Side in px of what is read of a region for its detail."""


def style_pictures(painting: Painting, style: StyleReference, side: int) -> NDArray[np.float32]:
    """(k, side, side, 3) float32 sRGB: squares cut from the regions and from the donor, k ≤ 8, maybe 0."""
    squares = [_square(painting, box, side) for region in style.regions for box in squares_of(region)]
    if style.donor is not None:
        with open_painting(style.donor, assume_srgb=painting.assume_srgb) as donor:
            squares += [_square(donor, box, side) for box in squares_of(donor.box)]
    if not squares:
        return np.zeros((0, side, side, 3), np.float32)
    chosen = [
        squares[i] for i in np.linspace(0, len(squares) - 1, min(MOST, len(squares))).round().astype(int)
    ]
    return np.stack(chosen)


def squares_of(box: Box) -> list[Box]:
    """Squares as wide as the shorter side, spread along the longer one to cover the box."""
    side = min(box.width, box.height)
    along = max(box.width, box.height)
    count = -(-along // side)
    offsets = [round(i * (along - side) / max(1, count - 1)) for i in range(count)]
    if box.width >= box.height:
        return [Box(box.x + o, box.y, side, side) for o in offsets]
    return [Box(box.x, box.y + o, side, side) for o in offsets]


def _square(painting: Painting, box: Box, side: int) -> NDArray[np.float32]:
    level = max(0, min(painting.levels - 1, int(np.log2(max(1.0, box.width / side)))))
    read = painting.read_working(box, level)
    how = cv2.INTER_AREA if read.shape[0] > side else cv2.INTER_CUBIC
    return np.clip(cv2.resize(read, (side, side), interpolation=how), 0.0, 1.0)


def detail_sources(painting: Painting, style: StyleReference) -> tuple[Source, ...]:
    """The regions and the donor's middle at their own scale, 256 px of each at most, to take detail from."""
    found = [_source(painting, region) for region in style.regions]
    if style.donor is not None:
        with open_painting(style.donor, assume_srgb=painting.assume_srgb) as donor:
            found.append(_source(donor, donor.box))
    return tuple(found)


def _source(painting: Painting, box: Box) -> Source:
    width, height = min(box.width, LARGEST), min(box.height, LARGEST)
    middle = Box(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height)
    image = painting.read_working(middle)
    return Source(image, np.ones(image.shape[:2], np.bool_))
