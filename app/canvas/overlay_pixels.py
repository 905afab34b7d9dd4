"""Renders damage labels as screen pixels: a tint, and an outline one pixel wide at any zoom. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from app.canvas.labels import LabelLevels
from imagest_core.arrays import Labels
from imagest_core.damage.classes import DamageClass
from imagest_core.damage.hatching import hatch, lattice
from imagest_core.painting.geometry import Box

Argb = NDArray[np.uint32]
"""Premultiplied 0xAARRGGBB."""

OPACITY = 0.45
_LINE = 1.0
_ZONE = 0.85
_RING = 0.2
_DOTS = 3
"""Distance of dots in screen pixels, in both directions."""
HATCHED_OPACITY = 0.85
"""Opacity of hatch lines in the mask."""


@dataclass(frozen=True)
class Zones:
    """The mask of a restoration: dilated by ``dilation`` px, blended over the outer ``blend`` px."""

    dilation: int
    blend: int


@dataclass(frozen=True)
class OverlayStyle:
    """Colours of labels: 256 each for tint and outline, and for outline and tint of the dilated zone.

    ``filled`` maps a label to itself if its class is filled, else to 0. ``protected`` says whether a label is
    drawn as a lattice of lines. ``hatched``: draw a pattern of lines instead of a tint
    (:mod:`imagest_core.damage.hatching`).
    """

    tint: Argb
    line: Argb
    zone: Argb
    ring: Argb
    filled: NDArray[np.uint8]
    protected: NDArray[np.bool_]
    zones: Zones | None = None
    hatched: bool = False
    margin: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.zones is not None:
            object.__setattr__(self, "margin", self.zones.dilation + self.zones.blend + 1)


def overlay_style(
    classes: Iterable[DamageClass],
    zones: Zones | None = None,
    *,
    opacity: float = OPACITY,
    hatched: bool = False,
) -> OverlayStyle:
    """The style that follows from the colours of damage classes."""
    tint, line, zone, ring = (np.zeros(256, np.uint32) for _ in range(4))
    filled, protected = np.zeros(256, np.uint8), np.zeros(256, np.bool_)
    for item in classes:
        tint[item.label] = argb(item.colour, opacity)
        line[item.label] = argb(item.colour, _LINE)
        zone[item.label] = argb(item.colour, _ZONE)
        ring[item.label] = argb(item.colour, _RING)
        filled[item.label] = item.label if item.filled else 0
        if item.protected:
            protected[item.label] = True
            tint[item.label] = argb(item.colour, _RING)
    return OverlayStyle(tint, line, zone, ring, filled, protected, zones, hatched)


def argb(colour: str, opacity: float) -> int:
    """``#rrggbb`` with an opacity of 0–1 as premultiplied 0xAARRGGBB."""
    parts = [round(opacity * int(colour[at : at + 2], 16)) for at in (1, 3, 5)]
    return round(255 * opacity) << 24 | parts[0] << 16 | parts[1] << 8 | parts[2]


def overlay_level(scale: float, levels: int) -> int:
    """The finest level whose pixels are at least as large as screen pixels, so that none is skipped."""
    return min(max(math.ceil(-math.log2(scale) - 1e-6), 0), levels - 1)


def render(
    labels: LabelLevels, style: OverlayStyle, device: Box, scale: float, *, turned: bool = False
) -> Argb | None:
    """Render the overlay in ``device``, a box of screen pixels relative to the corner of the picture.

    ``scale``: screen pixels per native pixel; ``turned``: the view is rotated by 90° or 270°.
    Returns (h, w), or None if there is nothing to draw.
    """
    level = overlay_level(scale, labels.levels)
    step = scale * (1 << level)
    columns, rows = _indices(device.x, device.width, step), _indices(device.y, device.height, step)
    margin = style.margin if level == 0 else 0
    part = Box.spanning(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1).expanded(
        margin
    )
    read = labels.read(level, part)
    if read is None:
        return None
    at = np.ix_(rows - part.y, columns - part.x)
    shown = read[at]
    out = _tinted(shown, style, device, turned)
    if level == 0 and style.zones is not None:
        _draw_zones(out, read, at, style, device)
    edge = _edges(shown)
    out[edge] = style.line[shown[1:-1, 1:-1][edge]]
    return out


def _indices(start: int, count: int, step: float) -> NDArray[np.int64]:
    """The pixel of the level under each screen pixel, with one more on each side."""
    centres = np.arange(start - 1, start + count + 1) + 0.5
    return np.floor(centres / step).astype(np.int64)


def _tinted(shown: Labels, style: OverlayStyle, device: Box, turned: bool) -> Argb:
    inner = shown[1:-1, 1:-1]
    out = style.tint[inner]
    protected = style.protected[inner]
    if style.hatched:
        out[~hatch(inner, device, turned=turned) & ~protected] = 0
    if protected.any():
        lines = protected & lattice(device)
        out[lines] = style.line[inner[lines]]
    return out


def _edges(shown: NDArray) -> NDArray[np.bool_]:
    """(h − 2, w − 2): labelled pixels with a neighbour of another label."""
    inner = shown[1:-1, 1:-1]
    edge = inner != shown[:-2, 1:-1]
    edge |= inner != shown[2:, 1:-1]
    edge |= inner != shown[1:-1, :-2]
    edge |= inner != shown[1:-1, 2:]
    edge &= inner > 0
    return np.asarray(edge)


def _draw_zones(out: Argb, labels: Labels, at: tuple[NDArray, ...], style: OverlayStyle, device: Box) -> None:
    """Tint and outline the dilated zone, and draw dots where the fill is blended into the paint."""
    assert style.zones is not None
    dilated = cv2.dilate(style.filled[labels], _square(style.zones.dilation))
    shown = dilated[at]
    kept_out = style.protected[labels[at]]
    shown = np.where(kept_out, np.uint8(0), shown)
    inner = shown[1:-1, 1:-1]
    added = (inner > 0) & (labels[at][1:-1, 1:-1] == 0)
    out[added] = style.ring[inner[added]]
    if style.zones.blend > 0:
        kept = cv2.erode((dilated > 0).astype(np.uint8), _square(style.zones.blend))
        blends = (inner > 0) & (kept[at][1:-1, 1:-1] == 0) & _dots(device)
        out[blends] = style.zone[inner[blends]]
    edge = _edges(shown)
    out[edge] = style.zone[inner[edge]]


def _dots(device: Box) -> NDArray[np.bool_]:
    """(h, w) bool: evenly spaced screen pixels, independent of where ``device`` starts."""
    columns, rows = np.arange(device.x, device.right), np.arange(device.y, device.bottom)
    return np.asarray((columns % _DOTS == 0) & (rows % _DOTS == 0)[:, np.newaxis])


def _square(pixels: int) -> NDArray[np.uint8]:
    return np.ones((2 * pixels + 1,) * 2, np.uint8)
