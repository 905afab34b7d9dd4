"""The strip under the canvas: every result as a thumbnail, and what to do with the one shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QWidget

from app import theme
from app.commands import decide as deciding
from app.context import Context
from app.document import OpenDocument
from app.widgets.images import image_of
from app.widgets.parts import button, clear, elided, row, tool_button
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.run import Run
from imagest_core.project.state import State, Subject, Verdict

HEIGHT = 116
THUMB = QSize(84, 64)
TILE_WIDTH = 128
"""Of a thumbnail with its name under it: wide enough for a number, an engine and its mark."""
SMALL_ICON = 28
WIDEST = 512
"""A thumbnail shows at most this many px of the scan around the largest filled region."""


class ResultStrip(QFrame):
    """Hidden while there is no result. ``discard_wanted()``, ``rename_wanted()``: the window asks."""

    discard_wanted = Signal()
    rename_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setFixedHeight(HEIGHT)
        self._context = context
        self._thumbs: dict[int, QToolButton] = {}
        across = QHBoxLayout(self)
        across.setContentsMargins(12, 4, 12, 4)
        across.setSpacing(12)
        across.addWidget(self._scroller(), 1)
        across.addLayout(self._buttons())
        context.document_changed.connect(self._rebind)
        context.selection.result_changed.connect(self._mark)
        self.hide()

    def _scroller(self) -> QScrollArea:
        inner = QWidget()
        inner.setObjectName("panel")
        self._row = row(spacing=8)
        self._row.setAlignment(Qt.AlignmentFlag.AlignLeft)
        inner.setLayout(self._row)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        scroll.setAccessibleName(self.tr("Results"))
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return scroll

    def _buttons(self) -> QHBoxLayout:
        context = self._context
        self.title = elided("", "soft")
        self.accept = button(
            self.tr("Accept"),
            lambda: deciding.accept_run(context),
            icon="accept",
            tip=self.tr("Accept   Ctrl+Shift+A"),
        )
        self.discard = button(
            self.tr("Discard"), self.discard_wanted.emit, icon="discard", tip=self.tr("Discard   Ctrl+Del")
        )
        self.more = (
            tool_button("rename", self.tr("Rename this result"), self.rename_wanted.emit),
            tool_button(
                "copy",
                self.tr("Copy its parameters to the Restore panel"),
                lambda: deciding.copy_parameters(context),
            ),
        )
        back = tool_button("previous", self.tr("Previous result   ,"), lambda: deciding.step_run(context, -1))
        on = tool_button("next", self.tr("Next result   ."), lambda: deciding.step_run(context, 1))
        return row(self.title, back, on, *self.more, 4, self.accept, self.discard, spacing=4)

    def _rebind(self, document: OpenDocument | None) -> None:
        self._thumbs.clear()
        clear(self._row)
        if document is not None:
            document.runs_changed.connect(self.refresh)
            document.decisions_changed.connect(lambda _: self.refresh())
        self.refresh()

    def redraw(self) -> None:
        """Draw in the palette in use what has its colours."""
        if self._thumbs:
            self._accepted.setIcon(_in_the_middle("accept"))

    def refresh(self) -> None:
        """Show the listed runs as they are now."""
        document = self._context.document
        runs = document.state.runs if document else {}
        self.setVisible(bool(runs))
        if document is None:
            return
        for number in [number for number in self._thumbs if number not in runs]:
            self._thumbs.pop(number).deleteLater()
        if not self._thumbs:
            clear(self._row)
            self._row.addWidget(self._accepted_button())
        for number in sorted(runs):
            if number not in self._thumbs:
                self._add(document, runs[number])
            self._name(self._thumbs[number], runs[number], document.state)
        self._mark()

    def _accepted_button(self) -> QToolButton:
        self._accepted = _thumb(self.tr("Accepted"))
        self._accepted.setToolTip(self.tr("Show all accepted fills"))
        self._accepted.setIcon(_in_the_middle("accept"))
        self._accepted.clicked.connect(partial(self._show, None))
        return self._accepted

    def _add(self, document: OpenDocument, run: Run) -> None:
        made = _thumb(f"{run.id}")
        made.clicked.connect(partial(self._show, run.id))
        self._thumbs[run.id] = made
        self._row.addWidget(made)
        painting = document.painting
        self._context.background.submit(lambda: thumbnail(painting, run), _shower(made))

    def _name(self, made: QToolButton, run: Run, state: State) -> None:
        decision = state.decisions.get(Subject(run.id))
        name = decision.note if decision and decision.note else f"{run.id} · {run.engine}"
        accepted = sum(
            deciding.verdict(self._context, run, number) is Verdict.ACCEPTED for number in run.numbers
        )
        mark = "✓ " if accepted == run.count else "◐ " if accepted else ""
        made.setText(made.fontMetrics().elidedText(mark + name, Qt.TextElideMode.ElideRight, TILE_WIDTH - 12))
        tip = self.tr("{0}\nseed {1}, variation {2}\n{3} regions, {4} px\naccepted: {5}")
        made.setToolTip(
            tip.format(name, run.seed, run.variation, f"{run.count:,}", f"{run.pixels:,}", accepted)
        )
        made.setAccessibleName(self.tr("Result {0}").format(name))

    def _show(self, number: int | None) -> None:
        self._context.selection.run, self._context.selection.region = number, 0
        self._mark()

    def _mark(self) -> None:
        chosen = self._context.selection.run
        for number, made in self._thumbs.items():
            made.setChecked(number == chosen)
        if self._thumbs:
            self._accepted.setChecked(chosen is None)
        run = deciding.shown_run(self._context)
        for widget in (self.accept, self.discard, *self.more):
            widget.setEnabled(run is not None)
        self.title.setText(
            self.tr("Result {0} of {1}").format(run.id, len(self._thumbs))
            if run
            else self.tr("Accepted so far")
        )


def _thumb(text: str) -> QToolButton:
    made = QToolButton()
    made.setObjectName("thumb")
    made.setCheckable(True)
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    made.setIconSize(THUMB)
    made.setFixedSize(TILE_WIDTH, HEIGHT - 16)
    made.setText(text)
    made.setAccessibleName(text)
    return made


def _in_the_middle(name: str) -> QIcon:
    """An icon as large as a thumbnail."""
    made = QPixmap(2 * THUMB)
    made.setDevicePixelRatio(2)
    made.fill(Qt.GlobalColor.transparent)
    drawn = theme.pixmap(name, theme.roles().soft, SMALL_ICON, 2)
    painter = QPainter(made)
    painter.drawPixmap((THUMB.width() - SMALL_ICON) // 2, (THUMB.height() - SMALL_ICON) // 2, drawn)
    painter.end()
    return QIcon(made)


def _shower(made: QToolButton) -> Callable[[QImage], None]:
    def show(image: QImage) -> None:
        from shiboken6 import isValid

        if isValid(made):
            made.setIcon(QIcon(QPixmap.fromImage(image)))

    return show


def thumbnail(painting: Painting, run: Run) -> QImage:
    """The run's largest region with its fill and some of its surroundings."""
    largest = int(np.argmax(run.regions["area"])) + 1
    region = run.region_box(largest)
    side = min(max(region.width, region.height, 96) * 3 // 2, WIDEST)
    middle = region.x + region.width // 2, region.y + region.height // 2
    box = Box(middle[0] - side // 2, middle[1] - side * 3 // 8, side, side * 3 // 4).within(painting.box)
    rgb = painting.read_working(box)
    for key in run.tile_keys:
        tile = run.content.tile(key)
        shared = tile.box.within(box)
        if not shared.empty:
            own = shared.moved(-tile.box.x, -tile.box.y).slices
            there = rgb[shared.moved(-box.x, -box.y).slices]
            filled = painting.to_working(tile.samples[own])
            np.copyto(there, filled, where=(tile.regions[own] > 0)[..., np.newaxis])
    return image_of(rgb).scaled(
        2 * THUMB, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
