"""The mark and the reset button of a parameter that differs from its default."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QWidget

from app.widgets.parts import label, tool_button

MARK_WIDTH = 8
BUTTON_SIZE = 22


class Reset:
    """``mark`` stands before the label, ``button`` after the editor; both keep their place while hidden."""

    def __init__(self, name: str, reset: Callable[[], object]) -> None:
        self.mark = label("•", "changed")
        self.mark.setFixedWidth(MARK_WIDTH)
        self.mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.mark.setToolTip(QCoreApplication.translate("Reset", "Differs from the default"))
        text = QCoreApplication.translate("Reset", "Reset {0} to its default")
        self.button = tool_button("undo", text.format(name), reset)
        self.button.setIconSize(QSize(14, 14))
        self.button.setFixedSize(BUTTON_SIZE, BUTTON_SIZE)
        self.changed = False
        for widget in (self.mark, self.button):
            keep_place(widget)
        self.show(False)

    def show(self, changed: bool, *, offered: bool = True) -> None:
        """Show whether the parameter is ``changed``; a row that is not ``offered`` takes no place."""
        self.changed = changed and offered
        for widget in (self.mark, self.button):
            keep_place(widget, offered)
            widget.setVisible(self.changed)


def keep_place(widget: QWidget, keep: bool = True) -> None:
    """Let the layout keep the place of ``widget`` while it is hidden."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(keep)
    widget.setSizePolicy(policy)
