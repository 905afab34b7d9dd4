"""Regions: connected components of damage, found tile by tile in images of any size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.damage.thickness import Depths
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress

Ids = NDArray[np.int32]
EIGHT_CONNECTED = 8


@dataclass(frozen=True)
class Region:
    """Connected damage.

    Parameters
    ----------
    id
        Number of the region, from 1.
    box
        Bounding box.
    area
        Number of damaged pixels.
    thickness
        Twice the largest distance (px) from a damaged pixel to the nearest intact one.
    """

    id: int
    box: Box
    area: int
    thickness: float


class Regions(Sequence[Region]):
    """The regions of a map in the order of their ids 1…n, and the region of each pixel."""

    def __init__(
        self, regions: Sequence[Region], components: _TileComponents, ids: Mapping[TileKey, Ids]
    ) -> None:
        self._regions, self._components, self._ids = tuple(regions), components, ids

    @overload
    def __getitem__(self, index: int) -> Region: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Region]: ...
    def __getitem__(self, index: int | slice) -> Region | Sequence[Region]:
        return self._regions[index]

    def __len__(self) -> int:
        return len(self._regions)

    def by_id(self, region: int) -> Region:
        """Return the region with this id, 1…n."""
        if not 1 <= region <= len(self._regions):
            raise KeyError(region)
        return self._regions[region - 1]

    def labels(self, box: Box) -> Ids:
        """Return (h, w) int32: the region id of each damaged pixel of ``box``, else 0."""
        out = np.zeros((box.height, box.width), np.int32)
        for cell in box.within(self._components.damage.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in self._ids:
                _, local, is_damage = self._components.label(key)
                ids = np.where(is_damage, self._ids[key][local], 0)
                out[cell.moved(-box.x, -box.y).slices] = ids[_slices_in_tile(cell, key)]
        return out

    def at(self, x: int, y: int) -> Region | None:
        """Return the region at a pixel, or None if it is intact."""
        region = int(self.labels(Box(x, y, 1, 1))[0, 0])
        return self._regions[region - 1] if region else None


def find_regions(
    damage: DamageMap, join: int = 0, *, thickness: bool = True, progress: Progress | None = None
) -> Regions:
    """Find the 8-connected regions of all damage, whatever its class, ordered by their upper left corner.

    Time and memory are proportional to the number of damaged tiles. Raises ``Cancelled``.

    Parameters
    ----------
    damage
        Damage map.
    join
        Components that would meet after dilation by this many pixels form one region. Its box, area and
        thickness are still those of the damage itself.
    thickness
        Whether to measure the thickness, which takes several times longer; without it, it is 0.
    progress
        Progress and cancellation.
    """
    damage, progress = damage.copy(), progress or Progress()
    components = _TileComponents(damage, damage.dilated(join, progress) if join else damage)
    sizes, tables = components.measure(Depths(damage, progress) if thickness else None, progress)
    groups = _groups(sizes.total, components.adjacent_pairs(tables))
    boxes, areas, depths = sizes.merged(groups)
    nonempty = np.flatnonzero(areas > 0)
    order = nonempty[np.lexsort((nonempty, boxes[nonempty, 2], boxes[nonempty, 0], boxes[nonempty, 1]))]
    ids = np.zeros(len(areas), np.int32)
    ids[order] = np.arange(1, len(order) + 1)
    regions = [
        Region(
            int(ids[group]), Box.spanning(*boxes[group].tolist()), int(areas[group]), 2 * float(depths[group])
        )
        for group in order
    ]
    lookup = np.concatenate([np.zeros(1, np.int32), ids[groups]])
    return Regions(regions, components, {key: lookup[table] for key, table in tables.items()})


class _ComponentTable:
    """Box (left, top, right, bottom), area and depth of the components within single tiles."""

    def __init__(self) -> None:
        self.total = 0
        self._boxes: list[NDArray[np.int64]] = []
        self._areas: list[NDArray[np.int64]] = []
        self._depths: list[NDArray[np.float32]] = []

    def add(self, boxes: NDArray[np.int64], areas: NDArray[np.int64], depths: NDArray[np.float32]) -> Ids:
        """Add the components of a tile.

        Returns the table local label → 1-based component number (0: none).
        """
        first = self.total + 1
        self.total += len(areas)
        self._boxes.append(boxes)
        self._areas.append(areas)
        self._depths.append(depths)
        return np.concatenate([[0], np.arange(first, self.total + 1)]).astype(np.int32)

    def merged(self, groups: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Return boxes, areas and depths of groups of components, ignoring components without damage."""
        count = int(groups.max(initial=-1)) + 1
        largest = np.iinfo(np.int64).max
        boxes = np.tile(np.array([largest, largest, 0, 0]), (count, 1))
        areas, depths = np.zeros(count, np.int64), np.zeros(count, np.float32)
        if count:
            all_boxes, all_areas = np.concatenate(self._boxes), np.concatenate(self._areas)
            nonempty = all_areas > 0
            for column, ufunc in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
                ufunc.at(boxes[:, column], groups[nonempty], all_boxes[nonempty, column])
            np.add.at(areas, groups, all_areas)
            np.maximum.at(depths, groups, np.concatenate(self._depths))
        return boxes, areas, depths


