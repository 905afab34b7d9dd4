"""The registration of the clean picture to the scan: as text, and as a small picture of the visible part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.commands.previews import level_within
from app.context import Context
from app.widgets.images import image_of
from app.widgets.parts import SegmentedControl, column, label
from imagest_core.damage.detection.registration_report import blend, checkerboard, placement
from imagest_core.painting.geometry import Box

SHOWN = QSize(320, 120)
"""Maximum size of the picture on the screen."""
MAX_PIXELS = SHOWN.width() * SHOWN.height() * 4
"""Maximum number of pixels of the picture: twice the shown resolution, for high-density screens."""
CELLS = 8
"""Squares of the checkerboard along the longer side."""


class RegistrationView(QWidget):
    """Shows both pictures in the visible part, as a checkerboard or blended."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._prepared: Any = None
        self._subject: tuple[Any, ...] = ()
        self.mode = SegmentedControl(
            (
                (
                    "checker",
                    self.tr("Checkerboard"),
                    self.tr("Alternating squares of both pictures: shapes should continue across them"),
                ),
                ("blend", self.tr("Blend"), self.tr("Both pictures at once: misaligned parts appear twice")),
            ),
            self.tr("Registration"),
        )
        self.mode.choose("checker")
        self.mode.chosen.connect(lambda _: self.refresh())
        self.picture = label("")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.picture.setFixedHeight(SHOWN.height())
        self.picture.setAccessibleName(self.tr("Clean picture over the visible part of the scan"))
        self.text = label("", "small", wrap=True)
        inside = column(self, spacing=4)
        inside.addWidget(self.text)
        inside.addWidget(self.picture)
        inside.addWidget(self.mode)
        self.hide()

    def show_registration(self, prepared: Any) -> None:
        """Show the registration of a :class:`DifferencePreview`; None hides it."""
        self._prepared, self._subject = prepared, ()
        self.setVisible(prepared is not None)
        self.picture.setPixmap(QPixmap())
        if prepared is not None:
            self.text.setText(registration_text(prepared))
            self.refresh()

    def refresh(self) -> None:
        """Compute the picture of the visible part in the background."""
        prepared = self._prepared
        if prepared is None:
            return
        box = self._context.selection.visible.within(prepared.damaged.box)
        subject = box, self.mode.value
        if not box.empty and subject != self._subject:
            self._subject = subject
            work = _render(prepared, *subject)
            self._context.background.latest("registration", work, self._show)

    def _show(self, image: QImage) -> None:
        if self._prepared is None:
            return
        ratio = self.devicePixelRatioF()
        scaled = image.scaled(
            SHOWN * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        scaled.setDevicePixelRatio(ratio)
        self.picture.setPixmap(QPixmap.fromImage(scaled))


def _render(prepared: Any, box: Box, mode: str) -> Callable[[], QImage]:
    def picture() -> QImage:
        level = level_within(box, MAX_PIXELS)
        clean, scan = prepared.clean_pixels(box, level), prepared.damaged.read_working(box, level)
        cell = max(max(scan.shape[:2]) // CELLS, 1)
        return image_of(blend(clean, scan) if mode == "blend" else checkerboard(clean, scan, cell))

    return picture


def registration_text(prepared: Any) -> str:
    """Describe how the clean picture was aligned to the scan, and how well it matches."""
    translate = QCoreApplication.translate
    alignment = prepared.alignment
    if alignment.identity:
        text = translate("MaskDetectors", "The pictures are already aligned.")
    else:
        moved = placement(alignment, prepared.clean.box, prepared.damaged.box)
        text = translate("MaskDetectors", "Moved by {0}, {1} px, rotated by {2}°, scaled to {3}.").format(
            f"{moved.dx:.1f}", f"{moved.dy:.1f}", f"{moved.degrees:.2f}", f"{moved.scale:.1%}"
        )
    if prepared.residual is not None:
        error = translate("MaskDetectors", "Median registration error: {0} px.").format(
            f"{prepared.residual:.1f}"
        )
        text += " " + error
    agreement = translate("MaskDetectors", "{0} of the fine detail matches.").format(
        f"{alignment.agreement:.0%}"
    )
    return text + " " + agreement
