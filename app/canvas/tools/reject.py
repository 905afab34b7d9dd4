"""Brush and lasso that reject a part of the result under review; with Ctrl they take it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainterPath

from app.canvas.tools.base import Pointer, ToolContext
from app.canvas.tools.brush import Brush
from app.canvas.tools.outline import Lasso
from app.canvas.tools.painting import Marking
from app.commands.reject_part import change_rejected_part, may_reject
from imagest_core.arrays import Mask
from imagest_core.damage.map import TILE, DamageMap, TileKey
from imagest_core.damage.strokes import polygon_cells
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.rejected_parts import rejected_part


class PartMarking(Marking):
    """A gesture that rejects filled pixels of the run under review, or takes them back."""

    def __init__(self, canvas: ToolContext, *, take_back: bool) -> None:
        self._canvas, self._take_back = canvas, take_back
        document = canvas.document
        run = document.run(canvas.context.selection.run)
        assert run is not None
        self._run = run
        self._painted = DamageMap(*document.state.box[2:])
        self._preview = rejected_part(document.state, run.id)
        self._filled: dict[TileKey, DamageMap] = {}

    def paint(self, cells: Iterable[tuple[Box, Mask]]) -> None:
        """Add these pixels where the run has filled them, and show them."""
        for box, mask in cells:
            selected = mask & (self._filled_in(box) > 0)
            if selected.any():
                self._painted.write(box, np.maximum(self._painted.read(box), selected))
                rejected = np.where(selected, np.uint8(not self._take_back), self._preview.read(box))
                self._preview.write(box, rejected)
                self._canvas.layers.rejected.update(self._preview, box)

    def _filled_in(self, box: Box) -> np.ndarray:
        """Return (h, w) labels of the filled pixels in ``box``, a part of one tile."""
        key = (box.x // TILE, box.y // TILE)
        if key not in self._filled:
            filled = DamageMap(*self._canvas.document.state.box[2:])
            if key in self._run.tile_keys:
                tile = self._run.content.tile(key)
                filled.write(tile.box, tile.regions > 0)
            self._filled[key] = filled
        return self._filled[key].read(box)

    def commit(self, name: Message) -> None:
        """Add the gesture to the history, unless no filled pixel was painted."""
        change_rejected_part(self._canvas.context, self._run, self._painted, take_back=self._take_back)
        self._canvas.layers.reload_rejected()

    def cancel(self) -> None:
        """Show the rejected part as it was."""
        self._canvas.layers.reload_rejected()


class RejectBrush(Brush):
    """Rejects what it paints over."""

    name: ClassVar[str] = "reject_brush"
    marks = False

    def may_mark(self, label: int) -> bool:
        return may_reject(self.canvas.context)

    def press(self, at: Pointer) -> None:
        """Start a stroke; Ctrl takes back here, so only Alt changes the size."""
        if at.control and not at.alt and self.may_mark(self.label):
            self._pointer = at
            self._begin(at)
        else:
            super().press(at)

    def _begin_marking(self) -> None:
        self._marking = PartMarking(self.canvas, take_back=self._pointer.control)


class RejectLasso(Lasso):
    """Rejects what it encloses."""

    name = "reject_lasso"
    cursor = Qt.CursorShape.CrossCursor
    marks = False

    def may_mark(self, label: int) -> bool:
        return may_reject(self.canvas.context)

    def _begin(self, at: Pointer) -> bool:
        if not super()._begin(at):
            return False
        self._erases = at.alt or at.control
        return True

    def _finish(self) -> None:
        points, self._points, self.active = self._points, [], False
        self.canvas.show_draft(QPainterPath())
        marking = PartMarking(self.canvas, take_back=self._erases)
        marking.paint(polygon_cells(points, self.canvas.document.state.box))
        marking.commit(self.title)
