"""Changes of the damage map: painting, erasing, filling, deriving, importing."""

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
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box, union
from imagest_core.project.operations.base import Operation, Payload, RunSource
from imagest_core.project.state import Aspect, Change, Changes, State
from imagest_core.project.storage.codec import concatenate, pack_tile, share_tile, split, unpack_tile
from imagest_core.serialization import from_plain

_INTACT = np.zeros((TILE, TILE), np.uint8)
_INTACT.setflags(write=False)


def no_class(label: int) -> Message:
    """Return the message for a label without a class."""
    return Message("There is no damage class {label}: choose one from the list of classes.", label=label)


HASH = 8
"""Bytes of the hash of a tile."""


@dataclass(frozen=True)
class TilePatch:
    """Change of one tile: ``delta`` is old XOR new labels, compressed.

    ``before`` and ``after`` are the hashes of the old and the new tile. They are empty in patches of older
    versions, which fit any tile.
    """

    key: TileKey
    delta: bytes
    before: bytes = b""
    after: bytes = b""

    def inverse(self) -> TilePatch:
        """Return the patch that undoes this one."""
        return replace(self, before=self.after, after=self.before)

    def fits(self, current: NDArray[np.uint8] | None) -> bool:
        """Return whether ``current`` (None: no damage) is the tile the patch was computed for."""
        return not self.before or tile_hash(current) == self.before


class TileChange(NamedTuple):
    """One tile before and after, None without damage. Stored tiles are immutable, so these are snapshots."""

    before: NDArray[np.uint8] | None
    after: NDArray[np.uint8] | None


