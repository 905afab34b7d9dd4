"""How the clean picture lies over the scan: in words, and as a small picture of the part that is visible."""

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
"""The picture's size on the screen at most."""
MOST = SHOWN.width() * SHOWN.height() * 4
"""Pixels it is made of at most: twice as fine as shown, for sharp screens."""
CELLS = 8
"""Squares along the longer side."""


class Registered(QWidget):
    """Both pictures in the visible part: squares of either in turn, or one shining through the other."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._learned: Any = None
        self._pictured: tuple[Any, ...] = ()
        self.ways = SegmentedControl(
            (
                ("checker", self.tr("Squares"), self.tr("Squares of either picture: forms go on across")),
                ("blend", self.tr("Blend"), self.tr("Both at once: what doesn’t fit is seen twice")),
            ),
            self.tr("Registration"),
        )
        self.ways.choose("checker")
        self.ways.chosen.connect(lambda _: self.look())
        self.picture = label("")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.picture.setFixedHeight(SHOWN.height())
        self.picture.setAccessibleName(self.tr("Clean picture laid over the visible part of the scan"))
        self.words = label("", "small", wrap=True)
        inside = column(self, spacing=4)
        inside.addWidget(self.words)
        inside.addWidget(self.picture)
        inside.addWidget(self.ways)
        self.hide()

    def show_registration(self, learned: Any) -> None:
        """Show how the pictures of a :class:`DifferencePreview` lie; None hides it."""
        self._learned, self._pictured = learned, ()
        self.setVisible(learned is not None)
        self.picture.setPixmap(QPixmap())
        if learned is not None:
            self.words.setText(registration_text(learned))
            self.look()

    def look(self) -> None:
        """Make the picture of what is visible now, in the background."""
        learned = self._learned
        if learned is None:
            return
        box = self._context.selection.visible.within(learned.damaged.box)
        subject = box, self.ways.value
        if not box.empty and subject != self._pictured:
            self._pictured = subject
            work = _picturing(learned, *subject)
            self._context.background.latest("registration", work, self._show)

    def _show(self, image: QImage) -> None:
        if self._learned is None:
            return
        ratio = self.devicePixelRatioF()
        fitted = image.scaled(
            SHOWN * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        fitted.setDevicePixelRatio(ratio)
        self.picture.setPixmap(QPixmap.fromImage(fitted))


def _picturing(learned: Any, box: Box, way: str) -> Callable[[], QImage]:
    def picture() -> QImage:
        level = level_within(box, MOST)
        clean, scan = learned.clean_pixels(box, level), learned.damaged.read_working(box, level)
        cell = max(max(scan.shape[:2]) // CELLS, 1)
        return image_of(blend(clean, scan) if way == "blend" else checkerboard(clean, scan, cell))

    return picture


def registration_text(learned: Any) -> str:
    """How the clean picture was laid over the scan, and how well it fits, in words."""
    translate = QCoreApplication.translate
    alignment = learned.alignment
    if alignment.identity:
        text = translate("Derivers", "The pictures are compared as they lie.")
    else:
        placed = placement(alignment, learned.clean.box, learned.damaged.box)
        text = translate("Derivers", "Moved by {0}, {1} px, turned by {2}°, scaled to {3}.").format(
            f"{placed.dx:.1f}", f"{placed.dy:.1f}", f"{placed.degrees:.2f}", f"{placed.scale:.1%}"
        )
    if learned.residual is not None:
        fit = translate("Derivers", "Details lie {0} px apart (median).").format(f"{learned.residual:.1f}")
        text += " " + fit
    agree = translate("Derivers", "{0} of the fine structure agrees.").format(f"{alignment.agreement:.0%}")
    return text + " " + agree
