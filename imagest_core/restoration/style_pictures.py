"""Style references as plain arrays: what a session is given of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.style.reference import StyleReference

MAX_SQUARES = 8
"""Squares that a style consists of at most."""
SOURCE_SIDE = 256
"""Side in px of what is read of a region for its texture."""


def _no_squares() -> NDArray[np.float32]:
    return np.zeros((0, 1, 1, 3), np.float32)


@dataclass(frozen=True, eq=False)
class StylePictures:
    """A style reference, read.

    ``squares`` (k, side, side, 3) float32 sRGB in 0–1 for a style encoder, k ≤ 8; ``sources``: regions at
    their own scale, to take texture and colours from; empty unless the user ``chosen`` the reference.
    """

    squares: NDArray[np.float32] = field(default_factory=_no_squares)
    sources: tuple[Source, ...] = ()
    chosen: bool = False


def read_style_pictures(painting: Painting, style: StyleReference, side: int) -> StylePictures:
    """Read the regions and the donor picture of ``style``; squares have ``side`` px, none for 0."""
    squares = style_squares(painting, style, side) if side else _no_squares()
    sources = () if style.suggested else texture_sources(painting, style)
    return StylePictures(squares, sources, not style.suggested)


def style_squares(painting: Painting, style: StyleReference, side: int) -> NDArray[np.float32]:
    """(k, side, side, 3): squares cut from the regions and from the donor picture, k ≤ 8, maybe 0."""
    squares = [_square(painting, box, side) for region in style.regions for box in squares_of(region)]
    if style.donor is not None:
        with open_painting(style.donor) as donor:
            squares += [_square(donor, box, side) for box in squares_of(donor.box)]
    if not squares:
        return np.zeros((0, side, side, 3), np.float32)
    count = min(MAX_SQUARES, len(squares))
    return np.stack([squares[i] for i in np.linspace(0, len(squares) - 1, count).round().astype(int)])


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


def texture_sources(painting: Painting, style: StyleReference) -> tuple[Source, ...]:
    """The middle of each region and of the donor picture at their own scale, 256 px at most."""
    found = [_source(painting, region) for region in style.regions]
    if style.donor is not None:
        with open_painting(style.donor) as donor:
            found.append(_source(donor, donor.box))
    return tuple(found)


def _source(painting: Painting, box: Box) -> Source:
    width, height = min(box.width, SOURCE_SIDE), min(box.height, SOURCE_SIDE)
    middle = Box(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height)
    image = painting.read_working(middle)
    return Source(image, np.ones(image.shape[:2], np.bool_))
