"""What all views of one document share: its scan as a layer, and the overlays on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.canvas.labels import LabelLevels
from app.canvas.layer import PictureLayer
from app.canvas.overlay import Overlay
from app.canvas.overlay_pixels import OverlayStyle, Zones, overlay_style
from app.canvas.pyramid import Pyramid
from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Ticket
from app.levels import LAST_LEVEL
from app.selection import Proposal
from imagest_core.damage.classes import DamageClass
from imagest_core.damage.map import TILE, DamageMap, tile_box
from imagest_core.painting.geometry import Box
from imagest_core.project.accepted_fills import Accepted
from imagest_core.restoration.engines import engine

_AT_ONCE = 64
"""So many tiles are reduced while the window waits; more are a worker's."""
_PROPOSED = 0.6
_RECONSTRUCTED = (DamageClass(1, "reconstructed", "#ffffff"),)


class DocumentLayers(QObject):
    """The layers of ``document``; ``ready()`` once its pyramid is whole.

    Views draw ``original``, ``mask``, ``proposal`` (damage that would be marked) and ``provenance``
    (reconstructed pixels, hatched). ``touched`` is for tools: labels changed in the middle of a gesture.
    """

    ready = Signal()
    progressed = Signal(int, int)

    def __init__(self, context: Context, document: OpenDocument, screen: bytes | None = None) -> None:
        super().__init__()
        self.context, self.document = context, document
        painting = document.painting
        self.pyramid = Pyramid(painting, screen)
        self.original = PictureLayer(self.pyramid, context.background, self)
        levels = LAST_LEVEL + 1
        self.mask = Overlay(levels, painting.box, self._look(), self)
        self.proposal = Overlay(levels, painting.box, parent=self)
        self.provenance = Overlay(levels, painting.box, overlay_style(_RECONSTRUCTED, hatched=True), self)
        self._tickets: list[Ticket] = []
        self._bands, self._built, self._failed = 0, 0, False
        self._connect()
        self.reload_mask()
        self._show_proposal(context.selection.proposal)
        self._reload_provenance()

    def _connect(self) -> None:
        document, selection = self.document, self.context.selection
        document.damage_changed.connect(self.touched)
        document.classes_changed.connect(self.reload_mask)
        document.runs_changed.connect(self._reload_provenance)
        document.decisions_changed.connect(self._reload_provenance)
        selection.request_changed.connect(self._restyle)
        selection.zones_visible_changed.connect(self._restyle)
        selection.proposal_changed.connect(self._show_proposal)
        selection.provenance_visible_changed.connect(self._reload_provenance)

    def close(self) -> None:
        """Call off all that is under way; nothing of the document is touched afterwards."""
        for ticket in self._tickets:
            ticket.cancel()
        for overlay in (self.mask, self.proposal, self.provenance):
            self.context.background.forget(overlay)
        self.original.close()
        selection = self.context.selection
        selection.request_changed.disconnect(self._restyle)
        selection.zones_visible_changed.disconnect(self._restyle)
        selection.proposal_changed.disconnect(self._show_proposal)
        selection.provenance_visible_changed.disconnect(self._reload_provenance)

    # The scan

    @property
    def whole(self) -> bool:
        """Whether the pyramid is built."""
        return 0 < self._bands == self._built

    def build(self) -> None:
        """Build the pyramid in the background, from the top of the picture on."""
        bands = self.pyramid.bands()
        self._bands = len(bands)
        for index, band in enumerate(bands):
            self._submit(self._builder(band), self._band_built, priority=-1 - index)

    def _builder(self, band: Box) -> Callable[[], Box]:
        return lambda: self.pyramid.build(band)

    def _submit(self, work: Callable[[], object], done: Callable[..., None], *, priority: int = 0) -> None:
        ticket = self.context.background.submit(work, done, self._unreadable, priority=priority)
        self._tickets.append(ticket)

    def _band_built(self, band: Box) -> None:
        self.original.refresh_held(band)
        self._count()

    def _unreadable(self, error: Exception) -> None:
        """A part of the file can't be read: said once, and the rest is shown."""
        if not self._failed:
            self._failed = True
            self.context.messages.fail(error)
        self._count()

    def _count(self) -> None:
        self._built += 1
        self.progressed.emit(self._built, self._bands)
        if self.whole:
            self._tickets.clear()
            self.ready.emit()

    # The damage

    def touched(self, box: Box) -> None:
        """Labels have changed in ``box``: by a tool in mid-gesture, or by an operation."""
        if -(-box.width // TILE) * -(-box.height // TILE) <= _AT_ONCE:
            self.mask.update(self.document.state.damage, box)
        else:
            self.reload_mask()

    def reload_mask(self) -> None:
        """Show the damage map anew, with its classes' colours and visibility."""
        self.mask.set_style(self._look())
        self._reduce(self.document.state.damage, self.mask, lambda: self.document.state.damage)

    def _reduce(
        self, damage: DamageMap, overlay: Overlay, now: Callable[[], DamageMap] | None = None
    ) -> None:
        """Show ``damage`` in ``overlay``; a large one is reduced by a worker, and caught up with ``now``."""
        if len(damage.tiles()) <= _AT_ONCE:
            self.context.background.forget(overlay)
            overlay.show(damage)
            return
        snapshot = damage.copy()
        self.context.background.latest(
            overlay,
            lambda: _reduced(snapshot, overlay.labels.levels),
            lambda labels: overlay.show_levels(_caught_up(labels, snapshot, now() if now else snapshot)),
        )

    def _look(self) -> OverlayStyle:
        """The ring is drawn only where the chosen engine's fills are blended at all."""
        request = self.context.selection.request
        blend = 0 if engine(request.engine).matches_boundary else request.blend
        zones = Zones(request.growth, blend) if self.context.selection.zones_visible else None
        return overlay_style(self.document.state.damage.classes, zones)

    def _restyle(self) -> None:
        look = self._look()
        if look.zones != self.mask.look.zones:
            self.mask.set_style(look)

    # What is proposed, and what is reconstructed

    def _show_proposal(self, proposal: Proposal | None) -> None:
        classes = tuple(replace(item, visible=True) for item in self.document.state.damage.classes)
        shown = DamageMap(*self.document.state.box[2:], classes)
        if proposal is not None and not proposal.level:
            shown.write(proposal.box, proposal.mask * np.uint8(proposal.label))
        self.proposal.set_style(overlay_style(classes, opacity=_PROPOSED))
        self._reduce(shown, self.proposal)

    def _reload_provenance(self) -> None:
        if not self.context.selection.provenance_visible:
            if self.provenance.labels.any:
                self.provenance.show(self._nothing())
            return
        accepted, empty = self.document.accepted, self._nothing()
        self.context.background.latest(
            self.provenance,
            lambda: _reduced(_reconstructed(accepted, empty), LAST_LEVEL + 1),
            self.provenance.show_levels,
        )

    def _nothing(self) -> DamageMap:
        return DamageMap(*self.document.state.box[2:], _RECONSTRUCTED)


def _reduced(damage: DamageMap, levels: int) -> LabelLevels:
    labels = LabelLevels(levels)
    labels.show(damage)
    return labels


def _caught_up(labels: LabelLevels, then: DamageMap, now: DamageMap) -> LabelLevels:
    """``labels`` of ``then``, brought to ``now``: tiles are replaced when they change, never written to."""
    old, new = then.tiles(), now.tiles()
    for key in old.keys() | new.keys():
        if old.get(key) is not new.get(key):
            labels.update(now, tile_box(key))
    return labels


def _reconstructed(accepted: Accepted, into: DamageMap) -> DamageMap:
    for tile in accepted.tiles():
        into.write(tile.box, tile.mask)
    return into
