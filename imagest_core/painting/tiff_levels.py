"""Reduced copies of a picture in the same TIFF file: pyramids, which must not show the old state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path

from imagest_core.painting.geometry import Box
from imagest_core.painting.reduce import area_mean
from imagest_core.painting.sources import open_source
from imagest_core.painting.sources.base import Limits, Source
from imagest_core.painting.tiff_layout import SUB_IFDS, Directory, Structure
from imagest_core.painting.tiff_patch import patch_file
from imagest_core.painting.tiff_pieces import Patch
from imagest_core.painting.tiff_raster import (
    PHOTOMETRIC,
    REDUCED,
    SUBFILE_TYPE,
    Raster,
    read_raster,
)
from imagest_core.progress import Progress

_NO_LIMITS = Limits(pixels=2**62, at_once=2**62)
_BLOCK = 512


def reduced_directories(structure: Structure, page: int) -> list[Directory]:
    """The directories below or behind ``page`` that hold it smaller."""
    pages = list(structure.chain())
    entry = pages[page].find(SUB_IFDS)
    below = filter(None, map(structure.readable, structure.places(entry) if entry else []))
    is_reduced = partial(_is_reduced, structure, pages[page])
    return [*filter(is_reduced, below), *takewhile(partial(_says_reduced, structure), pages[page + 1 :])]


def level_of(structure: Structure, native: Directory, other: Directory) -> int:
    """n where ``other`` can be written anew and is ``native`` reduced by 2**n; otherwise 0."""
    large, small = read_raster(structure, native), read_raster(structure, other)
    kinds = [structure.number(directory, PHOTOMETRIC, -1) for directory in (native, other)]
    if large is None or small is None or kinds[0] != kinds[1]:
        return 0
    if (large.samples, large.bits) != (small.samples, small.bits):
        return 0
    return next((level for level in range(1, 16) if _is_level(large, small, level)), 0)


def refresh_levels(path: Path, page: int, boxes: Sequence[Box], limit: int, progress: Progress) -> None:
    """Make the reduced copies of ``page`` anew where ``boxes`` (stored pixels) changed, by area mean."""
    with open(path, "rb") as file:
        structure = Structure(file)
        native = structure.page(page)
        found = [level_of(structure, native, other) for other in reduced_directories(structure, page)]
    for index, level in enumerate(found):
        if level:
            source = open_source(path, page, _NO_LIMITS)
            try:
                patches = _reductions(source, boxes, level)
                patch_file(
                    path, partial(_reduced, page=page, index=index), patches, limit=limit, progress=progress
                )
            finally:
                source.close()


def _reductions(source: Source, boxes: Sequence[Box], level: int) -> Iterator[Patch]:
    """What ``boxes`` look like at ``level``, in blocks of a size that fits the memory."""
    scale = 1 << level
    size = max(_BLOCK * 4 // scale, 1)
    facts = source.facts
    for box in boxes:
        ends = -(-box.right // scale), -(-box.bottom // scale)
        for part in Box.spanning(box.x // scale, box.y // scale, *ends).tiles(size):
            native = Box(*(value * scale for value in part)).within(Box(0, 0, facts.width, facts.height))
            yield Patch(part, area_mean(source.read(native), scale))


def _reduced(structure: Structure, page: int, index: int) -> Directory:
    return reduced_directories(structure, page)[index]


def _is_level(large: Raster, small: Raster, level: int) -> bool:
    """Whether ``small`` has the size of ``large`` halved ``level`` times, rounded up or down."""
    return all(
        size in (whole >> level, -(-whole >> level))
        for size, whole in ((small.grid.width, large.grid.width), (small.grid.height, large.grid.height))
    )


def _is_reduced(structure: Structure, native: Directory, other: Directory) -> bool:
    return _says_reduced(structure, other) or level_of(structure, native, other) > 0


def _says_reduced(structure: Structure, directory: Directory) -> bool:
    return bool(structure.number(directory, SUBFILE_TYPE, 0) & REDUCED)
