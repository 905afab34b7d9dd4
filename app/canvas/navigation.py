"""A view that zooms and pans by wheel, pinch, keys and hand, from the whole picture to 3200 %."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QInputDevice,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QGraphicsScene, QGraphicsView, QPinchGesture, QWidget

from app.canvas.items import CrossItem, outward
from app.canvas.transforms import scale_of, view_transform
from imagest_core.painting.geometry import Box

LARGEST = 32.0
_SMALLEST_SIDE = 48
_WHEEL_STEP = 1.25
_FIT_MARGIN = 0.96
_CLOSEST = 7.5
"""Largest zoom at which a box is revealed: below that of the pixel grid, so that no lines cover it."""
_REVEALED = 1.25
"""Sides of what is shown of the picture, relative to those of the box that is revealed."""
_OVERSCROLL = 0.9
_LARGEST_RESERVED = 0.5
"""Share of the height above which a reserved top is ignored."""
_EMPTY = Box(0, 0, 0, 0)


class ViewPosition(NamedTuple):
    """The native point at the centre of a view, and its zoom in screen pixels per native pixel."""

    x: float
    y: float
    zoom: float


class NavigableView(QGraphicsView):
    """A view of a picture of ``box`` pixels.

    ``moved()``: another part is visible; ``zoomed(zoom)``; ``hovered(x, y)``: the mouse is over this native
    point, (−1, −1) when it leaves the view. ``linked_cursor`` marks the mouse position in a linked view.
    """

    moved = Signal()
    zoomed = Signal(float)
    hovered = Signal(float, float)
    linked_cursor: CrossItem

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setScene(QGraphicsScene(self))
        self.box = _EMPTY
        self._grab_position: QPointF | None = None
        self._fitted = True
        self._reserved_top, self._untouched, self._rotation = 0, True, 0
        self.resizing = False
        """Whether the view moves because its size changes."""
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
        self.setAcceptDrops(False)  # dropped files go to the window
        self.viewport().setAcceptDrops(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # Position

    @property
    def zoom(self) -> float:
        """Screen pixels per native pixel; 1 is 100 %."""
        return scale_of(self.transform()) * self.devicePixelRatioF()

    @property
    def position(self) -> ViewPosition:
        """The current position."""
        center = self.to_picture(QRectF(self.viewport().rect()).center())
        return ViewPosition(center.x(), center.y(), self.zoom)

    @property
    def fitted(self) -> bool:
        """Whether the whole picture is fitted in the view, and follows its size."""
        return self._fitted

    def to_picture(self, position: QPointF) -> QPointF:
        """Convert a point of the viewport to native pixels."""
        inverse, _ = self.viewportTransform().inverted()
        return inverse.map(position)

    def to_picture_rect(self, area: QRectF) -> QRectF:
        """Convert an area of the viewport to native pixels."""
        inverse, _ = self.viewportTransform().inverted()
        return inverse.mapRect(area)

    def visible_rect(self) -> QRectF:
        """The area of the viewport in native pixels; it may extend beyond the picture."""
        return self.to_picture_rect(QRectF(self.viewport().rect()))

    def visible_box(self) -> Box:
        """The visible part of the picture."""
        return outward(self.visible_rect()).within(self.box)

    # Moving

    def set_box(self, box: Box) -> None:
        """Set the size of the picture and fit it in the view."""
        self.box, self._untouched, self._rotation = box, True, 0
        self.fit()

    def fit(self) -> None:
        """Fit the whole picture in the part of the view that no message covers."""
        self.fit_box(self.box)
        self._fitted = True

    def fit_box(self, box: Box) -> None:
        """Fit ``box`` of the picture in the part of the view that no message covers."""
        if box.empty:
            return
        free = self._free_area()
        size = self._turned(free.size()) * self.devicePixelRatioF()
        zoom = min(size.width() / box.width, size.height() / box.height, LARGEST / _FIT_MARGIN)
        centre = QPointF(box.x + box.width / 2, box.y + box.height / 2)
        self._move_to(centre, free.center(), zoom * _FIT_MARGIN)

    def _free_area(self) -> QRectF:
        """The viewport without the reserved top, unless that would leave too little."""
        area = QRectF(self.viewport().rect())
        top = self._reserved_top if self._reserved_top < _LARGEST_RESERVED * area.height() else 0
        return area.adjusted(0, top, 0, 0)

    def reserve_top(self, height: int) -> None:
        """Fit pictures below the upper ``height`` pixels.

        A fitted picture moves only if nothing was done with it yet, so that it never moves under the pen.
        """
        if height != self._reserved_top:
            self._reserved_top = height
            if height and self._fitted and self._untouched:
                self.fit()

    def actual_size(self) -> None:
        """Zoom to 100 % around the centre."""
        self.zoom_to(1.0)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom by ``factor``, keeping the native point at ``at`` of the viewport in place."""
        self.zoom_to(self.zoom * factor, at)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Set the zoom, keeping the native point at ``at`` (default: the centre) in place."""
        at = QRectF(self.viewport().rect()).center() if at is None else at
        self._move_to(self.to_picture(at), at, zoom)

    def set_view(self, position: ViewPosition) -> None:
        """Show ``position``."""
        self._move_to(QPointF(position.x, position.y), QRectF(self.viewport().rect()).center(), position.zoom)

    def reveal(self, box: Box) -> None:
        """Show ``box`` with a margin; do nothing if it is visible and not too small.

        The picture never becomes smaller than it is when it is fitted.
        """
        box, visible = box.within(self.box), self.visible_box()
        if self.box.empty or (visible.contains(box) and box.area * 400 > visible.area):
            return
        size = self._turned(QSizeF(self.viewport().size())) * self.devicePixelRatioF()
        whole = min(size.width() / self.box.width, size.height() / self.box.height) * _FIT_MARGIN
        width, height = (max(_REVEALED * side, 64) for side in (box.width, box.height))
        zoom = min(size.width() / width, size.height() / height, _CLOSEST)
        if zoom <= whole:
            self.fit()
        else:
            self.set_view(ViewPosition(box.x + box.width / 2, box.y + box.height / 2, zoom))

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by (dx, dy) viewport pixels."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() - round(dx))
        down.setValue(down.value() - round(dy))
        self._fitted = False
        self.moved.emit()

    def _move_to(self, point: QPointF, at: QPointF, zoom: float) -> None:
        """Zoom so that the native ``point`` lies at ``at`` of the viewport."""
        if self.box.empty:
            return
        zoom = self._clamped_zoom(zoom)
        scale, changed = zoom / self.devicePixelRatioF(), zoom != self.zoom
        transform = view_transform(scale, self._rotation)
        if transform != self.transform():
            self.setTransform(transform)
        self._fitted = False
        self._set_scene_rect(scale)
        target = transform.map(point)
        self.horizontalScrollBar().setValue(round(target.x() - at.x()))
        self.verticalScrollBar().setValue(round(target.y() - at.y()))
        if changed:
            self.zoomed.emit(self.zoom)
        self.moved.emit()

    # Rotation

    @property
    def rotation(self) -> int:
        """Clockwise rotation of the view in degrees: 0, 90, 180 or 270. The picture itself is unchanged."""
        return self._rotation

    def rotate_to(self, rotation: int) -> None:
        """Rotate the view to ``rotation`` degrees (a multiple of 90), around its centre."""
        rotation %= 360
        if rotation == self._rotation or self.box.empty:
            return
        position, fitted = self.position, self._fitted
        self._rotation = rotation
        self.fit() if fitted else self.set_view(position)
        self.viewport().update()

    def _turned(self, size: QSizeF) -> QSizeF:
        """``size`` on the screen, as width and height along the axes of the picture."""
        return size.transposed() if self._rotation % 180 else size

    def _clamped_zoom(self, zoom: float) -> float:
        least = min(_SMALLEST_SIDE / max(self.box.width, self.box.height), 1.0)
        return min(max(zoom, least), LARGEST)

    def _set_scene_rect(self, scale: float) -> None:
        """Leave a margin around the picture, so that each of its points can be centred."""
        size = self._turned(QSizeF(self.viewport().size()))
        across, down = size.width() * _OVERSCROLL / scale, size.height() * _OVERSCROLL / scale
        self.setSceneRect(QRectF(*self.box).adjusted(-across, -down, across, down))

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Refit a fitted picture; otherwise keep the centre."""
        fitted, old = self._fitted, event.oldSize()
        self.resizing = True
        if fitted or old.isEmpty():
            self.fit()
        else:
            middle = self.to_picture(QPointF(old.width() / 2, old.height() / 2))
            self.set_view(ViewPosition(middle.x(), middle.y(), self.zoom))
        self.resizing = False

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom at the cursor; scrolling on a touch pad pans."""
        touch_pad = event.device().type() == QInputDevice.DeviceType.TouchPad
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if touch_pad and not control and not event.pixelDelta().isNull():
            self.pan(event.pixelDelta().x(), event.pixelDelta().y())
        else:
            turned = event.angleDelta().y() or event.angleDelta().x()
            self.zoom_by(_WHEEL_STEP ** (turned / 120), event.position())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Handle pinch gestures, native ones and those Qt recognises."""
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

    # Panning

    @property
    def panning(self) -> bool:
        """Whether the picture is being dragged."""
        return self._grab_position is not None

    def grab_picture(self, event: QMouseEvent) -> None:
        """Start dragging the picture."""
        self._grab_position = event.position()
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def drag_picture(self, event: QMouseEvent) -> None:
        """Drag the picture to the position of the mouse."""
        if self._grab_position is None:
            return
        step = event.position() - self._grab_position
        self._grab_position = event.position()
        self.pan(round(step.x()), round(step.y()))

    def release_picture(self) -> None:
        """Stop dragging."""
        self._grab_position = None