class _TileComponents:
    """Connected components within single tiles of ``linked``, the map that defines connectivity."""

    def __init__(self, damage: DamageMap, linked: DamageMap) -> None:
        self.damage, self.linked = damage, linked

    def label(self, key: TileKey) -> tuple[int, Ids, NDArray[np.bool_]]:
        """Return the number of components of a tile, their local labels, and a mask of the actual damage."""
        count, local = cv2.connectedComponents(
            (self.linked.tiles()[key] > 0).view(np.uint8), connectivity=EIGHT_CONNECTED
        )
        is_damage = self.damage.tiles().get(key)
        return count - 1, local, np.zeros(local.shape, np.bool_) if is_damage is None else is_damage > 0

    def measure(
        self, depths: Depths | None, progress: Progress
    ) -> tuple[_ComponentTable, dict[TileKey, Ids]]:
        """Return the sizes of all components, and for each tile the table local label → component number."""
        sizes, tables = _ComponentTable(), {}
        for key in sorted(self.linked.tiles(), key=lambda key: key[::-1]):
            progress.check()
            count, local, is_damage = self.label(key)
            depth = None if depths is None else depths.of(key)
            tables[key] = sizes.add(*_measure(count, np.where(is_damage, local, 0), depth, tile_box(key)))
        return sizes, tables

    def adjacent_pairs(self, tables: Mapping[TileKey, Ids]) -> NDArray[np.int64]:
        """Return (n, 2) numbers of components that touch across tile borders, each pair once."""
        edges = {key: _edges(tables[key][self.label(key)[1]]) for key in tables}
        pairs = [np.zeros((0, 2), np.int64)]
        for (x, y), (_, right, _, bottom) in edges.items():
            for side, key, other in ((right, (x + 1, y), 0), (bottom, (x, y + 1), 2)):
                if key in edges:
                    pairs.extend(_adjacent_along(side, edges[key][other]))
            for corner, key, end in ((bottom[-1], (x + 1, y + 1), 0), (bottom[0], (x - 1, y + 1), -1)):
                if key in edges and corner and edges[key][2][end]:
                    pairs.append(np.array([[corner, edges[key][2][end]]]))
        return _unique_pairs(np.concatenate(pairs))


def _edges(numbers: Ids) -> tuple[Ids, Ids, Ids, Ids]:
    """Return the left, right, top and bottom line of a tile."""
    return numbers[:, 0].copy(), numbers[:, -1].copy(), numbers[0].copy(), numbers[-1].copy()


def _adjacent_along(one: Ids, other: Ids) -> Iterator[NDArray[np.int64]]:
    """Iterate over pairs that touch, straight or diagonally, along facing lines, without repeated runs."""
    for left, right in ((one, other), (one[1:], other[:-1]), (one[:-1], other[1:])):
        both = (left > 0) & (right > 0)
        both[1:] &= (left[1:] != left[:-1]) | (right[1:] != right[:-1])
        yield np.stack([left[both], right[both]], axis=1)


def _unique_pairs(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each pair once.

    Pairs are sorted as single numbers because NumPy sorts rows slowly while holding the GIL.
    """
    span = int(pairs.max(initial=0)) + 1
    codes = np.unique(pairs[:, 0] * span + pairs[:, 1])
    return np.stack(np.divmod(codes, span), axis=1)


def _groups(count: int, pairs: NDArray[np.int64]) -> NDArray:
    """Return for each of ``count`` components the number of its connected group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not count:
        return np.zeros(0, np.int64)
    ones = np.ones(len(pairs), np.bool_)
    graph = coo_array((ones, (pairs[:, 0] - 1, pairs[:, 1] - 1)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _measure(
    count: int, labels: Ids, depth: NDArray[np.float32] | None, box: Box
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return boxes, areas and depths of the labels 1…count of a tile, zeros for a label without pixels."""
    boxes = np.zeros((count + 1, 4), np.int64)
    boxes[:, :2] = np.iinfo(np.int64).max
    depths = np.zeros(count + 1, np.float32)
    rows, columns = np.divmod(np.flatnonzero(labels > 0), labels.shape[1])
    ids = labels[rows, columns]
    for column, (ufunc, place) in enumerate(
        ((np.minimum, columns), (np.minimum, rows), (np.maximum, columns + 1), (np.maximum, rows + 1))
    ):
        ufunc.at(boxes[:, column], ids, place + (box.x, box.y)[column % 2])
    if depth is not None:
        np.maximum.at(depths, ids, depth[rows, columns])
    return boxes[1:], np.bincount(ids, minlength=count + 1)[1:], depths[1:]


def _slices_in_tile(cell: Box, key: TileKey) -> tuple[slice, slice]:
    return cell.moved(-key[0] * TILE, -key[1] * TILE).slices
