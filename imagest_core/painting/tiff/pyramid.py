"""Reduced copies (pyramid levels) of an image in the same TIFF file, which must not show the old state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from pathlib import Path

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.formats import open_source
from imagest_core.painting.formats.base import ImageSource, Limits
from imagest_core.painting.geometry import Box
from imagest_core.painting.reduce import area_mean
from imagest_core.painting.tiff.ifd import (
    STRIP_OFFSETS,
    SUB_IFDS,
    TILE_OFFSETS,
    Directory,
    Structure,
    damaged,
)
from imagest_core.painting.tiff.patch import patch_file
from imagest_core.painting.tiff.pieces import Patch
from imagest_core.painting.tiff.raster import (
    LENGTH,
    PHOTOMETRIC,
    REDUCED,
    SUBFILE_TYPE,
    WIDTH,
    Raster,
    read_raster,
)
from imagest_core.progress import Progress

_NO_LIMITS = Limits(pixels=2**62, at_once=2**62)
_BLOCK = 512
_MASKS = 4 | 8 | 16
"""Bits of NewSubfileType: a transparency mask, a depth map, or another mask."""

_MOST_COPIES = 64
"""Largest number of reduced copies of a page; valid files have a few."""

_OLD_SUBFILE_TYPE, _OLD_REDUCED = 255, 2
POSSIBLE_COPY = Message("with the proportions of the picture: if it is a copy, it still shows the damage")
"""Explanation of a page of :func:`possible_copies`."""
_JPEG_STREAM = 513


@dataclass(frozen=True)
class ReducedCopy:
    """A reduced copy of a page in the same file.

    Attributes
    ----------
    level
        n if it can be recomputed from the page reduced by 2**n, otherwise 0.
    name
        Description of what and where it is.
    parent
        The directory whose SubIFDs point to it, None for one in the chain of pages.
    """

    directory: Directory
    level: int
    name: str
    parent: Directory | None


def reduced_copies(structure: Structure, page: int) -> list[ReducedCopy]:
    """Return the reduced copies of ``page``: in its SubIFDs, and adjacent pages that belong to it.

    Raises :class:`PaintingError` if there are implausibly many.
    """
    found = list(islice(_find_reduced_copies(structure, page), _MOST_COPIES + 1))
    if len(found) > _MOST_COPIES:
        raise damaged()
    return found


def _find_reduced_copies(structure: Structure, page: int) -> Iterator[ReducedCopy]:
    native = structure.page(page)
    pages = list(structure.chain())
    visited: set[int] = set()
    yield from _below(structure, native, native, visited)
    in_exif, numbers = not _has_raster(native), {each.offset: index for index, each in enumerate(pages)}
    for each in _reduced_pages(structure, pages, page):
        name = _name(structure, each, numbers[each.offset], in_exif)
        level = reduction_level(structure, native, each)
        yield ReducedCopy(each, level, name, None)
        yield from _below(structure, native, each, visited, kept=level > 0)


def possible_copies(structure: Structure, page: int, copies: Sequence[ReducedCopy]) -> list[int]:
    """Return the numbers (from 1) of pages that may be ``copies`` of ``page``, too, but aren't declared so.

    They are smaller and have its proportions. They are not changed, since they may be pictures of their own.
    """
    pages = list(structure.chain())
    declared = {each.directory.offset for each in copies}
    return [
        number
        for number, each in enumerate(pages, 1)
        if each.offset not in declared
        and not _accompanies(structure, each)
        and _same_proportions(structure, pages[page], each)
    ]


def children(structure: Structure, directory: Directory, visited: set[int]) -> Iterator[Directory]:
    """Yield the directories that SubIFDs of ``directory`` point to, and those chained to them.

    Offsets in ``visited`` are skipped; those that are visited are added to it.
    """
    entry = directory.find(SUB_IFDS)
    pending = structure.directory_offsets(entry) if entry else []
    for offset in pending:
        if offset in visited:
            continue
        visited.add(offset)
        if found := structure.try_directory(offset):
            pending.append(found.next)
            yield found


def _below(
    structure: Structure, native: Directory, parent: Directory, visited: set[int], *, kept: bool = True
) -> Iterator[ReducedCopy]:
    """Yield the reduced copies of ``native`` below ``parent``, recursively; each directory once.

    Unless ``parent`` is ``kept``, none of them is recomputed.
    """
    visited.add(parent.offset)
    for directory in children(structure, parent, visited):
        if _is_reduced(structure, native, directory):
            level = reduction_level(structure, native, directory) if kept else 0
            yield ReducedCopy(directory, level, _name(structure, directory, None), parent)
            yield from _below(structure, native, directory, visited, kept=level > 0)


def _reduced_pages(structure: Structure, pages: list[Directory], page: int) -> Iterator[Directory]:
    """Yield reduced pages of ``page``; in an EXIF block without a main image, all pages behind it."""
    if not _has_raster(pages[page]):
        yield from pages[page + 1 :]
        return
    if _declares_reduced(structure, pages[page]):
        return
    before = pages[:page]
    if all(_accompanies(structure, each) for each in before):
        yield from (each for each in before if _declares_reduced(structure, each))
    behind = takewhile(partial(_accompanies, structure), pages[page + 1 :])
    yield from (each for each in behind if _declares_reduced(structure, each))


def _accompanies(structure: Structure, directory: Directory) -> bool:
    """Return whether the page belongs to another one, as a reduced copy or as its mask."""
    mask = _number(structure, directory, SUBFILE_TYPE, 0) & _MASKS
    return bool(mask) or _declares_reduced(structure, directory)


def _name(structure: Structure, directory: Directory, page: int | None, in_exif: bool = False) -> str:
    if in_exif or (not _has_strips(directory) and directory.find(_JPEG_STREAM)):
        return Message(
            "EXIF thumbnail (tag {tag})",
            tag=STRIP_OFFSETS if _has_strips(directory) else _JPEG_STREAM,
        )
    width, height = (_number(structure, directory, tag, 0) for tag in (WIDTH, LENGTH))
    if page is None:
        return Message(
            "Reduced copy of {width} × {height} pixels (SubIFDs, tag {tag})",
            width=width,
            height=height,
            tag=SUB_IFDS,
        )
    return Message(
        "Reduced copy of {width} × {height} pixels (page {page}, tag {tag})",
        width=width,
        height=height,
        page=page + 1,
        tag=SUBFILE_TYPE,
    )


def reduction_level(structure: Structure, native: Directory, other: Directory) -> int:
    """Return n if ``other`` is ``native`` reduced by 2**n and can be rewritten; otherwise 0."""
    try:
        large, small = read_raster(structure, native), read_raster(structure, other)
    except PaintingError:
        return 0
    kinds = [_number(structure, directory, PHOTOMETRIC, -1) for directory in (native, other)]
    if large is None or small is None or kinds[0] != kinds[1]:
        return 0
    if (large.samples, large.bits) != (small.samples, small.bits):
        return 0
    return next((level for level in range(1, 16) if _is_level(large, small, level)), 0)


def update_reduced_copies(
    path: Path, page: int, boxes: Sequence[Box], limit: int, progress: Progress
) -> None:
    """Recompute the reduced copies of ``page`` by area mean where ``boxes`` (stored pixels) changed."""
    with open(path, "rb") as file:
        found = [each.level for each in reduced_copies(Structure(file), page)]
    for index, level in enumerate(found):
        if level:
            source = open_source(path, page, _NO_LIMITS)
            try:
                patches = _reductions(source, boxes, level)
                patch_file(
                    path, partial(_rendition, page=page, index=index), patches, limit=limit, progress=progress
                )
            finally:
                source.close()


def _reductions(source: ImageSource, boxes: Sequence[Box], level: int) -> Iterator[Patch]:
    """Yield ``boxes`` reduced to ``level``, in blocks that fit into memory."""
    scale = 1 << level
    size = max(_BLOCK * 4 // scale, 1)
    facts = source.facts
    for box in boxes:
        ends = -(-box.right // scale), -(-box.bottom // scale)
        for part in Box.spanning(box.x // scale, box.y // scale, *ends).tiles(size):
            native = Box(*(value * scale for value in part)).within(Box(0, 0, facts.width, facts.height))
            yield Patch(part, area_mean(source.read(native), scale))


def _rendition(structure: Structure, page: int, index: int) -> Directory:
    return reduced_copies(structure, page)[index].directory


def _is_level(large: Raster, small: Raster, level: int) -> bool:
    """Return whether ``small`` has the size of ``large`` halved ``level`` times, rounded up or down."""
    return all(
        size in (whole >> level, -(-whole >> level))
        for size, whole in ((small.grid.width, large.grid.width), (small.grid.height, large.grid.height))
    )


def _is_reduced(structure: Structure, native: Directory, other: Directory) -> bool:
    """Return whether ``other``, below ``native``, is a reduced copy, even if not declared as one."""
    if _number(structure, other, SUBFILE_TYPE, 0) & _MASKS:
        return False
    return (
        _declares_reduced(structure, other)
        or reduction_level(structure, native, other) > 0
        or _same_proportions(structure, native, other)
    )


def _same_proportions(structure: Structure, native: Directory, other: Directory) -> bool:
    """Return whether ``other`` is smaller than ``native`` and has its proportions, to a pixel."""
    (large_width, large_height), (width, height) = (
        [_number(structure, directory, tag, 0) for tag in (WIDTH, LENGTH)] for directory in (native, other)
    )
    if not (0 < width < large_width and 0 < height < large_height):
        return False
    return abs(width * large_height - height * large_width) <= max(large_width, large_height)


def _declares_reduced(structure: Structure, directory: Directory) -> bool:
    flags = _number(structure, directory, SUBFILE_TYPE, 0)
    if flags & _MASKS:
        return False
    old = _number(structure, directory, _OLD_SUBFILE_TYPE, 0) == _OLD_REDUCED
    thumbnail = bool(directory.find(_JPEG_STREAM)) and not _has_strips(directory)
    return bool(flags & REDUCED) or old or (thumbnail and not directory.find(WIDTH))


def _number(structure: Structure, directory: Directory, tag: int, default: int) -> int:
    """Return the first number of ``tag``, or ``default`` if it is missing or unreadable."""
    try:
        return structure.number(directory, tag, default)
    except PaintingError:
        return default


def _has_strips(directory: Directory) -> bool:
    return directory.find(STRIP_OFFSETS, TILE_OFFSETS) is not None


def _has_raster(directory: Directory) -> bool:
    return directory.find(STRIP_OFFSETS, TILE_OFFSETS, _JPEG_STREAM) is not None
