"""Outlines above the picture: tool drafts, style references, restoration windows, the region under review."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPixmapItem, QGraphicsScene

from app.canvas.annotations import AnnotationItem
from app.canvas.document_layers import DocumentLayers
from app.canvas.items import CrossItem, FrameItem, LineItem
from app.canvas.overlay_pixels import argb
from app.canvas.selection_outline import SelectionOutline
from app.palettes import displayed_colour
from app.selection import Proposal, Selection
from imagest_core.arrays import Labels, Mask
from imagest_core.painting.geometry import Box
from imagest_core.project.state import Point

_STYLE, _SUGGESTED, _WINDOW, _REGION = "#46c2ff", "#ffd24a", "#b7f0a8", "#ffffff"
_MASK_OPACITY = 0.55


class Guides(QObject):
    """The guide items of one view, in its ``scene``."""

    def __init__(self, scene: QGraphicsScene, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        self._scene, self._selection = scene, selection
        self._layers: DocumentLayers | None = None
        self.style = self._add_line(_STYLE, 20, dashed=False)
        self.suggestions = FrameItem(_SUGGESTED)
        self.suggestions.setZValue(21)
        scene.addItem(self.suggestions)
        self.windows = self._add_line(_WINDOW, 22)
        self.region = self._add_line(_REGION, 23)
        self.annotations = AnnotationItem()
        self.annotations.setZValue(24)
        scene.addItem(self.annotations)
        self.selected = SelectionOutline(self)
        self.selected.item.setZValue(29)
        scene.addItem(self.selected.item)
        self.draft = self._add_line("#ffffff", 30)
        self.cursor_outline = self._add_line("#ffffff", 31)
        self.linked_cursor = CrossItem()
        self.linked_cursor.setZValue(32)
        scene.addItem(self.linked_cursor)
        self._tool_mask, self._proposal = self._add_pixmap(19), self._add_pixmap(18)
        selection.proposal_changed.connect(self._show_proposal)
        selection.style_taken_changed.connect(self._show_suggestions)
        selection.result_changed.connect(self._show_region)
        selection.within_changed.connect(self.selected.show)

    def _add_line(self, colour: str, depth: int, *, dashed: bool = True) -> LineItem:
        item = LineItem(colour, dashed=dashed)
        item.setZValue(depth)
        self._scene.addItem(item)
        return item

    def _add_pixmap(self, depth: int) -> QGraphicsPixmapItem:
        item = QGraphicsPixmapItem()
        item.setZValue(depth)
        self._scene.addItem(item)
        return item

    def set_layers(self, layers: DocumentLayers | None) -> None:
        """Show the guides of another document, or none."""
        if self._layers is not None:
            self._layers.document.style_changed.disconnect(self._show_style)
            self._layers.document.annotations_changed.disconnect(self._show_annotations)
        self._layers = layers
        if layers is not None:
            layers.document.style_changed.connect(self._show_style)
            layers.document.annotations_changed.connect(self._show_annotations)
        for item in (self.windows, self.draft, self.cursor_outline, self.linked_cursor):
            item.set_boxes(())
        self._show_style()
        self._show_suggestions()
        self._show_annotations()
        self._show_region()
        self._show_proposal(self._selection.proposal)
        self.selected.show(None if layers is None else self._selection.within)

    def set_style_visible(self, visible: bool) -> None:
        """Show or hide the style references."""
        self.style.setVisible(visible)

    def set_suggestions_visible(self, visible: bool) -> None:
        """Show or hide the suggested style regions: hidden while pictures are compared or strokes painted."""
        self.suggestions.setVisible(visible)

    def show_windows(self, boxes: tuple[Box, ...]) -> None:
        """Show the windows that a restoration would use."""
        self.windows.set_boxes(boxes)

    def show_mask(self, mask: Mask | None, part: Box, level: int) -> None:
        """Show the (h, w) ``mask`` of ``part`` of a level in the colour of the selected class."""
        scale = 1 << level
        corner = part.x * scale, part.y * scale
        labels = None if mask is None else mask * np.uint8(self._selection.label)
        self._set_labels(self._tool_mask, labels, corner, scale)

    def _show_proposal(self, proposal: Proposal | None) -> None:
        """Show a proposal computed at a reduced level; the document layers draw full-resolution ones."""
        if proposal is None or not proposal.level:
            self._set_labels(self._proposal, None, (0, 0), 1)
        else:
            corner = proposal.box.x, proposal.box.y
            self._set_labels(self._proposal, proposal.classes, corner, 1 << proposal.level)

    def _set_labels(
        self, item: QGraphicsPixmapItem, labels: Labels | None, corner: tuple[int, int], scale: int
    ) -> None:
        """Draw (h, w) ``labels`` in the colours of their classes; one is ``scale`` native pixels wide."""
        if labels is None or self._layers is None:
            item.setPixmap(QPixmap())
            return
        palette = self._selection.palette
        classes = self._layers.document.state.damage.classes
        colours = np.full(256, argb("#ffffff", _MASK_OPACITY), np.uint32)
        colours[0] = 0
        for known in classes:
            colours[known.label] = argb(displayed_colour(known, palette), _MASK_OPACITY)
        pixels = np.ascontiguousarray(colours[labels])
        height, width = labels.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
        item.setPixmap(QPixmap.fromImage(image))
        item.setTransform(QTransform(scale, 0, 0, scale, *corner))

    def _show_style(self) -> None:
        self.style.set_boxes(() if self._layers is None else self._layers.document.state.style.regions)

    def set_annotations_visible(self, visible: bool) -> None:
        """Show or hide the notes on the picture."""
        self.annotations.setVisible(visible)

    def show_moved_annotation(self, index: int | None, position: Point) -> None:
        """Draw a note at another position while it is dragged; None ends that."""
        if index is None:
            self._show_annotations()
        else:
            self.annotations.show_moved(index, position)

    def _show_annotations(self) -> None:
        notes = () if self._layers is None else self._layers.document.state.annotations
        self.annotations.show_annotations(notes)

    def _show_suggestions(self) -> None:
        """Outline only the suggestions that a restoration would use."""
        boxes = () if self._layers is None else self._selection.style_taken
        text = self.tr("suggested {0}")
        self.suggestions.set_frames((box, text.format(number)) for number, box in enumerate(boxes, 1))

    def _show_region(self) -> None:
        """Outline the region under review."""
        selection = self._selection
        run = None if self._layers is None else self._layers.document.run(selection.run)
        if run is not None and 1 <= selection.region <= run.count:
            self.region.set_boxes((run.region_box(selection.region).expanded(2),))
        else:
            self.region.set_boxes(())
