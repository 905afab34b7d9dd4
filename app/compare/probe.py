"""Looks up where the pixel under the mouse comes from, and a panel that shows it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QLabel, QWidget

from app.context import Context
from app.i18n.provenance_texts import displayed_fill, fill_rows, origin_line, title
from imagest_core.painting.geometry import Box
from imagest_core.project.probe import Provenance, probe_state

WAIT = 40
"""Milliseconds for which the mouse must rest."""
INSET = 12
WIDTH = 380
OTHERS = 4
"""Other results that are listed."""


class PixelProbe(QObject):
    """``found(Provenance | None)``: of the pixel under the resting mouse; None outside the picture.

    Without results nothing is looked up.
    """

    found = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._pixel = context, (-1, -1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT)
        self._timer.timeout.connect(self._look_up)
        context.document_changed.connect(lambda _: self._clear())

    def point(self, x: float, y: float) -> None:
        """Look up this native point when the mouse rests."""
        document = self._context.document
        at = int(x // 1), int(y // 1)
        if document is None or not document.painting.box.contains(Box(*at, 1, 1)):
            self._clear()
        else:
            self._pixel = at
            self._timer.start()

    def update(self) -> None:
        """Look up the same pixel again, after a result or a decision has changed."""
        if self._pixel != (-1, -1):
            self._timer.start()

    def _clear(self) -> None:
        self._timer.stop()
        self._pixel = (-1, -1)
        self._context.background.forget(self)
        self.found.emit(None)

    def _look_up(self) -> None:
        document, pixel = self._context.document, self._pixel
        if document is None or pixel == (-1, -1):
            return
        if not document.state.runs and not self._context.selection.probe_visible:
            self.found.emit(None)
            return
        state, accepted = document.document.committed_state.copy(), document.accepted

        def show(found: Provenance) -> None:
            if self._pixel == pixel and self._context.document is document:
                self.found.emit(found)

        self._context.background.latest(self, lambda: probe_state(state, *pixel, accepted), show)


class ProbePanel(QLabel):
    """Shows the provenance over a corner of ``area`` while it is switched on; it makes way for the mouse."""

    def __init__(self, context: Context, probe: PixelProbe, area: QWidget) -> None:
        super().__init__(area)
        self._context, self._area = context, area
        self._provenance: Provenance | None = None
        self._bar_height, self._left = 0, 0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setStyleSheet(
            "background: rgba(24, 24, 24, 225); color: #e8e8e8; padding: 8px 10px; font-size: 11px;"
        )
        self.setAccessibleName(self.tr("Where the pixel comes from"))
        probe.found.connect(self.show_provenance)
        context.selection.probe_visible_changed.connect(self._switch)
        area.installEventFilter(self)
        self._switch(context.selection.probe_visible)

    def show_provenance(self, found: Provenance | None) -> None:
        """Show ``found``; None asks to point at the picture."""
        self._provenance = found
        if self._context.selection.probe_visible:
            self.setText(self._html())
            self._place()

    def keep_clear(self, bar_height: int) -> None:
        """Stay above a bar of this height at the bottom of the area."""
        self._bar_height = bar_height
        self._place()

    def keep_right(self, left: int) -> None:
        """Stay right of ``left``: the overview of another view is there."""
        if left != self._left:
            self._left = left
            self._place()

    def _switch(self, on: bool) -> None:
        self.setVisible(on)
        self.show_provenance(self._provenance)

    def _html(self) -> str:
        found = self._provenance
        if found is None:
            return escape(self.tr("Point at a pixel to see where it comes from."))
        shown = displayed_fill(found, self._context.selection.run)
        fills = sorted(found.fills, key=lambda fill: fill is not shown)
        lines = [f"<b>{escape(title(found))}</b>"]
        if not fills:
            lines.append(escape(self.tr("No result has filled this pixel.")))
        for fill in fills[:1]:
            rows = ((name, value) for name, value in fill_rows(fill) if value)
            cells = (f"<tr><td>{escape(n)}&nbsp;&nbsp;</td><td>{escape(v)}</td></tr>" for n, v in rows)
            lines.append(f"<table>{''.join(cells)}</table>")
        lines += [escape(origin_line(fill)) for fill in fills[1 : OTHERS + 1]]
        if len(fills) > OTHERS + 1:
            lines.append(escape(self.tr("and {0} more").format(len(fills) - OTHERS - 1)))
        return "<br>".join(lines[:1]) + "".join(
            line if line.startswith("<table>") else f"<br>{line}" for line in lines[1:]
        )

    def _place(self) -> None:
        """Stay at the lower left of the last view, or move to the upper right if the mouse is there."""
        width = min(WIDTH, self._area.width() - self._left - 2 * INSET)
        self.setFixedWidth(max(width, 1))
        self.resize(self.width(), self.heightForWidth(self.width()))
        low = QPoint(self._left + INSET, self._area.height() - self.height() - INSET - self._bar_height)
        high = QPoint(self._area.width() - self.width() - INSET, INSET)
        self.move(low)
        if self.geometry().adjusted(-INSET, -INSET, INSET, INSET).contains(self._mouse()):
            self.move(high)
        self.raise_()

    def _mouse(self) -> QPoint:
        return self._area.mapFromGlobal(QCursor.pos())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the size of the area."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
