"""Notes on the picture: their markers, and the field in which their text is edited."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsItem,
    QGraphicsView,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QStyleOptionGraphicsItem,
    QVBoxLayout,
    QWidget,
)

from app.canvas.items import draw_label
from app.canvas.transforms import scale_of
from imagest_core.project.operations.annotations import LONGEST_TEXT
from imagest_core.project.state import Annotation, Point

RADIUS = 9
"""Radius of a marker in screen pixels."""
TEXT_WIDTH = 220
"""Largest width of the text beside a marker, in screen pixels; the rest is elided."""
_COLOUR = "#ffd24a"


class AnnotationItem(QGraphicsItem):
    """Draws numbered markers with the first line of each note, in constant size on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.annotations: tuple[Annotation, ...] = ()
        self._moved: tuple[int, Point] | None = None

    def show_annotations(self, annotations: Iterable[Annotation]) -> None:
        """Draw these notes."""
        self.prepareGeometryChange()
        self.annotations, self._moved = tuple(annotations), None
        self.update()

    def show_moved(self, index: int, position: Point) -> None:
        """Draw one note at another position while it is dragged."""
        self.prepareGeometryChange()
        self._moved = index, position
        self.update()

    def positions(self) -> list[QPointF]:
        """Where the markers are drawn, in native pixels."""
        points = [QPointF(item.x, item.y) for item in self.annotations]
        if self._moved is not None and self._moved[0] < len(points):
            points[self._moved[0]] = QPointF(*self._moved[1])
        return points

    def boundingRect(self) -> QRectF:  # noqa: N802
        points = self.positions()
        if not points:
            return QRectF()
        views = self.scene().views() if self.scene() is not None else []
        reach = (TEXT_WIDTH + 4 * RADIUS) / (scale_of(views[0].transform()) if views else 1.0)
        across, down = [point.x() for point in points], [point.y() for point in points]
        bounds = QRectF(QPointF(min(across), min(down)), QPointF(max(across), max(down)))
        return bounds.adjusted(-reach, -reach, reach, reach)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        world = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, (item, point) in enumerate(zip(self.annotations, self.positions(), strict=True), 1):
            self._draw(painter, world.map(point), number, item.text)
        painter.restore()

    def _draw(self, painter: QPainter, at: QPointF, number: int, text: str) -> None:
        first = text.splitlines()[0]
        elided = painter.fontMetrics().elidedText(first, Qt.TextElideMode.ElideRight, TEXT_WIDTH)
        draw_label(painter, at + QPointF(RADIUS + 3, -RADIUS), elided)
        painter.setPen(QPen(QColor("#202020"), 1.5))
        painter.setBrush(QColor(_COLOUR))
        painter.drawEllipse(at, RADIUS, RADIUS)
        marker = QRectF(at.x() - RADIUS, at.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
        painter.drawText(marker, Qt.AlignmentFlag.AlignCenter, str(number))


class AnnotationEditor(QFrame):
    """A field beside a marker. Enter saves, Shift+Enter starts a new line, Esc discards.

    ``saved(text)``, ``removed()``; ``dismissed()`` whenever the field closes.
    """

    saved = Signal(str)
    removed = Signal()
    dismissed = Signal()

    def __init__(self, view: QGraphicsView) -> None:
        super().__init__(view)
        self._view = view
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.text = _NoteText()
        self.text.setFixedSize(240, 72)
        self.text.setAccessibleName(self.tr("Text of the note"))
        self.text.setPlaceholderText(self.tr("Note; Enter saves it"))
        self.text.confirmed.connect(self._save)
        self.text.cancelled.connect(self.dismiss)
        self.save_button = QPushButton(self.tr("Save note"))
        self.save_button.clicked.connect(self._save)
        self.remove_button = QPushButton(self.tr("Remove note"))
        self.remove_button.clicked.connect(self._remove)
        buttons = QHBoxLayout()
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.remove_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.text)
        layout.addLayout(buttons)
        self.hide()

    def edit(self, position: Point, text: str, *, known: bool) -> None:
        """Edit ``text`` beside a native point; ``known``: the note exists and can be removed."""
        self.text.setPlainText(text)
        self.remove_button.setVisible(known)
        self.adjustSize()
        at = self._view.viewportTransform().map(QPointF(*position))
        area = self._view.rect().adjusted(8, 8, -8 - self.width(), -8 - self.height())
        x = min(max(round(at.x()) + 2 * RADIUS, area.left()), max(area.right(), area.left()))
        y = min(max(round(at.y()) + 2 * RADIUS, area.top()), max(area.bottom(), area.top()))
        self.move(x, y)
        self.show()
        self.raise_()
        self.text.setFocus()
        self.text.selectAll()

    def _save(self) -> None:
        text = self.text.toPlainText().strip()
        if text:
            self.saved.emit(text)
        self.dismiss()

    def _remove(self) -> None:
        self.removed.emit()
        self.dismiss()

    def dismiss(self) -> None:
        """Close the field."""
        if self.isVisible():
            self.hide()
            self.dismissed.emit()


class _NoteText(QPlainTextEdit):
    """A text of limited length; emits ``confirmed()`` on Enter and ``cancelled()`` on Esc."""

    confirmed = Signal()
    cancelled = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.confirmed.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)
            if len(self.toPlainText()) > LONGEST_TEXT:
                self.undo()
