"""The rim of damage: pixels outside a mask that still show ground, shadow or a raised edge.

The ring outside a mask is compared with the paint a few pixels further out: a rim is more like the damage,
darker or lighter than that paint, consistently along the boundary, or lit from one side (``raised_edge``).
The same comparison a few pixels further out, in intact paint, shows how much it varies by chance there. The
mask grows in small steps, each of which is judged again, so that it stops where the paint begins. Cost and
memory follow the damaged area.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Labels, Mask
from imagest_core.damage.ground_rim import REACH as GROUND_REACH
from imagest_core.damage.ground_rim import ground_rim
from imagest_core.damage.map import TILE, DamageMap, tile_box
from imagest_core.damage.raised_edge import RaisedEdges
from imagest_core.damage.regions import Regions
from imagest_core.damage.ring import PART, STEP, STRETCH, Line, Ring, box_sum, mask_of, nearest_of, widened
from imagest_core.damage.selection import Selection
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

AUTO_LIMIT, MAX_LIMIT = 8, 32
"""Pixels by which a mask grows at most: the default, and the largest value."""
GAP = 3
"""Pixels between the ring that is judged and the intact ring that shows how much paint varies."""
SMOOTHING = 0.6
GROUND_RADIUS = 12
"""Radius (px) within which the colour of the damage is averaged."""
MIN_STEP = 2.5
"""Smallest difference (CIELAB) that counts as a rim."""
MIN_CONTRAST, CLIP = 6.0, 15.0
"""Least contrast (CIELAB) between damage and paint, and the largest difference of a pixel that counts."""
CONFIRM = 4.0
"""Difference that confirms a part of the boundary, in standard deviations of such parts in intact paint."""
MOST = 0.75
"""Share of the stretches of a confirmed part that differ."""
START, CONTINUE = (1.0, 6.0), (0.6, 2.0)
"""Difference of a stretch next to the mask and one further out, in standard deviations of stretches in intact
paint: on a confirmed part of the boundary, and elsewhere."""
MIN_SHARE, MIN_PIXELS = 0.15, 8
"""Share of the pixels next to a region, and their number, from which its rim is reported."""

REACH = max(16, GROUND_REACH)
"""Pixels beyond a rim within which colours affect it: both rings, the paint next to them, and the filters."""
KINDS = (0, 1.0), (1, -1.0), (1, 1.0)
"""Difference and its sign: like the damage, darker, lighter."""


@dataclass(frozen=True, eq=False)
class CleanedRim:
    """A map whose damage was grown over its rim.

    Parameters
    ----------
    damage
        The map including the rim, which has the class of the nearest damage.
    added
        Only the rim, with the same labels.
    limit
        Pixels by which the damage could grow at most.
    """

    damage: DamageMap
    added: DamageMap
    limit: int

    @property
    def pixels(self) -> int:
        """Number of pixels added."""
        return self.added.count()


def check_limit(limit: int) -> int:
    """Return ``limit``; raise ``MaskError`` if it isn't from 1 to 32."""
    if not 1 <= limit <= MAX_LIMIT:
        raise MaskError(
            Message(
                "A mask can grow over its rim by 1 to {largest} px, not {limit}.",
                largest=MAX_LIMIT,
                limit=limit,
            )
        )
    return limit


def clean_rim(
    painting: Painting,
    damage: DamageMap,
    limit: int = AUTO_LIMIT,
    progress: Progress | None = None,
    *,
    within: Selection | None = None,
) -> CleanedRim:
    """Grow the damage to be filled over a rim that still shows ground, shadow or a raised edge.

    Damage grows over unmarked pixels only, never over another class or protected pixels.

    Parameters
    ----------
    painting, damage
        The scan, and its damage at the same size.
    limit
        Pixels by which the damage grows at most, 1–32.
    progress
        Progress and cancellation.
    within
        The selection in which the damage grows; None for everywhere.

    Raises
    ------
    MaskError
        If ``limit`` isn't from 1 to 32.
    Cancelled
        If the user cancelled.
    """
    limit, progress = check_limit(limit), progress or Progress()
    added = DamageMap(damage.width, damage.height, damage.classes)
    result = damage.copy()
    for cell in progress.steps(_cells_near(damage.filled(), limit)):
        if within is not None and not (selected := within.mask.read(cell) > 0).any():
            continue
        labels = _rim_in(painting, damage, cell, limit)
        if within is not None:
            labels[~selected] = 0
        if labels.any():
            added.write(cell, labels)
            result.write(cell, np.where(labels > 0, labels, damage.read(cell)))
    return CleanedRim(result, added, limit)


