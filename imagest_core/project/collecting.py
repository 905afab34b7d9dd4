"""From the patches of a restoration to the tiles and regions of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.damage.regions import Regions, find_regions
from imagest_core.painting.geometry import Box
from imagest_core.painting.tiff_pieces import Patch
from imagest_core.project.run import REGION, RunTile

Tiles = dict[TileKey, RunTile]


def collect(patches: Iterable[Patch], grown: DamageMap) -> tuple[Tiles, NDArray[np.void]]:
    """Tiles and ``REGION`` table of a run that has filled ``grown`` with ``patches``.

    A region is a connected piece of the grown mask. A pixel no patch covers isn't filled and
    belongs to none.
    """
    regions = find_regions(grown)
    tiles = {key: tile for key, canvas in _canvases(patches).items() if (tile := _tile(key, canvas, regions))}
    return tiles, _table(tiles, regions, grown.width)


class _Canvas:
    """What the patches have put into one tile."""

    def __init__(self, like: NDArray) -> None:
        self.samples = np.zeros((TILE, TILE, like.shape[2]), like.dtype)
        self.filled = np.zeros((TILE, TILE), np.bool_)


def _canvases(patches: Iterable[Patch]) -> dict[TileKey, _Canvas]:
    canvases: dict[TileKey, _Canvas] = {}
    for patch in patches:
        whole = np.ones((patch.box.height, patch.box.width), np.bool_)
        for key, inside, within in _cells(patch.box):
            canvas = canvases.setdefault(key, _Canvas(patch.samples))
            mask = whole[within] if patch.mask is None else patch.mask[within]
            np.copyto(canvas.samples[inside], patch.samples[within], where=mask[..., np.newaxis])
            canvas.filled[inside] |= mask
    return canvases


def _cells(box: Box) -> Iterator[tuple[TileKey, tuple[slice, slice], tuple[slice, slice]]]:
    """The tiles a box touches, with the slices into the tile and into the box."""
    for cell in box.tiles(TILE):
        key = (cell.x // TILE, cell.y // TILE)
        corner = tile_box(key)
        yield key, cell.moved(-corner.x, -corner.y).slices, cell.moved(-box.x, -box.y).slices


def _tile(key: TileKey, canvas: _Canvas, regions: Regions) -> RunTile | None:
    box = tile_box(key)
    numbers = np.where(canvas.filled, regions.labels(box), 0).astype(np.uint32)
    tight = Box(*cv2.boundingRect((numbers > 0).astype(np.uint8)))
    if tight.empty:
        return None
    kept = numbers[tight.slices].copy()
    samples = np.where(kept[..., np.newaxis] > 0, canvas.samples[tight.slices], 0)
    return RunTile(tight.moved(box.x, box.y), samples.astype(canvas.samples.dtype), kept)


def _table(tiles: Tiles, regions: Regions, width: int) -> NDArray[np.void]:
    table = np.zeros(len(regions), REGION)
    for row, region in zip(table, regions, strict=True):
        row["x"], row["y"], row["width"], row["height"] = region.box
    for tile in tiles.values():
        rows, columns = np.nonzero(tile.regions)
        at = tile.regions[rows, columns].astype(np.int64) - 1
        np.add.at(table["area"], at, 1)
        places = (rows + tile.box.y) * width + columns + tile.box.x
        np.add.at(table["shape"], at, _scattered(places.astype(np.uint64)))
    return table


def _scattered(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A well mixed 64-bit number for each (splitmix64; Steele, Lea, Flood 2014). The sum of them over
    the pixels of a region tells which pixels it is, in whatever order they come."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
