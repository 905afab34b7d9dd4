"""Writes notes on the picture: a click adds one or opens it, dragging moves it."""

from __future__ import annotations

import math
from typing import ClassVar

from PySide6.QtCore import Qt

from app.canvas.tools.base import Pointer, Tool, ToolContext
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.annotations import (
    add_annotation,
    edit_annotation,
    move_annotation,
    remove_annotation,
)
from imagest_core.project.state import Annotation, Point, State

_REACH = 12
"""Distance from a marker, in screen pixels, within which it can be clicked."""
_MOVED = 3
"""Distance in screen pixels from which a click is a drag."""


class NoteTool(Tool):
    """Adds, edits and moves notes. Delete, or a click with Alt or Ctrl, removes one."""

    name: ClassVar[str] = "note"

    def __init__(self, canvas: ToolContext) -> None:
        super().__init__(canvas)
        self._pressed: Pointer | None = None
        self._grabbed: int | None = None
        self._dragging = False
        self._hovered: Annotation | None = None

    @property
    def _state(self) -> State:
        return self.canvas.document.state

    def press(self, at: Pointer) -> None:
        self.canvas.close_note()
        self._pressed = None
        index = self._note_at(at)
        if not self.writable:
            return
        if index is not None and at.alternative:
            self.canvas.context.do(remove_annotation(self._state, index))
        elif index is not None or self._state.box.contains(Box(*at.pixel, 1, 1)):
            self._pressed, self._grabbed, self._dragging = at, index, False
            self.active = True

    def move(self, at: Pointer) -> None:
        if not self.active or self._pressed is None or self._grabbed is None:
            return
        self._dragging = self._dragging or self._distance(at, self._pressed.point) >= _MOVED
        if self._dragging:
            self.canvas.show_moved_note(self._grabbed, self._target(at))

    def release(self, at: Pointer) -> None:
        if not self.active or self._pressed is None:
            return
        self.active = False
        if self._grabbed is None:
            self._write(self._pressed.point)
        elif self._dragging:
            self.canvas.context.do(move_annotation(self._state, self._grabbed, self._target(at)))
            self.canvas.show_moved_note(None, (0, 0))
        else:
            self._edit(self._state.annotations[self._grabbed])

    def _target(self, at: Pointer) -> Point:
        """Where the dragged note goes: moved like the pointer, inside the picture."""
        assert self._pressed is not None
        assert self._grabbed is not None
        note, box = self._state.annotations[self._grabbed], self._state.box
        x, y = note.x + at.x - self._pressed.x, note.y + at.y - self._pressed.y
        return min(max(x, 0.0), float(box.width)), min(max(y, 0.0), float(box.height))

    def _write(self, position: Point) -> None:
        self.canvas.edit_note(
            position,
            "",
            lambda text: self.canvas.context.do(lambda state: add_annotation(state, position, text)),
            None,
        )

    def _edit(self, note: Annotation) -> None:
        """Edit ``note``; nothing happens if it was changed or removed meanwhile."""

        def save(text: str) -> None:
            if note in self._state.annotations and text != note.text:
                self.canvas.context.do(
                    edit_annotation(self._state, self._state.annotations.index(note), text)
                )

        self.canvas.edit_note((note.x, note.y), note.text, save, lambda: self._remove(note))

    def _remove(self, note: Annotation) -> None:
        self._hovered = None
        if note in self._state.annotations:
            self.canvas.context.do(remove_annotation(self._state, self._state.annotations.index(note)))

    def hover(self, at: Pointer) -> None:
        index = self._note_at(at)
        self._hovered = None if index is None else self._state.annotations[index]

    def key(self, key: Qt.Key) -> bool:
        if key not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) or self._hovered is None:
            return False
        if self.writable:
            self._remove(self._hovered)
        return True

    def abandon(self) -> None:
        self._pressed = self._grabbed = None
        super().abandon()
        self.canvas.show_moved_note(None, (0, 0))

    def leave(self) -> None:
        super().leave()
        self.canvas.close_note()

    def _note_at(self, at: Pointer) -> int | None:
        """The topmost note under the pointer."""
        notes = self._state.annotations
        near = (
            i for i in reversed(range(len(notes))) if self._distance(at, (notes[i].x, notes[i].y)) <= _REACH
        )
        return next(near, None)

    def _distance(self, at: Pointer, point: Point) -> float:
        """Distance in screen pixels."""
        return math.dist(at.point, point) * self.canvas.zoom
