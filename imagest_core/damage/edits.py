"""Whole-map edits of a damage map: one class grown, shrunk or cleared, damage and intact exchanged.

Each gives a new map; pixels of locked classes stay as they are.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap
from imagest_core.painting.geometry import Box


def cleared(damage: DamageMap, label: int | None = None, box: Box | None = None) -> DamageMap:
    """Without the damage of class ``label`` (None: of every class), within ``box`` only if given."""
    made, open_labels = damage.copy(), _open_labels(damage)
    if label is not None:
        open_labels &= np.arange(256) == label
    for cell in damage.occupied():
        inside = cell if box is None else cell.within(box)
        if not inside.empty:
            labels = damage.read(inside)
            made.write(inside, np.where(open_labels[labels], np.uint8(0), labels))
    return made


def inverted(damage: DamageMap, label: int) -> DamageMap:
    """What was intact is damage of class ``label``, what was damaged is intact."""
    made, open_labels = damage.copy(), _open_labels(damage)
    for cell in damage.box.tiles(TILE):
        labels = damage.read(cell)
        turned = np.where(labels == 0, np.uint8(label), np.uint8(0))
        made.write(cell, np.where(open_labels[labels], turned, labels))
    return made


def dilated_class(damage: DamageMap, label: int, pixels: int) -> DamageMap:
    """Class ``label`` spread by ``pixels`` over intact pixels."""
    made = damage.copy()
    spread = only(damage, label).dilated(pixels)
    for cell in spread.occupied():
        labels = damage.read(cell)
        made.write(cell, np.where((labels == 0) & (spread.read(cell) > 0), np.uint8(label), labels))
    return made


def eroded_class(damage: DamageMap, label: int, pixels: int) -> DamageMap:
    """Class ``label`` without its outer ``pixels``; where it meets another class or the edge it stays."""
    made, kernel = damage.copy(), np.ones((2 * pixels + 1,) * 2, np.uint8)
    for cell in damage.occupied():
        around = cell.expanded(pixels).within(damage.box)
        labels = damage.read(around)
        held = cv2.erode((labels > 0).view(np.uint8), kernel) > 0
        lost = (labels == label) & ~held
        inside = cell.moved(-around.x, -around.y).slices
        made.write(cell, np.where(lost, np.uint8(0), labels)[inside])
    return made


def only(damage: DamageMap, label: int | None = None, box: Box | None = None) -> DamageMap:
    """A map of nothing but class ``label`` (None: every class) within ``box`` (None: everywhere)."""
    made = DamageMap(damage.width, damage.height, damage.classes)
    for cell in damage.occupied():
        inside = cell if box is None else cell.within(box)
        if not inside.empty:
            labels = damage.read(inside)
            made.write(inside, labels if label is None else np.where(labels == label, labels, np.uint8(0)))
    return made


def merged(damage: DamageMap, found: DamageMap, label: int, *, overwrite: bool = False) -> DamageMap:
    """``damage`` with class ``label`` wherever ``found`` is damaged; other classes stay unless ``overwrite``.

    Raises ``ValueError`` where the sizes differ.
    """
    if damage.box != found.box:
        raise ValueError(f"{found.box} is not {damage.box}")
    made, may = damage.copy(), _open_labels(damage)
    may[1:] &= overwrite
    for cell in found.occupied():
        labels = damage.read(cell)
        made.write(cell, np.where((found.read(cell) > 0) & may[labels], np.uint8(label), labels))
    return made


def _open_labels(damage: DamageMap) -> NDArray[np.bool_]:
    """(256,) bool: whether pixels with this label may be changed."""
    may = np.ones(256, np.bool_)
    may[[item.label for item in damage.classes if item.locked]] = False
    return may
