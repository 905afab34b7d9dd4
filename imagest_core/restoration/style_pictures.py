"""Read a style reference into plain arrays for a session."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from imagest_core.arrays import Image
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.style.reference import StyleReference

MAX_SQUARES = 8
"""Maximum number of squares of a style."""
SOURCE_SIDE = 256
"""Maximum side in px of the part of a region that is read for its texture."""


def _no_squares() -> Image:
    return np.zeros((0, 1, 1, 3), np.float32)


@dataclass(frozen=True, eq=False)
class StylePictures:
    """A style reference as arrays.

    Parameters
    ----------
    squares
        (k, side, side, 3) float32 sRGB in 0–1 for a style encoder, k ≤ 8.
    sources
        Regions at native scale as sources of texture and colours; empty unless ``chosen``.
    chosen
        Whether the user chose the reference.
    """

    squares: Image = field(default_factory=_no_squares)
    sources: tuple[Source, ...] = ()
    chosen: bool = False


def read_style_pictures(painting: Painting, style: StyleReference, side: int) -> StylePictures:
    """Read the regions and the donor picture of ``style``; squares have ``side`` px (none if 0)."""
    squares = style_squares(painting, style, side) if side else _no_squares()
    sources = () if style.suggested else texture_sources(painting, style)
    return StylePictures(squares, sources, not style.suggested)


def style_squares(painting: Painting, style: StyleReference, side: int) -> Image:
    """Cut squares (k, side, side, 3) from the regions and the donor picture, 0 ≤ k ≤ 8."""
    squares = [_square(painting, box, side) for region in style.regions for box in squares_of(region)]
    if style.donor is not None:
        with open_painting(style.donor) as donor:
            squares += [_square(donor, box, side) for box in squares_of(donor.box)]
    if not squares:
        return np.zeros((0, side, side, 3), np.float32)
    count = min(MAX_SQUARES, len(squares))
    return np.stack([squares[i] for i in np.linspace(0, len(squares) - 1, count).round().astype(int)])


def style_squares_of_file(path: Path, side: int) -> Image:
    """Cut squares (k, side, side, 3) from a whole picture; raises ``PaintingError``."""
    with open_painting(path) as donor:
        return np.stack([_square(donor, box, side) for box in squares_of(donor.box)])[:MAX_SQUARES]


def squares_of(box: Box) -> list[Box]:
    """Return squares as wide as the shorter side, evenly spaced along the longer side to cover the box."""
    side = min(box.width, box.height)
    length = max(box.width, box.height)
    count = -(-length // side)
    offsets = [round(i * (length - side) / max(1, count - 1)) for i in range(count)]
    if box.width >= box.height:
        return [Box(box.x + o, box.y, side, side) for o in offsets]
    return [Box(box.x, box.y + o, side, side) for o in offsets]


def _square(painting: Painting, box: Box, side: int) -> Image:
    level = max(0, min(painting.levels - 1, int(np.log2(max(1.0, box.width / side)))))
    image = painting.read_working(box, level)
    interpolation = cv2.INTER_AREA if image.shape[0] > side else cv2.INTER_CUBIC
    return np.clip(cv2.resize(image, (side, side), interpolation=interpolation), 0.0, 1.0)


def texture_sources(painting: Painting, style: StyleReference) -> tuple[Source, ...]:
    """Return the centre of each region and of the donor picture at native scale, at most 256 px."""
    sources = [_source(painting, region) for region in style.regions]
    if style.donor is not None:
        with open_painting(style.donor) as donor:
            sources.append(_source(donor, donor.box))
    return tuple(sources)


def _source(painting: Painting, box: Box) -> Source:
    width, height = min(box.width, SOURCE_SIDE), min(box.height, SOURCE_SIDE)
    middle = Box(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height)
    image = painting.read_working(middle)
    return Source(image, np.ones(image.shape[:2], np.bool_))
