"""Edits of a whole damage map: dilate, erode, clear, invert, extract and merge classes.

Each function returns a new map. Pixels of locked classes do not change, and protected pixels only when their
own class is edited.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import TILE, DamageMap, tile_box
from imagest_core.painting.geometry import Box


def cleared(damage: DamageMap, label: int | None = None, box: Box | None = None) -> DamageMap:
    """Remove the damage of class ``label`` (None: every class), only within ``box`` if given."""
    result, editable = damage.copy(), _editable_labels(damage, label)
    if label is not None:
        editable &= np.arange(256) == label
    for cell in damage.occupied():
        part = cell if box is None else cell.within(box)
        if not part.empty:
            labels = damage.read(part)
            result.write(part, np.where(editable[labels], np.uint8(0), labels))
    return result


def inverted(damage: DamageMap, label: int) -> DamageMap:
    """Exchange intact and damaged pixels; new damage gets class ``label``."""
    result, editable = damage.copy(), _editable_labels(damage, label)
    for cell in damage.box.tiles(TILE):
        labels = damage.read(cell)
        swapped = np.where(labels == 0, np.uint8(label), np.uint8(0))
        result.write(cell, np.where(editable[labels], swapped, labels))
    return result


def dilated_class(damage: DamageMap, label: int, pixels: int) -> DamageMap:
    """Dilate class ``label`` by ``pixels`` over intact pixels."""
    result = damage.copy()
    dilated = extracted(damage, label).dilated(pixels)
    for cell in dilated.occupied():
        labels = damage.read(cell)
        result.write(cell, np.where((labels == 0) & (dilated.read(cell) > 0), np.uint8(label), labels))
    return result


def eroded_class(damage: DamageMap, label: int, pixels: int) -> DamageMap:
    """Erode class ``label`` by ``pixels``, except where it borders another class or the image edge."""
    result, kernel = damage.copy(), np.ones((2 * pixels + 1,) * 2, np.uint8)
    for cell in damage.occupied():
        around = cell.expanded(pixels).within(damage.box)
        labels = damage.read(around)
        interior = cv2.erode((labels > 0).view(np.uint8), kernel) > 0
        removed = (labels == label) & ~interior
        part = cell.moved(-around.x, -around.y).slices
        result.write(cell, np.where(removed, np.uint8(0), labels)[part])
    return result


def extracted(damage: DamageMap, label: int | None = None, box: Box | None = None) -> DamageMap:
    """Return a map of class ``label`` (None: every class) within ``box`` (None: everywhere) only."""
    result = DamageMap(damage.width, damage.height, damage.classes)
    for cell in damage.occupied():
        part = cell if box is None else cell.within(box)
        if not part.empty:
            labels = damage.read(part)
            result.write(part, labels if label is None else np.where(labels == label, labels, np.uint8(0)))
    return result


def merged(damage: DamageMap, source: DamageMap, label: int, *, overwrite: bool = False) -> DamageMap:
    """Add the damage of ``source`` to ``damage`` as class ``label``.

    Other classes are kept unless ``overwrite`` or the class is protected. Raises ``ValueError`` if the sizes
    differ.
    """
    if damage.box != source.box:
        raise ValueError(f"{source.box} is not {damage.box}")
    result, editable = damage.copy(), _editable_labels(damage, label)
    if not (overwrite or damage.protected_labels()[label]):
        editable[1:] = False
    for cell in source.occupied():
        labels = damage.read(cell)
        result.write(cell, np.where((source.read(cell) > 0) & editable[labels], np.uint8(label), labels))
    return result


def overlaps_protected(damage: DamageMap, cells: Iterable[tuple[Box, Mask]], label: int) -> bool:
    """Return whether marking ``cells``, boxes with (h, w) masks, as ``label`` leaves protected pixels out."""
    protected = damage.protected_labels()
    if not label or protected[label] or not protected.any():
        return False
    return any(
        bool((protected[damage.read(part)] & mask[part.moved(-box.x, -box.y).slices]).any())
        for box, mask in cells
        if not (part := box.within(damage.box)).empty
    )


def replaced(damage: DamageMap, source: DamageMap, labels: tuple[int, ...], strokes: DamageMap) -> DamageMap:
    """Add the damage of ``source`` with its classes to ``damage``, and remove what is no longer found.

    Damage of a class in ``labels`` is removed where ``source`` has none, and any damage under ``strokes`` on
    intact paint. Other classes are kept where ``source`` has damage, except under strokes on damage.
    """
    result, editable = damage.copy(), _editable_labels(damage, None)
    replaceable = editable.copy()
    replaceable[1:] &= np.isin(np.arange(1, 256), labels)
    maps = (damage, source, strokes) if labels else (source, strokes)
    for key in sorted({key for each in maps for key in each.tiles()}):
        cell = tile_box(key).within(damage.box)
        old, new, drawn = damage.read(cell), source.read(cell), strokes.read(cell)
        changed = np.where(replaceable[old] & ((new > 0) | np.isin(old, labels)), new, old)
        taught = (drawn > 0) & editable[old]
        result.write(cell, np.where(taught, np.where(drawn == INTACT, 0, drawn), changed).astype(np.uint8))
    return result


def _editable_labels(damage: DamageMap, label: int | None) -> NDArray[np.bool_]:
    """Return (256,) bool: whether an edit of class ``label`` may change pixels with this label."""
    editable = ~damage.protected_labels()
    if label is not None:
        editable[label] = True
    editable[[item.label for item in damage.classes if item.locked]] = False
    return editable
