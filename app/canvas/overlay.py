"""Damage labels over the picture: a sparse model shared by all views, and an item that draws it in one."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.canvas.labels import LabelLevels
from app.canvas.overlay_pixels import OverlayStyle, overlay_style, render
from app.canvas.transforms import rotation_of, scale_of
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box, union

_CHUNK = 256
_CACHED_CHUNKS = 256
_FORMAT = QImage.Format.Format_ARGB32_Premultiplied

Key = tuple[int, int]


class Overlay(QObject):
    """Labels and their style. ``updated(Box)``: views must repaint this native box."""

    updated = Signal(object)

    def __init__(
        self, levels: int, box: Box, style: OverlayStyle | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.labels, self.box = LabelLevels(levels), box
        self.style = style or overlay_style(())

    def show(self, damage: DamageMap, style: OverlayStyle | None = None) -> None:
        """Show all labels of ``damage``."""
        self.style = style or self.style
        self.labels.show(damage)
        self.updated.emit(self.box)

    def show_levels(self, labels: LabelLevels) -> None:
        """Show labels that were reduced elsewhere, for instance by a worker."""
        self.labels = labels
        self.updated.emit(self.box)

    def set_style(self, style: OverlayStyle) -> None:
        """Draw the labels in another style."""
        self.style = style
        self.updated.emit(self.box)

    def update(self, damage: DamageMap, box: Box) -> None:
        """Read the labels in the native ``box`` again."""
        self.labels.update(damage, box)
        self.updated.emit(box)


class _Chunk:
    """A square of screen pixels that is drawn in place."""

    def __init__(self) -> None:
        self.pixels = np.zeros((_CHUNK, _CHUNK), np.uint32)
        self.image = QImage(self.pixels.data, _CHUNK, _CHUNK, _CHUNK * 4, _FORMAT)


class OverlayItem(QGraphicsItem):
    """Draws an :class:`Overlay` in screen pixels, cached in chunks while the zoom stays the same."""

    def __init__(self, overlay: Overlay) -> None:
        super().__init__()
        self.overlay = overlay
        self._scale, self._turned = 0.0, False
        self._chunks: OrderedDict[Key, _Chunk | None] = OrderedDict()
        self._stale: dict[Key, Box] = {}
        """The part of each chunk, in screen pixels, to render again before it is drawn."""
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF(*self.overlay.box.expanded(8))

    def refresh(self, box: Box) -> None:
        """Redraw the native ``box`` with the next paint event."""
        if self._scale:
            self._mark_stale(self._to_screen(box))
        edge = self._reach() / (self._scale or 1.0) + 1
        self.update(QRectF(*box).adjusted(-edge, -edge, edge, edge))

    def _reach(self) -> int:
        """Screen pixels by which a change extends beyond its own box."""
        return math.ceil(self.overlay.style.margin * self._scale) + 3

    def _to_screen(self, box: Box) -> Box:
        scale = self._scale
        corners = box.x * scale, box.y * scale, box.right * scale, box.bottom * scale
        return Box.spanning(
            math.floor(corners[0]), math.floor(corners[1]), math.ceil(corners[2]), math.ceil(corners[3])
        ).expanded(self._reach())

    def _mark_stale(self, device: Box) -> None:
        """Many changes between two paint events, as by a brush, are rendered once."""
        if device.area > _CACHED_CHUNKS * _CHUNK * _CHUNK:
            self._chunks.clear()
            self._stale.clear()
            return
        for cell in device.tiles(_CHUNK):
            key = (cell.x // _CHUNK, cell.y // _CHUNK)
            if key in self._chunks:
                known = self._stale.get(key)
                self._stale[key] = cell if known is None else union((known, cell))

    def _rendered(self, chunk: _Chunk | None, key: Key, cell: Box) -> _Chunk | None:
        """Render ``cell`` (screen pixels inside ``chunk``) again; returns the chunk, None if it is empty."""
        pixels = render(self.overlay.labels, self.overlay.style, cell, self._scale, turned=self._turned)
        if pixels is None and chunk is None:
            return None
        chunk = chunk or _Chunk()
        inside = cell.moved(-key[0] * _CHUNK, -key[1] * _CHUNK).slices
        chunk.pixels[inside] = 0 if pixels is None else pixels
        return chunk

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        world, ratio = painter.worldTransform(), painter.device().devicePixelRatioF()
        self._set_scale(scale_of(world) * ratio, turned=rotation_of(world) % 180 != 0)
        exposed = option.exposedRect
        box = Box.spanning(
            math.floor(exposed.left()),
            math.floor(exposed.top()),
            math.ceil(exposed.right()),
            math.ceil(exposed.bottom()),
        ).within(self.overlay.box.expanded(8))
        if box.empty:
            return
        painter.save()
        origin = QPointF(round(world.dx() * ratio), round(world.dy() * ratio)) / ratio
        painter.setTransform(QTransform.fromTranslate(origin.x(), origin.y()).rotate(rotation_of(world)))
        for cell in self._to_screen(box).tiles(_CHUNK):
            chunk = self._chunk((cell.x // _CHUNK, cell.y // _CHUNK))
            if chunk is not None:
                self._blit(painter, chunk, cell, ratio)
        painter.restore()

    def _blit(self, painter: QPainter, chunk: _Chunk, cell: Box, ratio: float) -> None:
        corner = QPointF(cell.x // _CHUNK * _CHUNK, cell.y // _CHUNK * _CHUNK)
        chunk.image.setDevicePixelRatio(ratio)
        painter.drawImage(corner / ratio, chunk.image)

    def _set_scale(self, scale: float, *, turned: bool) -> None:
        if (scale, turned) != (self._scale, self._turned):
            self._scale, self._turned = scale, turned
            self._chunks.clear()
            self._stale.clear()

    def _chunk(self, key: Key) -> _Chunk | None:
        if key not in self._chunks:
            while len(self._chunks) >= _CACHED_CHUNKS:
                self._chunks.popitem(last=False)
            cell = Box(key[0] * _CHUNK, key[1] * _CHUNK, _CHUNK, _CHUNK)
            self._chunks[key] = self._rendered(None, key, cell)
            self._stale.pop(key, None)
        elif key in self._stale:
            self._chunks[key] = self._rendered(self._chunks[key], key, self._stale.pop(key))
        self._chunks.move_to_end(key)
        return self._chunks[key]
