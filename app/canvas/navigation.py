"""Zoom and pan: at the cursor, by wheel, pinch, keys and hand, from the whole picture to 3200 %."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QInputDevice,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QGraphicsScene, QGraphicsView, QPinchGesture, QWidget

from app.canvas.items import outward
from imagest_core.painting.geometry import Box

LARGEST = 32.0
_SMALLEST_SIDE = 48
_NOTCH = 1.25
_MARGIN = 0.96
_BEYOND = 0.9
_NOWHERE = Box(0, 0, 0, 0)


class Place(NamedTuple):
    """Where a view stands: the native point in its middle, and screen pixels per native one."""

    x: float
    y: float
    zoom: float


class NavigableView(QGraphicsView):
    """A view of a picture of ``box`` pixels; ``moved()`` whenever it shows another part of it."""

    moved = Signal()
    zoomed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setScene(QGraphicsScene(self))
        self.box = _NOWHERE
        self._hand: QPointF | None = None
        self._fitted = True
        self.resizing = False
        """Whether it moves because its size changes, not because it is told to."""
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # Where it stands

    @property
    def zoom(self) -> float:
        """Screen pixels per native one; 1 is 100 %."""
        return self.transform().m11() * self.devicePixelRatioF()

    @property
    def place(self) -> Place:
        """Where it stands now."""
        middle = self.to_picture(QRectF(self.viewport().rect()).center())
        return Place(middle.x(), middle.y(), self.zoom)

    def to_picture(self, position: QPointF) -> QPointF:
        """A point of the viewport in native pixels."""
        inverse, _ = self.viewportTransform().inverted()
        return inverse.map(position)

    def visible_rect(self) -> QRectF:
        """What the viewport shows, in native pixels; may reach over the picture."""
        inverse, _ = self.viewportTransform().inverted()
        return inverse.mapRect(QRectF(self.viewport().rect()))

    def visible_box(self) -> Box:
        """The part of the picture that is seen."""
        return outward(self.visible_rect()).within(self.box)

    # Moving

    def set_box(self, box: Box) -> None:
        """Show a picture of another size, all of it."""
        self.box = box
        self.fit()

    def fit(self) -> None:
        """Show all of the picture (Ctrl+0)."""
        if self.box.empty:
            return
        size = self.viewport().size() * self.devicePixelRatioF()
        zoom = min(size.width() / self.box.width, size.height() / self.box.height, LARGEST / _MARGIN)
        self.set_view(Place(self.box.width / 2, self.box.height / 2, zoom * _MARGIN))
        self._fitted = True

    def actual_size(self) -> None:
        """100 % (Ctrl+1), about the middle."""
        self.zoom_to(1.0)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom by ``factor``; the native point under ``at`` of the viewport stays where it is."""
        self.zoom_to(self.zoom * factor, at)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom to ``zoom``, held at ``at`` (None: the middle)."""
        at = QRectF(self.viewport().rect()).center() if at is None else at
        self._place(self.to_picture(at), at, zoom)

    def set_view(self, place: Place) -> None:
        """Show ``place``."""
        self._place(QPointF(place.x, place.y), QRectF(self.viewport().rect()).center(), place.zoom)

    def reveal(self, box: Box) -> None:
        """Show ``box`` with something round it; what is well in sight stays where it is."""
        seen = self.visible_box()
        if seen.contains(box) and box.area * 400 > seen.area:
            return
        size = self.viewport().size() * self.devicePixelRatioF()
        zoom = min(size.width() / max(box.width * 2, 64), size.height() / max(box.height * 2, 64), 8.0)
        self.set_view(Place(box.x + box.width / 2, box.y + box.height / 2, zoom))

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by (dx, dy) of the viewport."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() - round(dx))
        down.setValue(down.value() - round(dy))
        self._fitted = False
        self.moved.emit()

    def _place(self, point: QPointF, at: QPointF, zoom: float) -> None:
        """Zoom so that the native ``point`` lies at ``at`` of the viewport."""
        if self.box.empty:
            return
        zoom = self._allowed(zoom)
        scale, changed = zoom / self.devicePixelRatioF(), zoom != self.zoom
        if changed:
            self.setTransform(QTransform.fromScale(scale, scale))
        self._fitted = False
        self._set_scene_rect(scale)
        self.horizontalScrollBar().setValue(round(point.x() * scale - at.x()))
        self.verticalScrollBar().setValue(round(point.y() * scale - at.y()))
        if changed:
            self.zoomed.emit(self.zoom)
        self.moved.emit()

    def _allowed(self, zoom: float) -> float:
        least = min(_SMALLEST_SIDE / max(self.box.width, self.box.height), 1.0)
        return min(max(zoom, least), LARGEST)

    def _set_scene_rect(self, scale: float) -> None:
        """Room round the picture, so that each of its points can be brought to the middle."""
        across = self.viewport().width() * _BEYOND / scale
        down = self.viewport().height() * _BEYOND / scale
        self.setSceneRect(QRectF(*self.box).adjusted(-across, -down, across, down))

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """A picture that fits goes on fitting; any other keeps its middle."""
        fitted, old = self._fitted, event.oldSize()
        self.resizing = True
        if fitted or old.isEmpty():
            self.fit()
        else:
            middle = self.to_picture(QPointF(old.width() / 2, old.height() / 2))
            self.set_view(Place(middle.x(), middle.y(), self.zoom))
        self.resizing = False

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom at the cursor; two fingers on a touch pad move the picture."""
        touch_pad = event.device().type() == QInputDevice.DeviceType.TouchPad
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if touch_pad and not control and not event.pixelDelta().isNull():
            self.pan(event.pixelDelta().x(), event.pixelDelta().y())
        else:
            turned = event.angleDelta().y() or event.angleDelta().x()
            self.zoom_by(_NOTCH ** (turned / 120), event.position())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Pinching, as the system or Qt recognises it."""
        if isinstance(event, QNativeGestureEvent):
            return self._native_gesture(event)
        if isinstance(event, QGestureEvent):
            return self._gesture(event)
        return super().viewportEvent(event)

    def _native_gesture(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self.zoom_by(1 + event.value(), event.position())
        return True

    def _gesture(self, event: QGestureEvent) -> bool:
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture):
            return False
        centre = self.viewport().mapFromGlobal(pinch.centerPoint().toPoint())
        self.zoom_by(pinch.scaleFactor(), QPointF(centre))
        return True

    # The hand

    @property
    def panning(self) -> bool:
        """Whether the hand holds the picture."""
        return self._hand is not None

    def grab_picture(self, event: QMouseEvent) -> None:
        """The hand takes hold of the picture."""
        self._hand = event.position()
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def drag_picture(self, event: QMouseEvent) -> None:
        """The hand moves it."""
        if self._hand is None:
            return
        step = QPoint(
            round(event.position().x() - self._hand.x()), round(event.position().y() - self._hand.y())
        )
        self._hand = event.position()
        self.pan(step.x(), step.y())

    def release_picture(self) -> None:
        """The hand lets go."""
        self._hand = None
