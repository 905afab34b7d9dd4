"""The scan of a document as a layer, and the overlays on it; shared by all views of the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.canvas.labels import LabelLevels
from app.canvas.layer import PictureLayer
from app.canvas.overlay import Overlay
from app.canvas.overlay_pixels import HATCHED_OPACITY, OPACITY, OverlayStyle, Zones, overlay_style
from app.canvas.pyramid import Pyramid
from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Ticket
from app.levels import LAST_LEVEL
from app.palettes import displayed_classes
from app.selection import REJECT_TOOLS, Proposal
from imagest_core.damage.classes import DamageClass
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import TILE, DamageMap, tile_box
from imagest_core.painting.geometry import Box
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.run import Run
from imagest_core.restoration.engines.registry import get_engine

_MAX_TILES_AT_ONCE = 64
"""Maximum number of tiles that are reduced in the window's thread; a worker reduces more."""
_PROPOSAL_OPACITY = 0.6
_RECONSTRUCTED = (
    DamageClass(1, "accepted", "#ffffff"),
    DamageClass(2, "under review", "#ffd24a"),
    DamageClass(3, "hypothesis", "#e26bd0"),
)
_INTACT_PAINT = DamageClass(INTACT, "intact paint", "#3ddc97")
_STROKE_OPACITY = 0.85
_REJECTED = (DamageClass(1, "rejected", "#d62828"),)


