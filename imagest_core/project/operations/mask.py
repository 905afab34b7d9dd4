"""Painting, erasing, filling, deriving, importing: anything that relabels damage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box, union
from imagest_core.project.codec import joined, packed_tile, shared_tile, split, unpacked_tile
from imagest_core.project.operations.base import Operation, Payload, Shelf
from imagest_core.project.state import Aspect, Change, Changes, State

_INTACT = np.zeros((TILE, TILE), np.uint8)


@dataclass(frozen=True)
class TilePatch:
    """How one tile changes: ``delta`` is old XOR new labels, compressed; so it is its own inverse."""

    key: TileKey
    delta: bytes


class Step(NamedTuple):
    """One tile before and after, None without damage. Stored tiles never change, so these are snapshots."""

    before: NDArray[np.uint8] | None
    after: NDArray[np.uint8] | None


@dataclass(frozen=True)
class Relabelled(Operation):
    """Labels changed within ``box``, tile by tile.

    ``ready``: the tiles it was made of, held until it is applied, so that nothing need be unpacked.
    """

    kind: ClassVar[str] = "mask"
    box: Box
    patches: tuple[TilePatch, ...]
    ready: dict[TileKey, Step] = field(default_factory=dict, compare=False, repr=False)

    def apply(self, state: State) -> Changes:
        for patch in self.patches:
            state.damage.write(tile_box(patch.key), self._labels(patch, state.damage.tiles().get(patch.key)))
        return (self.change,)

    def _labels(self, patch: TilePatch, now: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        """The tile as it is after, which is ``now`` before."""
        step = self.ready.pop(patch.key, None)
        if step is not None and step.before is now:
            return _INTACT if step.after is None else step.after
        delta = unpacked_tile(patch.delta)
        if now is None or now is delta:
            return delta if now is None else _INTACT
        labels = now ^ delta
        labels.setflags(write=False)
        return labels

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


def relabelled(before: DamageMap, after: DamageMap, name: str, *, done: bool = False) -> Relabelled:
    """The operation that leads from one map to another of the same size.

    Costs what differs: tiles the two maps share are not looked at. It changes nothing, so that of a
    whole mask can be made in a job's thread. ``done``: the state is ``after`` already. Raises
    ``MaskError`` where the sizes differ.
    """
    if before.box != after.box:
        raise MaskError(
            f"The mask is {after.width} × {after.height} pixels but the scan is"
            f" {before.width} × {before.height}: export it again at the scan's size."
        )
    steps = {key: _shared(step) for key, step in _steps(before, after) if _delta(step).any()}
    patches = tuple(TilePatch(key, packed_tile(_delta(step))) for key, step in steps.items())
    box = union(_changed_box(key, _delta(step)) for key, step in steps.items())
    return Relabelled(box, patches, {} if done else steps, name=name)


def _steps(before: DamageMap, after: DamageMap) -> Iterator[tuple[TileKey, Step]]:
    old, new = before.tiles(), after.tiles()
    for key in sorted(old.keys() | new.keys(), key=lambda key: key[::-1]):
        step = Step(old.get(key), new.get(key))
        if step.before is not step.after:
            yield key, step


def _shared(step: Step) -> Step:
    """A step that holds no tile of its own where there is one like it already."""
    return step if step.after is None else Step(step.before, shared_tile(step.after))


def _delta(step: Step) -> NDArray[np.uint8]:
    """Old XOR new labels."""
    if step.before is None:
        return _INTACT if step.after is None else step.after
    return step.before if step.after is None else step.before ^ step.after


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
