"""The damage map: one class label per pixel, stored as sparse tiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.classes import DEFAULT_CLASSES, DamageClass, check_classes
from imagest_core.painting.geometry import Box, union
from imagest_core.progress import Progress

TILE = 256
HALF = 128
"""Threshold of an 8-bit mask: values from here up are damage."""

Labels = NDArray[np.uint8]
TileKey = tuple[int, int]


class DamageMap:
    """Damage labels of an image of ``width`` × ``height`` pixels; 0 is intact.

    Only tiles that contain damage are stored. A stored tile is never modified in place but replaced, so
    :meth:`copy` and every tile handed out are snapshots at no cost. Tiles at the right and lower edge have
    full size and are 0 outside the image.
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
        """Create a map from a (h, w) ``mask``: bool, or uint8 with damage from 128 up."""
        result = cls(mask.shape[1], mask.shape[0], classes)
        for box in result.box.tiles(TILE):
            part = mask[box.slices]
            result.write(box, (part if part.dtype == np.bool_ else part >= HALF) * np.uint8(label))
        return result

    # Properties

    @property
    def box(self) -> Box:
        """Bounds of the whole image."""
        return Box(0, 0, self.width, self.height)

    @property
    def empty(self) -> bool:
        """Whether nothing is damaged."""
        return not self._tiles

    def tiles(self) -> Mapping[TileKey, Labels]:
        """Return the stored tiles, (column, row) → read-only (256, 256) uint8."""
        return MappingProxyType(self._tiles)

    def occupied(self) -> list[Box]:
        """Return the boxes of the stored tiles, row by row, clipped to the image."""
        return [tile_box(key).within(self.box) for key in sorted(self._tiles, key=lambda key: key[::-1])]

    def bounds(self) -> Box:
        """Return the bounding box of all damage, an empty box if there is none."""
        return union(self._tile_bounds(key) for key in self._tiles)

    def _tile_bounds(self, key: TileKey) -> Box:
        x, y, width, height = cv2.boundingRect(self._tiles[key])
        return Box(x, y, width, height).moved(key[0] * TILE, key[1] * TILE)

    def count(self, label: int | None = None) -> int:
        """Count the damaged pixels, of one ``label`` or of all."""
        tiles = self._tiles.values()
        return sum(int(np.count_nonzero(tile if label is None else tile == label)) for tile in tiles)

    def counts(self) -> dict[int, int]:
        """Count the pixels of every label that occurs, in the order of the labels."""
        total = np.zeros(256, np.int64)
        for tile in self._tiles.values():
            total += np.bincount(tile.ravel(), minlength=256)
        return {label: int(total[label]) for label in range(1, 256) if total[label]}

    def has(self, label: int) -> bool:
        """Return whether any pixel has this ``label``."""
        return any(bool((tile == label).any()) for tile in self._tiles.values())

    def class_of(self, label: int) -> DamageClass:
        """Return the class with this ``label``; raises ``KeyError`` if there is none."""
        return {item.label: item for item in self.classes}[label]

    def __eq__(self, other: object) -> bool:
        """Compare sizes and labels; classes are ignored."""
        if not isinstance(other, DamageMap):
            return NotImplemented
        own, others = self._tiles, other._tiles
        return (
            self.box == other.box
            and own.keys() == others.keys()
            and all(np.array_equal(own[key], others[key]) for key in own)
        )

    __hash__ = None  # type: ignore[assignment]

    # Reading and writing

    def read(self, box: Box) -> Labels:
        """Return the labels in ``box`` as (h, w) uint8, 0 outside the image."""
        labels = np.zeros((box.height, box.width), np.uint8)
        for key, cell in self._stored_tiles(box):
            labels[cell.moved(-box.x, -box.y).slices] = self._tiles[key][_slices_in_tile(cell)]
        return labels

    def write(self, box: Box, labels: NDArray) -> None:
        """Write (h, w) ``labels`` into ``box``; pixels outside the image are ignored."""
        if labels.shape != (box.height, box.width):
            raise ValueError(f"labels of shape {labels.shape} don't fit {box}")
        key = (box.x // TILE, box.y // TILE)
        if box == tile_box(key) and box.right <= self.width and box.bottom <= self.height and min(key) >= 0:
            self._replace(key, box, labels)
            return
        for cell in box.within(self.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            covers_tile = cell == box
            self._replace(key, cell, labels if covers_tile else labels[cell.moved(-box.x, -box.y).slices])

    def _replace(self, key: TileKey, cell: Box, labels: NDArray) -> None:
        old = self._tiles.get(key)
        covers_tile = labels.shape == (TILE, TILE)
        if (covers_tile or old is None) and not labels.any():
            self._tiles.pop(key, None)
            return
        if covers_tile and _is_immutable_tile(labels):
            self._tiles[key] = labels
            return
        tile = np.zeros((TILE, TILE), np.uint8) if old is None else old.copy()
        tile[_slices_in_tile(cell)] = labels
        if not tile.any():
            del self._tiles[key]
            return
        tile.setflags(write=False)
        self._tiles[key] = tile

    def _stored_tiles(self, box: Box) -> Iterator[tuple[TileKey, Box]]:
        """Iterate over the stored tiles that ``box`` overlaps, each with its part of ``box``."""
        for cell in box.within(self.box).tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in self._tiles:
                yield key, cell

    def fill_mask(self, box: Box) -> Mask:
        """Return (h, w) bool: where ``box`` contains damage of a class that is filled."""
        return self._filled_labels()[self.read(box)]

    def protected_mask(self, box: Box) -> Mask:
        """Return (h, w) bool: where ``box`` is protected."""
        return self.protected_labels()[self.read(box)]

    def protected_labels(self) -> Mask:
        """Return (256,) bool: whether pixels with this label are protected."""
        protected = np.zeros(256, np.bool_)
        protected[[item.label for item in self.classes if item.protected]] = True
        return protected

    # Derived maps

    def copy(self) -> DamageMap:
        """Return an independent copy that shares the tiles."""
        return self.with_classes(self.classes)

    def with_classes(self, classes: tuple[DamageClass, ...]) -> DamageMap:
        """Return a copy with other ``classes``."""
        result = DamageMap(self.width, self.height, classes)
        result._tiles = dict(self._tiles)
        return result

    @property
    def any_filled(self) -> bool:
        """Whether any damage belongs to a class that is filled; stops at the first tile that does."""
        is_filled = self._filled_labels()
        return any(bool(is_filled[tile].any()) for tile in self._tiles.values())

    def filled(self) -> DamageMap:
        """Return a map with label 1 wherever the class is filled."""
        return self._mapped(self._filled_labels())

    @property
    def any_protected(self) -> bool:
        """Whether any pixel is protected."""
        return next(self._protected_tiles(), None) is not None

    def protected(self) -> DamageMap:
        """Return a map with label 1 wherever pixels are protected."""
        return self._mapped(self.protected_labels(), self._protected_tiles())

    def _protected_tiles(self) -> Iterator[TileKey]:
        """Iterate over the tiles with protected pixels; comparing is much faster than looking labels up."""
        labels = [item.label for item in self.classes if item.protected]
        for key, tile in self._tiles.items():
            if any((tile == label).any() for label in labels):
                yield key

    def _mapped(self, chosen: Mask, keys: Iterable[TileKey] | None = None) -> DamageMap:
        """Return a map with label 1 wherever ``chosen`` ((256,) bool) holds for the label in these tiles."""
        result = DamageMap(self.width, self.height)
        for key in self._tiles if keys is None else keys:
            tile = self._tiles[key]
            mask = chosen[tile]
            result._replace(key, tile_box(key), tile if np.array_equal(mask, tile) else mask)
        return result

    def without(self, other: DamageMap) -> DamageMap:
        """Return a copy without the pixels that ``other``, of the same size, marks."""
        result = self.copy()
        for key in self._tiles.keys() & other._tiles.keys():
            labels = np.where(other._tiles[key] > 0, np.uint8(0), self._tiles[key])
            result._replace(key, tile_box(key), labels)
        return result

    def within(self, other: DamageMap) -> DamageMap:
        """Return a copy of only the pixels that ``other``, of the same size, marks."""
        result = DamageMap(self.width, self.height, self.classes)
        for key in self._tiles.keys() & other._tiles.keys():
            labels = np.where(other._tiles[key] > 0, self._tiles[key], np.uint8(0))
            result._replace(key, tile_box(key), labels)
        return result

    def dilated(self, pixels: int, progress: Progress | None = None) -> DamageMap:
        """Dilate all damage ``pixels`` times by a 3×3 square, as label 1; raises ``Cancelled``."""
        result, progress = DamageMap(self.width, self.height), progress or Progress()
        for key in self._tiles_near(pixels):
            progress.check()
            cell = tile_box(key).within(self.box)
            damaged = (self.read(cell.expanded(pixels)) > 0).astype(np.uint8)
            result.write(
                cell, _dilated(damaged, pixels)[pixels : pixels + cell.height, pixels : pixels + cell.width]
            )
        return result

    def _tiles_near(self, pixels: int) -> list[TileKey]:
        """Return the keys of all tiles within ``pixels`` of damage."""
        keys: set[TileKey] = set()
        for key in self._tiles:
            around = self._tile_bounds(key).expanded(pixels).within(self.box)
            keys.update((cell.x // TILE, cell.y // TILE) for cell in around.tiles(TILE))
        return sorted(keys)

    def _filled_labels(self) -> Mask:
        """Return (256,) bool: whether a label is filled; labels without a class are."""
        is_filled = np.ones(256, np.bool_)
        is_filled[0] = False
        is_filled[[item.label for item in self.classes if not item.filled]] = False
        return is_filled


def _is_immutable_tile(labels: NDArray) -> bool:
    """Return whether these labels, such as a tile of another map, can be stored without a copy."""
    is_labels = labels.dtype == np.uint8 and labels.flags.c_contiguous
    return bool(is_labels and labels.base is None and not labels.flags.writeable)


def tile_box(key: TileKey) -> Box:
    """Return the full box of the tile (column, row)."""
    return Box(key[0] * TILE, key[1] * TILE, TILE, TILE)


def _slices_in_tile(cell: Box) -> tuple[slice, slice]:
    """Return the slices of ``cell`` in the one tile that contains it."""
    return cell.moved(-(cell.x // TILE) * TILE, -(cell.y // TILE) * TILE).slices


def _dilated(mask: Labels, pixels: int) -> Labels:
    """Dilate ``mask`` ``pixels`` times by a 3×3 square."""
    if pixels < 1:
        return mask
    return np.asarray(cv2.dilate(mask, np.ones((2 * pixels + 1,) * 2, np.uint8)))
