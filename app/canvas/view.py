"""The canvas: one view of the scan, the damage on it, and the tool in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QTabletEvent,
)
from PySide6.QtWidgets import QGraphicsItem, QWidget

from app.canvas.decoration import GridItem, draw_surround
from app.canvas.guides import Guides
from app.canvas.items import Clip, PictureItem
from app.canvas.layer import Layer
from app.canvas.navigation import NavigableView
from app.canvas.overlay import Overlay, OverlayItem
from app.canvas.overview import Overview
from app.canvas.scale_entry import ScaleEntry
from app.canvas.screen import screen_profile
from app.canvas.sheet import Sheet
from app.canvas.tools import Pointer, Tool, make_tool
from app.canvas.tools.base import Point
from app.context import Context
from app.document import OpenDocument
from imagest_core.damage.map import Mask
from imagest_core.painting.geometry import Box

_NOWHERE = Box(0, 0, 0, 0)


@dataclass(frozen=True)
class Shown:
    """A layer that a view draws, as far as ``clip`` goes."""

    layer: Layer
    clip: Clip | None = None


class CanvasView(NavigableView):
    """Shows a :class:`Sheet` and hands the mouse to the tool of the selection.

    ``hovered(x, y)``: the mouse is over this native point, (−1, −1) when it has left;
    ``measured(Point, Point)``: two points by the ruler.
    """

    hovered = Signal(float, float)
    measured = Signal(object, object)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self._sheet: Sheet | None = None
        self._own: Sheet | None = None
        self._items: list[QGraphicsItem] = []
        self._pictures: list[QGraphicsItem] = []
        self._masks: list[OverlayItem] = []
        self._space, self._pressure = False, 1.0
        self._at: Pointer | None = None
        self._grid = GridItem()
        self._grid.setZValue(5)
        self.scene().addItem(self._grid)
        self.guides = Guides(self)
        self.overview = Overview(self)
        self.scale_entry = ScaleEntry(self)
        self.tool: Tool = make_tool("pan", self)
        self.setAccessibleName(self.tr("Canvas"))
        self._connect()
        self._take(context.selection.tool)

    def _connect(self) -> None:
        selection = self.context.selection
        selection.tool_changed.connect(self._take)
        selection.brush_changed.connect(self._resize_brush)
        selection.surround_changed.connect(self._repaint)
        selection.mask_visible_changed.connect(self._show_masks)
        selection.reveal.connect(self.reveal)
        self.moved.connect(self._tell_visible)

    # What is shown

    @property
    def sheet(self) -> Sheet:
        """The layers and overlays of what is open."""
        assert self._sheet is not None
        return self._sheet

    @property
    def document(self) -> OpenDocument:
        """What is open."""
        return self.sheet.document

    @property
    def has_sheet(self) -> bool:
        """Whether anything is open."""
        return self._sheet is not None

    def set_document(self, document: OpenDocument | None) -> None:
        """Show ``document`` in a view that stands alone."""
        left, self._own = self._own, None
        if document is not None:
            self._own = Sheet(self.context, document, screen_profile(self.screen()))
            self._own.build()
        self.set_sheet(self._own)
        if left is not None:
            left.close()

    def set_sheet(self, sheet: Sheet | None) -> None:
        """Show ``sheet``, which others may show too."""
        self.tool.leave()
        self._clear()
        self._sheet = sheet
        if sheet is None:
            self.box = _NOWHERE
        else:
            self.show_layers([Shown(sheet.original)])
            for overlay in (sheet.mask, sheet.proposal, sheet.provenance):
                self._add_overlay(overlay)
            self.set_box(sheet.document.painting.box)
        self._grid.set_box(QRectF(*self.box))
        self.guides.set_sheet(sheet)
        self.overview.set_layer(None if sheet is None else sheet.original)
        self._show_masks()
        self._take(self.context.selection.tool)
        self.viewport().update()

    def show_layers(self, layers: Sequence[Shown]) -> None:
        """Draw these layers, the first undermost."""
        for item in self._pictures:
            self._remove(item)
        self._pictures = []
        for depth, shown in enumerate(layers):
            item = PictureItem(shown.layer, shown.clip)
            item.setZValue(depth)
            shown.layer.updated.connect(item.refresh)
            self.scene().addItem(item)
            self._pictures.append(item)

    def _add_overlay(self, overlay: Overlay) -> None:
        item = OverlayItem(overlay)
        item.setZValue(10 + len(self._masks))
        overlay.updated.connect(item.refresh)
        self.scene().addItem(item)
        self._masks.append(item)

    def _remove(self, item: QGraphicsItem) -> None:
        source = item.layer if isinstance(item, PictureItem) else getattr(item, "overlay", None)
        if source is not None:
            source.updated.disconnect(item.refresh)  # type: ignore[attr-defined]
        self.scene().removeItem(item)

    def _clear(self) -> None:
        for item in (*self._pictures, *self._masks):
            self._remove(item)
        self._pictures, self._masks = [], []

    def _show_masks(self) -> None:
        """The damage is hidden on demand; what is proposed and what was reconstructed have their own say."""
        visible = self.context.selection.mask_visible
        for item in self._masks[:1]:
            item.setVisible(visible)
        self.guides.show_style(visible)

    def _repaint(self) -> None:
        self.viewport().update()

    def _tell_visible(self) -> None:
        if self.has_sheet:
            self.context.selection.visible = self.visible_box()
        self.overview.follow()

    # What tools need of a bench

    def draft(self, path: QPainterPath) -> None:
        """Draw a path over the picture until the next one."""
        self.guides.draft.set_path(path)

    def ring(self, path: QPainterPath) -> None:
        """Draw the outline that goes with the cursor."""
        self.guides.ring.set_path(path)

    def stain(self, mask: Mask | None, part: Box, level: int) -> None:
        """Show a mask of ``part`` of a level as it would be marked."""
        self.guides.stain(mask, part, level)

    def tell_measured(self, start: Point, end: Point) -> None:
        """Two points were measured."""
        self.measured.emit(start, end)
        self.scale_entry.ask(start, end)

    def _take(self, name: str) -> None:
        """Take up another tool."""
        self.scale_entry.dismiss()
        self.tool.leave()
        self.tool = make_tool(name, self)
        if self.tool.marks:
            self.context.selection.mask_visible = True
        self._set_cursor()

    def _resize_brush(self) -> None:
        resized = getattr(self.tool, "resized", None)
        if resized is not None and self.has_sheet and self.underMouse():
            resized()

    def _set_cursor(self) -> None:
        held = Qt.CursorShape.ClosedHandCursor if self.panning else Qt.CursorShape.OpenHandCursor
        self.viewport().setCursor(held if self._space or self.panning else self.tool.cursor)

    # The mouse

    def _pointer(self, event: QMouseEvent) -> Pointer:
        point, held = self.to_picture(event.position()), event.modifiers()
        return Pointer(
            point.x(),
            point.y(),
            self._pressure,
            bool(held & Qt.KeyboardModifier.ShiftModifier),
            bool(held & Qt.KeyboardModifier.AltModifier),
            bool(held & Qt.KeyboardModifier.ControlModifier),
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The middle button, or Space, or the hand moves the picture; the left one is the tool's."""
        if not self.has_sheet:
            return
        left = event.button() == Qt.MouseButton.LeftButton
        by_hand = left and (self._space or self.tool.name == "pan")
        if event.button() == Qt.MouseButton.MiddleButton or by_hand:
            self.grab_picture(event)
        elif left:
            self.tool.press(self._pointer(event))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Move the picture, draw, or only look."""
        if not self.has_sheet:
            return
        at = self._at = self._pointer(event)
        if self.panning or (self._space and self.tool.active):
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
        """The gesture ends, or goes on where it was interrupted."""
        if not self.has_sheet:
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
        """The second press of two."""
        if not self.has_sheet or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.tool.name == "polygon":
            self.tool.double(self._pointer(event))
        else:
            self.mousePressEvent(event)
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:  # noqa: N802
        """Remember how hard the pen presses; the mouse event that follows is the stroke."""
        ended = event.type() == QEvent.Type.TabletRelease
        self._pressure = 1.0 if ended or event.pressure() <= 0 else event.pressure()
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """The mouse has left."""
        self.hovered.emit(-1.0, -1.0)
        if not self.tool.active:
            self.ring(QPainterPath())
        super().leaveEvent(event)

    # Keys

    def event(self, event: QEvent) -> bool:
        """In mid-gesture keys are the tool's, so that no shortcut acts on half a stroke."""
        if event.type() == QEvent.Type.ShortcutOverride and self.tool.active:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Space is the hand, Esc abandons; arrows move the picture."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self._hold_space(True, event)
        elif key == Qt.Key.Key_Escape and self.tool.active:
            self.tool.abandon()
        elif not (self.has_sheet and self.tool.key(key)) and not self._arrow(key):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Space is let go."""
        if event.key() == Qt.Key.Key_Space:
            self._hold_space(False, event)
        else:
            event.ignore()

    def _hold_space(self, held: bool, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        self._space = held
        if not held and self.panning and self.tool.active:
            self.release_picture()
            if self._at is not None:
                self.tool.resume(self._at)
        self._set_cursor()

    def _arrow(self, key: Qt.Key) -> bool:
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
        """A key that is let go elsewhere isn't held any more."""
        self._space = False
        self._set_cursor()
        super().focusOutEvent(event)

    # Painting

    def drawBackground(self, painter: QPainter, rect: QRectF | object) -> None:  # noqa: N802
        """The neutral surround."""
        assert isinstance(rect, QRectF)
        draw_surround(painter, rect, QRectF(*self.box), self.context.selection.surround)
