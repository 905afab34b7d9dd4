"""A view that passes mouse, pen and key events to the selected tool."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainterPath, QTabletEvent
from PySide6.QtWidgets import QWidget

from app.canvas.navigation import NavigableView
from app.canvas.tools import Pointer, Tool


class ToolView(NavigableView):
    """Decides whether an event pans the view or goes to the tool."""

    tool: Tool

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._space_held, self._pressure = False, 1.0
        self._last_pointer: Pointer | None = None
        self._mouse: QPointF | None = None
        """Where the mouse is in the viewport."""
        self.moved.connect(self._hover_again)

    @property
    def has_layers(self) -> bool:
        """Whether a document is open."""
        raise NotImplementedError

    def show_cursor_outline(self, path: QPainterPath) -> None:
        """Draw the outline that follows the cursor."""
        raise NotImplementedError

    def _set_cursor(self) -> None:
        held = Qt.CursorShape.ClosedHandCursor if self.panning else Qt.CursorShape.OpenHandCursor
        self.viewport().setCursor(held if self._space_held or self.panning else self.tool.cursor)

    # The mouse

    def _pointer(self, event: QMouseEvent) -> Pointer:
        return self._pointer_at(event.position(), event.modifiers())

    def _pointer_at(self, position: QPointF, held: Qt.KeyboardModifier) -> Pointer:
        point = self.to_picture(position)
        return Pointer(
            point.x(),
            point.y(),
            self._pressure,
            bool(held & Qt.KeyboardModifier.ShiftModifier),
            bool(held & Qt.KeyboardModifier.AltModifier),
            bool(held & Qt.KeyboardModifier.ControlModifier),
            position.x() * self.devicePixelRatioF() / self.zoom,
        )

    def _hover_again(self) -> None:
        """Follow the picture that was zoomed, moved or rotated under a resting mouse."""
        if self._mouse is None or self.panning or not self.has_layers:
            return
        at = self._pointer_at(self._mouse, Qt.KeyboardModifier.NoModifier)
        if not self.tool.active:
            self.tool.hover(at)
        self.hovered.emit(at.x, at.y)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pan with the middle button, Space or the hand tool; otherwise the left button starts a gesture."""
        if not self.has_layers:
            return
        self._untouched = False
        left = event.button() == Qt.MouseButton.LeftButton
        hand = left and (self._space_held or self.tool.name == "pan")
        if event.button() == Qt.MouseButton.MiddleButton or hand:
            self.grab_picture(event)
        elif left:
            self.tool.press(self._pointer(event))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pan, continue the gesture, or hover."""
        if not self.has_layers:
            return
        at = self._last_pointer = self._pointer(event)
        self._mouse = event.position()
        if self.panning or (self._space_held and self.tool.active):
            self._drag(event)
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self.tool.move(at)
        else:
            self.tool.hover(at)
        self.hovered.emit(at.x, at.y)
        event.accept()

    def _drag(self, event: QMouseEvent) -> None:
        if not self.panning:
            self.grab_picture(event)
        self.drag_picture(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """End the gesture, or resume it after panning."""
        if not self.has_layers:
            return
        if self.panning:
            self.release_picture()
            self._set_cursor()
            if self.tool.active:
                self.tool.resume(self._pointer(event))
        if event.button() == Qt.MouseButton.LeftButton:
            self.tool.release(self._pointer(event))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Close a polygon; for other tools the same as a press."""
        if not self.has_layers or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.tool.name == "polygon":
            self.tool.double(self._pointer(event))
        else:
            self.mousePressEvent(event)
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:  # noqa: N802
        """Record the pen pressure for the mouse event that follows."""
        ended = event.type() == QEvent.Type.TabletRelease
        self._pressure = 1.0 if ended or event.pressure() <= 0 else event.pressure()
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._mouse = None
        self.hovered.emit(-1.0, -1.0)
        if not self.tool.active:
            self.show_cursor_outline(QPainterPath())
        super().leaveEvent(event)

    # Keys

    def event(self, event: QEvent) -> bool:
        """Disable shortcuts during a gesture, so that none acts on an unfinished stroke."""
        if event.type() == QEvent.Type.ShortcutOverride and self.tool.active:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Space selects the hand while held, Esc cancels the gesture, arrows pan."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self._hold_space(True, event)
        elif key == Qt.Key.Key_Escape and self.tool.active:
            self.tool.abandon()
        elif not (self.has_layers and self.tool.key(key)) and not self._pan_by_key(key):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space:
            self._hold_space(False, event)
        else:
            event.ignore()

    def _hold_space(self, held: bool, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        self._space_held = held
        if not held and self.panning and self.tool.active:
            self.release_picture()
            if self._last_pointer is not None:
                self.tool.resume(self._last_pointer)
        self._set_cursor()

    def _pan_by_key(self, key: Qt.Key) -> bool:
        step = {
            Qt.Key.Key_Left: (64, 0),
            Qt.Key.Key_Right: (-64, 0),
            Qt.Key.Key_Up: (0, 64),
            Qt.Key.Key_Down: (0, -64),
        }.get(key)
        if step is not None:
            self.pan(*step)
        return step is not None

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Reset Space: its release would go to another widget."""
        self._space_held = False
        self._set_cursor()
        super().focusOutEvent(event)
