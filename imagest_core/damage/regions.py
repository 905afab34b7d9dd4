"""Regions: pieces of damage that hang together, found tile by tile in pictures of any size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import RegionIds
from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.damage.thickness import Depths
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress

EIGHT = 8


@dataclass(frozen=True)
class Region:
    """Connected damage: ``area`` in pixels, ``thickness`` in pixels across at its thickest.

    ``thickness`` is twice the largest distance from a damaged pixel to the nearest intact one.
    """

    id: int
    box: Box
    area: int
    thickness: float


class Regions(Sequence[Region]):
    """The regions of a map, in the order of their ids 1…n, and which pixel belongs to which."""

    def __init__(self, found: Sequence[Region], pieces: _Pieces, ids: Mapping[TileKey, RegionIds]) -> None:
        self._found, self._pieces, self._ids = tuple(found), pieces, ids

    @overload
    def __getitem__(self, index: int) -> Region: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Region]: ...
    def __getitem__(self, index: int | slice) -> Region | Sequence[Region]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def by_id(self, region: int) -> Region:
        """The region of this id, 1…n."""
        if not 1 <= region <= len(self._found):
            raise KeyError(region)
        return self._found[region - 1]

    def labels(self, box: Box) -> RegionIds:
        """(h, w) int32: the id of the region each damaged pixel of ``box`` belongs to, else 0."""
        out = np.zeros((box.height, box.width), np.int32)
        for cell in box.within(self._pieces.damage.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in self._ids:
                _, local, own = self._pieces.label(key)
                ids = np.where(own, self._ids[key][local], 0)
                out[cell.moved(-box.x, -box.y).slices] = ids[_in_tile(cell, key)]
        return out

    def at(self, x: int, y: int) -> Region | None:
        """The region at a pixel, if that is damaged."""
        region = int(self.labels(Box(x, y, 1, 1))[0, 0])
        return self._found[region - 1] if region else None


def find_regions(
    damage: DamageMap, join: int = 0, *, thickness: bool = True, progress: Progress | None = None
) -> Regions:
    """The 8-connected regions of all damage, whatever its class, ordered by their upper left corner.

    Pieces that would meet if all damage were grown by ``join`` pixels are one region; its box, area
    and thickness are still those of the damage itself. Without ``thickness`` that stays 0, which is
    several times faster. Time and memory follow the damaged tiles. Raises ``Cancelled``.
    """
    damage, progress = damage.copy(), progress or Progress()
    pieces = _Pieces(damage, damage.dilated(join, progress) if join else damage)
    sizes, tables = pieces.measure(Depths(damage, progress) if thickness else None, progress)
    groups = _groups(sizes.total, pieces.touching(tables))
    boxes, areas, depths = sizes.merged(groups)
    real = np.flatnonzero(areas > 0)
    order = real[np.lexsort((real, boxes[real, 2], boxes[real, 0], boxes[real, 1]))]
    ids = np.zeros(len(areas), np.int32)
    ids[order] = np.arange(1, len(order) + 1)
    found = [
        Region(
            int(ids[group]), Box.spanning(*boxes[group].tolist()), int(areas[group]), 2 * float(depths[group])
        )
        for group in order
    ]
    lookup = np.concatenate([np.zeros(1, np.int32), ids[groups]])
    return Regions(found, pieces, {key: lookup[table] for key, table in tables.items()})


class _Sizes:
    """Box (left, top, right, bottom), area and depth of the pieces within single tiles, as they are met."""

    def __init__(self) -> None:
        self.total = 0
        self._boxes: list[NDArray[np.int64]] = []
        self._areas: list[NDArray[np.int64]] = []
        self._depths: list[NDArray[np.float32]] = []

    def add(
        self, boxes: NDArray[np.int64], areas: NDArray[np.int64], depths: NDArray[np.float32]
    ) -> RegionIds:
        """Take the pieces of a tile in; the table local label → 1-based number of the piece (0: none)."""
        first = self.total + 1
        self.total += len(areas)
        self._boxes.append(boxes)
        self._areas.append(areas)
        self._depths.append(depths)
        return np.concatenate([[0], np.arange(first, self.total + 1)]).astype(np.int32)

    def merged(self, groups: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Boxes, areas and depths of the groups of pieces; pieces without own pixels don't count."""
        count = int(groups.max(initial=-1)) + 1
        far = np.iinfo(np.int64).max
        boxes = np.tile(np.array([far, far, 0, 0]), (count, 1))
        areas, depths = np.zeros(count, np.int64), np.zeros(count, np.float32)
        if count:
            all_boxes, all_areas = np.concatenate(self._boxes), np.concatenate(self._areas)
            own = all_areas > 0
            for column, pick in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
                pick.at(boxes[:, column], groups[own], all_boxes[own, column])
            np.add.at(areas, groups, all_areas)
            np.maximum.at(depths, groups, np.concatenate(self._depths))
        return boxes, areas, depths


