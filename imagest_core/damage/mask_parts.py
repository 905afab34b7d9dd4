"""Reading an image as damage of several kinds: one part for each of its colours or values.

An image that is clearly black and white has one part (see :mod:`imagest_core.damage.mask_values`). Any other
one, such as a label image, a palette image or a coloured drawing on a transparent ground, has one part for
each colour except that of the ground, which is no damage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.edits import extracted
from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import as_mask_error, check_mask_usable, open_sized_mask, read_mask
from imagest_core.damage.mask_pictures import MaskPicture, Size
from imagest_core.damage.regions import find_regions
from imagest_core.errors import NotBinaryError
from imagest_core.painting.geometry import Box

MAX_PARTS = 24
"""Images with more colours are no label images."""
_TRANSPARENT = -1
_BLACK_SHARE = 0.1
"""Share of the image from which black is the ground."""

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class MaskPart:
    """Damage of one colour.

    ``number`` is its label in :attr:`MaskParts.damage`; ``value`` its index, sample value or ``#rrggbb``, ""
    in a black and white mask; ``colour`` is ``#rrggbb``.
    """

    number: int
    value: str
    colour: str
    pixels: int
    regions: int


@dataclass(frozen=True, eq=False)
class MaskParts:
    """The parts of the image ``path``; their numbers are the labels of ``damage``."""

    path: Path
    damage: DamageMap
    parts: tuple[MaskPart, ...]


def read_mask_parts(path: Path, size: Size | None = None) -> MaskParts:
    """Read the damage in the image ``path`` by colour.

    Raises ``MaskError`` if it can't be read, has another size, is empty or has too many colours.
    """
    try:
        damage, found = read_mask(path, size), {1: ("", "#ffffff")}
    except NotBinaryError as error:
        labelled = _read_labels(path, size)
        if labelled is None:
            raise error
        damage, found = labelled
    check_mask_usable(damage)
    return MaskParts(path, damage, tuple(_part(damage, number, *facts) for number, facts in found.items()))


def _part(damage: DamageMap, number: int, value: str, colour: str) -> MaskPart:
    regions = find_regions(extracted(damage, number), thickness=False)
    return MaskPart(number, value, colour, damage.count(number), len(regions))


def _read_labels(path: Path, size: Size | None) -> tuple[DamageMap, dict[int, tuple[str, str]]] | None:
    """Return a map and (value, colour) by label; None if the image has too many colours."""
    with as_mask_error(path):
        picture = open_sized_mask(path, size)
        try:
            counts = _count(picture)
            return None if counts is None else _labelled(picture, counts)
        finally:
            picture.close()


def _count(picture: MaskPicture) -> Counter[int] | None:
    """Count the pixels of each code; None if there are too many codes, or fractions."""
    counts: Counter[int] = Counter()
    if next(picture.bands())[1].dtype.kind == "f":
        return None
    for _, codes in _coded_bands(picture):
        for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
            counts[int(code)] += int(count)
        if len(counts) > MAX_PARTS + 1:
            return None
    return counts


def _labelled(picture: MaskPicture, counts: Counter[int]) -> tuple[DamageMap, dict[int, tuple[str, str]]]:
    """Return the map of all codes but the ground, numbered from 1, and their value and colour."""
    ground = _ground(picture, counts)
    used = sorted(code for code in counts if code != ground)
    damage = DamageMap(*picture.size)
    for box, codes in _coded_bands(picture):
        labels = (np.searchsorted(used, codes) + 1).astype(np.uint8)
        damage.write(box, np.where(codes == ground, np.uint8(0), labels))
    return damage, {number: _facts(picture, code) for number, code in enumerate(used, 1)}


def _coded_bands(picture: MaskPicture) -> Iterator[tuple[Box, Codes]]:
    """Iterate over (h, w) bands of one number a pixel: index, value or 0xRRGGBB; -1 is transparent."""
    for box, samples in picture.bands():
        if picture.colours == 3:
            eight_bit = np.round(samples[..., :3] * (255 / picture.full_scale)).astype(np.int64)
            codes = eight_bit @ np.array([1 << 16, 1 << 8, 1])
        else:
            codes = samples[..., 0].astype(np.int64)
        if picture.alpha:
            opacity = samples[..., picture.colours] / picture.full_scale
            codes = np.where(opacity < 0.5, _TRANSPARENT, codes)
        yield box, codes


def _ground(picture: MaskPicture, counts: Counter[int]) -> int:
    """Return the colour that is no damage: transparent, black if there is much of it, else the commonest."""
    if _TRANSPARENT in counts:
        return _TRANSPARENT
    black = next((code for code in counts if _facts(picture, code)[1] == "#000000"), None)
    if black is not None and counts[black] >= _BLACK_SHARE * counts.total():
        return black
    return counts.most_common(1)[0][0]


def _facts(picture: MaskPicture, code: int) -> tuple[str, str]:
    """Return value and colour (#rrggbb) of a code."""
    if picture.colours == 3:
        return f"#{code:06x}", f"#{code:06x}"
    if picture.palette is not None:
        return str(code), _hex(picture.palette[code])
    grey = min(max(round(code * 255 / picture.full_scale), 0), 255)
    return str(code), _hex((255 - grey if picture.white_is_zero else grey,) * 3)


def _hex(colour: Any) -> str:
    return "#{:02x}{:02x}{:02x}".format(*map(int, colour))
