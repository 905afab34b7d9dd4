"""The base class of tools, and the part of the canvas they use."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath

from app.canvas.document_layers import DocumentLayers
from app.commands.marking import may_mark
from app.context import Context
from app.document import OpenDocument
from imagest_core.arrays import Mask
from imagest_core.painting.geometry import Box

Point = tuple[float, float]


@dataclass(frozen=True)
class Pointer:
    """Position of mouse or pen in native pixels, pen pressure (0–1) and modifier keys.

    ``across``: horizontal position on the screen, in native pixels; it differs from ``x`` in rotated views.
    """

    x: float
    y: float
    pressure: float = 1.0
    shift: bool = False
    alt: bool = False
    control: bool = False
    across: float = 0.0

    @property
    def point(self) -> Point:
        """(x, y)."""
        return self.x, self.y

    @property
    def alternative(self) -> bool:
        """Whether Alt or Ctrl is held; both mean the same, as many desktops use Alt to move windows."""
        return self.alt or self.control

    @property
    def pixel(self) -> tuple[int, int]:
        """(x, y) of the pixel that contains the point."""
        return math.floor(self.x), math.floor(self.y)


class ToolContext(Protocol):
    """The part of the canvas that tools use."""

    context: Context

    @property
    def document(self) -> OpenDocument:
        """The open document."""

    @property
    def layers(self) -> DocumentLayers:
        """The layers of the open document."""

    @property
    def zoom(self) -> float:
        """Screen pixels per native pixel."""

    def visible_box(self) -> Box:
        """The visible part of the picture."""

    def show_draft(self, path: QPainterPath) -> None:
        """Draw ``path`` over the picture in place of the previous draft."""

    def show_mask(self, mask: Mask | None, part: Box, level: int) -> None:
        """Preview a (h, w) mask of ``part`` of a level in the colour of the selected class; None hides it."""

    def report_measurement(self, start: Point, end: Point) -> None:
        """Report the two native points of a measurement."""

    def show_cursor_outline(self, path: QPainterPath) -> None:
        """Draw the outline that follows the cursor."""

    def edit_note(
        self,
        position: Point,
        text: str,
        save: Callable[[str], object],
        remove: Callable[[], object] | None,
    ) -> None:
        """Let the user edit ``text`` beside a native point; ``remove`` is None for a new note."""

    def close_note(self) -> None:
        """Stop editing a note without saving it."""

    def show_moved_note(self, index: int | None, position: Point) -> None:
        """Draw the note number ``index`` at another position while it is dragged; None ends that."""


class Tool:
    """Handles the mouse. A gesture lasts from press to release and results in one operation.

    While a tool is ``active``, it receives all keys.
    """

    name: ClassVar[str] = ""
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.CrossCursor
    marks: ClassVar[bool] = False
    """Whether the tool changes the damage, so that the mask must be visible."""

    def __init__(self, canvas: ToolContext) -> None:
        self.canvas = canvas
        self._active = False

    @property
    def active(self) -> bool:
        """Whether a gesture is in progress; results of jobs wait for its end."""
        return self._active

    @active.setter
    def active(self, active: bool) -> None:
        self._active = active
        self.canvas.context.hold(self, active)

    def press(self, at: Pointer) -> None:
        """The button was pressed."""

    def move(self, at: Pointer) -> None:
        """The mouse moved with the button pressed."""

    def release(self, at: Pointer) -> None:
        """The button was released."""

    def hover(self, at: Pointer) -> None:
        """The mouse moved with no button pressed."""

    def double(self, at: Pointer) -> None:
        """Double click."""

    def key(self, key: Qt.Key) -> bool:
        """A key was pressed; returns whether the tool has handled it."""
        return False

    def abandon(self) -> None:
        """Cancel the gesture and undo its effects."""
        self.active = False
        self.canvas.show_draft(QPainterPath())

    def leave(self) -> None:
        """Called before another tool is selected."""
        if self.active:
            self.abandon()
        self.canvas.show_cursor_outline(QPainterPath())

    def resume(self, at: Pointer) -> None:
        """Called after the view was panned during a gesture."""

    @property
    def writable(self) -> bool:
        """Whether the project can be changed; shows the reason if not."""
        reason = self.canvas.document.read_only
        if reason:
            self.canvas.context.messages.warn(reason)
        return not reason

    def erases(self, at: Pointer) -> bool:
        """Whether a gesture of an area tool that starts at ``at`` erases: by its option or a held key."""
        return self.canvas.context.selection.subtracting != at.alternative

    def may_mark(self, label: int) -> bool:
        """Whether damage of class ``label`` (0 erases) can be marked; shows the reason if not."""
        return may_mark(self.canvas.context, label)


def snapped(start: Point, end: Point) -> Point:
    """Project ``end`` onto the nearest of the eight directions from ``start``."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    angle = round(math.atan2(dy, dx) / (math.pi / 4)) * math.pi / 4
    along = dx * math.cos(angle) + dy * math.sin(angle)
    return start[0] + along * math.cos(angle), start[1] + along * math.sin(angle)


def polyline(points: list[Point], *, closed: bool = False) -> QPainterPath:
    """Create a path through ``points``."""
    path = QPainterPath()
    if points:
        path.moveTo(QPointF(*points[0]))
        for point in points[1:]:
            path.lineTo(QPointF(*point))
        if closed:
            path.closeSubpath()
    return path