class _Pieces:
    """Connected pieces within single tiles of ``linked``, the map whose connections count."""

    def __init__(self, damage: DamageMap, linked: DamageMap) -> None:
        self.damage, self.linked = damage, linked

    def label(self, key: TileKey) -> tuple[int, RegionIds, NDArray[np.bool_]]:
        """Of a tile: how many pieces, their local labels, and which pixels are damage itself."""
        count, local = cv2.connectedComponents(
            (self.linked.tiles()[key] > 0).view(np.uint8), connectivity=EIGHT
        )
        own = self.damage.tiles().get(key)
        return count - 1, local, np.zeros(local.shape, np.bool_) if own is None else own > 0

    def measure(self, depths: Depths | None, progress: Progress) -> tuple[_Sizes, dict[TileKey, RegionIds]]:
        """The sizes of all pieces, and each tile's table local label → number of the piece."""
        sizes, tables = _Sizes(), {}
        for key in sorted(self.linked.tiles(), key=lambda key: key[::-1]):
            progress.check()
            count, local, own = self.label(key)
            depth = None if depths is None else depths.of(key)
            tables[key] = sizes.add(*_measured(count, np.where(own, local, 0), depth, tile_box(key)))
        return sizes, tables

    def touching(self, tables: Mapping[TileKey, RegionIds]) -> NDArray[np.int64]:
        """(n, 2) numbers of pieces that touch across the borders of tiles, each pair once."""
        edges = {key: _edges(tables[key][self.label(key)[1]]) for key in tables}
        pairs = [np.zeros((0, 2), np.int64)]
        for (x, y), (_, right, _, bottom) in edges.items():
            for side, key, other in ((right, (x + 1, y), 0), (bottom, (x, y + 1), 2)):
                if key in edges:
                    pairs.extend(_along(side, edges[key][other]))
            for corner, key, at in ((bottom[-1], (x + 1, y + 1), 0), (bottom[0], (x - 1, y + 1), -1)):
                if key in edges and corner and edges[key][2][at]:
                    pairs.append(np.array([[corner, edges[key][2][at]]]))
        return _once(np.concatenate(pairs))


def _edges(numbers: RegionIds) -> tuple[RegionIds, RegionIds, RegionIds, RegionIds]:
    """Left, right, top and bottom line of a tile."""
    return numbers[:, 0].copy(), numbers[:, -1].copy(), numbers[0].copy(), numbers[-1].copy()


def _along(one: RegionIds, other: RegionIds) -> Iterator[NDArray[np.int64]]:
    """Pairs that touch, straight or diagonally, along two facing lines; of a run of the same only one."""
    for left, right in ((one, other), (one[1:], other[:-1]), (one[:-1], other[1:])):
        both = (left > 0) & (right > 0)
        both[1:] &= (left[1:] != left[:-1]) | (right[1:] != right[:-1])
        yield np.stack([left[both], right[both]], axis=1)


def _once(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each pair once; sorted as single numbers: NumPy sorts rows slowly, and other threads wait for it."""
    span = int(pairs.max(initial=0)) + 1
    codes = np.unique(pairs[:, 0] * span + pairs[:, 1])
    return np.stack(np.divmod(codes, span), axis=1)


def _groups(count: int, pairs: NDArray[np.int64]) -> NDArray:
    """For each of ``count`` pieces the number of the group it is connected to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not count:
        return np.zeros(0, np.int64)
    ones = np.ones(len(pairs), np.bool_)
    graph = coo_array((ones, (pairs[:, 0] - 1, pairs[:, 1] - 1)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _measured(
    count: int, labels: RegionIds, depth: NDArray[np.float32] | None, box: Box
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Boxes, areas and depths of the labels 1…count of a tile; zeros for a label without a pixel."""
    boxes = np.zeros((count + 1, 4), np.int64)
    boxes[:, :2] = np.iinfo(np.int64).max
    depths = np.zeros(count + 1, np.float32)
    rows, columns = np.nonzero(labels)
    at = labels[rows, columns]
    for column, (pick, place) in enumerate(
        ((np.minimum, columns), (np.minimum, rows), (np.maximum, columns + 1), (np.maximum, rows + 1))
    ):
        pick.at(boxes[:, column], at, place + (box.x, box.y)[column % 2])
    if depth is not None:
        np.maximum.at(depths, at, depth[rows, columns])
    return boxes[1:], np.bincount(at, minlength=count + 1)[1:], depths[1:]


def _in_tile(cell: Box, key: TileKey) -> tuple[slice, slice]:
    return cell.moved(-key[0] * TILE, -key[1] * TILE).slices
