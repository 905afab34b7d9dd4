"""The part of the picture that "zoom to selection" shows."""

from __future__ import annotations

import cv2
import numpy as np

from app.context import Context
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box, union

MARGIN = 0.1
"""Share of the longer side that is left around the selection."""
_LEAST_MARGIN = 8


def selected_box(context: Context) -> Box | None:
    """The region under review, else the damage in the visible part, with a margin; None if there is none."""
    document, selection = context.document, context.selection
    if document is None:
        return None
    run = document.run(selection.run)
    if run is not None and 1 <= selection.region <= run.count:
        box = run.region_box(selection.region)
    else:
        box = damage_bounds(document.state.damage, selection.visible)
    if box.empty:
        return None
    return box.expanded(max(round(MARGIN * max(box.width, box.height)), _LEAST_MARGIN))


def damage_bounds(damage: DamageMap, part: Box) -> Box:
    """Bounds of the damage inside ``part``; an empty box if there is none."""
    return union(_bounds(damage, cell.within(part)) for cell in damage.occupied() if cell.touches(part))


def _bounds(damage: DamageMap, part: Box) -> Box:
    x, y, width, height = cv2.boundingRect((damage.read(part) > 0).astype(np.uint8))
    return Box(x + part.x, y + part.y, width, height) if width else Box(0, 0, 0, 0)
