"""What a restoration would do, before it does it: regions, windows, the coarsest scale, and how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from imagest_core.damage.map import DamageMap
from imagest_core.errors import ImagestError
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.used_parameters import used_parameters

OPENING = "opening"
"""The key under which the seconds are kept that loading took."""


@dataclass(frozen=True)
class Estimate:
    """``pixels`` of the dilated mask in ``regions`` pieces, filled by ``windows``; ``coarsest`` scale.

    ``memory``: bytes that the model needs on its device, 0 if negligible.
    """

    regions: int
    pixels: int
    windows: tuple[Window, ...]
    memory: int = 0

    @property
    def coarsest(self) -> int:
        """The most native pixels to a working one."""
        return max((window.scale for window in self.windows), default=1)

    @property
    def work(self) -> int:
        """How much there is to do: see :func:`work_of`."""
        return work_of(self.windows, self.pixels)


def estimate(
    damage: DamageMap, picture: Box, request: RestorationRequest, progress: Progress | None = None
) -> Estimate:
    """What ``request`` would do to ``damage``; raises ``MaskError`` and ``InputError`` as the run would.

    Raises ``Cancelled``, too.
    """
    from imagest_core.damage.regions import find_regions
    from imagest_core.restoration.engines.registry import get_engine
    from imagest_core.restoration.fill_mask import fill_mask
    from imagest_core.restoration.planning.layout import Layout
    from imagest_core.restoration.planning.plan import make_plan

    dilated = fill_mask(picture, damage, request.dilation, within=request.within).dilated
    regions = find_regions(dilated, progress=progress)
    engine = get_engine(request.engine)
    engine.check_model(request.parameters)
    windows = make_plan(dilated, regions, Layout.of(engine, request, picture), progress).windows
    return Estimate(len(regions), dilated.count(), windows, engine.memory(request))


def work_of(windows: Iterable[Window], pixels: int) -> int:
    """What the time of a restoration goes by: working pixels looked at, and ``pixels`` filled."""
    return sum(window.shape[0] * window.shape[1] for window in windows) + pixels


def few_steps(request: RestorationRequest) -> str:
    """The kind of few-step adapter that decides the steps of ``request``, else ""."""
    from imagest_core.restoration.engines.registry import get_engine
    from imagest_core.restoration.engines.stable_diffusion import StableDiffusionEngine

    engine = get_engine(request.engine)
    if not isinstance(engine, StableDiffusionEngine):
        return ""
    try:
        return str(engine.preset(request.parameters).few_steps or "")
    except ImagestError:
        return ""


def speed_key(request: RestorationRequest, device: str) -> str:
    """Under what the speed of a restoration is kept: all that decides it, ``device`` (cpu or cuda) too."""
    used = used_parameters(request)
    names = ("model", "mode", "quality", "steps", "scheduler")
    parts = [str(request.get(name)) if name in used else "" for name in names]
    parts.append("guided" if "guidance" in used and request.get("guidance") != 1 else "")
    if few := few_steps(request):
        parts.append(few)
    return "/".join((request.engine, *parts, device if "device" in used else ""))
