"""Painting, erasing, filling, deriving, importing: anything that relabels damage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, ClassVar, NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, TileKey, tile_box
from imagest_core.errors import MaskError, ProjectError
from imagest_core.painting.geometry import Box, union
from imagest_core.project.operations.base import Operation, Payload, Shelf
from imagest_core.project.state import Aspect, Change, Changes, State
from imagest_core.project.storage.codec import joined, packed_tile, shared_tile, split, unpacked_tile
from imagest_core.serialization import from_plain

_INTACT = np.zeros((TILE, TILE), np.uint8)
_INTACT.setflags(write=False)

NO_CLASS = "There is no damage class {}: choose one from the list of classes."


HASH = 8
"""Bytes of a tile's hash."""


@dataclass(frozen=True)
class TilePatch:
    """How one tile changes: ``delta`` is old XOR new labels, compressed.

    ``before`` and ``after`` are the hashes of the tile it replaces and of the one it makes; empty in
    patches of older versions, which then fit any tile.
    """

    key: TileKey
    delta: bytes
    before: bytes = b""
    after: bytes = b""

    def inverse(self) -> TilePatch:
        """The patch that leads back."""
        return replace(self, before=self.after, after=self.before)

    def fits(self, now: NDArray[np.uint8] | None) -> bool:
        """Whether ``now`` (None: no damage) is the tile it was made for."""
        return not self.before or tile_hash(now) == self.before


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
        """Raises ``ProjectError``, and changes nothing, where a tile isn't the one it was made for."""
        tiles = state.damage.tiles()
        made = [self._labels(patch, tiles.get(patch.key)) for patch in self.patches]
        for patch, labels in zip(self.patches, made, strict=True):
            state.damage.write(tile_box(patch.key), labels)
        self.ready.clear()
        return (self.change,)

    def _labels(self, patch: TilePatch, now: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        """The tile as it is after, which is ``now`` before."""
        step = self.ready.get(patch.key)
        if step is not None and step.before is now:
            return _INTACT if step.after is None else step.after
        if not patch.fits(now):
            raise ProjectError(
                f"“{self.name}” can't be applied, because the damage isn't what it was made for: nothing"
                " was changed; make it again from the damage as it is."
            )
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
        return Relabelled(self.box, tuple(patch.inverse() for patch in self.patches), name=self.name)

    def encode(self) -> Payload:
        tiles = [
            [*patch.key, len(patch.delta), patch.before.hex(), patch.after.hex()] for patch in self.patches
        ]
        return Payload({"box": self.box, "tiles": tiles}, joined(patch.delta for patch in self.patches))

    @classmethod
    def decode(cls, name: str, payload: Payload, shelf: Shelf) -> Self:
        tiles = payload.data["tiles"]
        deltas = split(payload.blob, [row[2] for row in tiles])
        patches = tuple(_patch(row, delta) for row, delta in zip(tiles, deltas, strict=True))
        return cls(from_plain(Box, payload.data["box"]), patches, name=name)

    @property
    def size(self) -> int:
        return 256 + sum(len(patch.delta) + 128 for patch in self.patches)


def _patch(row: list[Any], delta: bytes) -> TilePatch:
    """A patch from its row: column, row, bytes, and since version 3 the two hashes."""
    x, y, _, *hashes = row
    if type(x) is not int or type(y) is not int or len(hashes) not in (0, 2):
        raise ValueError("a patch is damaged")
    return TilePatch((x, y), delta, *map(bytes.fromhex, hashes))


def tile_hash(labels: NDArray[np.uint8] | None) -> bytes:
    """Eight bytes that tell a tile of labels from any other; None is a tile without damage."""
    if labels is None or labels is _INTACT:
        return _intact_hash()
    return hashlib.blake2b(np.ascontiguousarray(labels).data, digest_size=HASH).digest()


@cache
def _intact_hash() -> bytes:
    return hashlib.blake2b(_INTACT.data, digest_size=HASH).digest()


def relabelled(before: DamageMap, after: DamageMap, name: str, *, done: bool = False) -> Relabelled:
    """The operation that leads from one map to another of the same size.

    Costs what differs: tiles the two maps share are not looked at. It changes nothing, so that of a
    whole mask can be made in a job's thread. ``done``: the state is ``after`` already. Raises
    ``MaskError`` where the sizes differ, or ``after`` has a new label that no class of ``before`` has.
    """
    if before.box != after.box:
        raise MaskError(
            f"The mask is {after.width} × {after.height} pixels but the scan is"
            f" {before.width} × {before.height}: export it again at the scan's size."
        )
    steps = {key: _shared(step) for key, step in _steps(before, after) if _delta(step).any()}
    for step in steps.values():
        _check_labels(step, before)
    patches = tuple(
        TilePatch(key, packed_tile(_delta(step)), tile_hash(step.before), tile_hash(step.after))
        for key, step in steps.items()
    )
    box = union(_changed_box(key, _delta(step)) for key, step in steps.items())
    return Relabelled(box, patches, {} if done else steps, name=name)


def restored(damage: DamageMap, before: DamageMap) -> Changes:
    """Put ``damage`` back to what it was ``before``, and say what was touched."""
    steps = {key: step for key, step in _steps(before, damage) if _delta(step).any()}
    for key, step in steps.items():
        damage.write(tile_box(key), _INTACT if step.before is None else step.before)
    box = union(_changed_box(key, _delta(step)) for key, step in steps.items())
    return (Change(Aspect.DAMAGE, box, tuple(steps)),) if steps else ()


def _check_labels(step: Step, damage: DamageMap) -> None:
    """Raise ``MaskError`` where a label without a class comes in."""
    if step.after is None or int(step.after.max()) <= _contiguous(damage):
        return
    lacking = set(labels_without_class(damage, [step.after]))
    if step.before is not None:
        lacking -= set(labels_without_class(damage, [step.before]))
    for label in sorted(lacking):
        raise MaskError(NO_CLASS.format(label))


def _contiguous(damage: DamageMap) -> int:
    """The highest label up to which every one has a class."""
    labels = {item.label for item in damage.classes}
    return next(label for label in range(256) if label + 1 not in labels)


def labels_without_class(damage: DamageMap, tiles: Iterable[NDArray[np.uint8]]) -> list[int]:
    """The labels in ``tiles`` that no class of ``damage`` has."""
    known = _contiguous(damage)
    found = np.zeros(256, np.bool_)
    for tile in tiles:
        if int(tile.max()) > known:
            found |= np.bincount(tile.ravel(), minlength=256) > 0
    found[[0, *(item.label for item in damage.classes)]] = False
    return [int(label) for label in np.flatnonzero(found)]


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

    Pixels of locked classes stay; so do those of every other class unless ``overwrite``. Raises
    ``MaskError`` where no class has the ``label``.
    """
    check_label(damage, label)
    box, mask = _cut(damage, box, mask)
    if box.empty:
        return
    labels = damage.read(box)
    damage.write(
        box, np.where(mask & _open_labels(damage, label, overwrite)[labels], np.uint8(label), labels)
    )


def check_label(damage: DamageMap, label: int) -> None:
    """Raise ``MaskError`` where ``label`` is neither 0 nor that of a class."""
    if label and label not in {item.label for item in damage.classes}:
        raise MaskError(NO_CLASS.format(label))


def _cut(damage: DamageMap, box: Box, mask: NDArray[np.bool_]) -> tuple[Box, NDArray[np.bool_]]:
    inside = box.within(damage.box)
    return inside, mask[inside.moved(-box.x, -box.y).slices]


def _open_labels(damage: DamageMap, label: int, overwrite: bool) -> NDArray[np.bool_]:
    """256 bool: whether a pixel with this label may be changed."""
    may = np.full(256, overwrite or label == 0)
    may[0] = True
    may[[item.label for item in damage.classes if item.locked]] = False
    return may
