"""From a restoration's result to a run of the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, TileKey
from imagest_core.damage.regions import Region
from imagest_core.painting.geometry import union
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.run import REGION, MemoryContent, Run
from imagest_core.project.run_tile import RunTile, pack
from imagest_core.restoration.fill import Fill
from imagest_core.restoration.result import RestorationResult


def run_of(
    painting: Painting, result: RestorationResult, number: int, progress: Progress | None = None
) -> Run:
    """Convert a restoration result to run ``number``, with fills as samples of the painting's type.

    Takes some milliseconds per tile, so run it in the restoration job. Raises ``Cancelled``.
    """
    progress, tiles = progress or Progress(), {}
    for fill in result.fills:
        progress.check()
        tiles[_key(fill)] = _tile(painting, fill)
    record, request = result.record, result.record.request
    regions = region_table(tiles, result.regions, painting.width)
    return Run(
        id=number,
        time=record.timings.started,
        engine=record.engine.name,
        model=request.get("model", ""),
        seed=request.seed,
        variation=request.variation,
        count=len(regions),
        pixels=int(regions["area"].sum()),
        box=union(tile.box for tile in tiles.values()),
        content=held(record.to_json(), regions, tiles),
    )


def held(record: str, regions: NDArray[np.void], tiles: Mapping[TileKey, RunTile]) -> MemoryContent:
    """Return the content of a run that is not stored in a file yet."""
    return MemoryContent(record, regions, {key: pack(tile) for key, tile in tiles.items()})


def _key(fill: Fill) -> TileKey:
    return fill.box.x // TILE, fill.box.y // TILE


def _tile(painting: Painting, fill: Fill) -> RunTile:
    """Keep only the filled pixels; all others are those of the scan."""
    samples = np.where(fill.mask[..., np.newaxis], fill.patch(painting).samples, 0)
    return RunTile(fill.box, samples.astype(painting.dtype), fill.labels.astype(np.uint32))


def region_table(tiles: Mapping[TileKey, RunTile], regions: Iterable[Region], width: int) -> NDArray[np.void]:
    """Return the ``REGION`` table of the regions, with areas and shapes from the filled pixels in ``tiles``.

    ``width`` is that of the image, in px.
    """
    boxes = [region.box for region in regions]
    table = np.zeros(len(boxes), REGION)
    for column, name in enumerate(("x", "y", "width", "height")):
        table[name] = [box[column] for box in boxes]
    for tile in tiles.values():
        rows, columns = np.nonzero(tile.regions)
        at = tile.regions[rows, columns].astype(np.int64) - 1
        np.add.at(table["area"], at, 1)
        places = (rows + tile.box.y) * width + columns + tile.box.x
        np.add.at(table["shape"], at, _scattered(places.astype(np.uint64)))
    return table


def _scattered(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a well mixed 64-bit number for each value (splitmix64; Steele, Lea, Flood 2014).

    Their sum over the pixels of a region identifies its set of pixels, whatever their order.
    """
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
