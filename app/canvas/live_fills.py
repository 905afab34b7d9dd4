"""Fills on their way, drawn over the canvas while a restoration runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPixmapItem

from app.context import Context
from imagest_core.damage.map import DamageMap
from imagest_core.restoration.planning.window import Preview, Window

if TYPE_CHECKING:
    from app.compare.area import CompareArea

ABOVE_MASKS = 17
"""What is filled already is not hidden by the mask."""


@dataclass(frozen=True, eq=False)
class LiveFill:
    """What a window looks like for now: a picture in its working pixels, clear where nothing is filled."""

    window: Window
    image: QImage


class LiveFills(QObject):
    """Shows each window's latest fill; all go when the job ends."""

    def __init__(self, context: Context, area: CompareArea) -> None:
        super().__init__(area)
        self._context, self._area = context, area
        self._items: dict[Window, QGraphicsPixmapItem] = {}
        jobs = context.jobs
        jobs.preview.connect(self.show_fill)
        for signal in (jobs.finished, jobs.failed, jobs.cancelled):
            signal.connect(lambda *_: self.clear())
        for signal in (context.selection.compare_changed, context.selection.swapped_changed):
            signal.connect(lambda _: self.clear())
        context.document_changed.connect(lambda _: self.clear())

    def show_fill(self, fill: object) -> None:
        """Draw one; anything else that a job shows is none of ours."""
        if self._context.document is None or not isinstance(fill, LiveFill):
            return
        item = self._items.get(fill.window) or self._make(fill.window)
        item.setPixmap(QPixmap.fromImage(fill.image))

    def clear(self) -> None:
        """Take all fills away."""
        for item in self._items.values():
            if (scene := item.scene()) is not None:
                scene.removeItem(item)
        self._items.clear()

    @property
    def count(self) -> int:
        """How many windows are shown."""
        return len(self._items)

    def _make(self, window: Window) -> QGraphicsPixmapItem:
        item = QGraphicsPixmapItem()
        item.setZValue(ABOVE_MASKS)
        item.setTransform(QTransform(window.scale, 0, 0, window.scale, window.box.x, window.box.y))
        self._area.restored_view.scene().addItem(item)
        self._items[window] = item
        return item


def live_fill(preview: Preview, damage: DamageMap, growth: int) -> LiveFill:
    """``preview`` under the grown ``damage`` alone; made by the worker, the window only draws it."""
    mask = grown_mask(damage, preview.window, growth)
    return LiveFill(preview.window, masked_image(preview.image, mask))


def grown_mask(damage: DamageMap, window: Window, growth: int) -> NDArray[np.bool_]:
    """(h, w) bool in working pixels: what a restoration fills of ``window``."""
    mask = damage.fill_mask(window.box.expanded(growth)).astype(np.uint8)
    grown = cv2.dilate(mask, np.ones((2 * growth + 1,) * 2, np.uint8))[growth:-growth, growth:-growth]
    rows, columns = window.shape
    return np.asarray(cv2.resize(grown, (columns, rows), interpolation=cv2.INTER_NEAREST) > 0)


def masked_image(rgb: NDArray[np.float32], mask: NDArray[np.bool_]) -> QImage:
    """(h, w, 3) working colour under a (h, w) mask, transparent elsewhere."""
    rows, columns = min(rgb.shape[0], mask.shape[0]), min(rgb.shape[1], mask.shape[1])
    pixels = np.zeros((rows, columns, 4), np.uint8)
    pixels[..., :3] = np.rint(np.clip(rgb[:rows, :columns], 0, 1) * 255)
    pixels[..., 3] = 255 * mask[:rows, :columns]
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
