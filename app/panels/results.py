"""The strip below the canvas: results as thumbnails, and commands for the selected one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from app import theme
from app.commands import decide as deciding
from app.context import Context
from app.document import OpenDocument
from app.i18n.core_messages import localized
from app.i18n.run_texts import hypothesis_mark, mode_name, run_details, run_kind, study_mark
from app.jobs.call_later import call_later
from app.widgets.horizontal_scroll import HorizontalScrollArea
from app.widgets.images import image_of
from app.widgets.parts import button, clear, column, elided, explain, label, row, tool_button
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.composed_fills import ComposedFills, fills_under_review
from imagest_core.project.run import Run
from imagest_core.project.state import State, Subject, Verdict

HEIGHT = 100
THUMB = QSize(64, 48)
TILE_WIDTH, LEAST_WIDTH = 166, 88
"""Largest width of a thumbnail with its name: fits a mark, a number, a mode, and seed and variation."""
SIDES = 18
"""Width of a thumbnail beyond that of its name."""
SMALL_ICON = 28
WIDEST = 512
"""Maximum width in px of the scan that a thumbnail shows around the largest filled region."""


class ResultStrip(QFrame):
    """Emits ``discard_requested()`` and ``rename_requested()``.

    It is there without results, too: the picture must not move when the first one arrives.
    """

    discard_requested = Signal()
    rename_requested = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setFixedHeight(HEIGHT)
        self._context = context
        self._thumbs: dict[int, QToolButton] = {}
        across = QHBoxLayout(self)
        across.setContentsMargins(12, 4, 12, 4)
        across.setSpacing(12)
        self.empty = label(self.tr("The results of your restorations will be listed here."), "soft")
        self.listed = self._scroller()
        self.commands = QWidget()
        self.commands.setLayout(self._buttons())
        across.addWidget(self.empty, 1, Qt.AlignmentFlag.AlignCenter)
        across.addWidget(self.listed, 1)
        across.addWidget(self.commands)
        context.document_changed.connect(self._rebind)
        context.selection.result_changed.connect(self._update_selection)
        self.refresh()

    def _scroller(self) -> QScrollArea:
        inner = QWidget()
        inner.setObjectName("panel")
        self._row = row(spacing=4)
        self._row.setAlignment(Qt.AlignmentFlag.AlignLeft)
        inner.setLayout(self._row)
        scroll = HorizontalScrollArea()
        scroll.setWidget(inner)
        scroll.setAccessibleName(self.tr("Results"))
        scroll.horizontalScrollBar().rangeChanged.connect(lambda *_: call_later(self, self._reveal))
        return scroll

    def _buttons(self) -> QVBoxLayout:
        context = self._context
        self.title = elided("", "soft")
        self.accept = button(
            self.tr("Accept"),
            lambda: deciding.accept_run(context),
            icon="accept",
            tip=self.tr("Accept   Ctrl+Shift+A"),
            once=True,
        )
        self.discard = button(
            self.tr("Discard"),
            self.discard_requested.emit,
            icon="discard",
            tip=self.tr("Discard   Ctrl+Del"),
            once=True,
        )
        self.compare = tool_button(
            "contact", self.tr("Compare variations   C"), lambda: deciding.compare_variations(context)
        )
        self.copy = tool_button(
            "copy",
            self.tr("Copy its parameters to the Restore panel"),
            lambda: deciding.copy_parameters(context),
        )
        rename = tool_button("rename", self.tr("Rename this result"), self.rename_requested.emit)
        self.more = rename, self.copy
        back = tool_button("previous", self.tr("Previous result   ,"), lambda: deciding.step_run(context, -1))
        on = tool_button("next", self.tr("Next result   ."), lambda: deciding.step_run(context, 1))
        rows = column(spacing=4)
        rows.addStretch(1)
        rows.addLayout(row(self.title, None, back, on, self.compare, *self.more, spacing=4))
        rows.addLayout(row(None, self.accept, self.discard, spacing=4))
        rows.addStretch(1)
        return rows

    def _rebind(self, document: OpenDocument | None) -> None:
        self._thumbs.clear()
        clear(self._row)
        if document is not None:
            document.runs_changed.connect(self.refresh)
            document.decisions_changed.connect(lambda _: self.refresh())
            document.renamed.connect(self.refresh)
        self.refresh()

    def redraw(self) -> None:
        """Redraw icons in the colours of the current theme."""
        if self._thumbs:
            self._accepted.setIcon(_centred_icon("accept"))

    def refresh(self) -> None:
        """Show the current results."""
        document = self._context.document
        runs = document.state.runs if document else {}
        self.empty.setVisible(not runs)
        self.listed.setVisible(bool(runs))
        self.commands.setVisible(bool(runs))
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
        self._update_selection()

    def _accepted_button(self) -> QToolButton:
        self._accepted = _thumb(self.tr("Accepted"))
        self._accepted.setToolTip(self.tr("Show all accepted fills"))
        self._accepted.setIcon(_centred_icon("accept"))
        self._accepted.clicked.connect(partial(self._show, None))
        return self._accepted

    def _add(self, document: OpenDocument, run: Run) -> None:
        thumb = _thumb(f"{run.id}")
        thumb.clicked.connect(partial(self._show, run.id))
        self._thumbs[run.id] = thumb
        self._row.addWidget(thumb)
        painting, fills = document.painting, fills_under_review(document.state, run, document.accepted)
        self._context.background.submit(lambda: thumbnail(painting, run, fills), _set_icon(thumb))

    def _name(self, thumb: QToolButton, run: Run, state: State) -> None:
        decision = state.decisions.get(Subject(run.id))
        kind = hypothesis_mark(run) or mode_name(run.mode) or run.engine
        short = f"{run.id} · {kind}"
        own = short + (f" · {run.seed}/{run.variation}" if run.random else "")
        name = decision.note if decision and decision.note else own
        accepted = sum(
            deciding.verdict(self._context, run, number) is Verdict.ACCEPTED for number in run.numbers
        )
        mark = "✓ " if accepted == run.count else "◐ " if accepted else ""
        measure, room = thumb.fontMetrics(), TILE_WIDTH - SIDES
        whole = name != own or measure.horizontalAdvance(mark + own) <= room
        shown = mark + (name if whole else short)  # a part of a seed would be another seed
        thumb.setText(measure.elidedText(shown, Qt.TextElideMode.ElideRight, room))
        marked = measure.horizontalAdvance("✓ " + shown.removeprefix(mark))  # keeps its width when accepted
        thumb.setFixedWidth(min(max(marked + SIDES, LEAST_WIDTH), TILE_WIDTH))
        facts = self.tr("{0} regions, {1} px").format(f"{run.count:,}", f"{run.pixels:,}")
        base = self.tr("A part of result {0}, restored again").format(run.base) if run.base else ""
        count = self.tr("accepted: {0}").format(accepted)
        lines = (name, run_kind(run), study_mark(run), run_details(run), base, facts, count)
        thumb.setToolTip("\n".join(filter(None, lines)))
        thumb.setAccessibleName(self.tr("Result {0}").format(name))

    def _show(self, number: int | None) -> None:
        """Show a result, or the accepted fills."""
        deciding.look_at(self._context, number)
        self._update_selection()

    def _update_selection(self) -> None:
        chosen = self._context.selection.run
        for number, thumb in self._thumbs.items():
            thumb.setChecked(number == chosen)
        if self._thumbs:
            self._accepted.setChecked(chosen is None)
            call_later(self, self._reveal)
        run = deciding.shown_run(self._context)
        read_only = localized(self._context.document.read_only) if self._context.document else ""
        for widget in (self.accept, self.discard, *self.more):
            locked = read_only if widget is not self.copy else ""
            widget.setEnabled(run is not None and not locked)
            explain(widget, locked)
        self.title.setText(
            self.tr("Result {0} of {1}").format(run.id, len(self._thumbs))
            if run
            else self.tr("Accepted so far")
        )

    def _reveal(self) -> None:
        """Scroll to the selected result, once new ones have their place."""
        thumb = self._thumbs.get(self._context.selection.run or 0)
        if thumb is not None:
            self.listed.ensureWidgetVisible(thumb, 8, 0)


def _thumb(text: str) -> QToolButton:
    tile = QToolButton()
    tile.setObjectName("thumb")
    tile.setCheckable(True)
    tile.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    tile.setIconSize(THUMB)
    tile.setFixedHeight(HEIGHT - 24)  # leaves room for the scroll bar
    tile.ensurePolished()  # so that texts are measured in its font
    tile.setFixedWidth(max(tile.fontMetrics().horizontalAdvance(text) + SIDES, LEAST_WIDTH))
    tile.setText(text)
    tile.setAccessibleName(text)
    return tile


def _centred_icon(name: str) -> QIcon:
    """A small icon in the middle of a thumbnail."""
    pixmap = QPixmap(THUMB * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    icon = theme.pixmap(name, theme.roles().soft, SMALL_ICON, 2)
    painter = QPainter(pixmap)
    painter.drawPixmap((THUMB.width() - SMALL_ICON) // 2, (THUMB.height() - SMALL_ICON) // 2, icon)
    painter.end()
    return QIcon(pixmap)


def _set_icon(thumb: QToolButton) -> Callable[[QImage], None]:
    def show(image: QImage) -> None:
        from shiboken6 import isValid

        if isValid(thumb):
            thumb.setIcon(QIcon(QPixmap.fromImage(image)))

    return show


def thumbnail(painting: Painting, run: Run, fills: ComposedFills) -> QImage:
    """Render the run's largest region with the ``fills`` under review and some surroundings."""
    largest = int(np.argmax(run.regions["area"])) + 1
    region = run.region_box(largest)
    side = min(max(region.width, region.height, 96) * 3 // 2, WIDEST)
    centre = region.x + region.width // 2, region.y + region.height // 2
    box = Box(centre[0] - side // 2, centre[1] - side * 3 // 8, side, side * 3 // 4).within(painting.box)
    rgb = painting.to_working(fills.composite(painting.read(box), box))
    return image_of(rgb).scaled(
        THUMB * 2, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
