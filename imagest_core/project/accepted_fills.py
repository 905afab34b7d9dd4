"""The accepted fills of a project: the patches an export writes, and the run of each pixel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, TileKey
from imagest_core.errors import ProjectError
from imagest_core.painting.geometry import Box, union
from imagest_core.painting.tiff.pieces import Patch
from imagest_core.project.operations.decisions import accepted_regions
from imagest_core.project.run import Run, damaged_result
from imagest_core.project.run_tile import RunTile
from imagest_core.project.state import State, Subject

AcceptanceOrder = Mapping[int, NDArray[np.int64]]
"""For each run with accepted regions: the order of acceptance by region number, 0 if not accepted."""


@dataclass(frozen=True, eq=False)
class ComposedTile:
    """The accepted fills in one tile, cropped to ``box``.

    Parameters
    ----------
    box
        Part of the tile with accepted fills.
    samples
        (h, w, c) as written by an export, valid under ``mask``.
    runs, regions
        (h, w) uint32: the run and its region that filled each pixel, 0 for none.
    """

    box: Box
    samples: NDArray
    runs: NDArray[np.uint32]
    regions: NDArray[np.uint32]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(h, w) bool: filled pixels."""
        return self.runs > 0


class AcceptedFills:
    """The accepted fills of a state at the time of construction.

    Pixels that are protected now are left out, even if they were filled before.
    """

    def __init__(self, state: State) -> None:
        self._runs, self._rejected = dict(state.runs), dict(state.rejected_parts)
        self._channels_and_depth = state.painting.channels, state.painting.depth
        self._acceptance_order = _acceptance_order(state)
        self.protected = state.damage.protected()

    def keys(self) -> list[TileKey]:
        """Return the tiles with accepted fills, row by row."""
        keys: set[TileKey] = set()
        for number, order in self._acceptance_order.items():
            run = self._runs[number]
            keys.update(_tiles_of_regions(run, np.flatnonzero(order)) & run.tile_keys)
        return sorted(keys, key=lambda key: key[::-1])

    @property
    def hypotheses(self) -> list[int]:
        """Numbers of the runs that are hypotheses."""
        return [number for number, run in self._runs.items() if run.hypothesis]

    def tile(self, key: TileKey) -> ComposedTile | None:
        """Return the accepted fills in one tile; where two overlap, the one accepted last."""
        layers = list(self._layers(key))
        if not layers:
            return None
        if len(layers) == 1:
            return _compose_single(*layers[0])
        box = union(tile.box for _, tile, _ in layers)
        composed = _empty_tile(box, layers[0][1])
        best = np.zeros(composed.runs.shape, np.int64)
        for number, tile, place in layers:
            at = tile.box.moved(-box.x, -box.y).slices
            newer = place > best[at]
            best[at][newer] = place[newer]
            composed.samples[at][newer] = tile.samples[newer]
            composed.runs[at][newer] = number
            composed.regions[at][newer] = tile.regions[newer]
        return composed

    def tiles(self) -> Iterator[ComposedTile]:
        """Iterate over all tiles with accepted fills."""
        for key in self.keys():
            composed = self.tile(key)
            if composed is not None:
                yield composed

    def patches(self) -> Iterator[Patch]:
        """Iterate over the patches that the writer puts over the samples of the scan."""
        for tile in self.tiles():
            yield Patch(tile.box, tile.samples, tile.mask)

    def provenance(self, box: Box) -> NDArray[np.uint32]:
        """Return (h, w) uint32: the run that filled each pixel of ``box``, 0 for samples of the scan."""
        runs = np.zeros((box.height, box.width), np.uint32)
        for cell in box.tiles(TILE):
            tile = self.tile((cell.x // TILE, cell.y // TILE))
            if tile is not None:
                inside = tile.box.within(box)
                source = inside.moved(-tile.box.x, -tile.box.y).slices
                runs[inside.moved(-box.x, -box.y).slices] = tile.runs[source]
        return runs

    def _layers(self, key: TileKey) -> Iterator[tuple[int, RunTile, NDArray[np.int64]]]:
        for number, order in self._acceptance_order.items():
            run = self._runs[number]
            if key in run.tile_keys:
                tile = run.content.tile(key)
                if (tile.samples.shape[2], tile.samples.itemsize * 8) != self._channels_and_depth:
                    raise ProjectError(damaged_result(number))
                place = order[tile.regions]
                if number in self._rejected:
                    place = place * (self._rejected[number].read(tile.box) == 0)
                if key in self.protected.tiles():
                    place = place * (self.protected.read(tile.box) == 0)
                if place.any():
                    yield number, tile, place


def accepted_patches(state: State) -> Iterator[Patch]:
    """Iterate over the accepted fills as patches for the TIFF writer."""
    return AcceptedFills(state).patches()


def _acceptance_order(state: State) -> AcceptanceOrder:
    orders: dict[int, NDArray[np.int64]] = {}
    for number, regions in accepted_regions(state).items():
        order = np.zeros(state.runs[number].count + 1, np.int64)
        order[regions] = [state.decisions[Subject(number, region)].place for region in regions]
        orders[number] = order
    return orders


def _tiles_of_regions(run: Run, numbers: NDArray[np.int64]) -> set[TileKey]:
    """Return the tiles that the boxes of these regions overlap."""
    rows = run.regions[numbers - 1]
    left, top = rows["x"] // TILE, rows["y"] // TILE
    right, bottom = (rows["x"] + rows["width"] - 1) // TILE, (rows["y"] + rows["height"] - 1) // TILE
    spans = set(zip(left.tolist(), top.tolist(), right.tolist(), bottom.tolist()))
    return {(x, y) for x0, y0, x1, y1 in spans for y in range(y0, y1 + 1) for x in range(x0, x1 + 1)}


def _compose_single(number: int, tile: RunTile, place: NDArray[np.int64]) -> ComposedTile:
    accepted = place > 0
    return ComposedTile(tile.box, tile.samples, accepted * np.uint32(number), accepted * tile.regions)


def _empty_tile(box: Box, like: RunTile) -> ComposedTile:
    shape = box.height, box.width
    samples = np.zeros((*shape, like.samples.shape[2]), like.samples.dtype)
    return ComposedTile(box, samples, np.zeros(shape, np.uint32), np.zeros(shape, np.uint32))
