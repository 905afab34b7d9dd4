"""What every tool is, and the canvas it works at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath

from app.canvas.document_layers import DocumentLayers
from app.commands.marking import may_mark
from app.context import Context
from app.document import OpenDocument
from imagest_core.damage.map import Mask
from imagest_core.painting.geometry import Box

Point = tuple[float, float]


@dataclass(frozen=True)
class Pointer:
    """Where the mouse or pen is, in native pixels, how hard it presses (0–1), and what is held with it."""

    x: float
    y: float
    pressure: float = 1.0
    shift: bool = False
    alt: bool = False
    control: bool = False

    @property
    def point(self) -> Point:
        """x and y."""
        return self.x, self.y

    @property
    def pixel(self) -> tuple[int, int]:
        """The pixel it is in."""
        return math.floor(self.x), math.floor(self.y)


class ToolContext(Protocol):
    """What a tool may use; the canvas is one."""

    context: Context

    @property
    def document(self) -> OpenDocument:
        """What is open."""

    @property
    def layers(self) -> DocumentLayers:
        """Its layers and overlays."""

    @property
    def zoom(self) -> float:
        """Screen pixels per native one."""

    def visible_box(self) -> Box:
        """The part of the picture that is seen."""

    def show_draft(self, path: QPainterPath) -> None:
        """Draw a path over the picture until the next one."""

    def show_mask(self, mask: Mask | None, part: Box, level: int) -> None:
        """Show a (h, w) mask of ``part`` of a level as it would be marked; None: nothing."""

    def report_measurement(self, start: Point, end: Point) -> None:
        """Two points were measured, in native pixels."""

    def show_cursor_outline(self, path: QPainterPath) -> None:
        """Draw the outline that goes with the cursor."""


class Tool:
    """Answers the mouse. A gesture runs from the press to the release, and ends in one operation.

    While it is ``active``, keys belong to the tool.
    """

    name: ClassVar[str] = ""
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.CrossCursor
    marks: ClassVar[bool] = False
    """Whether it changes the damage, so the mask must be visible."""

    def __init__(self, canvas: ToolContext) -> None:
        self.canvas = canvas
        self._active = False

    @property
    def active(self) -> bool:
        """Whether a gesture is under way; results of jobs wait for its end."""
        return self._active

    @active.setter
    def active(self, active: bool) -> None:
        self._active = active
        self.canvas.context.hold(self, active)

    def press(self, at: Pointer) -> None:
        """The button went down."""

    def move(self, at: Pointer) -> None:
        """Moved with the button down."""

    def release(self, at: Pointer) -> None:
        """The button went up."""

    def hover(self, at: Pointer) -> None:
        """Moved with no button down."""

    def double(self, at: Pointer) -> None:
        """Pressed twice."""

    def key(self, key: Qt.Key) -> bool:
        """A key went down; whether the tool has used it."""
        return False

    def abandon(self) -> None:
        """Escape: as if the gesture had never begun."""
        self.active = False
        self.canvas.show_draft(QPainterPath())

    def leave(self) -> None:
        """Another tool is taken up."""
        if self.active:
            self.abandon()
        self.canvas.show_cursor_outline(QPainterPath())

    def resume(self, at: Pointer) -> None:
        """The view was moved in mid-gesture."""

    @property
    def writable(self) -> bool:
        """Whether the project can be changed; if not the user is told why."""
        reason = self.canvas.document.read_only
        if reason:
            self.canvas.context.messages.warn(reason)
        return not reason

    def may_mark(self, label: int) -> bool:
        """Whether damage of class ``label`` (0 erases) can be marked; if not the user is told why."""
        return may_mark(self.canvas.context, label)


def snapped(start: Point, end: Point) -> Point:
    """``end`` moved onto the nearest of the eight directions from ``start``."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    angle = round(math.atan2(dy, dx) / (math.pi / 4)) * math.pi / 4
    along = dx * math.cos(angle) + dy * math.sin(angle)
    return start[0] + along * math.cos(angle), start[1] + along * math.sin(angle)


def polyline(points: list[Point], *, closed: bool = False) -> QPainterPath:
    """A path through ``points``."""
    path = QPainterPath()
    if points:
        path.moveTo(QPointF(*points[0]))
        for point in points[1:]:
            path.lineTo(QPointF(*point))
        if closed:
            path.closeSubpath()
    return path
