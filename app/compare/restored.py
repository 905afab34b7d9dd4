"""The restored picture: the scan with the accepted fills, and those of the run under review, over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.canvas.document_layers import DocumentLayers
from app.canvas.layer import PictureLayer
from app.canvas.pyramid import Pyramid
from app.jobs.runner import Ticket
from app.levels import native
from imagest_core.damage.map import TILE, Mask, TileKey, tile_box
from imagest_core.painting.color.display import Pixels
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box, union
from imagest_core.painting.reduce import area_mean
from imagest_core.project.accepted_fills import Accepted
from imagest_core.project.run import Run

_BATCH = 16
"""Tiles composited before they are shown."""
_APART = 64
"""More changed tiles than this are taken for one."""


class Fills:
    """What lies over the scan: accepted fills, and all of ``run``, which isn't decided on, above them."""

    def __init__(self, accepted: Accepted, run: Run | None) -> None:
        self._accepted, self._run = accepted, run
        self.keys = frozenset(accepted.keys()) | (run.tile_keys if run is not None else frozenset())

    def over(self, key: TileKey) -> Iterator[tuple[Box, Samples, Mask]]:
        """Box, samples and mask of what lies in one tile, the lowest first."""
        composed = self._accepted.tile(key)
        if composed is not None:
            yield composed.box, composed.samples, composed.mask
        if self._run is not None and key in self._run.tile_keys:
            tile = self._run.content.tile(key)
            yield tile.box, tile.samples, tile.regions > 0

    def lay(self, samples: Samples, box: Box) -> Samples:
        """``samples`` of the scan in ``box`` with the fills over them, changed in place."""
        for cell in box.tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in self.keys:
                for filled, values, mask in self.over(key):
                    _lay(samples, box, filled, values, mask)
        return samples


def _lay(samples: Samples, box: Box, filled: Box, values: Samples, mask: Mask) -> None:
    common = filled.within(box)
    if common.empty:
        return
    there, here = common.moved(-box.x, -box.y).slices, common.moved(-filled.x, -filled.y).slices
    samples[there] = np.where(mask[here][..., np.newaxis], values[here], samples[there])


class RestoredPicture:
    """A picture of the canvas; levels in memory are copied from the scan's at the first fill. No Qt."""

    def __init__(self, pyramid: Pyramid) -> None:
        self.pyramid = pyramid
        self.width, self.height, self.levels = pyramid.width, pyramid.height, pyramid.levels
        self.fills: Fills | None = None
        self._own: Pyramid | None = None
        self._lock = Lock()

    def held(self, level: int) -> Pixels | None:
        """The whole level where it is kept."""
        return (self._own or self.pyramid).held(level)

    def make(self, level: int, part: Box) -> Pixels:
        """``part`` of a level, from the file and the fills."""
        return self._composed(native(part, level).within(self.pyramid.painting.box), level)

    def patch(self, keys: Iterable[TileKey]) -> Box:
        """Bring these tiles of the levels in memory up to date; the box they span. For a worker."""
        with self._lock:
            if self._own is None:
                self._own = self.pyramid.copy()
            boxes = [tile_box(key).within(self.pyramid.painting.box) for key in keys]
            for box in boxes:
                self._own.put(box, self._composed(box, self._own.finest))
        return union(boxes)

    def _composed(self, box: Box, level: int) -> Pixels:
        samples = self.pyramid.painting.read(box)
        if self.fills is not None:
            samples = self.fills.lay(samples, box)
        return self.pyramid.shown(area_mean(samples, 1 << level) if level else samples)


class Restored(QObject):
    """The restored picture as a layer that follows decisions and the run under review.

    Nothing is composited before somebody looks (:meth:`want`). ``settled()``: all is up to date;
    ``changed()``: other fills are shown, or none.
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
        self._wanted, self._batches = False, 0
        layers.document.decisions_changed.connect(self._decided)
        layers.document.runs_changed.connect(self.refresh)
        self._context.selection.result_changed.connect(self.refresh)
        layers.ready.connect(self._work)
        self.refresh()

    @property
    def empty(self) -> bool:
        """Whether nothing is filled."""
        return self.picture.fills is None or not self.picture.fills.keys

    @property
    def busy(self) -> bool:
        """Whether tiles are being composited."""
        return self._batches > 0

    def close(self) -> None:
        """Nothing more is wanted."""
        self._context.selection.result_changed.disconnect(self.refresh)
        for ticket in self._tickets:
            ticket.cancel()
        self.layer.close()

    def want(self, wanted: bool) -> None:
        """Whether anybody looks at it."""
        self._wanted = wanted
        self._work()

    def refresh(self) -> None:
        """Another result is looked at."""
        self._change(None)

    def _decided(self, box: Box) -> None:
        self._change(box)

    def _change(self, box: Box | None) -> None:
        """The fills are others, in ``box`` or anywhere."""
        document, before = self._layers.document, self.picture.fills
        run = document.run(self._context.selection.run)
        now = self.picture.fills = Fills(document.accepted, run)
        touched = now.keys | (before.keys if before is not None else frozenset())
        if box is not None and before is not None:
            touched = frozenset(key for key in touched if tile_box(key).touches(box))
        self._stale |= touched
        parts = [tile_box(key).within(document.painting.box) for key in touched]
        self.layer.invalidate(*(parts if len(parts) <= _APART else [union(parts)]))
        self.changed.emit()
        self._work()

    def _work(self) -> None:
        """Composite what is stale, what is seen first."""
        if not (self._wanted and self._stale and self._layers.whole):
            return
        seen = self._context.selection.visible
        keys = sorted(self._stale, key=lambda key: not tile_box(key).touches(seen))
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
        self._count()

    def _failed(self, error: Exception) -> None:
        self._context.messages.fail(error)
        self._count()

    def _count(self) -> None:
        self._batches -= 1
        if not self._batches:
            self.settled.emit()
