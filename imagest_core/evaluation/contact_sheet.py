"""Contact sheets: a row per case with the damaged picture, each fill and the truth, whole and close up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from imagest_core.arrays import Image8, Mask
from imagest_core.evaluation.benchmark import CaseFills
from imagest_core.evaluation.methods import NONE

TRUTH = "truth"
DAMAGED = "damaged"
CELL = 256
"""Longest side of a picture on the sheet, in pixels."""
CLOSE = 96
"""Side of the part of a case in a close-up, in pixels of the case."""
GAP, TYPE = 10, 20
PAPER, INK = (250, 250, 248), (25, 25, 25)


@dataclass(frozen=True)
class Strip:
    """A row of a sheet: its title, and pictures of one size by column label."""

    title: str
    cells: Mapping[str, Image.Image]


def whole_strip(filled: CaseFills) -> Strip:
    """Return a strip of the whole pictures, reduced to at most :data:`CELL`."""
    return Strip(filled.case.name, {label: fitted(picture) for label, picture in _columns(filled).items()})


def close_strip(filled: CaseFills) -> Strip:
    """Return a strip of a close-up with damage and surroundings, enlarged without smoothing."""
    rows, cols = close_up(filled.pictures.mask)
    cells = {label: _enlarged(picture[rows, cols]) for label, picture in _columns(filled).items()}
    return Strip(f"{filled.case.name} at ({cols.start}, {rows.start})", cells)


def close_up(mask: Mask, side: int = CLOSE) -> tuple[slice, slice]:
    """Return rows and columns of the ``side`` square whose share of damage is nearest to 40 %."""
    height, width = (min(side, length) for length in mask.shape)
    total = np.pad(mask.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = (
        total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
    )
    y, x = np.unravel_index(np.abs(inside / (height * width) - 0.4).argmin(), inside.shape)
    return slice(int(y), int(y) + height), slice(int(x), int(x) + width)


def contact_sheet(strips: Sequence[Strip]) -> Image.Image:
    """Stack the strips below a header with the column labels; all strips have the same columns."""
    labels = list(strips[0].cells)
    width = max(cell.width for strip in strips for cell in strip.cells.values())
    heights = [_height(strip) for strip in strips]
    top = GAP + _line()
    size = (GAP + len(labels) * (width + GAP), top + sum(heights) + GAP)
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, label in enumerate(labels):
        write_text(draw, (GAP + column * (width + GAP), GAP), label, width)
    for strip, y in zip(strips, np.cumsum([top, *heights]).tolist()):
        write_text(draw, (GAP, y), strip.title, size[0])
        for column, cell in enumerate(strip.cells.values()):
            sheet.paste(cell, (GAP + column * (width + GAP), y + _line()))
    return sheet


def _columns(filled: CaseFills) -> dict[str, Image8]:
    fills = {label: picture for label, picture in filled.fills.items() if label != NONE}
    return {DAMAGED: filled.pictures.damaged, **fills, TRUTH: filled.pictures.truth}


def fitted(picture: Image8) -> Image.Image:
    """Return the picture, reduced to at most :data:`CELL`."""
    image = Image.fromarray(picture)
    share = min(CELL / max(image.size), 1)
    size = tuple(max(round(length * share), 1) for length in image.size)
    return image if share == 1 else image.resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _enlarged(part: NDArray[np.uint8]) -> Image.Image:
    times = -(-CELL // max(part.shape[:2]))
    return Image.fromarray(np.ascontiguousarray(part.repeat(times, 0).repeat(times, 1)))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def write_text(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    width: int,
    colour: tuple[int, int, int] = INK,
) -> None:
    """Draw ``text`` at ``place``, in smaller type and then shortened if it doesn't fit ``width``."""
    size = TYPE
    while size > TYPE // 2 and draw.textlength(text, _font(size)) > width:
        size -= 1
    shown = text
    while len(shown) > 2 and draw.textlength(shown, _font(size)) > width:
        shown = shown[:-2] + "…"
    draw.text(place, shown, colour, _font(size))


def _line() -> int:
    return round(TYPE * 1.4)


def _height(strip: Strip) -> int:
    return _line() + max(cell.height for cell in strip.cells.values()) + GAP
