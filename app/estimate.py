"""What a restoration would do, before it does it: regions, windows, the coarsest scale."""

from __future__ import annotations

from dataclasses import dataclass

from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.window import Window


@dataclass(frozen=True)
class Estimate:
    """``pixels`` of the grown mask in ``regions`` pieces, filled by ``windows``; ``coarsest`` scale."""

    regions: int
    pixels: int
    windows: int
    coarsest: int
    boxes: tuple[Window, ...] = ()


def estimate(damage: DamageMap, picture: Box, request: RestorationRequest) -> Estimate:
    """What ``request`` would do to ``damage``; raises ``MaskError`` and ``InputError`` as the run would."""
    from imagest_core.damage.regions import find_regions
    from imagest_core.restoration.engines import engine
    from imagest_core.restoration.plan import Layout, make_plan

    filled = damage.filled()
    if filled.empty:
        raise MaskError(
            "All damage is of classes that are only recorded; let one of them be filled to restore it."
        )
    grown = filled.grown(request.growth)
    regions = find_regions(grown)
    windows = make_plan(grown, regions, Layout.of(engine(request.engine), request, picture)).windows
    return Estimate(
        len(regions), grown.count(), len(windows), max((w.scale for w in windows), default=1), tuple(windows)
    )
