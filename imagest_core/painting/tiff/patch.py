"""Patch a lossless TIFF file in place: only the strips or tiles under a patch are rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from imagest_core.painting.formats.base import Samples
from imagest_core.painting.tiff.bigtiff import convert_to_big
from imagest_core.painting.tiff.codec import stored_type
from imagest_core.painting.tiff.extents import Extents
from imagest_core.painting.tiff.ifd import Directory, Structure
from imagest_core.painting.tiff.pieces import Patch, PatchStore
from imagest_core.painting.tiff.raster import Raster, read_raster
from imagest_core.painting.tiff.segments import SegmentWriter
from imagest_core.progress import Progress

CLASSIC_LIMIT = 2**32 - 1
"""Largest size of a classic TIFF in bytes."""

Choose = Callable[[Structure], Directory]


def patch_file(
    path: Path,
    choose: Choose,
    patches: Iterable[Patch],
    *,
    limit: int = CLASSIC_LIMIT,
    progress: Progress | None = None,
) -> None:
    """Write ``patches``, in stored coordinates, into the raster of the directory that ``choose`` returns.

    All other bytes of the file are kept, except offsets and sizes of the segments. A classic file that would
    exceed ``limit`` bytes becomes a BigTIFF.
    """
    progress = progress or Progress()
    with open(path, "rb+") as file:
        structure = Structure(file)
        directory = choose(structure)
        raster = read_raster(structure, directory)
        assert raster is not None
        segments = SegmentWriter(structure, directory, raster, Extents(structure))
        with PatchStore(raster.grid, path.parent) as pieces:
            pieces.add_all(patches, progress)
            for cell in progress.steps(pieces.cells):
                _patch_cell(file, segments, raster, cell, pieces)
        _finish(file, structure, segments, limit)


def _finish(file: BinaryIO, structure: Structure, segments: SegmentWriter, limit: int) -> None:
    """Update the directories with the new segments."""
    tables = segments.tables()
    growth = sum(values.nbytes for values in tables.values())
    if tables and not structure.flavour.big and file.seek(0, 2) + growth > limit:
        convert_to_big(file, tables)
    else:
        segments.write_tables()


def _patch_cell(
    file: BinaryIO, segments: SegmentWriter, raster: Raster, cell: int, pieces: PatchStore
) -> None:
    if raster.codec.plain:
        for piece in pieces.of(cell):
            _patch_plain(file, segments, raster, cell, piece)
        return
    planes = [_decoded(segments, raster, cell, plane) for plane in range(raster.planes)]
    before = [plane.copy() for plane in planes]
    for piece in pieces.of(cell):
        for plane, samples in enumerate(planes):
            piece.paint(samples, raster.grid.box(cell), _channels(raster, plane))
    for plane, (old, new) in enumerate(zip(before, planes)):
        if not np.array_equal(old, new):
            segments.replace(plane * raster.grid.cells + cell, raster.codec.encode(new))


def _decoded(segments: SegmentWriter, raster: Raster, cell: int, plane: int) -> Samples:
    """Return samples (rows, columns, samples) of a segment; zeros for one that the file leaves out."""
    data = segments.read(plane * raster.grid.cells + cell)
    return np.zeros(raster.shape(cell), raster.dtype) if data is None else raster.decode(data, cell)


def _patch_plain(file: BinaryIO, segments: SegmentWriter, raster: Raster, cell: int, piece: Patch) -> None:
    """Overwrite uncompressed samples row by row, since a strip may be as large as the image.

    A memory map is not used: on a full disk it would kill the process.
    """
    origin, stored = raster.grid.box(cell), stored_type(raster.dtype, raster.codec.order)
    _, columns, samples = raster.shape(cell)
    pixel = samples * raster.dtype.itemsize
    rows, row_bytes = range(piece.box.y - origin.y, piece.box.bottom - origin.y), piece.box.width * pixel
    for plane in range(raster.planes):
        start = segments.exclusive_offset(plane * raster.grid.cells + cell, raster.nbytes(cell))
        offsets = [start + (y * columns + piece.box.x - origin.x) * pixel for y in rows]
        data = bytearray().join(_read_at(file, offset, row_bytes) for offset in offsets)
        below = np.frombuffer(data, stored).reshape(len(rows), -1, samples)
        piece.paint(below, piece.box, _channels(raster, plane))
        for offset, row in zip(offsets, below):
            file.seek(offset)
            file.write(row.tobytes())


def _read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)


def _channels(raster: Raster, plane: int) -> slice:
    """Return the channels in a segment of ``plane``."""
    return slice(plane, plane + 1) if raster.planar else slice(None)
