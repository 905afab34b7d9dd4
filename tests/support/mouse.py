"""Real mouse events on a view, in viewport pixels."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.canvas.view import CanvasView


class Mouse:
    """Real events on a view; positions in pixels of the viewport."""

    def __init__(self, view: CanvasView) -> None:
        self.port = view.viewport()

    def press(self, x: int, y: int, button: Qt.MouseButton = Qt.MouseButton.LeftButton, **held: bool) -> None:
        QTest.mousePress(self.port, button, keys(**held), QPoint(x, y))

    def release(
        self, x: int, y: int, button: Qt.MouseButton = Qt.MouseButton.LeftButton, **held: bool
    ) -> None:
        QTest.mouseRelease(self.port, button, keys(**held), QPoint(x, y))

    def move(self, x: int, y: int, *, down: bool = True, **held: bool) -> None:
        buttons = Qt.MouseButton.LeftButton if down else Qt.MouseButton.NoButton
        at = QPointF(x, y)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            at,
            self.port.mapToGlobal(at),
            Qt.MouseButton.NoButton,
            buttons,
            keys(**held),
        )
        QApplication.sendEvent(self.port, event)

    def wheel(self, x: int, y: int, turned: int) -> None:
        """Turn the wheel by ``turned`` eighths of a degree."""
        at = QPointF(x, y)
        event = QWheelEvent(
            at,
            self.port.mapToGlobal(at),
            QPoint(),
            QPoint(0, turned),
            Qt.MouseButton.NoButton,
            keys(),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.port, event)

    def click(self, x: int, y: int, **held: bool) -> None:
        self.press(x, y, **held)
        self.release(x, y, **held)

    def double(self, x: int, y: int) -> None:
        QTest.mouseDClick(self.port, Qt.MouseButton.LeftButton, keys(), QPoint(x, y))

    def drag(self, *points: tuple[int, int], **held: bool) -> None:
        self.press(*points[0], **held)
        for point in points[1:]:
            self.move(*point, **held)
        self.release(*points[-1], **held)


def keys(*, shift: bool = False, alt: bool = False, control: bool = False) -> Qt.KeyboardModifier:
    held = Qt.KeyboardModifier.NoModifier
    if shift:
        held |= Qt.KeyboardModifier.ShiftModifier
    if alt:
        held |= Qt.KeyboardModifier.AltModifier
    if control:
        held |= Qt.KeyboardModifier.ControlModifier
    return held
