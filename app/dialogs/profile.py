"""A picture whose colour profile can't be used: only the user may say that its samples are sRGB."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.messages import explained
from app.widgets.parts import button, column, label, row, rule
from imagest_core.errors import ProfileError


class ProfileDialog(QDialog):
    """Says what is wrong with the profile; calls ``go_on`` if the user wants sRGB in its place."""

    def __init__(self, error: ProfileError, go_on: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Assume sRGB?"))
        self.setMinimumWidth(560)
        self._go_on = go_on
        inside = column(self, margin=16, spacing=12)
        inside.addWidget(label(self.tr("Assume sRGB?"), "title"))
        self.sentence = label(explained(error)[0], "warn", wrap=True)
        inside.addWidget(self.sentence)
        means = self.tr(
            "If sRGB is assumed, samples outside the mask stay unchanged, but filled colours may differ"
            " from their surroundings. The record notes that sRGB was assumed."
        )
        inside.addWidget(label(means, "small", wrap=True))
        inside.addWidget(rule())
        self.assume = button(self.tr("Assume sRGB"), self._assume)
        not_now = button(self.tr("Don’t open"), self.reject, primary=True)
        not_now.setDefault(True)
        inside.addLayout(row(None, not_now, self.assume))

    def _assume(self) -> None:
        self.accept()
        self._go_on()
