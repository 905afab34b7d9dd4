"""Dropping files on the window: what will happen is shown while the file is dragged over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.commands import mask as masking
from app.commands import open as opening
from app.context import Context
from app.document import PROJECT_SUFFIX

_MARGIN, _GAP = 24, 12


@dataclass(frozen=True)
class _Zone:
    """A part of the hint: where it is, what it says, and whether a file dropped there is a mask."""

    area: QRect
    text: str
    mask: bool = False


class DropTarget(QObject):
    """Accepts files dropped anywhere on ``window``; ``covered`` shows the hint while one is dragged.

    Over ``covered``, a picture can also be dropped as a mask of the open document. The widgets inside must
    not accept drops themselves: a graphics view does by default.
    """

    def __init__(self, context: Context, window: QWidget, covered: QWidget) -> None:
        super().__init__(window)
        self._context, self._window, self._covered = context, window, covered
        self.hint = DropHint(window)
        window.setAcceptDrops(True)

    def enter(self, event: QDragEnterEvent) -> None:
        """Accept files, and show what dropping them does."""
        path = _dragged(event.mimeData())
        if path is None:
            return
        corner = self._covered.mapTo(self._window, QPoint(0, 0))
        self.hint.show_zones(QRect(corner, self._covered.size()), self._texts(path))
        self.hint.point_at(event.position())
        event.acceptProposedAction()

    def move(self, event: QDragMoveEvent) -> None:
        """Highlight the zone under the pointer."""
        self.hint.point_at(event.position())
        event.acceptProposedAction()

    def leave(self, event: QDragLeaveEvent) -> None:
        """Hide the hint."""
        self.hint.hide()

    def drop(self, event: QDropEvent) -> None:
        """Open the file, or import it as a mask if it was dropped on that zone."""
        self.hint.point_at(event.position())
        as_mask = self.hint.isVisible() and self.hint.on_mask
        self.hint.hide()
        path = _dragged(event.mimeData())
        if path is None:
            return
        event.acceptProposedAction()
        if as_mask:
            masking.import_mask(self._context, path)
        else:
            opening.open_path(self._context, path)

    def _texts(self, path: Path) -> tuple[str, ...]:
        """What dropping ``path`` does: opening it, and importing it as a mask if that is possible."""
        if path.suffix.lower() == PROJECT_SUFFIX:
            return (self.tr("Open the project {0}").format(path.name),)
        open_text = self.tr("Open {0}").format(path.name)
        document = self._context.document
        if document is None or document.read_only:
            return (open_text,)
        return open_text, self.tr("Import {0} as a mask").format(path.name)


def _dragged(data: QMimeData) -> Path | None:
    """The first local file that is dragged."""
    return next((Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()), None)


class DropHint(QWidget):
    """Frames with a sentence each, over the area that they describe; the first also stands for the rest."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._zones: tuple[_Zone, ...] = ()
        self._chosen = 0
        self.hide()

    @property
    def texts(self) -> tuple[str, ...]:
        """The sentences that are shown."""
        return tuple(zone.text for zone in self._zones)

    @property
    def on_mask(self) -> bool:
        """Whether the pointer is over the zone for masks."""
        return bool(self._zones) and self._zones[self._chosen].mask

    def show_zones(self, area: QRect, texts: tuple[str, ...]) -> None:
        """Cover ``area`` of the parent and divide it among ``texts``; the second one is about a mask."""
        self.setGeometry(area)
        inside = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        width = (inside.width() - _GAP * (len(texts) - 1)) // len(texts)
        self._zones = tuple(
            _Zone(
                QRect(inside.x() + index * (width + _GAP), inside.y(), width, inside.height()),
                text,
                index == 1,
            )
            for index, text in enumerate(texts)
        )
        self._chosen = 0
        self.setAccessibleName("; ".join(texts))
        self.show()
        self.raise_()

    def point_at(self, position: QPointF) -> None:
        """Choose the zone at ``position`` of the parent."""
        at = self.mapFromParent(position.toPoint())
        over = (index for index, zone in enumerate(self._zones) if zone.area.contains(at))
        self._chosen = next(over, 0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, roles = QPainter(self), theme.roles()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 90))
        for index, zone in enumerate(self._zones):
            chosen = index == self._chosen
            painter.setPen(QPen(QColor(roles.accent if chosen else roles.line), 3 if chosen else 1))
            background = QColor(roles.panel)
            background.setAlpha(235 if chosen else 190)
            painter.setBrush(background)
            painter.drawRoundedRect(zone.area, 8, 8)
            painter.setPen(QColor(roles.ink))
            text = zone.area.adjusted(16, 16, -16, -16)
            painter.drawText(text, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, zone.text)
        painter.end()
