"""One variation of a region in a view of its own; a click accepts it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from app import theme
from app.canvas.decoration import draw_surround
from app.canvas.document_layers import DocumentLayers
from app.canvas.items import CrossItem, LineItem, PictureItem
from app.canvas.layer import PictureLayer
from app.canvas.navigation import NavigableView
from app.canvas.pyramid import Pyramid
from app.context import Context
from app.levels import at_level, native
from app.widgets.parts import column, elided
from imagest_core.damage.map import TILE
from imagest_core.painting.color.display import Pixels
from imagest_core.painting.geometry import Box
from imagest_core.painting.reduce import area_mean
from imagest_core.project.composed_fills import ComposedFills

CACHE_BYTES = 32 << 20
"""Decoded cells kept for each variation."""


class VariationPicture:
    """The scan with the fills of one variation; coarse levels are taken from the scan's pyramid. No Qt."""

    def __init__(self, pyramid: Pyramid, fills: ComposedFills) -> None:
        self._pyramid, self.fills = pyramid, fills
        self.width, self.height, self.levels = pyramid.width, pyramid.height, pyramid.levels

    def held(self, level: int) -> Pixels | None:
        """No level is kept in memory."""
        return None

    def make(self, level: int, part: Box) -> Pixels:
        """Compute ``part`` of a level: of the scan where nothing is filled, else from the file."""
        held, box = self._pyramid.held(level), native(part, level).within(self._pyramid.painting.box)
        if held is None:
            return self._composited(box, level)
        pixels = np.array(held[part.slices])
        for cell in box.tiles(TILE):
            if (cell.x // TILE, cell.y // TILE) in self.fills.keys:
                target = at_level(cell, level).moved(-part.x, -part.y)
                pixels[target.slices] = self._composited(cell, level)
        return pixels

    def _composited(self, box: Box, level: int) -> Pixels:
        samples = self.fills.composite(self._pyramid.painting.read(box), box)
        return self._pyramid.to_screen(area_mean(samples, 1 << level) if level else samples)


class VariationView(NavigableView):
    """Shows a layer over the scan; dragging moves it, and a click emits ``clicked()``."""

    clicked = Signal()

    def __init__(self, context: Context, layers: DocumentLayers) -> None:
        super().__init__()
        self._context, self._layers = context, layers
        self._layer: PictureLayer | None = None
        self._item: PictureItem | None = None
        self._pressed: QPointF | None = None
        original = PictureItem(layers.original)
        layers.original.updated.connect(original.refresh)
        self._original = original
        self.scene().addItem(original)
        self.region = LineItem()
        self.linked_cursor = CrossItem()
        for depth, item in ((23, self.region), (32, self.linked_cursor)):
            item.setZValue(depth)
            self.scene().addItem(item)
        self.setMinimumSize(96, 72)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_box(layers.document.painting.box)

    def show_layer(self, layer: PictureLayer | None) -> None:
        """Draw ``layer`` over the scan."""
        if layer is self._layer:
            return
        self._remove()
        if layer is not None:
            self._layer, self._item = layer, PictureItem(layer)
            self._item.setZValue(1)
            layer.updated.connect(self._item.refresh)
            self.scene().addItem(self._item)

    def _remove(self) -> None:
        if self._layer is not None and self._item is not None:
            self._layer.updated.disconnect(self._item.refresh)
            self.scene().removeItem(self._item)
        self._layer = self._item = None

    def close_layers(self) -> None:
        """Disconnect from all layers."""
        self._remove()
        self._layers.original.updated.disconnect(self._original.refresh)

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Start dragging; whether it is a click shows at the release."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None
            self.grab_picture(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._pressed is not None and self._moved_far(event):
            self._pressed = None
        if self.panning and self._pressed is None:
            self.drag_picture(event)
        point = self.to_picture(event.position())
        self.hovered.emit(point.x(), point.y())
        event.accept()

    def _moved_far(self, event: QMouseEvent) -> bool:
        assert self._pressed is not None
        step = event.position() - self._pressed
        return step.manhattanLength() >= QApplication.startDragDistance()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        was_click = self._pressed is not None and event.button() == Qt.MouseButton.LeftButton
        self._pressed = None
        self.release_picture()
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        event.accept()
        if was_click:
            self.clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The second click of two does nothing."""
        event.accept()

    def leaveEvent(self, event: object) -> None:  # noqa: N802
        self.hovered.emit(-1.0, -1.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Leave all keys to the contact view."""
        event.ignore()

    def drawBackground(self, painter: QPainter, rect: QRectF | object) -> None:  # noqa: N802
        assert isinstance(rect, QRectF)
        draw_surround(painter, rect, QRectF(*self.box), self._context.selection.surround)


class VariationCell(QFrame):
    """A variation or (``number`` 0) the original, with its labels; ``activated()``: accept it."""

    activated = Signal()
    focused = Signal()

    def __init__(self, context: Context, layers: DocumentLayers, number: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("variation")
        self.number = number
        self.title, self.details = elided("", "heading"), elided("", "small")
        self.view = VariationView(context, layers)
        self.view.clicked.connect(self.activated)
        self.view.installEventFilter(self)
        inside = column(self, margin=2, spacing=2)
        inside.addWidget(self.view, 1)
        inside.addWidget(self.title)
        inside.addWidget(self.details)
        self.mark(False)

    def show_texts(self, title: str, details: str) -> None:
        """Show the two lines of text above the picture."""
        self.title.setText(title)
        self.details.setText(details)
        self.setToolTip(f"{title}\n{details}" if details else title)
        self.view.setAccessibleName(f"{title}, {details}" if details else title)

    def mark(self, current: bool) -> None:
        """Draw the frame of the cell that Enter accepts."""
        colour = theme.roles().accent if current else "transparent"
        self.setStyleSheet(f"QFrame#variation {{ border: 2px solid {colour}; }}")

    def eventFilter(self, watched: QWidget, event: object) -> bool:  # type: ignore[override]  # noqa: N802
        """Report that the picture has the focus."""
        if isinstance(event, QFocusEvent) and event.gotFocus():
            self.focused.emit()
        return False
