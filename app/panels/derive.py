"""Deriving the mask: every parameter live, previewed in the visible part, applied to the whole."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.context import Context
from app.panels.parts import column


class DerivePanel(QWidget):
    """``done()``: the derived mask was taken over."""

    done = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        column(self)

    def set_active(self, active: bool) -> None:
        """Opened or closed."""

    def choose(self, method: str) -> None:
        """Show ``method``."""

    def refresh(self) -> None:
        """Show the open document."""
