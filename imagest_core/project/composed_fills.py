"""The picture under review: the scan with the accepted fills, and over them those of one result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.map import TILE, DamageMap, TileKey
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.run import Run
from imagest_core.project.state import State


class ComposedFills:
    """Fills over the scan: the accepted ones, and above them those of ``runs``, the last on top.

    ``rejected`` holds the rejected pixels by run; they show what is below. Protected pixels show the scan.
    """

    def __init__(
        self, accepted: AcceptedFills, runs: Sequence[Run], rejected: dict[int, DamageMap] | None = None
    ) -> None:
        self._accepted, self._runs, self._rejected = accepted, tuple(runs), dict(rejected or {})
        self.keys = frozenset(accepted.keys()).union(*(run.tile_keys for run in self._runs))

    def fills_in(self, key: TileKey) -> Iterator[tuple[Box, Samples, NDArray[np.uint32]]]:
        """Yield box, samples and run of each pixel (0: none) of the fills in one tile, the lowest first."""
        composed = self._accepted.tile(key)
        if composed is not None:
            yield composed.box, composed.samples, composed.runs
        for run in self._runs:
            if key in run.tile_keys:
                tile = run.content.tile(key)
                mask = tile.regions > 0
                if run.id in self._rejected:
                    mask &= self._rejected[run.id].read(tile.box) == 0
                if key in self._accepted.protected.tiles():
                    mask &= self._accepted.protected.read(tile.box) == 0
                yield tile.box, tile.samples, mask * np.uint32(run.id)

    def composite(self, samples: Samples, box: Box) -> Samples:
        """Composite the fills onto ``samples`` of the scan in ``box``, in place; returns ``samples``."""
        for cell in box.tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in self.keys:
                for filled, values, runs in self.fills_in(key):
                    _composite(samples, box, filled, values, runs > 0)
        return samples

    def provenance(self, box: Box) -> NDArray[np.uint32]:
        """Return (h, w) uint32: the run that filled each pixel of ``box``, 0 for samples of the scan."""
        numbers = np.zeros((box.height, box.width), np.uint32)
        for cell in box.tiles(TILE):
            key = (cell.x // TILE, cell.y // TILE)
            if key in self.keys:
                for filled, _, runs in self.fills_in(key):
                    common = filled.within(box)
                    if not common.empty:
                        target = numbers[common.moved(-box.x, -box.y).slices]
                        source = runs[common.moved(-filled.x, -filled.y).slices]
                        np.copyto(target, source, where=source > 0)
        return numbers


def _composite(samples: Samples, box: Box, filled: Box, values: Samples, mask: Mask) -> None:
    common = filled.within(box)
    if common.empty:
        return
    target, source = common.moved(-box.x, -box.y).slices, common.moved(-filled.x, -filled.y).slices
    samples[target] = np.where(mask[source][..., np.newaxis], values[source], samples[target])


def fills_under_review(state: State, run: Run | None, accepted: AcceptedFills | None = None) -> ComposedFills:
    """Return the accepted fills of ``state`` with those of ``run`` on top, and of the runs it continues."""
    layers = () if run is None else (*continued_runs(state, run), run)
    return ComposedFills(accepted or AcceptedFills(state), layers, state.rejected_parts)


def continued_runs(state: State, run: Run) -> tuple[Run, ...]:
    """Return the listed runs whose fills ``run`` took as known paint, the lowest first.

    They are those of which it restored a part again.
    """
    below: list[Run] = []
    base = state.runs.get(run.base)
    while base is not None and base.id != run.id and base not in below:
        below.append(base)
        base = state.runs.get(base.base)
    return tuple(reversed(below))


class FilledPainting(Painting):
    """A scan whose samples are those under review, for a restoration that takes them as known."""

    def __init__(self, painting: Painting, fills: ComposedFills) -> None:
        self.__dict__.update(vars(painting))
        self._fills = fills

    def read(self, box: Box | None = None, level: int = 0) -> Samples:
        """Read samples with the fills; see :meth:`Painting.read`."""
        samples = super().read(box, level)
        return samples if level else self._fills.composite(samples, self.box if box is None else box)

    def _has_reduction(self, box: Box, level: int) -> bool:
        """Reduced levels of the file don't have the fills."""
        return False
