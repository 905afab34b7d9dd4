"""Shows the fills of a running restoration over the canvas."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPixmapItem

from app.compare.area import CompareArea
from app.context import Context
from app.jobs.live_fill import LiveFill
from imagest_core.restoration.planning.window import Window

ABOVE_MASKS = 17
"""Depth of the fills: the damage overlay must not hide them."""


class LiveFills(QObject):
    """Shows the latest fill of each window; removes all when the job ends."""

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
        """Draw ``fill`` if it is a :class:`LiveFill`; other previews of jobs are ignored."""
        if self._context.document is None or not isinstance(fill, LiveFill):
            return
        item = self._items.get(fill.window) or self._make(fill.window)
        item.setPixmap(QPixmap.fromImage(fill.image))

    def clear(self) -> None:
        """Remove all fills."""
        for item in self._items.values():
            if (scene := item.scene()) is not None:
                scene.removeItem(item)
        self._items.clear()

    @property
    def count(self) -> int:
        """Number of windows shown."""
        return len(self._items)

    def _make(self, window: Window) -> QGraphicsPixmapItem:
        item = QGraphicsPixmapItem()
        item.setZValue(ABOVE_MASKS)
        item.setTransform(QTransform(window.scale, 0, 0, window.scale, window.box.x, window.box.y))
        self._area.restored_view.scene().addItem(item)
        self._items[window] = item
        return item
