"""Export the fills alone: an RGBA TIFF of the scan's size, transparent outside the fills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from imagest_core.damage.map import TILE
from imagest_core.painting.atomic import replacing
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.accepted_fills import AcceptedFills

BIG = 2**31
"""Size of the samples in bytes above which the file is written as BigTIFF."""


def write_fill_only(
    painting: Painting,
    accepted: AcceptedFills,
    out: Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write the accepted fills to ``out`` with the scan's depth, profile and resolution.

    The file is tiled and compressed with Deflate.

    Raises
    ------
    OutputError, Cancelled
        No file is left.
    """
    progress = progress or Progress()
    shape = painting.height, painting.width, 2 if painting.grey else 4
    options: dict[str, Any] = {
        "shape": shape,
        "dtype": painting.dtype,
        "tile": (TILE, TILE),
        "compression": "deflate",
        "photometric": "minisblack" if painting.grey else "rgb",
        "extrasamples": ["unassalpha"],
        "iccprofile": painting.profile,
        "metadata": None,
        **_resolution(painting),
    }
    with replacing(out, force=force, source=painting.path) as temporary:
        big = int(np.prod(shape)) * painting.dtype.itemsize > BIG
        with tifffile.TiffWriter(temporary, bigtiff=big) as file:
            file.write(_tiles(painting, accepted, progress), **options)


def _resolution(painting: Painting) -> dict[str, Any]:
    if painting.resolution is None:
        return {}
    scale = painting.resolution
    return {"resolution": (scale.px_per_mm_x * 10, scale.px_per_mm_y * 10), "resolutionunit": "CENTIMETER"}


def _tiles(painting: Painting, accepted: AcceptedFills, progress: Progress) -> Iterator[NDArray]:
    """Yield every tile of the image at full size, row by row; tiles without fills are transparent black."""
    filled = set(accepted.keys())
    cells = list(painting.box.tiles(TILE))
    channels = 2 if painting.grey else 4
    for cell in progress.steps(cells):
        samples = np.zeros((TILE, TILE, channels), painting.dtype)
        key = cell.x // TILE, cell.y // TILE
        if key in filled:
            _copy_fill(samples, accepted, key)
        yield samples


def _copy_fill(target: NDArray, accepted: AcceptedFills, key: tuple[int, int]) -> None:
    tile = accepted.tile(key)
    if tile is None:
        return
    inside = tile.box.within(Box(key[0] * TILE, key[1] * TILE, TILE, TILE)).moved(
        -key[0] * TILE, -key[1] * TILE
    )
    colours = target.shape[2] - 1
    target[inside.slices][tile.mask, :colours] = tile.samples[tile.mask][:, :colours]
    target[inside.slices][tile.mask, colours] = np.iinfo(target.dtype).max
