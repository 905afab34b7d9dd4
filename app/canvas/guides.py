"""Lines over the picture that belong to no layer: what a tool draws, style references, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPixmapItem

from app.canvas.document_layers import DocumentLayers
from app.canvas.items import LineItem
from app.canvas.overlay_pixels import argb
from app.selection import Proposal
from imagest_core.arrays import Mask
from imagest_core.painting.geometry import Box

if TYPE_CHECKING:
    from app.canvas.view import CanvasView

_STYLE, _SUGGESTED, _WINDOW, _REGION = "#46c2ff", "#ffd24a", "#b7f0a8", "#ffffff"
_STAIN = 0.55


class Guides(QObject):
    """The guide lines of one view."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._layers: DocumentLayers | None = None
        self.style = self._line(_STYLE, 20, dashed=False)
        self.suggestions = self._line(_SUGGESTED, 21)
        self.windows = self._line(_WINDOW, 22)
        self.region = self._line(_REGION, 23)
        self.draft = self._line("#ffffff", 30)
        self.ring = self._line("#ffffff", 31)
        self.ghost = self._line("#ffffff", 32, dashed=False)
        self._stain, self._proposal = self._pixels(19), self._pixels(18)
        selection = view.context.selection
        selection.proposal_changed.connect(self._show_proposal)
        selection.style_taken_changed.connect(self._show_suggestions)
        selection.result_changed.connect(self._show_region)

    def _line(self, colour: str, depth: int, *, dashed: bool = True) -> LineItem:
        item = LineItem(colour, dashed=dashed)
        item.setZValue(depth)
        self._view.scene().addItem(item)
        return item

    def _pixels(self, depth: int) -> QGraphicsPixmapItem:
        item = QGraphicsPixmapItem()
        item.setZValue(depth)
        self._view.scene().addItem(item)
        return item

    def set_layers(self, layers: DocumentLayers | None) -> None:
        """Show the guides of another document."""
        if self._layers is not None:
            self._layers.document.style_changed.disconnect(self._show_style)
        self._layers = layers
        if layers is not None:
            layers.document.style_changed.connect(self._show_style)
        for item in (self.windows, self.draft, self.ring, self.ghost):
            item.set_boxes(())
        self._show_style()
        self._show_suggestions()
        self._show_region()
        self._show_proposal(self._view.context.selection.proposal)

    def show_style(self, visible: bool) -> None:
        """Show or hide the style references."""
        self.style.setVisible(visible)

    def show_windows(self, boxes: tuple[Box, ...]) -> None:
        """Show the windows that a restoration would use."""
        self.windows.set_boxes(boxes)

    def show_mask(self, mask: Mask | None, part: Box, level: int) -> None:
        """Show a (h, w) mask of ``part`` of a level in the colour it would get."""
        scale = 1 << level
        corner = part.x * scale, part.y * scale
        self._paint(self._stain, mask, corner, scale, self._view.context.selection.label)

    def _show_proposal(self, proposal: Proposal | None) -> None:
        """One that was made on a reduced picture; the others are the layers's."""
        if proposal is None or not proposal.level:
            self._paint(self._proposal, None, (0, 0), 1, 0)
        else:
            corner = proposal.box.x, proposal.box.y
            self._paint(self._proposal, proposal.mask, corner, 1 << proposal.level, proposal.label)

    def _paint(
        self, item: QGraphicsPixmapItem, mask: Mask | None, corner: tuple[int, int], scale: int, label: int
    ) -> None:
        """Let ``item`` show a mask in the colour of a class, a pixel of it being ``scale`` across."""
        if mask is None or self._layers is None:
            item.setPixmap(QPixmap())
            return
        classes = {known.label: known.colour for known in self._layers.document.state.damage.classes}
        pixels = np.ascontiguousarray(mask * np.uint32(argb(classes.get(label, "#ffffff"), _STAIN)))
        height, width = mask.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
        item.setPixmap(QPixmap.fromImage(image))
        item.setTransform(QTransform(scale, 0, 0, scale, *corner))

    def _show_style(self) -> None:
        self.style.set_boxes(() if self._layers is None else self._layers.document.state.style.regions)

    def _show_suggestions(self) -> None:
        """Those a restoration takes by itself, and no others."""
        self.suggestions.set_boxes(() if self._layers is None else self._view.context.selection.style_taken)

    def _show_region(self) -> None:
        """The region under review."""
        selection = self._view.context.selection
        run = None if self._layers is None else self._layers.document.run(selection.run)
        shown = run is not None and 1 <= selection.region <= run.count
        self.region.set_boxes((run.region_box(selection.region).expanded(2),) if shown and run else ())
