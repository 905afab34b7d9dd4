"""Rejecting a part of a result: its pixels show the scan again, the rest can be accepted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from imagest_core.damage.map import DamageMap, tile_box
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.base import Operation, Payload, RunSource
from imagest_core.project.operations.mask import (
    TilePatch,
    change_mask,
    decode_patches,
    encode_patches,
    patched_tile,
)
from imagest_core.project.operations.names import operation_name
from imagest_core.project.run import Run
from imagest_core.project.state import Aspect, Change, Changes, State
from imagest_core.project.storage.unpack import LARGEST_NUMBER
from imagest_core.serialization import from_plain


@dataclass(frozen=True)
class ChangeRejectedPart(Operation):
    """Change which pixels of ``run`` are rejected within ``box``, tile by tile."""

    kind: ClassVar[str] = "rejected_part"
    run: int
    box: Box
    patches: tuple[TilePatch, ...]

    def apply(self, state: State) -> Changes:
        """Apply all patches; raise ``ProjectError`` before any change if a tile doesn't fit."""
        part = rejected_part(state, self.run)
        tiles = part.tiles()
        labels = [patched_tile(patch, tiles.get(patch.key), self.name) for patch in self.patches]
        for patch, tile in zip(self.patches, labels, strict=True):
            part.write(tile_box(patch.key), tile)
        if part.empty:
            state.rejected_parts.pop(self.run, None)
        else:
            state.rejected_parts[self.run] = part
        keys = tuple(patch.key for patch in self.patches)
        return (Change(Aspect.REJECTED_PARTS, self.box, tiles=keys, run=self.run),)

    def inverse(self) -> ChangeRejectedPart:
        """Return the operation with inverse patches."""
        return replace(self, patches=tuple(patch.inverse() for patch in self.patches))

    def encode(self) -> Payload:
        """Encode the patches."""
        rows, blob = encode_patches(self.patches)
        return Payload({"run": self.run, "box": self.box, "tiles": rows}, blob)

    @classmethod
    def decode(cls, name: str, payload: Payload, run_source: RunSource) -> Self:
        """Decode the result of :meth:`encode`."""
        run = payload.data["run"]
        if type(run) is not int or not 0 < run <= LARGEST_NUMBER:
            raise ValueError("a rejected part has no run")
        patches = decode_patches(payload.data["tiles"], payload.blob)
        return cls(run, from_plain(Box, payload.data["box"]), patches, name=name)

    @property
    def size(self) -> int:
        """Approximate size in memory, in bytes."""
        return 256 + sum(len(patch.delta) + 128 for patch in self.patches)


def rejected_part(state: State, run: int) -> DamageMap:
    """Return a copy of the rejected pixels of a run as label 1."""
    part = state.rejected_parts.get(run)
    return DamageMap(state.box.width, state.box.height) if part is None else part.copy()


def reject_part(state: State, run: Run, painted: DamageMap) -> ChangeRejectedPart | None:
    """Reject the ``painted`` pixels of a run; None if none of them is filled or all are rejected already."""
    return _change(state, run, painted, True)


def take_back_part(state: State, run: Run, painted: DamageMap) -> ChangeRejectedPart | None:
    """Undo the rejection of the ``painted`` pixels of a run; None if none of them is rejected."""
    return _change(state, run, painted, False)


def _change(state: State, run: Run, painted: DamageMap, rejected: bool) -> ChangeRejectedPart | None:
    before = rejected_part(state, run.id)
    after = before.copy()
    for key in painted.tiles().keys() & run.tile_keys:
        tile = run.content.tile(key)
        selected = (painted.read(tile.box) > 0) & (tile.regions > 0)
        after.write(tile.box, np.where(selected, np.uint8(rejected), before.read(tile.box)))
    name = operation_name("reject_part" if rejected else "take_back_part", number=run.id)
    change = change_mask(before, after, name)
    return ChangeRejectedPart(run.id, change.box, change.patches, name=name) if change.patches else None


def rejected_pixels(state: State, run: Run) -> dict[int, int]:
    """Return the number of rejected pixels of each region of ``run`` that has any, by region number."""
    counts: dict[int, int] = {}
    part = state.rejected_parts.get(run.id)
    if part is None:
        return counts
    for key in sorted(part.tiles().keys() & run.tile_keys):
        tile = run.content.tile(key)
        numbers, pixels = np.unique(tile.regions[part.read(tile.box) > 0], return_counts=True)
        for number, count in zip(numbers.tolist(), pixels.tolist(), strict=True):
            counts[number] = counts.get(number, 0) + count
    return counts
