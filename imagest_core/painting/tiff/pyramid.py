"""Reduced copies of a picture in the same TIFF file: pyramids, which must not show the old state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from pathlib import Path

from imagest_core.errors import PaintingError
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
"""Bits of NewSubfileType: a mask of transparency, of depth, of anything else."""

_MOST_COPIES = 64
"""Smaller copies a page may have; honest files have a few."""

_OLD_SUBFILE_TYPE, _OLD_REDUCED = 255, 2
_JPEG_STREAM = 513


@dataclass(frozen=True)
class ReducedCopy:
    """A smaller copy of a page in the same file.

    ``level``: n where it can be made anew from the page reduced by 2**n, otherwise 0; ``name`` says what
    and where it is; ``parent``: the directory whose SubIFDs point to it, None for one in the chain of pages.
    """

    directory: Directory
    level: int
    name: str
    parent: Directory | None


def reduced_copies(structure: Structure, page: int) -> list[ReducedCopy]:
    """The smaller copies of ``page``: below it, behind it, and before it where no other page is.

    Raises :class:`PaintingError` where they are absurdly many.
    """
    found = list(islice(_find_reduced_copies(structure, page), _MOST_COPIES + 1))
    if len(found) > _MOST_COPIES:
        raise damaged()
    return found


def _find_reduced_copies(structure: Structure, page: int) -> Iterator[ReducedCopy]:
    native = structure.page(page)
    pages = list(structure.chain())
    seen: set[int] = set()
    yield from _below(structure, native, native, seen)
    in_exif, numbers = not _has_raster(native), {each.offset: index for index, each in enumerate(pages)}
    for each in _in_chain(structure, pages, page):
        name = _name(structure, each, numbers[each.offset], in_exif)
        level = reduction_level(structure, native, each)
        yield ReducedCopy(each, level, name, None)
        yield from _below(structure, native, each, seen, kept=level > 0)


def children(structure: Structure, directory: Directory, seen: set[int]) -> Iterator[Directory]:
    """The directories that SubIFDs of ``directory`` point to, and those chained to them.

    Places in ``seen`` are passed over, and those that are visited are added to it.
    """
    entry = directory.find(SUB_IFDS)
    waiting = structure.directory_offsets(entry) if entry else []
    for offset in waiting:
        if offset in seen:
            continue
        seen.add(offset)
        if found := structure.try_directory(offset):
            waiting.append(found.next)
            yield found


def _below(
    structure: Structure, native: Directory, parent: Directory, seen: set[int], *, kept: bool = True
) -> Iterator[ReducedCopy]:
    """The smaller copies of ``native`` below ``parent``, and below these; each directory once.

    Unless ``parent`` is ``kept``, none of them is made anew.
    """
    seen.add(parent.offset)
    for directory in children(structure, parent, seen):
        if _is_reduced(structure, native, directory):
            level = reduction_level(structure, native, directory) if kept else 0
            yield ReducedCopy(directory, level, _name(structure, directory, None), parent)
            yield from _below(structure, native, directory, seen, kept=level > 0)


def _in_chain(structure: Structure, pages: list[Directory], page: int) -> Iterator[Directory]:
    """Reduced pages of ``page``; in an EXIF block, whose first directory has no picture, all behind it."""
    if not _has_raster(pages[page]):
        yield from pages[page + 1 :]
        return
    if _says_reduced(structure, pages[page]):
        return
    before = pages[:page]
    if all(_accompanies(structure, each) for each in before):
        yield from (each for each in before if _says_reduced(structure, each))
    behind = takewhile(partial(_accompanies, structure), pages[page + 1 :])
    yield from (each for each in behind if _says_reduced(structure, each))


def _accompanies(structure: Structure, directory: Directory) -> bool:
    """Whether the page belongs to another one, as a smaller copy or as its mask."""
    mask = _number(structure, directory, SUBFILE_TYPE, 0) & _MASKS
    return bool(mask) or _says_reduced(structure, directory)


def _name(structure: Structure, directory: Directory, page: int | None, in_exif: bool = False) -> str:
    if in_exif or (not _has_strips(directory) and directory.find(_JPEG_STREAM)):
        return f"EXIF thumbnail (tag {STRIP_OFFSETS if _has_strips(directory) else _JPEG_STREAM})"
    width, height = (_number(structure, directory, tag, 0) for tag in (WIDTH, LENGTH))
    where = f"SubIFDs, tag {SUB_IFDS}" if page is None else f"page {page + 1}, tag {SUBFILE_TYPE}"
    return f"Reduced copy of {width} × {height} pixels ({where})"


def reduction_level(structure: Structure, native: Directory, other: Directory) -> int:
    """n where ``other`` can be written anew and is ``native`` reduced by 2**n; otherwise 0."""
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
    """Make the reduced copies of ``page`` anew where ``boxes`` (stored pixels) changed, by area mean."""
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
    """What ``boxes`` look like at ``level``, in blocks of a size that fits the memory."""
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
    """Whether ``small`` has the size of ``large`` halved ``level`` times, rounded up or down."""
    return all(
        size in (whole >> level, -(-whole >> level))
        for size, whole in ((small.grid.width, large.grid.width), (small.grid.height, large.grid.height))
    )


def _is_reduced(structure: Structure, native: Directory, other: Directory) -> bool:
    """Whether ``other``, below ``native``, shows it smaller, even where it doesn't say so."""
    if _number(structure, other, SUBFILE_TYPE, 0) & _MASKS:
        return False
    return (
        _says_reduced(structure, other)
        or reduction_level(structure, native, other) > 0
        or _alike(structure, native, other)
    )


def _alike(structure: Structure, native: Directory, other: Directory) -> bool:
    """Whether ``other`` is smaller than ``native`` and has its proportions, to a pixel."""
    (large_width, large_height), (width, height) = (
        [_number(structure, directory, tag, 0) for tag in (WIDTH, LENGTH)] for directory in (native, other)
    )
    if not (0 < width < large_width and 0 < height < large_height):
        return False
    return abs(width * large_height - height * large_width) <= max(large_width, large_height)


def _says_reduced(structure: Structure, directory: Directory) -> bool:
    flags = _number(structure, directory, SUBFILE_TYPE, 0)
    if flags & _MASKS:
        return False
    old = _number(structure, directory, _OLD_SUBFILE_TYPE, 0) == _OLD_REDUCED
    thumbnail = bool(directory.find(_JPEG_STREAM)) and not _has_strips(directory)
    return bool(flags & REDUCED) or old or (thumbnail and not directory.find(WIDTH))


def _number(structure: Structure, directory: Directory, tag: int, default: int) -> int:
    """The first number of ``tag``; ``default`` where there is none that can be read."""
    try:
        return structure.number(directory, tag, default)
    except PaintingError:
        return default


def _has_strips(directory: Directory) -> bool:
    return directory.find(STRIP_OFFSETS, TILE_OFFSETS) is not None


def _has_raster(directory: Directory) -> bool:
    return directory.find(STRIP_OFFSETS, TILE_OFFSETS, _JPEG_STREAM) is not None
