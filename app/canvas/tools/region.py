"""Whole regions: give one another class, fill what damage encloses, or clear it."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt

from app.canvas.tools.base import Pointer, Tool
from app.canvas.tools.painting import mark
from imagest_core.damage.connected import damage_at, hole_at
from imagest_core.painting.geometry import Box


class FillTool(Tool):
    """A click on damage gives its whole region the chosen class; with Alt it clears the region.

    A click on intact paint that damage encloses fills it, as far as it is seen.
    """

    name: ClassVar[str] = "fill"
    cursor = Qt.CursorShape.PointingHandCursor
    marks = True

    def press(self, at: Pointer) -> None:
        inside = self.bench.document.state.box.contains(Box(*at.pixel, 1, 1))
        if not inside or not self.writable:
            return
        piece = damage_at(self.bench.document.state.damage, *at.pixel)
        if piece is None:
            self._fill(at)
        elif at.alt:
            mark(self.bench, [piece], 0, QCoreApplication.translate("Tools", "Clear region"))
        else:
            label = self.bench.context.selection.label
            title = QCoreApplication.translate("Tools", "Change class of region")
            mark(self.bench, [piece], label, title, overwrite=True)

    def _fill(self, at: Pointer) -> None:
        piece = hole_at(self.bench.document.state.damage, *at.pixel, self.bench.visible_box())
        if piece is None:
            self.bench.context.messages.say(
                QCoreApplication.translate(
                    "Tools", "Nothing to fill here: draw a closed outline first, and let all of it be seen."
                )
            )
            return
        label = self.bench.context.selection.label
        mark(self.bench, [piece], label, QCoreApplication.translate("Tools", "Fill region"))
