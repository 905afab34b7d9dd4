"""Restoring one region of a run again: the current damage of that region."""

from __future__ import annotations

import numpy as np

from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.project.run import Run


def damage_of_region(damage: DamageMap, run: Run, number: int, dilation: int) -> DamageMap:
    """Return the damage that overlaps region ``number`` (1…n) of ``run`` after dilation by ``dilation`` px.

    The mask may have been corrected since the run. Raises ``MaskError`` if no damage of the region is left.
    """
    filled = damage.filled()
    components = find_regions(filled.dilated(dilation), thickness=False)
    box, overlapping = run.region_box(number), set[int]()
    for key in run.tile_keys:
        tile = run.content.tile(key)
        if not tile.box.within(box).empty:
            overlapping |= {*np.unique(components.labels(tile.box)[tile.regions == number]).tolist()}
    result = DamageMap(damage.width, damage.height, damage.classes)
    for component in sorted(overlapping - {0}):
        bounds = components.by_id(component).box
        for cell in filled.occupied():
            inside = cell.within(bounds)
            if not inside.empty:
                is_component = components.labels(inside) == component
                result.write(inside, np.where(is_component, filled.read(inside), result.read(inside)))
    if result.empty:
        raise MaskError(
            Message("Region {number} is no longer marked as damage: restore something else.", number=number)
        )
    return result
