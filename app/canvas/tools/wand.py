"""The wand: marks pixels similar to the clicked one; dragging to the right raises the tolerance."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.canvas.pyramid import Pyramid
from app.canvas.tools.base import Pointer, Tool, ToolContext
from app.commands import mask as masking
from app.commands.marking import rim_action
from app.jobs.runner import Ticket
from app.levels import at_level, level_for, native
from imagest_core.arrays import Mask
from imagest_core.damage.strokes import enlarged_cells
from imagest_core.damage.wand import Wand
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.names import operation_name

MIN_TOLERANCE, MAX_TOLERANCE = 0.5, 120.0
_DRAG_TO_DOUBLE = 120.0
"""Dragging distance, in screen pixels, that doubles the tolerance."""


class WandTool(Tool):
    """Grows a region inside the visible part, at the visible level. Alt or Ctrl erases damage."""

    name: ClassVar[str] = "wand"
    marks = True

    def __init__(self, canvas: ToolContext) -> None:
        super().__init__(canvas)
        self._wand: Wand | None = None
        self._ticket: Ticket | None = None
        self._mask: Mask | None = None
        self._part, self._level = Box(0, 0, 0, 0), 0
        self._pressed = Pointer(0, 0)
        self._tolerance = self._start_tolerance = 0.0
        self._released = self._erases = False

    def press(self, at: Pointer) -> None:
        pyramid, visible = self.canvas.layers.pyramid, self.canvas.visible_box()
        self._erases = self.erases(at)
        label = 0 if self._erases else self.canvas.context.selection.label
        if not visible.contains(Box(*at.pixel, 1, 1)) or not self.may_mark(label):
            return
        self.active, self._released, self._pressed = True, False, at
        self._tolerance = self._start_tolerance = self.canvas.context.selection.tolerance
        self._level = level_for(self.canvas.zoom, pyramid.levels)
        self._part = part = at_level(visible, self._level)
        texture = self.canvas.context.selection.wand_texture
        level, seed = self._level, (int(at.x) >> self._level, int(at.y) >> self._level)
        local = seed[0] - part.x, seed[1] - part.y
        self._ticket = self.canvas.context.background.submit(
            lambda: Wand(pixels_of(pyramid, level, part), local, texture=texture),
            self._ready,
            lambda error: self.abandon(),
            priority=1 << 20,
        )

    def _ready(self, wand: Wand) -> None:
        self._wand = wand
        self._grow()
        if self._released:
            self._finish()

    def move(self, at: Pointer) -> None:
        if not self.active:
            return
        dragged = (at.across - self._pressed.across) * self.canvas.zoom
        self._tolerance = min(
            max(self._start_tolerance * 2 ** (dragged / _DRAG_TO_DOUBLE), MIN_TOLERANCE), MAX_TOLERANCE
        )
        self.canvas.context.selection.tolerance = self._tolerance
        self._grow()

    def _grow(self) -> None:
        if self._wand is not None:
            growth = round(self.canvas.context.selection.wand_growth / (1 << self._level))
            self._mask = self._wand.mask(self._tolerance, growth)
            self.canvas.show_mask(self._mask, self._part, self._level)

    def release(self, at: Pointer) -> None:
        self._released = True
        if self.active and self._wand is not None:
            self._finish()

    def _finish(self) -> None:
        mask, part, level = self._mask, self._part, self._level
        label = 0 if self._erases else self.canvas.context.selection.label
        self._clear()
        if mask is not None:
            whole = self.canvas.document.state.box
            masking.mark(
                self.canvas.context,
                lambda _: enlarged_cells(mask, part, level, whole),
                native(part, level).within(whole),
                label,
                operation_name("wand"),
                self._offer_rim if label else None,
            )

    def _offer_rim(self) -> None:
        """Offer to grow over the soft edge of what was marked."""
        context = self.canvas.context
        action = rim_action(context, context.selection.label)
        if action is not None:
            text = QCoreApplication.translate("Tools", "Marked. Does ground or shadow still show around it?")
            context.messages.say(text, action=action, topic="rim")

    def abandon(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        if self.active:
            self.canvas.context.selection.tolerance = self._start_tolerance
        self._clear()
        super().abandon()

    def _clear(self) -> None:
        self.active, self._wand, self._mask, self._ticket = False, None, None, None
        self.canvas.show_mask(None, self._part, self._level)


def pixels_of(pyramid: Pyramid, level: int, part: Box) -> np.ndarray:
    """Screen pixels of ``part`` of a level, (h, w, 3) float32 in 0–1; for worker threads."""
    held = pyramid.held(level)
    pixels = pyramid.make(level, part) if held is None else held[part.slices]
    return pixels[..., 2::-1].astype(np.float32) / 255
