"""Where a painting is damaged: one class label a pixel, kept as sparse tiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Labels, Mask
from imagest_core.damage.classes import DEFAULT_CLASSES, DamageClass, check_classes
from imagest_core.painting.geometry import Box, union
from imagest_core.progress import Progress

TILE = 256
HALF = 128
"""An 8-bit mask is damaged from here up."""

TileKey = tuple[int, int]


class DamageMap:
    """Damage labels of a picture of ``width`` × ``height`` pixels; 0 is intact.

    Only tiles that hold damage exist. A stored tile is never changed in place but replaced, so
    :meth:`copy` and every tile handed out are snapshots that cost nothing. Tiles at the right and
    lower edge have full size and are 0 outside the picture.
    """

    def __init__(self, width: int, height: int, classes: tuple[DamageClass, ...] = DEFAULT_CLASSES) -> None:
        if width < 1 or height < 1:
            raise ValueError(f"a damage map needs a size, not {width} × {height}")
        self.width, self.height = width, height
        self.classes = check_classes(classes)
        self._tiles: dict[TileKey, Labels] = {}

    @classmethod
    def from_mask(
        cls, mask: NDArray, label: int = 1, classes: tuple[DamageClass, ...] = DEFAULT_CLASSES
    ) -> Self:
        """The map of a (h, w) ``mask``: bool, or uint8 where 128 and above is damaged."""
        made = cls(mask.shape[1], mask.shape[0], classes)
        for box in made.box.tiles(TILE):
            piece = mask[box.slices]
            made.write(box, (piece if piece.dtype == np.bool_ else piece >= HALF) * np.uint8(label))
        return made

    # What it is

    @property
    def box(self) -> Box:
        """The whole picture."""
        return Box(0, 0, self.width, self.height)

    @property
    def empty(self) -> bool:
        """Whether nothing is damaged."""
        return not self._tiles

    def tiles(self) -> Mapping[TileKey, Labels]:
        """The tiles that hold damage, (column, row) → read-only (256, 256) uint8."""
        return MappingProxyType(self._tiles)

    def occupied(self) -> list[Box]:
        """The boxes of the tiles that hold damage, row by row, cut to the picture."""
        return [tile_box(key).within(self.box) for key in sorted(self._tiles, key=lambda key: key[::-1])]

    def bounds(self) -> Box:
        """The smallest box around all damage; an empty box for none."""
        return union(self._tile_bounds(key) for key in self._tiles)

    def _tile_bounds(self, key: TileKey) -> Box:
        x, y, width, height = cv2.boundingRect(self._tiles[key])
        return Box(x, y, width, height).moved(key[0] * TILE, key[1] * TILE)

    def count(self, label: int | None = None) -> int:
        """Damaged pixels, of one ``label`` or of all."""
        tiles = self._tiles.values()
        return sum(int(np.count_nonzero(tile if label is None else tile == label)) for tile in tiles)

    def counts(self) -> dict[int, int]:
        """Pixels of every label there is, in the order of the labels."""
        total = np.zeros(256, np.int64)
        for tile in self._tiles.values():
            total += np.bincount(tile.ravel(), minlength=256)
        return {label: int(total[label]) for label in range(1, 256) if total[label]}

    def has(self, label: int) -> bool:
        """Whether any pixel has this ``label``."""
        return any(bool((tile == label).any()) for tile in self._tiles.values())

    def class_of(self, label: int) -> DamageClass:
        """The class with this ``label``; raises ``KeyError`` where there is none."""
        return {item.label: item for item in self.classes}[label]

    def __eq__(self, other: object) -> bool:
        """Whether both have the same size and the same label everywhere."""
        if not isinstance(other, DamageMap):
            return NotImplemented
        mine, theirs = self._tiles, other._tiles
        return (
            self.box == other.box
            and mine.keys() == theirs.keys()
            and all(np.array_equal(mine[key], theirs[key]) for key in mine)
        )

    __hash__ = None  # type: ignore[assignment]

    # Reading and writing

    def read(self, box: Box) -> Labels:
        """The labels in ``box`` as (h, w) uint8; 0 outside the picture."""
        labels = np.zeros((box.height, box.width), np.uint8)
        for key, cell in self._stored(box):
            labels[cell.moved(-box.x, -box.y).slices] = self._tiles[key][_inside(cell)]
        return labels

    def write(self, box: Box, labels: NDArray) -> None:
        """Put (h, w) ``labels`` into ``box``; what lies outside the picture is dropped."""
        if labels.shape != (box.height, box.width):
            raise ValueError(f"labels of shape {labels.shape} don't fit {box}")
        key = (box.x // TILE, box.y // TILE)
        if box == tile_box(key) and box.right <= self.width and box.bottom <= self.height and min(key) >= 0:
            self._replace(key, box, labels)
            return
        for cell in box.within(self.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            whole = cell == box
            self._replace(key, cell, labels if whole else labels[cell.moved(-box.x, -box.y).slices])

    def _replace(self, key: TileKey, cell: Box, labels: NDArray) -> None:
        old = self._tiles.get(key)
        whole = labels.shape == (TILE, TILE)
        if (whole or old is None) and not labels.any():
            self._tiles.pop(key, None)
            return
        if whole and _storable(labels):
            self._tiles[key] = labels
            return
        tile = np.zeros((TILE, TILE), np.uint8) if old is None else old.copy()
        tile[_inside(cell)] = labels
        if not tile.any():
            del self._tiles[key]
            return
        tile.setflags(write=False)
        self._tiles[key] = tile

    def _stored(self, box: Box) -> Iterator[tuple[TileKey, Box]]:
        """The stored tiles that ``box`` touches, each with the part of ``box`` in it."""
        for cell in box.within(self.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in self._tiles:
                yield key, cell

    def fill_mask(self, box: Box) -> Mask:
        """(h, w) bool: where ``box`` holds damage of a class that is filled."""
        return self._filled_labels()[self.read(box)]

    # Maps made from this one

    def copy(self) -> DamageMap:
        """A map that can be changed without this one; shares the tiles."""
        return self.with_classes(self.classes)

    def with_classes(self, classes: tuple[DamageClass, ...]) -> DamageMap:
        """A copy with other ``classes``."""
        made = DamageMap(self.width, self.height, classes)
        made._tiles = dict(self._tiles)
        return made

    def filled(self) -> DamageMap:
        """A map with label 1 wherever the class is filled."""
        chosen = self._filled_labels()
        made = DamageMap(self.width, self.height)
        for key, tile in self._tiles.items():
            mask = chosen[tile]
            made._replace(key, tile_box(key), tile if np.array_equal(mask, tile) else mask)
        return made

    def dilated(self, pixels: int, progress: Progress | None = None) -> DamageMap:
        """All damage dilated ``pixels`` times by a 3×3 square, as label 1; raises ``Cancelled``."""
        made, progress = DamageMap(self.width, self.height), progress or Progress()
        for key in self._near(pixels):
            progress.check()
            cell = tile_box(key).within(self.box)
            damaged = (self.read(cell.expanded(pixels)) > 0).astype(np.uint8)
            made.write(
                cell, _dilated(damaged, pixels)[pixels : pixels + cell.height, pixels : pixels + cell.width]
            )
        return made

    def _near(self, pixels: int) -> list[TileKey]:
        """The keys of all tiles that lie within ``pixels`` of damage."""
        reached: set[TileKey] = set()
        for key in self._tiles:
            around = self._tile_bounds(key).expanded(pixels).within(self.box)
            reached.update((cell.x // TILE, cell.y // TILE) for cell in around.tiles(TILE))
        return sorted(reached)

    def _filled_labels(self) -> Mask:
        """256 bool: whether a label is filled; one without a class is."""
        chosen = np.ones(256, np.bool_)
        chosen[0] = False
        chosen[[item.label for item in self.classes if not item.filled]] = False
        return chosen


def _storable(labels: NDArray) -> bool:
    """Whether this whole tile is one that nobody can change any more, such as one of another map."""
    fits = labels.dtype == np.uint8 and labels.flags.c_contiguous
    return bool(fits and labels.base is None and not labels.flags.writeable)


def tile_box(key: TileKey) -> Box:
    """The full box of the tile (column, row)."""
    return Box(key[0] * TILE, key[1] * TILE, TILE, TILE)


def _inside(cell: Box) -> tuple[slice, slice]:
    """Slices of ``cell`` into the one tile that holds it."""
    return cell.moved(-(cell.x // TILE) * TILE, -(cell.y // TILE) * TILE).slices


def _dilated(mask: Labels, pixels: int) -> Labels:
    """``mask`` after ``pixels`` dilations by a 3×3 square."""
    if pixels < 1:
        return mask
    return np.asarray(cv2.dilate(mask, np.ones((2 * pixels + 1,) * 2, np.uint8)))
