"""Draws a picture: levels in memory at once, other cells as soon as a worker has decoded them."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from app.canvas.picture import CELL, Picture, cells
from app.jobs.runner import Background, Ticket
from app.levels import at_level, level_for, native, reduced_size
from imagest_core.painting.color.display import Pixels
from imagest_core.painting.geometry import Box, union

CACHE_BYTES = 128 << 20
_PENDING = 96
_NEAREST_FROM = 2.0
"""Lowest zoom at which pixels are drawn as squares."""
_FORMAT = QImage.Format.Format_ARGB32_Premultiplied

Key = tuple[int, int, int]
"""(level, column, row)."""


class PictureLayer(QObject):
    """Draws a :class:`Picture`.

    ``updated(Box)``: views must repaint this native box. ``changed(Box)``: the pixels of the picture
    changed there; layers that are computed from this one :meth:`follow` it. All changes go through
    :meth:`invalidate` or :meth:`refresh_held`, which emit both signals.

    Nothing is decoded in the window's thread: missing cells are requested from ``background``, the latest
    request first, and the next coarser level is drawn until they arrive.
    """

    updated = Signal(object)
    changed = Signal(object)

    def __init__(
        self,
        picture: Picture,
        background: Background,
        parent: QObject | None = None,
        cache: int = CACHE_BYTES,
    ) -> None:
        super().__init__(parent)
        self.picture, self._background = picture, background
        self._cache_limit, self._cache_bytes, self._requests = cache, 0, 0
        self._cells: OrderedDict[Key, QImage] = OrderedDict()
        self._stale: set[Key] = set()
        self._pending: OrderedDict[Key, Ticket] = OrderedDict()
        self._dropped: set[Key] = set()

    @property
    def waiting(self) -> bool:
        """Whether cells are still being decoded."""
        return bool(self._pending)

    # Drawing

    def draw(self, painter: QPainter, exposed: Box, scale: float) -> None:
        """Draw the native box ``exposed`` at ``scale`` device pixels per native pixel."""
        level = level_for(scale, self.picture.levels)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < _NEAREST_FROM)
        held = self.picture.held(level)
        if held is not None:
            draw_pixels(painter, held, at_level(exposed, level), level)
            return
        missing = [key for key in cells(at_level(exposed, level)) if not self._is_current(level, key)]
        if missing:
            self._draw_coarse(painter, exposed, level)
        for column, row in cells(at_level(exposed, level)):
            self._draw_cell(painter, (level, column, row))
        for column, row in missing:
            self._request((level, column, row))

    def _is_current(self, level: int, cell: tuple[int, int]) -> bool:
        key = (level, *cell)
        return key in self._cells and key not in self._stale

    def _draw_coarse(self, painter: QPainter, exposed: Box, level: int) -> None:
        """Draw the finest level above ``level`` that is in memory."""
        for coarser in range(level + 1, self.picture.levels):
            held = self.picture.held(coarser)
            if held is not None:
                draw_pixels(painter, held, at_level(exposed, coarser), coarser)
                return

    def _draw_cell(self, painter: QPainter, key: Key) -> None:
        image = self._cells.get(key)
        if image is None:
            return
        self._cells.move_to_end(key)
        target = native(self._part(key), key[0])
        painter.drawImage(QRectF(*target), image, QRectF(image.rect()))

    def _part(self, key: Key) -> Box:
        level, column, row = key
        size = reduced_size(self.picture.width, self.picture.height, level)
        return Box(column * CELL, row * CELL, CELL, CELL).within(Box(0, 0, *size))

    # Decoding

    def _request(self, key: Key) -> None:
        if key in self._pending:
            return
        self._requests += 1
        while len(self._pending) >= _PENDING:
            dropped, ticket = self._pending.popitem(last=False)
            ticket.cancel()
            self._dropped.add(dropped)
        self._dropped.discard(key)
        part = self._part(key)
        self._pending[key] = self._background.submit(
            lambda: image_of(self.picture.make(key[0], part)),
            lambda image: self._arrived(key, image),
            lambda error: self._failed(key),
            priority=self._requests,
        )

    def _arrived(self, key: Key, image: QImage) -> None:
        self._pending.pop(key, None)
        self._stale.discard(key)
        self._evict(key)
        self._cells[key] = image
        self._cache_bytes += image.sizeInBytes()
        while self._cache_bytes > self._cache_limit and len(self._cells) > 1:
            self._evict(next(iter(self._cells)))
        self.updated.emit(native(self._part(key), key[0]))
        self._repaint_dropped()

    def _repaint_dropped(self) -> None:
        """Repaint where requests were dropped for newer ones; views that still need them request again."""
        if self._dropped and len(self._pending) < _PENDING // 2:
            dropped, self._dropped = self._dropped, set()
            self.updated.emit(union(native(self._part(key), key[0]) for key in dropped))

    def _failed(self, key: Key) -> None:
        """Store an empty cell for a part of the file that can't be read, so that the coarser level shows."""
        self._arrived(key, QImage(1, 1, _FORMAT))
        self._cells[key].fill(0)

    def _evict(self, key: Key) -> None:
        image = self._cells.pop(key, None)
        if image is not None:
            self._cache_bytes -= image.sizeInBytes()

    # Changes

    def follow(self, source: PictureLayer, *, cells: bool = True) -> None:
        """Update wherever ``source`` changes; without ``cells`` only the levels in memory depend on it."""
        source.changed.connect(self.invalidate if cells else self.refresh_held)

    def invalidate(self, *boxes: Box) -> None:
        """Mark the native ``boxes`` as changed; the old cells are drawn until the new ones arrive."""
        for box in boxes:
            self._mark_stale(box)
        self.refresh_held(union(boxes))

    def refresh_held(self, box: Box) -> None:
        """Report that the levels in memory changed in the native ``box``; cells stay valid."""
        if not box.empty:
            self.changed.emit(box)
            self.updated.emit(box)

    def _mark_stale(self, box: Box) -> None:
        for key in list(self._pending):
            if native(self._part(key), key[0]).touches(box):
                self._pending.pop(key).cancel()
        self._stale.update(k for k in self._cells if native(self._part(k), k[0]).touches(box))

    def close(self) -> None:
        """Cancel all requests and free the cache."""
        for ticket in self._pending.values():
            ticket.cancel()
        self._pending.clear()
        self._dropped.clear()
        self._cells.clear()
        self._cache_bytes = 0


def draw_pixels(painter: QPainter, pixels: Pixels, part: Box, level: int) -> None:
    """Draw ``part`` of a level without copying it."""
    height, width = pixels.shape[:2]
    part = part.within(Box(0, 0, width, height))
    if part.empty:
        return
    start = (part.y * width + part.x) * 4
    end = ((part.bottom - 1) * width + part.right) * 4
    view = pixels.reshape(-1)[start:end].data
    image = QImage(view, part.width, part.height, width * 4, _FORMAT)
    painter.drawImage(QRectF(*native(part, level)), image, QRectF(0, 0, part.width, part.height))


def image_of(pixels: Pixels) -> QImage:
    """Copy premultiplied BGRA pixels (h, w, 4) to an image."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, width * 4, _FORMAT).copy()
