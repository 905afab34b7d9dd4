"""Damage labels as the pixels of a screen: a tint, and an outline one pixel wide at any zoom. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from app.canvas.labels import LabelLevels, Labels
from imagest_core.damage.classes import DamageClass
from imagest_core.painting.geometry import Box

Argb = NDArray[np.uint32]
"""Premultiplied 0xAARRGGBB."""

OPACITY = 0.45
_LINE = 1.0
_ZONE = 0.85
_RING = 0.2
_DOTS = 3
"""A dot in so many screen pixels along and across."""
_HATCH = 7


@dataclass(frozen=True)
class Zones:
    """What a restoration makes of the damage: ``growth`` px round it, ``blend`` px inside that."""

    growth: int
    blend: int


@dataclass(frozen=True)
class OverlayStyle:
    """How labels are drawn: 256 colours each for tint and outline, for the line round the grown zone and
    the tint of what was added to it; which labels are filled, and zones.

    ``hatched``: strokes instead of a tint, as a retoucher's tratteggio.
    """

    tint: Argb
    line: Argb
    zone: Argb
    ring: Argb
    filled: NDArray[np.uint8]
    zones: Zones | None = None
    hatched: bool = False
    margin: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.zones is not None:
            object.__setattr__(self, "margin", self.zones.growth + self.zones.blend + 1)


def overlay_style(
    classes: Iterable[DamageClass],
    zones: Zones | None = None,
    *,
    opacity: float = OPACITY,
    hatched: bool = False,
) -> OverlayStyle:
    """The look that damage classes give themselves."""
    tint, line, zone, ring = (np.zeros(256, np.uint32) for _ in range(4))
    filled = np.zeros(256, np.uint8)
    for item in classes:
        tint[item.label] = argb(item.colour, opacity)
        line[item.label] = argb(item.colour, _LINE)
        zone[item.label] = argb(item.colour, _ZONE)
        ring[item.label] = argb(item.colour, _RING)
        filled[item.label] = item.label if item.filled else 0
    return OverlayStyle(tint, line, zone, ring, filled, zones, hatched)


def argb(colour: str, opacity: float) -> int:
    """``#rrggbb`` at an opacity, premultiplied."""
    parts = [round(opacity * int(colour[at : at + 2], 16)) for at in (1, 3, 5)]
    return round(255 * opacity) << 24 | parts[0] << 16 | parts[1] << 8 | parts[2]


def overlay_level(scale: float, levels: int) -> int:
    """The level to draw from: its pixels are at least as large as the screen's, so none is skipped."""
    return min(max(math.ceil(-math.log2(scale) - 1e-6), 0), levels - 1)


def render(labels: LabelLevels, look: OverlayStyle, device: Box, scale: float) -> Argb | None:
    """The overlay in ``device``, a box of screen pixels counted from the picture's corner.

    ``scale``: screen pixels per native one. None where there is nothing to draw.
    """
    level = overlay_level(scale, labels.levels)
    step = scale * (1 << level)
    columns, rows = _indices(device.x, device.width, step), _indices(device.y, device.height, step)
    margin = look.margin if level == 0 else 0
    part = Box.spanning(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1).expanded(
        margin
    )
    found = labels.read(level, part)
    if found is None:
        return None
    at = np.ix_(rows - part.y, columns - part.x)
    shown = found[at]
    out = _tinted(shown, look, device)
    if level == 0 and look.zones is not None:
        _draw_zones(out, found, at, look, device)
    edge = _edges(shown)
    out[edge] = look.line[shown[1:-1, 1:-1][edge]]
    return out


def _indices(start: int, count: int, step: float) -> NDArray[np.int64]:
    """The pixel of the level under each screen pixel, with one more on either side."""
    centres = np.arange(start - 1, start + count + 1) + 0.5
    return np.floor(centres / step).astype(np.int64)


def _tinted(shown: Labels, look: OverlayStyle, device: Box) -> Argb:
    out = look.tint[shown[1:-1, 1:-1]]
    if look.hatched:
        across = np.arange(device.x, device.right) + np.arange(device.y, device.bottom)[:, None]
        out[across % _HATCH > 1] = 0
    return out


def _edges(shown: NDArray) -> NDArray[np.bool_]:
    """(h − 2, w − 2): labelled pixels beside one of another label."""
    inner = shown[1:-1, 1:-1]
    edge = inner != shown[:-2, 1:-1]
    edge |= inner != shown[2:, 1:-1]
    edge |= inner != shown[1:-1, :-2]
    edge |= inner != shown[1:-1, 2:]
    edge &= inner > 0
    return np.asarray(edge)


def _draw_zones(out: Argb, found: Labels, at: tuple[NDArray, ...], look: OverlayStyle, device: Box) -> None:
    """What growing adds: tinted, with a line round it; and dots where the fill blends into the paint."""
    assert look.zones is not None
    grown = cv2.dilate(look.filled[found], _square(look.zones.growth))
    shown = grown[at]
    inner = shown[1:-1, 1:-1]
    added = (inner > 0) & (found[at][1:-1, 1:-1] == 0)
    out[added] = look.ring[inner[added]]
    if look.zones.blend > 0:
        kept = cv2.erode((grown > 0).astype(np.uint8), _square(look.zones.blend))
        blends = (inner > 0) & (kept[at][1:-1, 1:-1] == 0) & _dots(device)
        out[blends] = look.zone[inner[blends]]
    edge = _edges(shown)
    out[edge] = look.zone[inner[edge]]


def _dots(device: Box) -> NDArray[np.bool_]:
    """(h, w) bool: single screen pixels, evenly spread and the same wherever ``device`` is cut."""
    columns, rows = np.arange(device.x, device.right), np.arange(device.y, device.bottom)
    return np.asarray((columns % _DOTS == 0) & (rows % _DOTS == 0)[:, np.newaxis])


def _square(pixels: int) -> NDArray[np.uint8]:
    return np.ones((2 * pixels + 1,) * 2, np.uint8)
