"""Painting, erasing, filling, deriving, importing: anything that relabels damage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box, union
from imagest_core.project.codec import joined, packed_tile, split, unpacked_tile
from imagest_core.project.operations.base import Operation, Payload, Shelf
from imagest_core.project.state import Aspect, Change, Changes, State

_INTACT = np.zeros((TILE, TILE), np.uint8)


@dataclass(frozen=True)
class TilePatch:
    """How one tile changes: ``delta`` is old XOR new labels, compressed; so it is its own inverse."""

    key: TileKey
    delta: bytes


@dataclass(frozen=True)
class Relabelled(Operation):
    """Labels changed within ``box``, tile by tile."""

    kind: ClassVar[str] = "mask"
    box: Box
    patches: tuple[TilePatch, ...]

    def apply(self, state: State) -> Changes:
        for patch in self.patches:
            box = tile_box(patch.key)
            state.damage.write(box, state.damage.read(box) ^ unpacked_tile(patch.delta))
        return (self.change,)

    @property
    def change(self) -> Change:
        """What applying it touches."""
        return Change(Aspect.DAMAGE, self.box, tiles=tuple(patch.key for patch in self.patches))

    def inverse(self) -> Relabelled:
        return self

    def encode(self) -> Payload:
        tiles = [[*patch.key, len(patch.delta)] for patch in self.patches]
        return Payload({"box": self.box, "tiles": tiles}, joined(patch.delta for patch in self.patches))

    @classmethod
    def decode(cls, name: str, payload: Payload, shelf: Shelf) -> Self:
        tiles = payload.data["tiles"]
        deltas = split(payload.blob, [length for _, _, length in tiles])
        patches = tuple(TilePatch((tx, ty), delta) for (tx, ty, _), delta in zip(tiles, deltas, strict=True))
        return cls(Box(*payload.data["box"]), patches, name=name)

    @property
    def size(self) -> int:
        return 256 + sum(len(patch.delta) + 128 for patch in self.patches)


def relabelled(before: DamageMap, after: DamageMap, name: str) -> Relabelled:
    """The operation that leads from one map to another of the same size.

    Costs what differs: tiles the two maps share are not looked at. Raises ``MaskError`` where the
    sizes differ.
    """
    if before.box != after.box:
        raise MaskError(
            f"The mask is {after.width} × {after.height} pixels but the scan is"
            f" {before.width} × {before.height}: export it again at the scan's size."
        )
    deltas = dict(_differences(before, after))
    box = union(_changed_box(key, delta) for key, delta in deltas.items())
    return Relabelled(
        box, tuple(TilePatch(key, packed_tile(delta)) for key, delta in deltas.items()), name=name
    )


def _differences(before: DamageMap, after: DamageMap) -> Iterator[tuple[TileKey, NDArray[np.uint8]]]:
    old, new = before.tiles(), after.tiles()
    changed = [key for key in old.keys() | new.keys() if old.get(key) is not new.get(key)]
    for key in sorted(changed, key=lambda key: key[::-1]):
        delta = old.get(key, _INTACT) ^ new.get(key, _INTACT)
        if delta.any():
            yield key, delta


def _changed_box(key: TileKey, delta: NDArray[np.uint8]) -> Box:
    return Box(*cv2.boundingRect(delta)).moved(key[0] * TILE, key[1] * TILE)


def paint(
    damage: DamageMap, box: Box, mask: NDArray[np.bool_], label: int, *, overwrite: bool = True
) -> None:
    """Put ``label`` (0 erases) on the pixels of ``box`` under ``mask`` (h, w).

    Pixels of locked classes stay; so do those of every other class unless ``overwrite``.
    """
    box, mask = _cut(damage, box, mask)
    if box.empty:
        return
    labels = damage.read(box)
    damage.write(
        box, np.where(mask & _open_labels(damage, label, overwrite)[labels], np.uint8(label), labels)
    )


def _cut(damage: DamageMap, box: Box, mask: NDArray[np.bool_]) -> tuple[Box, NDArray[np.bool_]]:
    inside = box.within(damage.box)
    return inside, mask[inside.moved(-box.x, -box.y).slices]


def _open_labels(damage: DamageMap, label: int, overwrite: bool) -> NDArray[np.bool_]:
    """256 bool: whether a pixel with this label may be changed."""
    may = np.full(256, overwrite or label == 0)
    may[0] = True
    may[[item.label for item in damage.classes if item.locked]] = False
    return may
