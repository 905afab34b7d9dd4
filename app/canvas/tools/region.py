"""Changes the class of a whole region, clears it, or fills a hole."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt

from app.canvas.tools.base import Pointer, Tool
from app.commands import mask as masking
from app.commands.marking import note_protected
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.names import operation_name


class FillTool(Tool):
    """A click on damage gives its whole region the selected class; with Alt or Ctrl it clears the region.

    A click on intact paint that is enclosed by damage fills it, if all of it is visible.
    """

    name: ClassVar[str] = "fill"
    cursor = Qt.CursorShape.PointingHandCursor
    marks = True

    def press(self, at: Pointer) -> None:
        inside = self.canvas.document.state.box.contains(Box(*at.pixel, 1, 1))
        context = self.canvas.context
        erases = self.erases(at)
        if not inside or not self.may_mark(0 if erases else context.selection.label):
            return
        damage = self.canvas.document.state.damage
        clicked = int(damage.read(Box(*at.pixel, 1, 1))[0, 0])
        if damage.protected_labels()[clicked] and not erases and clicked != context.selection.label:
            note_protected(context)
        elif not clicked:
            self._fill(at)
        elif erases:
            title = operation_name("clear_region")
            masking.mark_region(context, *at.pixel, 0, title)
        else:
            title = operation_name("change_class_of_region")
            masking.mark_region(context, *at.pixel, context.selection.label, title)

    def _fill(self, at: Pointer) -> None:
        title = operation_name("fill_region")
        visible = self.canvas.visible_box()
        masking.fill_hole(self.canvas.context, *at.pixel, visible, title, self._report_no_hole)

    def _report_no_hole(self) -> None:
        self.canvas.context.messages.say(
            QCoreApplication.translate(
                "Tools",
                "There is nothing to fill here. Draw a closed outline and make all of it visible.",
            )
        )
