"""The contact view: several variations of a region and the original side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QMenu, QWidget

from app.canvas.document_layers import DocumentLayers
from app.canvas.layer import PictureLayer
from app.canvas.navigation import ViewPosition
from app.commands import decide as deciding
from app.commands.hypotheses import refine_hypothesis
from app.compare.link import ViewLink
from app.compare.variation_view import CACHE_BYTES, VariationCell, VariationPicture
from app.context import Context
from app.i18n.run_texts import hypothesis_mark, run_details, run_kind, run_method
from app.jobs.call_later import call_later
from app.widgets.parts import button, column, elided, row
from imagest_core.painting.geometry import Box
from imagest_core.project.composed_fills import ComposedFills
from imagest_core.project.state import Verdict
from imagest_core.project.variations import Variation, variations_of

LARGEST = 4
"""Variations that are shown at a time."""
MARGIN = 0.75
"""Shown around the region, as a share of its size."""
CLOSEST = 4.0
"""Largest zoom at which a small region is shown at first."""

EDGE = 4
"""Pixels between the pictures, and at the edge of the view."""


class ContactView(QWidget):
    """Shows up to ``LARGEST`` variations of the region under review, all at the same place and zoom.

    A click on one, its number, or Enter accepts it. The newest are shown until the user chooses; a variation
    that is finished meanwhile is added at the end if there is room, so that nothing moves under the pointer.
    """

    def __init__(self, context: Context, layers: DocumentLayers) -> None:
        super().__init__()
        self.context, self._layers = context, layers
        self._anchor: tuple[int, int] | None = None
        self._chosen: list[int] = []
        self._by_user = False
        self._variations: dict[int, Variation] = {}
        self._pictures: dict[int, PictureLayer] = {}
        self.current = 0
        self.title = elided("", "heading")
        self.choose = button(self.tr("Choose results"))
        self.menu = QMenu(self)
        self.choose.setMenu(self.menu)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.refine = button(self.tr("Refine"), self._refine, tip=self.tr("Refine the marked hypothesis"))
        self.leave = button(self.tr("Close"), self.close_view, icon="close", tip=self.tr("Close   Esc"))
        self._build()
        document, selection = layers.document, context.selection
        document.runs_changed.connect(self.refresh)
        document.decisions_changed.connect(self._decided)
        selection.result_changed.connect(self.refresh)
        selection.reveal.connect(self._reveal)
        self.setAccessibleName(self.tr("Variations side by side"))

    def _build(self) -> None:
        self._layout = layout = column(self, margin=EDGE, spacing=EDGE)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(EDGE)
        layout.addLayout(self._grid, 1)
        bar = row(self.title, self.choose, self.refine, self.leave)
        bar.setStretch(0, 1)
        layout.addLayout(bar)
        self.cells = [
            VariationCell(self.context, self._layers, number, self) for number in range(LARGEST + 1)
        ]
        for cell in self.cells:
            cell.activated.connect(partial(self._activate, cell.number))
            cell.focused.connect(partial(self._set_current, cell.number))
        self.link = ViewLink([cell.view for cell in self.cells], self)
        self.cells[0].view.moved.connect(self._report_visible)

    def close(self) -> bool:
        """Cancel all work and disconnect from the document."""
        self.context.selection.result_changed.disconnect(self.refresh)
        self.context.selection.reveal.disconnect(self._reveal)
        for cell in self.cells:
            cell.view.close_layers()
        for layer in self._pictures.values():
            layer.close()
        return super().close()

    # What is shown

    def open_at(self, position: ViewPosition) -> None:
        """Show the variations of the region under review; at ``position`` if there is none."""
        self._by_user, self._anchor = False, None
        self._chosen = []
        self.refresh()
        self.cells[0].view.set_view(position)
        call_later(self, self._fit_region)
        self._focus(min(1, len(self._chosen)))

    def reserve_top(self, height: int) -> None:
        """Leave ``height`` pixels at the top free: a message covers them."""
        self._layout.setContentsMargins(EDGE, EDGE + height, EDGE, EDGE)

    @property
    def bar_height(self) -> int:
        """Height in px of the bar below the pictures."""
        return self.height() - self._grid.geometry().bottom()

    @property
    def position(self) -> ViewPosition:
        """The position that all views share."""
        return self.cells[0].view.position

    @property
    def shown(self) -> list[int]:
        """Numbers of the results shown, in their order."""
        return list(self._chosen)

    def refresh(self) -> None:
        """Show the current variations of the region under review."""
        selection, state = self.context.selection, self._layers.document.state
        if not self.isVisible():
            return
        run = state.runs.get(selection.run or 0)
        anchor = None if run is None or not selection.region else (run.id, selection.region)
        if anchor is not None and anchor != self._anchor:
            if not self._is_same_region(anchor):
                self._chosen, self._by_user = [], False
            self._anchor = anchor
        found: list[Variation] = []
        if self._anchor is not None and self._anchor[0] in state.runs:
            found = variations_of(state, state.runs[self._anchor[0]], self._anchor[1])
        self._variations = {each.run.id: each for each in found}
        self._choose_default()
        self._show()

    def _is_same_region(self, anchor: tuple[int, int]) -> bool:
        known = self._variations.get(anchor[0])
        return known is not None and anchor[1] in known.regions

    def _choose_default(self) -> None:
        """Keep what is shown, and add the newest while there is room, unless the user has chosen."""
        kept = [number for number in self._chosen if number in self._variations]
        if not self._by_user:
            newest = [number for number in self._variations if number not in kept]
            kept += sorted(newest[: LARGEST - len(kept)])
        self._chosen = kept

    def _show(self) -> None:
        for number in [each for each in self._pictures if each not in self._chosen]:
            self._pictures.pop(number).close()
        self._update_title()
        boxes = (self._region_box(),) if self._anchor is not None and self._variations else ()
        for cell in self.cells:
            cell.view.region.set_boxes(box.expanded(2) for box in boxes)
            if 0 < cell.number <= len(self._chosen):
                self._show_variation(cell, self._variations[self._chosen[cell.number - 1]])
        self.cells[0].show_texts(self.tr("Original"), "")
        self._arrange()
        self._set_current(min(self.current, len(self._chosen)))

    def _update_title(self) -> None:
        count = len(self._variations)
        if not count:
            self.title.setText(self.tr("Choose a region under Review to compare its variations."))
        elif count == 1:
            self.title.setText(self.tr("One result of this region so far: restore it again for more."))
        else:
            text = self.tr("{0} of {1} variations: a click or the number accepts one, undo takes it back")
            self.title.setText(text.format(len(self._chosen), count))
        self.choose.setEnabled(count > 1)

    def _show_variation(self, cell: VariationCell, variation: Variation) -> None:
        run, state = variation.run, self._layers.document.state
        marks = {Verdict.ACCEPTED: "✓ ", Verdict.REJECTED: "✕ ", Verdict.UNDECIDED: ""}
        title = self.tr("{0}   Result {1}").format(cell.number, run.id)
        heading = " · ".join(filter(None, (marks[variation.verdict(state)] + title, hypothesis_mark(run))))
        cell.show_texts(heading, f"{run_method(run)} · {run_details(run)}")
        cell.view.show_layer(self._picture(variation))

    def _picture(self, variation: Variation) -> PictureLayer:
        number = variation.run.id
        if number not in self._pictures:
            picture = VariationPicture(self._layers.pyramid, self._fills(variation))
            layer = PictureLayer(picture, self.context.background, self, cache=CACHE_BYTES)
            layer.follow(self._layers.original)
            self._pictures[number] = layer
        return self._pictures[number]

    def _fills(self, variation: Variation) -> ComposedFills:
        document = self._layers.document
        runs = [*(run for run, _ in variation.below), variation.run]
        return ComposedFills(document.accepted, runs, document.state.rejected_parts)

    def _decided(self, box: Box) -> None:
        """Draw the fills again where a decision was made."""
        for number, layer in self._pictures.items():
            picture = layer.picture
            if number in self._variations and isinstance(picture, VariationPicture):
                picture.fills = self._fills(self._variations[number])
                layer.invalidate(box)
        self.refresh()

    def _arrange(self) -> None:
        """Put the original and the variations on a grid: one row for up to three pictures, else two."""
        visible = [cell for cell in self.cells if cell.number <= len(self._chosen)]
        columns = len(visible) if len(visible) <= 3 else -(-len(visible) // 2)
        for cell in self.cells:
            self._grid.removeWidget(cell)
            if cell not in visible:
                cell.hide()
        for index, cell in enumerate(visible):
            self._grid.addWidget(cell, index // columns, index % columns)
            cell.show()
        for line in range(3):
            self._grid.setColumnStretch(line, 1 if line < columns else 0)
            self._grid.setRowStretch(line, 1 if line <= (len(visible) - 1) // columns else 0)

    # Position

    def _region_box(self) -> Box:
        assert self._anchor is not None
        run, number = self._anchor
        return self._layers.document.state.runs[run].region_box(number)

    def _fit_region(self) -> None:
        """Show the region with its surroundings in all views."""
        if self._anchor is not None and self._variations:
            box, view = self._region_box(), self.cells[0].view
            margin = 2 * round(MARGIN * max(box.width, box.height)) + 32
            size = view.viewport().size() * view.devicePixelRatioF()
            zoom = min(size.width() / (box.width + margin), size.height() / (box.height + margin), CLOSEST)
            view.set_view(ViewPosition(box.x + box.width / 2, box.y + box.height / 2, zoom))

    def _reveal(self, _: Box) -> None:
        """Show the region after it was selected elsewhere."""
        if self.isVisible():
            self._fit_region()

    def _report_visible(self) -> None:
        if self.isVisible():
            self.context.selection.visible = self.cells[0].view.visible_box()

    # Choosing and accepting

    def _fill_menu(self) -> None:
        self.menu.clear()
        for number, variation in self._variations.items():
            run = variation.run
            text = f"{number} · {run_kind(run)} · {run_details(run)}"
            action = self.menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(number in self._chosen)
            action.setEnabled(number in self._chosen or len(self._chosen) < LARGEST)
            action.toggled.connect(partial(self.set_shown, number))

    def set_shown(self, number: int, shown: bool) -> None:
        """Show the variation of this result, or hide it."""
        self._by_user = True
        if not shown:
            self._chosen = [each for each in self._chosen if each != number]
        elif number not in self._chosen and len(self._chosen) < LARGEST:
            self._chosen.append(number)
        self.refresh()

    def _activate(self, number: int) -> None:
        """Accept the variation in cell ``number``; the original can't be accepted."""
        if 0 < number <= len(self._chosen):
            deciding.accept_variation(self.context, self._variations[self._chosen[number - 1]])

    def _refine(self) -> None:
        """Review the marked hypothesis, and refine it."""
        variation = self._variations[self._chosen[self.current - 1]]
        self.context.selection.run = variation.run.id
        self.context.selection.region = variation.regions[0]
        refine_hypothesis(self.context)

    def _set_current(self, number: int) -> None:
        self.current = number
        marked = self._variations.get(self._chosen[number - 1]) if 0 < number <= len(self._chosen) else None
        single = marked is not None and marked.run.hypothesis and len(marked.regions) == 1
        self.refine.setEnabled(single)
        for cell in self.cells:
            cell.mark(cell.number == number and number > 0)

    def _focus(self, number: int) -> None:
        self.cells[number].view.setFocus()
        self._set_current(number)

    def close_view(self) -> None:
        """Return to the original beside the restored picture."""
        deciding.leave_variations(self.context)

    # Keys

    def event(self, event: QEvent) -> bool:
        """Claim the digits, Enter and Escape before they act as shortcuts of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Accept by number or Enter, move between the variations with the arrows, close with Esc."""
        key, steps = event.key(), _STEPS
        if not _is_own(event):
            event.ignore()
        elif key in steps:
            number = min(max(self.current + steps[Qt.Key(key)], 1), max(len(self._chosen), 1))
            self._focus(number)
        elif key == Qt.Key.Key_Escape:
            self.close_view()
        elif key in _ENTER:
            self._activate(self.current)
        else:
            self._activate(key - Qt.Key.Key_0)


_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _is_own(event: QKeyEvent) -> bool:
    """Whether the contact view handles this key."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    digits: Sequence[int] = range(Qt.Key.Key_1, Qt.Key.Key_1 + LARGEST)
    own = event.key() in (*_STEPS, *_ENTER, Qt.Key.Key_Escape, *digits)
    return held == Qt.KeyboardModifier.NoModifier and own
