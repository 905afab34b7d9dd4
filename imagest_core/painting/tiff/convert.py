"""Write a new lossless TIFF, either of exactly the decoded samples or converted as the user asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import tifffile

from imagest_core.painting.formats.base import Samples
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.form import KEPT, Compression, Form
from imagest_core.painting.tiff.patch import CLASSIC_LIMIT
from imagest_core.painting.tiff.pieces import CellGrid, Patch, PatchStore
from imagest_core.painting.tiff.tags import byte_order, bytes_of_pages, carry
from imagest_core.progress import Progress

TILE = 256
_COMPRESSIONS: dict[Compression, tuple[str | None, dict[str, int]]] = {
    Compression.NONE: (None, {}),
    Compression.LZW: ("lzw", {}),
    Compression.DEFLATE: ("zlib", {"level": 6}),
    Compression.ZSTD: ("zstd", {"level": 9}),
}
"""Compression and its arguments for tifffile."""
_ROOM = 64 << 20
"""Bytes reserved for tags and tables besides the samples."""


def write_lossless(
    painting: Painting,
    patches: Iterable[Patch],
    path: Path,
    *,
    software: str,
    limit: int = CLASSIC_LIMIT,
    form: Form = KEPT,
    progress: Progress | None = None,
) -> None:
    """Write ``painting`` as displayed, with ``patches`` (as displayed) applied, to ``path``.

    By default Deflate with the horizontal predictor and tiles of 256 px. The file is a BigTIFF if the samples
    might take more than ``limit`` bytes. At most one row of tiles is in memory, unless the source's format
    must be decoded as a whole.
    """
    progress = progress or Progress()
    rows = CellGrid(painting.width, painting.height, painting.width, TILE)
    size = painting.width * painting.height * painting.channels * form.depth_of(painting) // 8
    size += bytes_of_pages(painting)
    with PatchStore(rows, path.parent) as pieces:
        pieces.add_all(patches, progress)
        big = size + size // 8 + _ROOM > limit
        with tifffile.TiffWriter(path, bigtiff=big, byteorder=byte_order(painting)) as writer:
            writer.write(_tiles(painting, rows, pieces, form, progress), **_options(painting, form))
    carry(painting, path, software, form.profile_of(painting))


def _options(painting: Painting, form: Form) -> dict[str, object]:
    """Return the options for :meth:`tifffile.TiffWriter.write`."""
    shape = (painting.height, painting.width, painting.channels)
    grey = "miniswhite" if painting.white_is_zero else "minisblack"
    compression, arguments = _COMPRESSIONS[form.compression or Compression.DEFLATE]
    return {
        "shape": shape if painting.channels > 1 else shape[:2],
        "dtype": form.dtype_of(painting),
        "photometric": grey if painting.grey else "rgb",
        "planarconfig": "contig" if painting.channels > 1 else None,
        "extrasamples": list(painting.extra_samples) or None,
        "tile": (TILE, TILE),
        "compression": compression,
        "compressionargs": arguments,
        "predictor": compression is not None,
        "metadata": None,
        "software": False,
    }


def _tiles(
    painting: Painting, rows: CellGrid, pieces: PatchStore, form: Form, progress: Progress
) -> Iterator[Samples]:
    """Yield the tiles in order, (256, 256, channels), padded with zeros."""
    for row in progress.steps(range(rows.rows)):
        box = rows.box(row)
        samples = painting.read(box)
        for piece in pieces.of(row):
            piece.paint(samples, box)
        samples = form.stored(painting, samples)
        for x in range(0, box.width, TILE):
            tile = np.zeros((TILE, TILE, painting.channels), samples.dtype)
            part = samples[:, x : x + TILE]
            tile[: part.shape[0], : part.shape[1]] = part
            yield tile if painting.channels > 1 else tile[..., 0]