class DocumentLayers(QObject):
    """The layers of ``document``. ``ready()``: the pyramid is complete.

    Views draw ``original``, ``mask``, ``proposal`` (damage that would be marked) and ``provenance``
    (reconstructed pixels, hatched: the accepted ones, and those of the result under review), and
    ``rejected`` (the rejected part of that result), which is shown while a tool for it is selected.
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
        self.mask = Overlay(levels, painting.box, self._mask_style(), self)
        self.proposal = Overlay(levels, painting.box, parent=self)
        self.provenance = Overlay(levels, painting.box, overlay_style(_RECONSTRUCTED, hatched=True), self)
        self.rejected = Overlay(levels, painting.box, overlay_style(_REJECTED, hatched=True), self)
        self.examples = Overlay(levels, painting.box, parent=self)
        self.example_map = DamageMap(*document.state.box[2:])
        """The example strokes that are drawn."""
        self._tickets: list[Ticket] = []
        self._band_count, self._bands_done, self._failed = 0, 0, False
        self._connect()
        self.reload_mask()
        self._show_proposal(context.selection.proposal)
        self._reload_provenance()
        self.reload_rejected()
        self.reload_examples()

    def _connect(self) -> None:
        document, selection = self.document, self.context.selection
        document.damage_changed.connect(self.labels_changed)
        document.classes_changed.connect(self.reload_mask)
        document.examples_changed.connect(self.reload_examples)
        document.runs_changed.connect(self._reload_provenance)
        document.decisions_changed.connect(self._reload_provenance)
        document.decisions_changed.connect(self.reload_rejected)
        selection.result_changed.connect(self.reload_rejected)
        selection.tool_changed.connect(self.reload_rejected)
        selection.request_changed.connect(self._update_style)
        selection.zones_visible_changed.connect(self._update_style)
        selection.palette_changed.connect(self._restyle)
        selection.previewed_labels_changed.connect(self._show_mask_style)
        selection.mask_hatched_changed.connect(self._restyle)
        selection.result_changed.connect(self._reload_provenance)
        selection.proposal_changed.connect(self._show_proposal)
        selection.provenance_visible_changed.connect(self._reload_provenance)
        selection.examples_visible_changed.connect(self.reload_examples)

    @property
    def drawn(self) -> tuple[Overlay, ...]:
        """The overlays in the order of drawing; the mask is the first."""
        return self.mask, self.proposal, self.provenance, self.rejected, self.examples

    def close(self) -> None:
        """Cancel all work; the document is not accessed afterwards."""
        for ticket in self._tickets:
            ticket.cancel()
        for overlay in (self.mask, self.proposal, self.provenance, self.examples):
            self.context.background.forget(overlay)
        self.original.close()
        selection = self.context.selection
        selection.request_changed.disconnect(self._update_style)
        selection.zones_visible_changed.disconnect(self._update_style)
        selection.palette_changed.disconnect(self._restyle)
        selection.previewed_labels_changed.disconnect(self._show_mask_style)
        selection.mask_hatched_changed.disconnect(self._restyle)
        selection.result_changed.disconnect(self._reload_provenance)
        selection.proposal_changed.disconnect(self._show_proposal)
        selection.provenance_visible_changed.disconnect(self._reload_provenance)
        selection.examples_visible_changed.disconnect(self.reload_examples)
        selection.result_changed.disconnect(self.reload_rejected)
        selection.tool_changed.disconnect(self.reload_rejected)

    # The scan

    @property
    def complete(self) -> bool:
        """Whether the pyramid is complete."""
        return 0 < self._band_count == self._bands_done

    @property
    def share_read(self) -> float:
        """How much of the pyramid is complete, 0–1."""
        return self._bands_done / max(self._band_count, 1)

    def build(self) -> None:
        """Build the pyramid in the background, starting at the top of the picture."""
        bands = self.pyramid.bands()
        self._band_count = len(bands)
        for index, band in enumerate(bands):
            self._submit(self._builder(band), self._band_built, priority=-1 - index)

    def _builder(self, band: Box) -> Callable[[], Box]:
        return lambda: self.pyramid.build(band)

    def _submit(self, work: Callable[[], object], done: Callable[..., None], *, priority: int = 0) -> None:
        ticket = self.context.background.submit(work, done, self._band_failed, priority=priority)
        self._tickets.append(ticket)

    def _band_built(self, band: Box) -> None:
        self.original.refresh_held(band)
        self._count_band()

    def _band_failed(self, error: Exception) -> None:
        """Report the first part of the file that can't be read, and show the rest."""
        if not self._failed:
            self._failed = True
            self.context.messages.fail(error)
        self._count_band()

    def _count_band(self) -> None:
        self._bands_done += 1
        self.progressed.emit(self._bands_done, self._band_count)
        if self.complete:
            self._tickets.clear()
            self.ready.emit()

    # The damage

    def labels_changed(self, box: Box) -> None:
        """Update the mask after labels changed in ``box``, by an operation or during a gesture of a tool."""
        if -(-box.width // TILE) * -(-box.height // TILE) <= _MAX_TILES_AT_ONCE:
            self.mask.update(self.document.state.damage, box)
        else:
            self.reload_mask()

    def reload_mask(self) -> None:
        """Show the whole damage map with the current colours and visibility of its classes."""
        self.mask.set_style(self._mask_style())
        self._reduce(self.document.state.damage, self.mask, lambda: self.document.state.damage)

    def _reduce(
        self, damage: DamageMap, overlay: Overlay, current: Callable[[], DamageMap] | None = None
    ) -> None:
        """Show ``damage`` in ``overlay``; a worker reduces large maps, and ``current`` is then merged in."""
        if len(damage.tiles()) <= _MAX_TILES_AT_ONCE:
            self.context.background.forget(overlay)
            overlay.show(damage)
            return
        snapshot = damage.copy()
        self.context.background.latest(
            overlay,
            lambda: _reduced(snapshot, overlay.labels.levels),
            lambda labels: overlay.show_levels(
                _updated(labels, snapshot, current() if current else snapshot)
            ),
        )

    def _mask_style(self) -> OverlayStyle:
        """The style of the mask; the blending zone is drawn only for engines whose fills are blended."""
        request = self.context.selection.request
        blend = 0 if get_engine(request.engine).matches_boundary else request.blend
        zones = Zones(request.dilation, blend) if self.context.selection.zones_visible else None
        selection = self.context.selection
        classes = displayed_classes(self.document.state.damage.classes, selection.palette)
        hidden = selection.previewed_labels
        return overlay_style(
            tuple(item for item in classes if item.label not in hidden),
            zones,
            opacity=HATCHED_OPACITY if selection.mask_hatched else OPACITY,
            hatched=selection.mask_hatched,
        )

    def _restyle(self) -> None:
        """Draw the mask in the selected colours and pattern."""
        self._show_mask_style()
        self._show_proposal(self.context.selection.proposal)
        self.reload_examples()

    def _show_mask_style(self, *_: object) -> None:
        self.mask.set_style(self._mask_style())

    def _update_style(self) -> None:
        style = self._mask_style()
        if style.zones != self.mask.style.zones:
            self.mask.set_style(style)

    # Proposal and provenance

    def _show_proposal(self, proposal: Proposal | None) -> None:
        colours = displayed_classes(self.document.state.damage.classes, self.context.selection.palette)
        classes = tuple(replace(item, visible=True) for item in colours)
        proposed = DamageMap(*self.document.state.box[2:], classes)
        if proposal is not None and not proposal.level:
            proposed.write(proposal.box, proposal.classes)
        self.proposal.set_style(overlay_style(classes, opacity=_PROPOSAL_OPACITY))
        self._reduce(proposed, self.proposal)

    def _reload_provenance(self) -> None:
        if not self.context.selection.provenance_visible:
            if self.provenance.labels.any:
                self.provenance.show(self._empty_map())
            return
        fills, empty = self._fills(), self._empty_map()
        self.context.background.latest(
            self.provenance,
            lambda: _reduced(_reconstructed(fills, empty), LAST_LEVEL + 1),
            self.provenance.show_levels,
        )

    def reload_rejected(self, *_: object) -> None:
        """Show the rejected part of the run under review if a tool that rejects parts is selected."""
        selection = self.context.selection
        part = self.document.state.rejected_parts.get(selection.run or 0)
        if part is not None and selection.tool in REJECT_TOOLS:
            self.rejected.show(part)
        elif self.rejected.labels.any:
            self.rejected.show(DamageMap(*self.document.state.box[2:]))

    def reload_examples(self, *_: object) -> None:
        """Show the example strokes of the project while they are visible; only new ones are drawn."""
        if not self.context.selection.examples_visible:
            if self.examples.labels.any:
                self.examples.show(DamageMap(*self.document.state.box[2:]))
            return
        self.example_map = self.document.example_map(self.document.state.examples)
        classes = displayed_classes(self.document.state.damage.classes, self.context.selection.palette)
        shown = (*(replace(item, visible=True) for item in classes if item.label != INTACT), _INTACT_PAINT)
        self.examples.set_style(overlay_style(shown, opacity=_STROKE_OPACITY))
        self._reduce(self.example_map, self.examples)

    def _fills(self) -> tuple[AcceptedFills, Run | None]:
        """The accepted fills and the run under review."""
        return self.document.accepted, self.document.run(self.context.selection.run)

    def _empty_map(self) -> DamageMap:
        return DamageMap(*self.document.state.box[2:], _RECONSTRUCTED)


def _reduced(damage: DamageMap, levels: int) -> LabelLevels:
    labels = LabelLevels(levels)
    labels.show(damage)
    return labels


def _updated(labels: LabelLevels, before: DamageMap, current: DamageMap) -> LabelLevels:
    """Update ``labels`` of ``before`` to ``current``; changed tiles are new objects."""
    old, new = before.tiles(), current.tiles()
    for key in old.keys() | new.keys():
        if old.get(key) is not new.get(key):
            labels.update(current, tile_box(key))
    return labels


def _reconstructed(fills: tuple[AcceptedFills, Run | None], into: DamageMap) -> DamageMap:
    """Mark accepted fills as label 1, above them those of the run under review as 2, and hypotheses as 3."""
    accepted, run = fills
    for composed in accepted.tiles():
        hypothetical = np.isin(composed.runs, accepted.hypotheses)
        into.write(composed.box, np.where(hypothetical, 3, composed.mask).astype(np.uint8))
    for key in sorted(run.tile_keys) if run is not None else ():
        assert run is not None
        tile = run.content.tile(key)
        labels = into.read(tile.box)
        labels[tile.regions > 0] = 3 if run.hypothesis else 2
        into.write(tile.box, labels)
    return into
