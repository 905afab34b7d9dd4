"""Clean rim: propose to grow the mask where ground or shadow still shows around it."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from app.commands import mask as masking
from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Job
from app.selection import Proposal
from app.widgets.parts import button, column, label, row
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.damage.rim import AUTO_LIMIT, CleanedRim, clean_rim
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.names import operation_name

MAX_SHOWN = 64_000_000
"""Largest box (px) of a proposal; in a larger one only its visible part is shown."""
NOTHING = Box(0, 0, 0, 0)

PLACE, AROUND, MAX_PLACES = 64, 64, 100
"""Side (px) of the places that the button *Show* zooms to, what is shown around them, and their largest
number."""


class RimPanel(QWidget):
    """The button *Clean rim*, and what it proposes: apart from the mask until it is added."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._document: OpenDocument | None = None
        self._cleaned: CleanedRim | None = None
        self._places: list[Box] = []
        self._shown = NOTHING
        self.start_button = button(
            self.tr("Clean rim"),
            self.start,
            icon="grow",
            tip=self.tr("Find ground, shadow and raised edges that still show around the mask"),
            once=True,
        )
        self.status = label("", "soft", wrap=True)
        self.add_button = button(self.tr("Add to the mask"), self.apply, primary=True)
        self.discard_button = button(self.tr("Discard"), self.discard)
        self.show_button = button(
            self.tr("Show"),
            self.show_next,
            tip=self.tr("Zoom in to the next part of the rim, the longest first"),
        )
        self._answer = QWidget()
        answer = column(self._answer, spacing=4)
        answer.addWidget(self.status)
        answer.addLayout(row(self.add_button, self.discard_button, self.show_button, None))
        layout = column(self, spacing=4)
        layout.addLayout(row(self.start_button, None))
        layout.addWidget(self._answer)
        self._answer.hide()
        context.selection.visible_changed.connect(lambda _: self._show_rim())

    @property
    def proposed(self) -> CleanedRim | None:
        """The rim that is proposed, if there is one."""
        return self._cleaned

    def bind(self, document: OpenDocument) -> None:
        """Forget the rim of another document, and any rim once the mask has changed."""
        self._document = document
        self.discard()
        document.damage_changed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Discard an outdated proposal; without damage there is no rim."""
        self.discard()
        document = self._context.document
        self.start_button.setEnabled(document is not None and document.state.damage.any_filled)

    def start(self) -> None:
        """Find the rim of the whole mask in the background and propose it."""
        document = self._context.document
        self.discard()
        if document is None or not self.start_button.isEnabled():
            return
        painting, damage = document.painting, document.document.committed_state.damage.copy()
        within = self._context.selection.within

        def done(cleaned: CleanedRim) -> None:
            if self._context.document is document and document.state.damage == damage:
                self._propose(cleaned)

        self._context.jobs.submit(
            Job(
                self.tr("Examining the rim"),
                lambda progress: clean_rim(painting, damage, AUTO_LIMIT, progress, within=within),
                done,
                topic="rim",
            )
        )

    def _propose(self, cleaned: CleanedRim) -> None:
        added = cleaned.added
        if added.empty:
            self._context.messages.say(
                self.tr("The mask ends on intact paint everywhere; nothing needs to be added."), topic="rim"
            )
            return
        self._cleaned, self._places = cleaned, _places(added)
        self._context.selection.mask_visible = True
        self._shown = NOTHING
        self._show_rim()
        text = self.tr("Preview: {0} px around the mask still show ground, shadow or a raised edge.")
        self.status.setText(text.format(f"{cleaned.pixels:,}"))
        self._answer.show()

    def _show_rim(self) -> None:
        """Show the proposed rim, or what is visible of a large one; without that, the last part stays."""
        if self._cleaned is None:
            return
        added, selection = self._cleaned.added, self._context.selection
        box = added.bounds()
        if box.area > MAX_SHOWN:
            box = box.within(selection.visible)
        if not box.empty and not self._shown.contains(box):
            self._shown = box
            selection.proposal = Proposal(box, added.read(box) > 0, _main_label(self._cleaned))

    def show_next(self) -> None:
        """Zoom in to the next part of the proposed rim."""
        if self._places:
            self._places.append(self._places.pop(0))
            self._context.selection.zoom_to.emit(self._places[-1])

    def apply(self) -> None:
        """Add the proposed rim to the mask as one undo step."""
        cleaned = self._cleaned
        if cleaned is None:
            return
        self.discard()
        text = self.tr("Clean rim: {0} px added. Undo takes them back.").format(f"{cleaned.pixels:,}")
        masking.add_damage(
            self._context,
            cleaned.added,
            operation_name("clean_rim"),
            _main_label(cleaned),
            lambda: self._applied(cleaned, text),
        )

    def _applied(self, cleaned: CleanedRim, text: str) -> None:
        if self._context.document is not None:
            self._context.document.cleaned_rim = cleaned
        self._context.messages.say(text, topic="rim")

    def discard(self) -> None:
        """Hide the proposal; the mask is unchanged."""
        if self._cleaned is None:
            return
        self._cleaned, self._places = None, []
        self._context.selection.proposal = None
        self._answer.hide()


def _places(rim: DamageMap) -> list[Box]:
    """Return small boxes with much of the rim, that with the most pixels first, none near another."""
    counts: dict[tuple[int, int], int] = {}
    for (x, y), tile in rim.tiles().items():
        parts = TILE // PLACE
        cells = np.count_nonzero(tile.reshape(parts, PLACE, parts, PLACE), axis=(1, 3))
        counts |= {(parts * x + int(i), parts * y + int(j)): int(cells[j, i]) for j, i in np.argwhere(cells)}
    found: list[tuple[int, int]] = []
    for x, y in sorted(counts, key=lambda each: -counts[each]):
        if len(found) < MAX_PLACES and all(max(abs(x - u), abs(y - v)) > 2 for u, v in found):
            found.append((x, y))
    places = [Box(x * PLACE, y * PLACE, PLACE, PLACE) for x, y in found]
    return [place.expanded(AROUND).within(rim.box) for place in places]


def _main_label(cleaned: CleanedRim) -> int:
    """The class with the most pixels of the rim."""
    counts = cleaned.added.counts()
    return max(counts, key=lambda each: counts[each])
