"""What the accepted fills add up to: the patches an export writes, and the run of every pixel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, TileKey
from imagest_core.errors import ProjectError
from imagest_core.painting.geometry import Box, union
from imagest_core.painting.writer import Patch
from imagest_core.project.operations.decisions import accepted_regions
from imagest_core.project.run import DAMAGED, Run
from imagest_core.project.run_tile import RunTile
from imagest_core.project.state import State, Subject

Places = Mapping[int, NDArray[np.int64]]
"""For each run with accepted regions: by region number (0: none) its place, 0 where not accepted."""


@dataclass(frozen=True, eq=False)
class Composed:
    """The accepted fills in one tile, cut to ``box``.

    ``samples``: (h, w, c) as an export writes them, valid under ``mask``; ``runs`` and ``regions``:
    (h, w) uint32, which run and which region of it filled a pixel, 0 for none.
    """

    box: Box
    samples: NDArray
    runs: NDArray[np.uint32]
    regions: NDArray[np.uint32]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(h, w): what is filled."""
        return self.runs > 0


class Accepted:
    """The accepted fills of a state, as it is when this is made."""

    def __init__(self, state: State) -> None:
        self._runs = dict(state.runs)
        self._kind = state.painting.channels, state.painting.depth
        self._places = _places(state)

    def keys(self) -> list[TileKey]:
        """The tiles that hold an accepted fill, row by row."""
        found: set[TileKey] = set()
        for number, places in self._places.items():
            run = self._runs[number]
            found.update(_reached(run, np.flatnonzero(places)) & run.tile_keys)
        return sorted(found, key=lambda key: key[::-1])

    def tile(self, key: TileKey) -> Composed | None:
        """The accepted fills in one tile; of two on one pixel the one accepted last."""
        layers = list(self._layers(key))
        if not layers:
            return None
        if len(layers) == 1:
            return _single(*layers[0])
        box = union(tile.box for _, tile, _ in layers)
        made = _empty(box, layers[0][1])
        best = np.zeros(made.runs.shape, np.int64)
        for number, tile, place in layers:
            at = tile.box.moved(-box.x, -box.y).slices
            wins = place > best[at]
            best[at][wins] = place[wins]
            made.samples[at][wins] = tile.samples[wins]
            made.runs[at][wins] = number
            made.regions[at][wins] = tile.regions[wins]
        return made

    def tiles(self) -> Iterator[Composed]:
        """All tiles that hold an accepted fill."""
        for key in self.keys():
            composed = self.tile(key)
            if composed is not None:
                yield composed

    def patches(self) -> Iterator[Patch]:
        """What the writer puts over the scan's own samples."""
        for tile in self.tiles():
            yield Patch(tile.box, tile.samples, tile.mask)

    def provenance(self, box: Box) -> NDArray[np.uint32]:
        """(h, w) uint32: the run that filled each pixel of ``box``, 0 where it is the scan's own."""
        out = np.zeros((box.height, box.width), np.uint32)
        for cell in box.tiles(TILE):
            tile = self.tile((cell.x // TILE, cell.y // TILE))
            if tile is not None:
                inside = tile.box.within(box)
                own = inside.moved(-tile.box.x, -tile.box.y).slices
                out[inside.moved(-box.x, -box.y).slices] = tile.runs[own]
        return out

    def _layers(self, key: TileKey) -> Iterator[tuple[int, RunTile, NDArray[np.int64]]]:
        for number, places in self._places.items():
            run = self._runs[number]
            if key in run.tile_keys:
                tile = run.content.tile(key)
                if (tile.samples.shape[2], tile.samples.itemsize * 8) != self._kind:
                    raise ProjectError(DAMAGED.format(number))
                place = places[tile.regions]
                if place.any():
                    yield number, tile, place


def accepted_patches(state: State) -> Iterator[Patch]:
    """The accepted fills as patches for the TIFF writer."""
    return Accepted(state).patches()


def _places(state: State) -> Places:
    found: dict[int, NDArray[np.int64]] = {}
    for number, regions in accepted_regions(state).items():
        places = np.zeros(state.runs[number].count + 1, np.int64)
        places[regions] = [state.decisions[Subject(number, region)].place for region in regions]
        found[number] = places
    return found


def _reached(run: Run, numbers: NDArray[np.int64]) -> set[TileKey]:
    """The tiles that the boxes of these regions touch; most lie in one, and many in the same."""
    rows = run.regions[numbers - 1]
    left, top = rows["x"] // TILE, rows["y"] // TILE
    right, bottom = (rows["x"] + rows["width"] - 1) // TILE, (rows["y"] + rows["height"] - 1) // TILE
    spans = set(zip(left.tolist(), top.tolist(), right.tolist(), bottom.tolist()))
    return {(x, y) for x0, y0, x1, y1 in spans for y in range(y0, y1 + 1) for x in range(x0, x1 + 1)}


def _single(number: int, tile: RunTile, place: NDArray[np.int64]) -> Composed:
    accepted = place > 0
    return Composed(tile.box, tile.samples, accepted * np.uint32(number), accepted * tile.regions)


def _empty(box: Box, like: RunTile) -> Composed:
    shape = box.height, box.width
    samples = np.zeros((*shape, like.samples.shape[2]), like.samples.dtype)
    return Composed(box, samples, np.zeros(shape, np.uint32), np.zeros(shape, np.uint32))
