"""Filling one region of a run again: which of today's damage that is."""

from __future__ import annotations

import numpy as np

from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.errors import MaskError
from imagest_core.project.run import Run


def damage_of_region(damage: DamageMap, run: Run, number: int, growth: int) -> DamageMap:
    """The pieces of ``damage`` that, grown by ``growth`` px, touch region ``number`` (1…n) of ``run``.

    The mask may have been corrected since. Raises ``MaskError`` where nothing of the region is damaged now.
    """
    filled = damage.filled()
    pieces = find_regions(filled.dilated(growth), thickness=False)
    box, touched = run.region_box(number), set[int]()
    for key in run.tile_keys:
        tile = run.content.tile(key)
        if not tile.box.within(box).empty:
            touched |= {*np.unique(pieces.labels(tile.box)[tile.regions == number]).tolist()}
    made = DamageMap(damage.width, damage.height, damage.classes)
    for piece in sorted(touched - {0}):
        around = pieces.by_id(piece).box
        for cell in filled.occupied():
            inside = cell.within(around)
            if not inside.empty:
                own = pieces.labels(inside) == piece
                made.write(inside, np.where(own, filled.read(inside), made.read(inside)))
    if made.empty:
        raise MaskError(f"Nothing of region {number} is marked as damage any more; restore something else.")
    return made
