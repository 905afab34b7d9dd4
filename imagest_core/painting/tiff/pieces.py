"""Patches, the grid of cells that divides them, and a store of the pieces per cell."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation
from imagest_core.progress import Progress

IN_MEMORY = 64 << 20
"""Size in bytes up to which pieces are kept in memory; beyond it, they go to a temporary file."""


@dataclass(frozen=True)
class Patch:
    """New ``samples`` (height, width, channels) for ``box``, in the image's dtype, as displayed.

    ``mask`` (height, width) selects the pixels to replace; without it, the whole box is replaced.
    """

    box: Box
    samples: Samples
    mask: Mask | None = None

    def check(self, frame: Box, channels: int, dtype: np.dtype) -> None:
        """Raise :class:`ValueError` unless the patch matches an image with this frame."""
        size = (self.box.height, self.box.width)
        if not self.box.empty and not frame.contains(self.box):
            raise ValueError(f"the patch {self.box} leaves the picture {frame}")
        if self.samples.shape != (*size, channels) or self.samples.dtype != dtype:
            raise ValueError(
                f"samples {self.samples.dtype} {self.samples.shape} for {dtype} {(*size, channels)}"
            )
        if self.mask is not None and (self.mask.shape != size or self.mask.dtype != np.bool_):
            raise ValueError(f"mask {self.mask.dtype} {self.mask.shape} for bool {size}")

    def stored(self, orientation: Orientation, width: int, height: int) -> Patch:
        """Return the patch in stored rows and columns of an image displayed as ``width`` × ``height``."""
        mask = None if self.mask is None else orientation.store(self.mask)
        box = orientation.stored_box(self.box, width, height)
        return Patch(box, orientation.store(self.samples), mask)

    def crop(self, box: Box) -> Patch:
        """Return the part of the patch inside ``box``."""
        part = box.within(self.box)
        inside = part.moved(-self.box.x, -self.box.y).slices
        return Patch(part, self.samples[inside], None if self.mask is None else self.mask[inside])

    def paint(self, target: Samples, origin: Box, channels: slice = slice(None)) -> None:
        """Copy ``channels`` of the patch into ``target``, whose first pixel is that of ``origin``."""
        under = target[self.box.moved(-origin.x, -origin.y).slices]
        over = self.samples[..., channels]
        if self.mask is None:
            under[...] = over
        else:
            under[self.mask] = over[self.mask]

    @property
    def is_empty(self) -> bool:
        """Whether the patch replaces no pixel."""
        return self.box.empty or (self.mask is not None and not self.mask.any())


@dataclass(frozen=True)
class CellGrid:
    """An image of ``width`` × ``height`` divided into cells, numbered row by row."""

    width: int
    height: int
    cell_width: int
    cell_height: int

    @property
    def columns(self) -> int:
        """The number of cells per row."""
        return -(-self.width // self.cell_width)

    @property
    def rows(self) -> int:
        """The number of rows of cells."""
        return -(-self.height // self.cell_height)

    @property
    def cells(self) -> int:
        """The number of cells."""
        return self.columns * self.rows

    @property
    def frame(self) -> Box:
        """The box of the whole image."""
        return Box(0, 0, self.width, self.height)

    def box(self, cell: int) -> Box:
        """Return the pixels of ``cell`` inside the image."""
        row, column = divmod(cell, self.columns)
        whole = Box(column * self.cell_width, row * self.cell_height, self.cell_width, self.cell_height)
        return whole.within(self.frame)

    def touched(self, box: Box) -> Iterator[int]:
        """Yield the cells that share a pixel with ``box`` (inside the image)."""
        for row in range(box.y // self.cell_height, -(-box.bottom // self.cell_height)):
            for column in range(box.x // self.cell_width, -(-box.right // self.cell_width)):
                yield row * self.columns + column


@dataclass(frozen=True)
class _Record:
    """Location of a stored piece: its box, dtype and channels, and whether a mask follows."""

    offset: int
    box: Box
    dtype: np.dtype
    channels: int
    masked: bool


class PatchStore:
    """Patches divided by a grid and kept on disk, in order, until their cell is written.

    Each cell is read, decoded and encoded once, whatever the order and number of the patches, and memory use
    doesn't grow with them.
    """

    def __init__(self, grid: CellGrid, folder: Path) -> None:
        self._grid = grid
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder))  # noqa: SIM115
        self._records: dict[int, list[_Record]] = defaultdict(list)

    def __enter__(self) -> PatchStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def cells(self) -> list[int]:
        """The cells with pieces, in the grid's order."""
        return sorted(self._records)

    def add(self, patch: Patch) -> None:
        """Divide ``patch`` and store its pieces; later patches cover earlier ones."""
        if patch.box.empty:
            return
        for cell in self._grid.touched(patch.box):
            piece = patch.crop(self._grid.box(cell))
            if not piece.is_empty:
                self._records[cell].append(self._keep(piece))

    def add_all(self, patches: Iterable[Patch], progress: Progress) -> None:
        """Add all ``patches``; raise :class:`Cancelled` between them."""
        for patch in patches:
            progress.check()
            self.add(patch)

    def of(self, cell: int) -> Iterator[Patch]:
        """Return the pieces of ``cell`` in the order in which they were added."""
        return map(self._load, self._records.get(cell, ()))

    def _keep(self, piece: Patch) -> _Record:
        offset = self._file.seek(0, 2)
        self._file.write(piece.samples.tobytes())
        if piece.mask is not None:
            self._file.write(piece.mask.tobytes())
        samples = piece.samples
        return _Record(offset, piece.box, samples.dtype, samples.shape[2], piece.mask is not None)

    def _load(self, record: _Record) -> Patch:
        height, width, channels = record.box.height, record.box.width, record.channels
        self._file.seek(record.offset)
        samples = self._take(record.dtype, (height, width, channels))
        return Patch(
            record.box, samples, self._take(np.dtype(bool), (height, width)) if record.masked else None
        )

    def _take(self, dtype: np.dtype, shape: tuple[int, ...]) -> NDArray[Any]:
        data = self._file.read(int(np.prod(shape)) * dtype.itemsize)
        return np.frombuffer(data, dtype).reshape(shape)
