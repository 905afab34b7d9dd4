"""Graphics items of the canvas: pictures, and lines of constant width on the screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.canvas.layer import PictureLayer
from app.canvas.transforms import scale_of, widened
from imagest_core.painting.geometry import Box

Clip = Callable[[], QRectF]
"""Returns the part of the picture to draw; called at every repaint."""


class PictureItem(QGraphicsItem):
    """Draws a layer in one view, inside ``clip`` only."""

    def __init__(self, layer: PictureLayer, clip: Clip | None = None) -> None:
        super().__init__()
        self.layer, self._clip = layer, clip
        self._box = Box(0, 0, layer.picture.width, layer.picture.height)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF(*self._box)

    def refresh(self, box: Box) -> None:
        """Repaint ``box`` of the layer."""
        self.update(QRectF(*box.expanded(1)))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        exposed = widened(option.exposedRect, painter.worldTransform()).intersected(self.boundingRect())
        if self._clip is not None:
            exposed = exposed.intersected(self._clip())
        box = outward(exposed).within(self._box)
        if box.empty:
            return
        painter.save()
        painter.setClipRect(exposed, Qt.ClipOperation.IntersectClip)
        ratio = painter.device().devicePixelRatioF()
        self.layer.draw(painter, box, scale_of(painter.worldTransform()) * ratio)
        painter.restore()


def _cross(size: float) -> QPainterPath:
    """A cross around the origin, ``size`` long on each side of it."""
    path = QPainterPath()
    path.moveTo(-size, 0)
    path.lineTo(size, 0)
    path.moveTo(0, -size)
    path.lineTo(0, size)
    return path


_CROSS = _cross(7)


def outward(rect: QRectF) -> Box:
    """The smallest box of whole pixels that contains ``rect``."""
    return Box.spanning(
        math.floor(rect.left()), math.floor(rect.top()), math.ceil(rect.right()), math.ceil(rect.bottom())
    )


class LineItem(QGraphicsItem):
    """A path that is visible on any background: a light line with dark dashes, one screen pixel wide."""

    def __init__(self, colour: str = "#ffffff", *, dashed: bool = True, filled: str = "") -> None:
        super().__init__()
        self._path = QPainterPath()
        self._line_pen, self._dash_pen = _pen(colour), _pen("#000000", [4, 4]) if dashed else None
        self._fill = QColor(filled) if filled else None

    def shift_dashes(self) -> None:
        """Move the dashes along the path by one step."""
        if self._dash_pen is not None and not self._path.isEmpty():
            self._dash_pen.setDashOffset((self._dash_pen.dashOffset() + 2) % 8)
            self.update()

    @property
    def path(self) -> QPainterPath:
        """The path in picture coordinates."""
        return self._path

    def set_path(self, path: QPainterPath) -> None:
        """Draw ``path``."""
        self.prepareGeometryChange()
        self._path = path
        self.update()

    def set_boxes(self, boxes: Iterable[Box]) -> None:
        """Draw rectangles."""
        path = QPainterPath()
        for box in boxes:
            path.addRect(QRectF(*box))
        self.set_path(path)

    def boundingRect(self) -> QRectF:  # noqa: N802
        if self._path.isEmpty():
            return QRectF()
        margin = 2 / self._scale()
        return self._path.boundingRect().adjusted(-margin, -margin, margin, margin)

    def _scale(self) -> float:
        views = self.scene().views() if self.scene() is not None else []
        return scale_of(views[0].transform()) if views else 1.0

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._fill is not None:
            painter.fillPath(self._path, self._fill)
        painter.setPen(self._line_pen)
        painter.drawPath(self._path)
        if self._dash_pen is not None:
            painter.setPen(self._dash_pen)
            painter.drawPath(self._path)


class CrossItem(LineItem):
    """A cross of constant size on the screen, at any zoom."""

    def __init__(self) -> None:
        super().__init__(dashed=False)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)

    def show_at(self, x: float, y: float) -> None:
        """Mark a point of the picture."""
        self.setPos(x, y)
        if self.path.isEmpty():
            self.set_path(_CROSS)

    def _scale(self) -> float:
        return 1.0


class FrameItem(LineItem):
    """Rectangles with a text each in their upper left corner, of constant size on the screen."""

    _TEXT_WIDTH, _TEXT_HEIGHT = 160, 24

    def __init__(self, colour: str) -> None:
        super().__init__(colour)
        self._labels: tuple[tuple[Box, str], ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The texts."""
        return tuple(text for _, text in self._labels)

    def set_frames(self, labels: Iterable[tuple[Box, str]]) -> None:
        """Draw rectangles with their texts."""
        self._labels = tuple(labels)
        self.set_boxes(box for box, _ in self._labels)

    def boundingRect(self) -> QRectF:  # noqa: N802
        rect = super().boundingRect()
        if rect.isNull():
            return rect
        reach = max(self._TEXT_WIDTH, self._TEXT_HEIGHT) / self._scale()
        return rect.adjusted(-reach, -reach, reach, reach)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        super().paint(painter, option, widget)
        world = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        for box, text in self._labels:
            draw_label(painter, world.mapRect(QRectF(*box)).topLeft(), text)
        painter.restore()


def draw_label(painter: QPainter, corner: QPointF, text: str) -> None:
    """Draw ``text`` on a dark background with its upper left corner at ``corner``, in screen pixels."""
    font = painter.font()
    font.setPixelSize(11)
    painter.setFont(font)
    area = QRectF(painter.fontMetrics().boundingRect(text).adjusted(-5, -2, 5, 2))
    area.moveTopLeft(corner)
    painter.fillRect(area, QColor(24, 24, 24, 200))
    painter.setPen(QColor("#e8e8e8"))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)


def _pen(colour: str, dashes: list[float] | None = None) -> QPen:
    pen = QPen(QColor(colour), 1)
    pen.setCosmetic(True)
    if dashes:
        pen.setDashPattern(dashes)
    return pen
