"""Whole regions: give one another class, fill what damage encloses, or clear it."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt

from app.canvas.tools.base import Pointer, Tool
from app.commands import mask as masking
from imagest_core.painting.geometry import Box


class FillTool(Tool):
    """A click on damage gives its whole region the chosen class; with Alt it clears the region.

    A click on intact paint that damage encloses fills it, as far as it is seen.
    """

    name: ClassVar[str] = "fill"
    cursor = Qt.CursorShape.PointingHandCursor
    marks = True

    def press(self, at: Pointer) -> None:
        inside = self.canvas.document.state.box.contains(Box(*at.pixel, 1, 1))
        context = self.canvas.context
        if not inside or not self.may_mark(0 if at.alt else context.selection.label):
            return
        if not self.canvas.document.state.damage.read(Box(*at.pixel, 1, 1)).any():
            self._fill(at)
        elif at.alt:
            title = QCoreApplication.translate("Tools", "Clear region")
            masking.mark_region(context, *at.pixel, 0, title)
        else:
            title = QCoreApplication.translate("Tools", "Change class of region")
            masking.mark_region(context, *at.pixel, context.selection.label, title)

    def _fill(self, at: Pointer) -> None:
        title = QCoreApplication.translate("Tools", "Fill region")
        seen = self.canvas.visible_box()
        masking.fill_hole(self.canvas.context, *at.pixel, seen, title, self._say_nothing)

    def _say_nothing(self) -> None:
        self.canvas.context.messages.say(
            QCoreApplication.translate(
                "Tools", "Nothing to fill here: draw a closed outline first, and let all of it be seen."
            )
        )
