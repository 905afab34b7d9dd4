"""The result of a restoration: the fills, their mask, and the record."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import Regions
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.pieces import Patch
from imagest_core.restoration.fill import Fill
from imagest_core.restoration.record import RestorationRecord


@dataclass(frozen=True, eq=False)
class RestorationResult:
    """The ``fills`` of the pixels of ``dilated``, by tile in row order, and its connected ``regions``.

    ``protected``: pixels that the fills must not contain.
    """

    fills: tuple[Fill, ...]
    dilated: DamageMap
    regions: Regions
    record: RestorationRecord
    protected: DamageMap | None = None

    def patches(self, painting: Painting) -> Iterator[Patch]:
        """Yield the fills as patches for the writer, converted one at a time."""
        return (fill.patch(painting) for fill in self.fills)

    def only(self, regions: Collection[int]) -> RestorationResult:
        """Return the result with the fills of these regions only."""
        parts = [fill.only(regions) for fill in self.fills]
        fills = tuple(part for part in parts if part is not None)
        dilated = DamageMap(self.dilated.width, self.dilated.height)
        for fill in fills:
            dilated.write(fill.box, fill.mask)
        return replace(self, fills=fills, dilated=dilated)
