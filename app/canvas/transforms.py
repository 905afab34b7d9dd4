"""Scale and rotation of the transforms of a view, which rotates by multiples of 90° only."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QTransform

REPAINT_MARGIN = 1.0
"""Screen pixels drawn beyond what is exposed: at a scale factor of 1.5 that may end inside a pixel."""


def scale_of(transform: QTransform) -> float:
    """Screen pixels per native pixel."""
    return math.hypot(transform.m11(), transform.m12())


def widened(exposed: QRectF, transform: QTransform) -> QRectF:
    """Return ``exposed`` with the margin that is drawn around it."""
    margin = REPAINT_MARGIN / scale_of(transform)
    return exposed.adjusted(-margin, -margin, margin, margin)


def rotation_of(transform: QTransform) -> int:
    """Clockwise rotation on the screen in degrees: 0, 90, 180 or 270."""
    return round(math.degrees(math.atan2(transform.m12(), transform.m11()))) % 360


def view_transform(scale: float, rotation: int) -> QTransform:
    """The transform of a view with this scale and clockwise rotation."""
    return QTransform().rotate(rotation).scale(scale, scale)
