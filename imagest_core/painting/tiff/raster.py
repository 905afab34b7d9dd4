"""The raster of a TIFF directory as stored: samples, grid of strips or tiles, encoding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from imagest_core.painting.formats.base import Samples
from imagest_core.painting.tiff.codec import SegmentCodec, can_encode, predictor_of
from imagest_core.painting.tiff.ifd import SEGMENT_TAGS, Directory, Structure
from imagest_core.painting.tiff.pieces import CellGrid

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
FILL_ORDER, ORIENTATION, SAMPLES, ROWS_PER_STRIP, PLANAR = 266, 274, 277, 278, 284
PREDICTOR, TILE_WIDTH, TILE_LENGTH, SUBFILE_TYPE = 317, 322, 323, 254
SAMPLE_FORMAT, DEPTH, TILE_DEPTH = 339, 32997, 32998

SEPARATE, LOW_BITS_FIRST, REDUCED = 2, 2, 1
"""Values of PlanarConfiguration and FillOrder, and a bit of NewSubfileType."""

UNSIGNED, UNDEFINED = 1, 4
"""Values of SampleFormat."""


@dataclass(frozen=True)
class Raster:
    """How the samples of one directory are stored; coordinates are as stored.

    A *cell* is a rectangle of the grid. A *segment* is its bytes (a strip or a tile): one per cell or, with
    planar samples, one per cell and plane.
    """

    grid: CellGrid
    samples: int
    bits: int
    planar: bool
    tiled: bool
    codec: SegmentCodec

    @property
    def dtype(self) -> np.dtype:
        """The type of one sample, in native byte order."""
        return np.dtype(f"u{self.bits // 8}")

    @property
    def planes(self) -> int:
        """The number of segments per cell."""
        return self.samples if self.planar else 1

    @property
    def segments(self) -> int:
        """The number of segments; the one of plane p and cell c has the number p * cells + c."""
        return self.grid.cells * self.planes

    def shape(self, cell: int) -> tuple[int, int, int]:
        """Return rows, columns and samples of a segment: tiles are stored whole, strips cropped."""
        rows = self.grid.cell_height if self.tiled else self.grid.box(cell).height
        return rows, self.grid.cell_width, 1 if self.planar else self.samples

    def nbytes(self, cell: int) -> int:
        """Return the size in bytes of a decoded segment of ``cell``."""
        return math.prod(self.shape(cell)) * self.dtype.itemsize

    def decode(self, data: bytes, cell: int) -> Samples:
        """Decode a segment of ``cell`` to samples (rows, columns, samples)."""
        return self.codec.decode(data, self.shape(cell), self.dtype)


def read_raster(structure: Structure, directory: Directory) -> Raster | None:
    """Return the raster of ``directory``, or None if its segments can't be re-encoded without loss."""
    number = partial(structure.number, directory)
    samples = number(SAMPLES, 1)
    raster = Raster(
        grid=_grid(structure, directory),
        samples=samples,
        bits=number(BITS, 1),
        planar=number(PLANAR, 1) == SEPARATE and samples > 1,
        tiled=directory.find(TILE_WIDTH) is not None,
        codec=SegmentCodec(
            compression=number(COMPRESSION, 1),
            predictor=predictor_of(number(COMPRESSION, 1), number(PREDICTOR, 1)),
            order=structure.flavour.order,
            reversed_bits=number(FILL_ORDER, 1) == LOW_BITS_FIRST,
        ),
    )
    return raster if _writable(raster, structure, directory) else None


def _grid(structure: Structure, directory: Directory) -> CellGrid:
    number = partial(structure.number, directory)
    width, height = number(WIDTH, 0), number(LENGTH, 0)
    if directory.find(TILE_WIDTH):
        return CellGrid(width, height, number(TILE_WIDTH, 0), number(TILE_LENGTH, 0))
    return CellGrid(width, height, width, min(number(ROWS_PER_STRIP, 0) or height, height))


def _writable(raster: Raster, structure: Structure, directory: Directory) -> bool:
    offset_entry, count_entry = (directory.find(tag) for tag in SEGMENT_TAGS[raster.tiled])
    grid = raster.grid
    return (
        min(grid.width, grid.height, grid.cell_width, grid.cell_height, raster.samples) > 0
        and _plain_integers(raster, structure, directory)
        and can_encode(raster.codec)
        and offset_entry is not None
        and count_entry is not None
        and offset_entry.count == count_entry.count == raster.segments
    )


def _plain_integers(raster: Raster, structure: Structure, directory: Directory) -> bool:
    """Return whether all samples of a 2-D image are unsigned integers of 8 or 16 bits."""
    bits, formats = directory.find(BITS), directory.find(SAMPLE_FORMAT)
    depths = [structure.number(directory, tag, 1) for tag in (DEPTH, TILE_DEPTH)]
    return (
        raster.bits in (8, 16)
        and (bits is None or bool((structure.numbers(bits) == raster.bits).all()))
        and (formats is None or set(structure.numbers(formats)) <= {UNSIGNED, UNDEFINED})
        and depths == [1, 1]
    )
