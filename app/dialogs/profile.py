"""Ask whether sRGB may be assumed for a picture whose colour profile can't be used."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.messages import explained
from app.widgets.parts import button, column, label, row, rule
from app.widgets.placement import Dialog
from imagest_core.errors import ProfileError


class ProfileDialog(Dialog):
    """Explains the problem of the profile; calls ``open_as_srgb`` if the user agrees."""

    help_page = "files#colour"

    def __init__(
        self, error: ProfileError, open_as_srgb: Callable[[], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Assume sRGB?"))
        self.setMinimumWidth(560)
        self._open = open_as_srgb
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Assume sRGB?"), "title"))
        self.sentence = label(explained(error)[0], "warn", wrap=True)
        layout.addWidget(self.sentence)
        consequences = self.tr(
            "If sRGB is assumed, samples outside the mask stay unchanged, but filled colours may differ"
            " from their surroundings. The record notes that sRGB was assumed."
        )
        layout.addWidget(label(consequences, "small", wrap=True))
        layout.addWidget(rule())
        self.assume = button(self.tr("Assume sRGB"), self._assume)
        not_now = button(self.tr("Don’t open"), self.reject, primary=True)
        not_now.setDefault(True)
        layout.addLayout(row(None, not_now, self.assume))

    def _assume(self) -> None:
        self.accept()
        self._open()
