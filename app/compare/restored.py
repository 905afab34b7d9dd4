"""The restored picture: the scan with the accepted fills and those of the run under review."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from PySide6.QtCore import QObject, Signal

from app.canvas.document_layers import DocumentLayers
from app.canvas.layer import PictureLayer
from app.canvas.pyramid import Pyramid
from app.jobs.runner import Ticket
from app.levels import native
from imagest_core.damage.map import TileKey, tile_box
from imagest_core.painting.color.display import Pixels
from imagest_core.painting.geometry import Box, union
from imagest_core.painting.reduce import area_mean
from imagest_core.project.composed_fills import ComposedFills, fills_under_review

_BATCH = 16
"""Number of tiles that are composited before the view is updated."""
_MAX_BOXES = 64
"""Maximum number of changed tiles that are invalidated one by one."""


class RestoredPicture:
    """The restored picture of a layer. Levels in memory are copied from the scan at the first fill. No Qt."""

    def __init__(self, pyramid: Pyramid) -> None:
        self.pyramid = pyramid
        self.width, self.height, self.levels = pyramid.width, pyramid.height, pyramid.levels
        self.fills: ComposedFills | None = None
        self._own_pyramid: Pyramid | None = None
        self._lock = Lock()

    def held(self, level: int) -> Pixels | None:
        """The whole level if it is kept in memory."""
        return (self._own_pyramid or self.pyramid).held(level)

    def make(self, level: int, part: Box) -> Pixels:
        """Compute ``part`` of a level from the file and the fills."""
        return self._composited(native(part, level).within(self.pyramid.painting.box), level)

    def patch(self, keys: Iterable[TileKey]) -> Box:
        """Update these tiles of the levels in memory and return the box they span; for worker threads."""
        with self._lock:
            if self._own_pyramid is None:
                self._own_pyramid = self.pyramid.copy()
            boxes = [tile_box(key).within(self.pyramid.painting.box) for key in keys]
            for box in boxes:
                self._own_pyramid.put(box, self._composited(box, self._own_pyramid.finest))
        return union(boxes)

    def _composited(self, box: Box, level: int) -> Pixels:
        samples = self.pyramid.painting.read(box)
        if self.fills is not None:
            samples = self.fills.composite(samples, box)
        return self.pyramid.to_screen(area_mean(samples, 1 << level) if level else samples)


class Restored(QObject):
    """The restored picture as a layer that follows decisions and the run under review.

    Nothing is composited before a view needs it (:meth:`set_needed`). ``settled()``: everything is up to
    date; ``changed()``: the fills have changed.
    """

    settled = Signal()
    changed = Signal()

    def __init__(self, layers: DocumentLayers) -> None:
        super().__init__(layers)
        self._layers, self._context = layers, layers.context
        self.picture = RestoredPicture(layers.pyramid)
        self.layer = PictureLayer(self.picture, layers.context.background, self)
        self.layer.follow(layers.original, cells=False)
        self._stale: set[TileKey] = set()
        self._tickets: list[Ticket] = []
        self._needed, self._batches = False, 0
        layers.document.decisions_changed.connect(self._decided)
        layers.document.runs_changed.connect(self.refresh)
        self._context.selection.result_changed.connect(self.refresh)
        layers.ready.connect(self._composite_stale)
        self.refresh()

    @property
    def empty(self) -> bool:
        """Whether there are no fills."""
        return self.picture.fills is None or not self.picture.fills.keys

    @property
    def busy(self) -> bool:
        """Whether tiles are being composited."""
        return self._batches > 0

    def close(self) -> None:
        """Cancel all work."""
        self._context.selection.result_changed.disconnect(self.refresh)
        for ticket in self._tickets:
            ticket.cancel()
        self.layer.close()

    def set_needed(self, needed: bool) -> None:
        """Set whether any view shows the restored picture."""
        self._needed = needed
        self._composite_stale()

    def refresh(self) -> None:
        """Update all fills, for instance after another result is shown."""
        self._update_fills(None)

    def _decided(self, box: Box) -> None:
        self._update_fills(box)

    def _update_fills(self, box: Box | None) -> None:
        """Update the fills in ``box``, or all of them."""
        document, before = self._layers.document, self.picture.fills
        run = document.run(self._context.selection.run)
        current = self.picture.fills = fills_under_review(document.state, run, document.accepted)
        changed = current.keys | (before.keys if before is not None else frozenset())
        if box is not None and before is not None:
            changed = frozenset(key for key in changed if tile_box(key).touches(box))
        self._stale |= changed
        parts = [tile_box(key).within(document.painting.box) for key in changed]
        self.layer.invalidate(*(parts if len(parts) <= _MAX_BOXES else [union(parts)]))
        self.changed.emit()
        self._composite_stale()

    def _composite_stale(self) -> None:
        """Composite stale tiles in the background, visible ones first."""
        if not (self._needed and self._stale and self._layers.complete):
            return
        visible = self._context.selection.visible
        keys = sorted(self._stale, key=lambda key: not tile_box(key).touches(visible))
        self._stale.clear()
        for start in range(0, len(keys), _BATCH):
            self._submit(keys[start : start + _BATCH])

    def _submit(self, keys: list[TileKey]) -> None:
        self._batches += 1
        self._tickets = [ticket for ticket in self._tickets if not ticket.cancelled][-512:]
        self._tickets.append(
            self._context.background.submit(lambda: self.picture.patch(keys), self._patched, self._failed)
        )

    def _patched(self, box: Box) -> None:
        self.layer.refresh_held(box)
        self._count_batch()

    def _failed(self, error: Exception) -> None:
        self._context.messages.fail(error)
        self._count_batch()

    def _count_batch(self) -> None:
        self._batches -= 1
        if not self._batches:
            self.settled.emit()
