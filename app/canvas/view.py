"""The canvas: a view of the scan with its damage, and the selected tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QWidget

from app.canvas.annotations import AnnotationEditor
from app.canvas.decoration import GridItem, draw_surround
from app.canvas.document_layers import DocumentLayers
from app.canvas.guides import Guides
from app.canvas.input import ToolView
from app.canvas.items import Clip, PictureItem
from app.canvas.layer import PictureLayer
from app.canvas.overlay import Overlay, OverlayItem
from app.canvas.overview import Overview
from app.canvas.scale_bar import ScaleBar
from app.canvas.scale_entry import ScaleEntry
from app.canvas.screen import screen_profile
from app.canvas.tools import Tool, make_tool
from app.canvas.tools.base import Point
from app.canvas.transforms import widened
from app.context import Context
from app.document import OpenDocument
from app.selection import ToolName
from imagest_core.arrays import Mask
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.settings import calibrate

_EMPTY = Box(0, 0, 0, 0)


@dataclass(frozen=True)
class ClippedLayer:
    """A layer, drawn inside ``clip`` only."""

    layer: PictureLayer
    clip: Clip | None = None
    opacity: float = 1.0


class CanvasView(ToolView):
    """Shows :class:`DocumentLayers` and passes mouse events to the selected tool.

    ``has_overview``: show a small map of the whole picture. ``measured(Point, Point)``: the ruler was used.
    """

    measured = Signal(object, object)

    def __init__(self, context: Context, parent: QWidget | None = None, *, has_overview: bool = True) -> None:
        super().__init__(parent)
        self.context, self._has_overview = context, has_overview
        self._layers: DocumentLayers | None = None
        self._own_layers: DocumentLayers | None = None
        self._pictures: list[QGraphicsItem] = []
        self._masks: list[OverlayItem] = []
        self._grid = GridItem()
        self._grid.setZValue(5)
        self.scene().addItem(self._grid)
        self.guides = Guides(self.scene(), context.selection, self)
        self.linked_cursor = self.guides.linked_cursor
        self.overview = Overview(self)
        self.scale_bar = ScaleBar(self)
        self.note_editor = AnnotationEditor(self)
        self.note_editor.saved.connect(lambda text: self._note_save(text))
        self.note_editor.removed.connect(lambda: self._note_remove())
        self.note_editor.dismissed.connect(self.setFocus)
        self._note_save: Callable[[str], object] = lambda text: None
        self._note_remove: Callable[[], object] = lambda: None
        self.scale_entry = ScaleEntry(self)
        self.scale_entry.confirmed.connect(self._calibrate)
        self.scale_entry.dismissed.connect(self._end_measurement)
        self.tool: Tool = make_tool("pan", self)
        self.setAccessibleName(self.tr("Canvas"))
        self._connect()
        self._select_tool(context.selection.tool)

    def _connect(self) -> None:
        selection = self.context.selection
        selection.tool_changed.connect(self._select_tool)
        selection.brush_changed.connect(self._resize_brush)
        selection.surround_changed.connect(self._repaint)
        selection.mask_visible_changed.connect(self._show_masks)
        selection.reveal.connect(self.reveal)
        selection.zoom_to.connect(self.fit_box)
        selection.notes_visible_changed.connect(self._show_notes)
        selection.scale_bar_changed.connect(self._show_scale_bar)
        self.moved.connect(self._view_moved)

    # Layers

    @property
    def layers(self) -> DocumentLayers:
        """The layers of the open document."""
        assert self._layers is not None
        return self._layers

    @property
    def document(self) -> OpenDocument:
        """The open document."""
        return self.layers.document

    @property
    def has_layers(self) -> bool:
        """Whether a document is open."""
        return self._layers is not None

    def set_document(self, document: OpenDocument | None) -> None:
        """Show ``document`` with layers of this view's own."""
        old, self._own_layers = self._own_layers, None
        if document is not None:
            self._own_layers = DocumentLayers(self.context, document, screen_profile(self.screen()))
            self._own_layers.build()
        self.set_layers(self._own_layers)
        if old is not None:
            old.close()

    def set_layers(self, layers: DocumentLayers | None) -> None:
        """Show ``layers``, which several views may share."""
        self.tool.leave()
        self._clear()
        if self._layers is not None:
            self._layers.document.calibration_changed.disconnect(self._update_scale)
        self._layers = layers
        if layers is not None:
            layers.document.calibration_changed.connect(self._update_scale)
        if layers is None:
            self.box = _EMPTY
        else:
            self.show_layers([ClippedLayer(layers.original)])
            for overlay in layers.drawn:
                self._add_overlay(overlay)
            self.set_box(layers.document.painting.box)
        self._grid.set_box(QRectF(*self.box))
        self.guides.set_layers(layers)
        self.overview.set_layer(layers.original if layers is not None and self._has_overview else None)
        self._show_masks()
        self._show_notes()
        self._update_scale()
        self._show_scale_bar()
        self._select_tool(self.context.selection.tool)
        self.viewport().update()

    def show_layers(self, layers: Sequence[ClippedLayer]) -> None:
        """Draw these layers, the first at the bottom."""
        for item in self._pictures:
            self._remove(item)
        self._pictures = []
        for depth, clipped in enumerate(layers):
            item = PictureItem(clipped.layer, clipped.clip)
            item.setZValue(depth)
            item.setOpacity(clipped.opacity)
            clipped.layer.updated.connect(item.refresh)
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
        """Show or hide the damage and the style references; proposal and reconstruction are always drawn."""
        visible = self.context.selection.mask_visible
        for item in self._masks[:1]:
            item.setVisible(visible)
        self.guides.set_style_visible(visible)

    def _show_notes(self) -> None:
        self.guides.set_annotations_visible(self.context.selection.notes_visible)

    def _show_scale_bar(self) -> None:
        self.scale_bar.set_visible(self.context.selection.scale_bar and self._has_overview)

    def _update_scale(self) -> None:
        calibration = self.document.state.calibration if self.has_layers else None
        self.scale_bar.set_resolution(None if calibration is None else calibration.resolution)

    def _repaint(self) -> None:
        self.viewport().update()

    def _view_moved(self) -> None:
        if self.has_layers:
            self.context.selection.visible = self.visible_box()
        self.overview.view_moved()
        self.scale_bar.update_bar()

    # For the tools (see ToolContext)

    def show_draft(self, path: QPainterPath) -> None:
        """Draw ``path`` over the picture in place of the previous draft."""
        self.guides.draft.set_path(path)

    def show_cursor_outline(self, path: QPainterPath) -> None:
        """Draw the outline that follows the cursor."""
        self.guides.cursor_outline.set_path(path)

    def show_mask(self, mask: Mask | None, part: Box, level: int) -> None:
        """Preview a (h, w) mask of ``part`` of a level in the colour of the selected class."""
        self.guides.show_mask(mask, part, level)

    def edit_note(
        self,
        position: Point,
        text: str,
        save: Callable[[str], object],
        remove: Callable[[], object] | None,
    ) -> None:
        """Let the user edit ``text`` beside a native point; ``remove`` is None for a new note."""
        self._note_save, self._note_remove = save, remove or (lambda: None)
        self.note_editor.edit(position, text, known=remove is not None)

    def close_note(self) -> None:
        """Stop editing a note without saving it."""
        self.note_editor.dismiss()

    def show_moved_note(self, index: int | None, position: Point) -> None:
        """Draw the note number ``index`` at another position while it is dragged; None ends that."""
        self.guides.show_moved_annotation(index, position)

    def report_measurement(self, start: Point, end: Point) -> None:
        """Emit ``measured`` and ask for the length between the two native points."""
        self.measured.emit(start, end)
        calibration = self.document.state.calibration
        self.scale_entry.ask(start, end, None if calibration is None else calibration.resolution)

    def _calibrate(self, start: Point, end: Point, millimetres: float) -> None:
        document = self.document
        self.context.attempt(lambda: document.do(calibrate(document.state, start, end, millimetres)))

    def _end_measurement(self) -> None:
        self.show_draft(QPainterPath())
        self.setFocus()

    def _select_tool(self, name: str) -> None:
        """Switch to the tool of this name."""
        self.scale_entry.dismiss()
        self.tool.leave()
        self.tool = make_tool(name, self)
        if name == ToolName.NOTE:
            self.context.selection.notes_visible = True
        if self.tool.marks:
            self.context.selection.mask_visible = True
        self._set_cursor()

    def _resize_brush(self) -> None:
        resized = getattr(self.tool, "brush_resized", None)
        if resized is not None and self.has_layers and self.underMouse():
            resized()

    # Painting

    def drawBackground(self, painter: QPainter, rect: QRectF | object) -> None:  # noqa: N802
        assert isinstance(rect, QRectF)
        exposed = widened(rect, painter.worldTransform())
        draw_surround(painter, exposed, QRectF(*self.box), self.context.selection.surround)