def regions_with_rim(
    painting: Painting, damage: DamageMap, regions: Regions, progress: Progress | None = None
) -> tuple[int, ...]:
    """Return the ids of the ``regions`` of ``damage`` whose rim shows ground, shadow or a raised edge.

    Raises ``Cancelled``.
    """
    progress = progress or Progress()
    rims, rings = (np.zeros(len(regions) + 1, np.int64) for _ in range(2))
    for cell in progress.steps(_cells_near(damage, 1)):
        ids = np.where(damage.read(cell) > 0, 0, _ids_next_to(regions, cell))
        if ids.any():
            rim = _rim_in(painting, damage, cell, 1) > 0
            rims += np.bincount(ids[rim], minlength=len(rims))
            rings += np.bincount(ids.ravel(), minlength=len(rings))
    shown = rims >= np.maximum(rings * MIN_SHARE, MIN_PIXELS)
    return tuple(int(region) for region in np.flatnonzero(shown) if region)


def find_rim(lab: Image, labels: Labels, filled: Mask, limit: int) -> Labels:
    """Return (h, w) the class that each pixel gets as part of a rim, else 0.

    Parameters
    ----------
    lab
        (h, w, 3) float32 CIELAB.
    labels
        (h, w) classes of the damage.
    filled
        (h, w) the damage that grows. All other damage is neither grown over nor compared with.
    limit
        Pixels by which the damage grows at most.
    """
    result = np.zeros_like(labels)
    if not filled.any() or labels.all():
        return result
    distance, nearest = nearest_of(filled)
    free = labels == 0
    rings = _Rings(lab, filled, nearest, free)
    grown = filled | ground_rim(lab, free, filled, distance, nearest, limit)
    for _ in range(-(-limit // STEP)):
        step = rings.grow(grown) & (distance <= limit + 0.5)
        if not step.any():
            break
        grown = grown | step
    rim = grown & ~filled
    result[rim] = labels.ravel()[nearest[rim]]
    return result


class _Rings:
    """Compares the rings around a growing mask."""

    def __init__(self, lab: Image, filled: Mask, nearest: NDArray[np.intp], free: Mask) -> None:
        self._lab, self._free = lab, free
        self._paint = cv2.medianBlur(lab, 5).reshape(-1, 3)
        self._ground = _local_mean(lab, filled).reshape(-1, 3)[nearest]
        self._raised = RaisedEdges(filled.shape[0], filled.shape[1])

    def grow(self, mask: Mask) -> Mask:
        """Return the rim of ``mask`` up to ``STEP`` pixels from it."""
        free = self._free & ~mask
        near, _ = nearest_of(mask)
        smooth = _smoothed(self._lab, free)
        inner, outer = (self._ring(smooth, free, near - gap) for gap in (0, STEP + GAP))
        rim = np.zeros_like(mask)
        if not _shows(inner):
            return rim
        for kind, sign in KINDS:
            rim |= _rim_of(inner, outer, kind, sign)
        rim |= self._raised.grow(near, inner, outer)
        return _connected(rim, mask)

    def _ring(self, smooth: Image, free: Mask, distance: Image) -> Ring:
        """Return the differences of a ring from the paint next to it.

        The ring is up to ``STEP`` px away, the paint 2–4 px further; its colour is a median of 5 × 5 px. The
        differences are the distance towards the colour of the damage, and those in L*, a* and b*.
        """
        values = np.zeros((*distance.shape, 4), np.float32)
        beyond = free & (distance >= STEP + 2.5) & (distance <= STEP + 4.5)
        ring = free & (distance > 0) & (distance <= STEP + 0.5)
        if not beyond.any():
            return Ring(values, np.zeros_like(ring), distance)
        away, nearest = nearest_of(beyond)
        ring &= away <= STEP + 4
        paint = self._paint[nearest[ring]]
        step, towards = smooth[ring] - paint, self._ground[ring] - paint
        contrast = np.maximum(np.linalg.norm(towards, axis=1), MIN_CONTRAST)
        share = (step * towards).sum(axis=1) / contrast
        values[ring] = np.clip(np.column_stack((share, step)), -CLIP, CLIP)
        return Ring(values, ring, distance)


def _shows(ring: Ring) -> bool:
    """Return whether any stretch next to the mask differs."""
    return bool((np.abs(ring.lines[0].stretches[:, :2]) > MIN_STEP).any())


def _rim_of(inner: Ring, outer: Ring, kind: int, sign: float) -> Mask:
    """Return the pixels of ``inner`` whose stretch differs more than intact paint does by chance."""
    rim, open_ = np.zeros(inner.shape, np.bool_), np.ones(inner.shape, np.bool_)
    first = inner.lines[0]
    stretches = sign * first.stretches[:, kind]
    if not (stretches > MIN_STEP).any():
        return rim
    confirmed = _confirmed(first, stretches, outer, kind, sign)
    for index, line in enumerate(inner.lines):
        factors, least = (START, MIN_STEP) if index == 0 else (CONTINUE, MIN_STEP / 2)
        factor = np.where(confirmed.ravel()[line.at], *factors)
        threshold = np.maximum(outer.spread(kind, PART, line.at) * factor, least)
        continues = open_.ravel()[line.at] & (sign * line.stretches[:, kind] > threshold)
        grown = mask_of(inner.shape, line.at[continues])
        rim |= grown
        open_ = widened(grown, 1)
    return rim


def _confirmed(line: Line, stretches: Image, outer: Ring, kind: int, sign: float) -> Mask:
    """Return (h, w) bool: near a long part of the boundary with a rim that chance doesn't explain.

    Most stretches of the part must differ: a few are also caused by an object that the boundary crosses.
    """
    differs = np.where(np.isnan(stretches), np.nan, stretches > MIN_STEP)
    share = line.means(differs[:, np.newaxis].astype(np.float32), PART)[:, 0]
    least = np.maximum(CONFIRM * outer.spread_of_parts(kind, line.at), MIN_STEP)
    confirmed = (sign * line.parts[:, kind] > least) & (share > MOST)
    return widened(mask_of(line.shape, line.at[confirmed]), STEP)


def _local_mean(image: Image, mask: Mask) -> Image:
    """Return (h, w, 3) the mean of the pixels of ``mask`` around each of them."""
    side = 2 * GROUND_RADIUS + 1
    weight = mask.astype(np.float32)
    total = box_sum(image * weight[..., np.newaxis], side)
    return np.asarray(total / np.maximum(box_sum(weight, side), 1)[..., np.newaxis])


def _smoothed(image: Image, free: Mask) -> Image:
    """Return the image smoothed without the pixels outside ``free``: none of the damage leaks into them."""
    weight = free.astype(np.float32)
    total = cv2.GaussianBlur(image * weight[..., np.newaxis], (0, 0), SMOOTHING)
    return np.asarray(total / np.maximum(cv2.GaussianBlur(weight, (0, 0), SMOOTHING), 1e-3)[..., np.newaxis])


def _connected(rim: Mask, mask: Mask) -> Mask:
    """Return the pixels of ``rim`` that are connected to ``mask``."""
    front, allowed = mask, rim | mask
    for _ in range(STEP):
        front = widened(front, 1) & allowed
    return front & ~mask


def _rim_in(painting: Painting, damage: DamageMap, cell: Box, limit: int) -> Labels:
    """Return (h, w) the classes of the rim within ``cell``, computed around the damage near it only."""
    out = np.zeros((cell.height, cell.width), np.uint8)
    near = _bounds(damage, cell.expanded(limit)).expanded(limit).within(cell)
    if near.empty:
        return out
    around = near.expanded(limit + PART + STRETCH).within(damage.box)
    around = _bounds(damage, around).expanded(limit + REACH).within(around)
    rgb = np.clip(painting.read_working(around), 0, 1).astype(np.float32)
    lab = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB))
    rim = find_rim(lab, damage.read(around), damage.fill_mask(around), limit)
    out[near.moved(-cell.x, -cell.y).slices] = rim[near.moved(-around.x, -around.y).slices]
    return out


def _cells_near(damage: DamageMap, pixels: int) -> list[Box]:
    """Return the tiles, clipped to the image, that have damage within ``pixels``."""
    keys = {
        (cell.x // TILE, cell.y // TILE)
        for box in damage.occupied()
        for cell in _bounds(damage, box).expanded(pixels).within(damage.box).tiles(TILE)
    }
    return [tile_box(key).within(damage.box) for key in sorted(keys, key=lambda key: key[::-1])]


def _bounds(damage: DamageMap, box: Box) -> Box:
    x, y, width, height = cv2.boundingRect((damage.read(box) > 0).view(np.uint8))
    return Box(x + box.x, y + box.y, width, height) if width else Box(box.x, box.y, 0, 0)


def _ids_next_to(regions: Regions, cell: Box) -> NDArray[np.int32]:
    """Return (h, w) int32: the highest region id within one pixel of each pixel of ``cell``, else 0."""
    ids = regions.labels(cell.expanded(1)).astype(np.float32)
    return np.asarray(cv2.dilate(ids, np.ones((3, 3), np.uint8))[1:-1, 1:-1].astype(np.int32))
