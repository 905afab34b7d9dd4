"""The canvas: one view of the scan, the damage on it, and the tool in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import (
    QPainter,
    QPainterPath,
)
from PySide6.QtWidgets import QGraphicsItem, QWidget

from app.canvas.decoration import GridItem, draw_surround
from app.canvas.document_layers import DocumentLayers
from app.canvas.guides import Guides
from app.canvas.input import ToolView
from app.canvas.items import Clip, PictureItem
from app.canvas.layer import Layer
from app.canvas.overlay import Overlay, OverlayItem
from app.canvas.overview import Overview
from app.canvas.scale_entry import ScaleEntry
from app.canvas.screen import screen_profile
from app.canvas.tools import Tool, make_tool
from app.canvas.tools.base import Point
from app.context import Context
from app.document import OpenDocument
from imagest_core.arrays import Mask
from imagest_core.painting.geometry import Box

_NOWHERE = Box(0, 0, 0, 0)


@dataclass(frozen=True)
class Shown:
    """A layer that a view draws, as far as ``clip`` goes."""

    layer: Layer
    clip: Clip | None = None


class CanvasView(ToolView):
    """Shows :class:`DocumentLayers` and passes the mouse to the selected tool; ``mapped`` adds an overview.

    ``measured(Point, Point)``: two points by the ruler.
    """

    measured = Signal(object, object)

    def __init__(self, context: Context, parent: QWidget | None = None, *, mapped: bool = True) -> None:
        super().__init__(parent)
        self.context, self._mapped = context, mapped
        self._layers: DocumentLayers | None = None
        self._own: DocumentLayers | None = None
        self._pictures: list[QGraphicsItem] = []
        self._masks: list[OverlayItem] = []
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
    def layers(self) -> DocumentLayers:
        """The layers and overlays of what is open."""
        assert self._layers is not None
        return self._layers

    @property
    def document(self) -> OpenDocument:
        """What is open."""
        return self.layers.document

    @property
    def has_layers(self) -> bool:
        """Whether anything is open."""
        return self._layers is not None

    def set_document(self, document: OpenDocument | None) -> None:
        """Show ``document`` in a view that stands alone."""
        left, self._own = self._own, None
        if document is not None:
            self._own = DocumentLayers(self.context, document, screen_profile(self.screen()))
            self._own.build()
        self.set_layers(self._own)
        if left is not None:
            left.close()

    def set_layers(self, layers: DocumentLayers | None) -> None:
        """Show ``layers``, which others may show too."""
        self.tool.leave()
        self._clear()
        self._layers = layers
        if layers is None:
            self.box = _NOWHERE
        else:
            self.show_layers([Shown(layers.original)])
            for overlay in (layers.mask, layers.proposal, layers.provenance):
                self._add_overlay(overlay)
            self.set_box(layers.document.painting.box)
        self._grid.set_box(QRectF(*self.box))
        self.guides.set_layers(layers)
        self.overview.set_layer(layers.original if layers is not None and self._mapped else None)
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
        if self.has_layers:
            self.context.selection.visible = self.visible_box()
        self.overview.follow()

    # What tools need of the canvas

    def draft(self, path: QPainterPath) -> None:
        """Draw a path over the picture until the next one."""
        self.guides.draft.set_path(path)

    def ring(self, path: QPainterPath) -> None:
        """Draw the outline that goes with the cursor."""
        self.guides.ring.set_path(path)

    def show_mask(self, mask: Mask | None, part: Box, level: int) -> None:
        """Show a mask of ``part`` of a level as it would be marked."""
        self.guides.show_mask(mask, part, level)

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
        if resized is not None and self.has_layers and self.underMouse():
            resized()

    # Painting

    def drawBackground(self, painter: QPainter, rect: QRectF | object) -> None:  # noqa: N802
        """The neutral surround."""
        assert isinstance(rect, QRectF)
        draw_surround(painter, rect, QRectF(*self.box), self.context.selection.surround)