@dataclass(frozen=True)
class ChangeMask(Operation):
    """Change labels within ``box``, tile by tile.

    ``pending`` holds the uncompressed tiles until the operation is applied.
    """

    kind: ClassVar[str] = "mask"
    box: Box
    patches: tuple[TilePatch, ...]
    pending: dict[TileKey, TileChange] = field(default_factory=dict, compare=False, repr=False)

    def apply(self, state: State) -> Changes:
        """Apply all patches; raise ``ProjectError`` before any change if a tile doesn't fit."""
        tiles = state.damage.tiles()
        new_tiles = [self._labels(patch, tiles.get(patch.key)) for patch in self.patches]
        for patch, labels in zip(self.patches, new_tiles, strict=True):
            state.damage.write(tile_box(patch.key), labels)
        self.pending.clear()
        return (self.change,)

    def _labels(self, patch: TilePatch, current: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        """Return the new tile for ``current``."""
        change = self.pending.get(patch.key)
        if change is not None and change.before is current:
            return _INTACT if change.after is None else change.after
        return patched_tile(patch, current, self.name)

    @property
    def change(self) -> Change:
        """What applying the operation changes."""
        return Change(Aspect.DAMAGE, self.box, tiles=tuple(patch.key for patch in self.patches))

    def inverse(self) -> ChangeMask:
        """Return the operation with inverse patches."""
        return ChangeMask(self.box, tuple(patch.inverse() for patch in self.patches), name=self.name)

    def encode(self) -> Payload:
        """Encode the patches."""
        rows, blob = encode_patches(self.patches)
        return Payload({"box": self.box, "tiles": rows}, blob)

    @classmethod
    def decode(cls, name: str, payload: Payload, run_source: RunSource) -> Self:
        """Decode the result of :meth:`encode`."""
        patches = decode_patches(payload.data["tiles"], payload.blob)
        return cls(from_plain(Box, payload.data["box"]), patches, name=name)

    @property
    def size(self) -> int:
        """Approximate size in memory, in bytes."""
        return 256 + sum(len(patch.delta) + 128 for patch in self.patches)


def patched_tile(patch: TilePatch, current: NDArray[np.uint8] | None, name: str) -> NDArray[np.uint8]:
    """Return the new tile for ``current``; raises ``ProjectError`` if the patch doesn't fit it."""
    if not patch.fits(current):
        raise ProjectError(
            Message(
                "“{name}” can't be applied, because the damage has changed since: nothing was "
                "changed; run it again on the current damage.",
                name=name,
            )
        )
    delta = unpack_tile(patch.delta)
    if current is None or current is delta:
        return delta if current is None else _INTACT
    labels = current ^ delta
    labels.setflags(write=False)
    return labels


def encode_patches(patches: Iterable[TilePatch]) -> tuple[list[list[Any]], bytes]:
    """Return a row for each patch and the concatenated deltas."""
    kept = list(patches)
    rows = [[*patch.key, len(patch.delta), patch.before.hex(), patch.after.hex()] for patch in kept]
    return rows, concatenate(patch.delta for patch in kept)


def decode_patches(rows: list[Any], blob: bytes) -> tuple[TilePatch, ...]:
    """Decode the result of :func:`encode_patches`; raises ``ValueError`` and ``TypeError``."""
    deltas = split(blob, [row[2] for row in rows])
    return tuple(_patch(row, delta) for row, delta in zip(rows, deltas, strict=True))


def _patch(row: list[Any], delta: bytes) -> TilePatch:
    """Return a patch from its row: column, row, bytes, and since version 3 the two hashes."""
    x, y, _, *hashes = row
    if type(x) is not int or type(y) is not int or len(hashes) not in (0, 2):
        raise ValueError("a patch is damaged")
    return TilePatch((x, y), delta, *map(bytes.fromhex, hashes))


def tile_hash(labels: NDArray[np.uint8] | None) -> bytes:
    """Return an 8-byte hash of a tile of labels; None is a tile without damage."""
    if labels is None or labels is _INTACT:
        return _intact_hash()
    return hashlib.blake2b(np.ascontiguousarray(labels).data, digest_size=HASH).digest()


@cache
def _intact_hash() -> bytes:
    return hashlib.blake2b(_INTACT.data, digest_size=HASH).digest()


def change_mask(before: DamageMap, after: DamageMap, name: str, *, applied: bool = False) -> ChangeMask:
    """Return the operation that changes one map into another of the same size.

    Shared tiles are not compared, so the cost depends on the difference. Nothing is changed, so a background
    thread may call it. Raises ``MaskError`` if the sizes differ, or if ``after`` has a new label without a
    class in ``before``.

    Parameters
    ----------
    before, after
        The maps.
    name
        Name of the operation.
    applied
        Whether the state already is ``after``.
    """
    if before.box != after.box:
        raise MaskError(
            Message(
                "The mask is {width} × {height} pixels but the scan is {scan_width} × {scan_height}: export "
                "it again at the scan's size.",
                width=after.width,
                height=after.height,
                scan_width=before.width,
                scan_height=before.height,
            )
        )
    changes = {
        key: _share_tile(change) for key, change in _tile_changes(before, after) if _delta(change).any()
    }
    for change in changes.values():
        _check_labels(change, before)
    patches = tuple(
        TilePatch(key, pack_tile(_delta(change)), tile_hash(change.before), tile_hash(change.after))
        for key, change in changes.items()
    )
    box = union(_changed_box(key, _delta(change)) for key, change in changes.items())
    return ChangeMask(box, patches, {} if applied else changes, name=name)


def restore_damage(damage: DamageMap, before: DamageMap) -> Changes:
    """Revert ``damage`` to ``before``, and return what has changed."""
    changes = {key: change for key, change in _tile_changes(before, damage) if _delta(change).any()}
    for key, change in changes.items():
        damage.write(tile_box(key), _INTACT if change.before is None else change.before)
    box = union(_changed_box(key, _delta(change)) for key, change in changes.items())
    return (Change(Aspect.DAMAGE, box, tuple(changes)),) if changes else ()


def _check_labels(change: TileChange, damage: DamageMap) -> None:
    """Raise ``MaskError`` for new labels without a class."""
    if change.after is None or int(change.after.max()) <= _highest_contiguous(damage):
        return
    missing = set(labels_without_class(damage, [change.after]))
    if change.before is not None:
        missing -= set(labels_without_class(damage, [change.before]))
    for label in sorted(missing):
        raise MaskError(no_class(label))


def _highest_contiguous(damage: DamageMap) -> int:
    """Return the highest label such that all labels up to it have a class."""
    labels = {item.label for item in damage.classes}
    return next(label for label in range(256) if label + 1 not in labels)


def labels_without_class(damage: DamageMap, tiles: Iterable[NDArray[np.uint8]]) -> list[int]:
    """Return the labels in ``tiles`` without a class in ``damage``."""
    highest = _highest_contiguous(damage)
    occurs = np.zeros(256, np.bool_)
    for tile in tiles:
        if int(tile.max()) > highest:
            occurs |= np.bincount(tile.ravel(), minlength=256) > 0
    occurs[[0, *(item.label for item in damage.classes)]] = False
    return [int(label) for label in np.flatnonzero(occurs)]


def _tile_changes(before: DamageMap, after: DamageMap) -> Iterator[tuple[TileKey, TileChange]]:
    old, new = before.tiles(), after.tiles()
    for key in sorted(old.keys() | new.keys(), key=lambda key: key[::-1]):
        change = TileChange(old.get(key), new.get(key))
        if change.before is not change.after:
            yield key, change


def _share_tile(change: TileChange) -> TileChange:
    """Replace a uniform tile by the shared one in memory."""
    return change if change.after is None else TileChange(change.before, share_tile(change.after))


def _delta(change: TileChange) -> NDArray[np.uint8]:
    """Return old XOR new labels."""
    if change.before is None:
        return _INTACT if change.after is None else change.after
    return change.before if change.after is None else change.before ^ change.after


def _changed_box(key: TileKey, delta: NDArray[np.uint8]) -> Box:
    return Box(*cv2.boundingRect(delta)).moved(key[0] * TILE, key[1] * TILE)


def paint(
    damage: DamageMap, box: Box, mask: NDArray[np.bool_], label: int, *, overwrite: bool = True
) -> bool:
    """Set ``label`` (0 erases) on the pixels of ``box`` under ``mask`` (h, w); return whether any changed.

    Pixels of locked classes are kept, protected ones too unless they are erased, and without ``overwrite``
    those of all other classes; what is marked as protected always replaces them. Raises ``MaskError`` if no
    class has the ``label``.
    """
    check_label(damage, label)
    box, mask = _clip(damage, box, mask)
    if box.empty:
        return False
    labels = damage.read(box)
    if not labels.any():  # in most tiles under a brush: there is nothing to keep
        if not label or not mask.any():
            return False
        labels = mask.view(np.uint8) * np.uint8(label)
    else:
        changed = mask & (labels != label)
        if (labels * changed).any():
            changed &= cv2.LUT(labels, _editable_labels(damage, label, overwrite).view(np.uint8)) > 0
        if not changed.any():
            return False
        np.copyto(labels, np.uint8(label), where=changed)
    labels.setflags(write=False)
    damage.write(box, labels)
    return True


def check_label(damage: DamageMap, label: int) -> None:
    """Raise ``MaskError`` if ``label`` is neither 0 nor that of a class."""
    if label and label not in {item.label for item in damage.classes}:
        raise MaskError(no_class(label))


def _clip(damage: DamageMap, box: Box, mask: NDArray[np.bool_]) -> tuple[Box, NDArray[np.bool_]]:
    inside = box.within(damage.box)
    return inside, mask[inside.moved(-box.x, -box.y).slices]


def _editable_labels(damage: DamageMap, label: int, overwrite: bool) -> NDArray[np.bool_]:
    """Return (256,) bool: whether a pixel with this label may be changed."""
    protected = damage.protected_labels()
    editable = np.full(256, bool(overwrite or label == 0 or protected[label]))
    if label:
        editable &= ~protected
    editable[[0, label]] = True
    editable[[item.label for item in damage.classes if item.locked]] = False
    return editable
