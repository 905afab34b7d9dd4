"""What an engine is: a name, its parameters, and sessions that fill windows.

An engine is one file: a class with the attributes of :class:`Engine` and a frozen ``Parameters`` dataclass
whose fields describe themselves (:mod:`imagest_core.restoration.parameters`). A line in ``registry.py`` lists
it; the command line, the window, validation and the record follow from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.models.backbone import Capability
from imagest_core.progress import Progress
from imagest_core.restoration.parameters import Parameters as BaseParameters

if TYPE_CHECKING:
    from imagest_core.models.installed import InstalledModel
    from imagest_core.restoration.planning.window import WindowView
    from imagest_core.restoration.request import RestorationRequest
    from imagest_core.restoration.style_pictures import StylePictures

Facts = Mapping[str, str | int | float]


@dataclass(frozen=True)
class WindowFill:
    """An engine's answer for one window.

    ``image``: (h, w, 3) float32 unbounded sRGB, meaningful under the view's mask only; ``source``: (h, w, 2)
    int32 native (x, y) each pixel was taken from, where the engine copies; ``notes``: what the record says
    about this window.
    """

    image: Image
    source: NDArray[np.int32] | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


class WindowSides(NamedTuple):
    """Sides of an engine's windows in working pixels."""

    usual: int
    largest: int
    """Up to which a window may be widened around a hole; ``usual`` if it may not."""
    joined: int = 1
    """Overlapping windows that the engine fills together, along each side of a block; 1 for none."""


class Session(Protocol):
    """An opened engine: its model is loaded and its style is read. It is given plain arrays only."""

    @property
    def facts(self) -> Facts:
        """What the record keeps: weights hash, number format, device, batch, steps and more."""

    def fill(self, views: Sequence[WindowView], progress: Progress) -> Sequence[WindowFill]:
        """Fill the windows, each independent of the others; raises ``Cancelled``."""

    def close(self) -> None:
        """Release what the session holds."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Engine(Protocol):
    """A way of filling."""

    name: str
    title: str
    description: str
    Parameters: type[BaseParameters]
    """What it can be asked for, beyond what every engine shares."""
    matches_boundary: bool
    """Whether its fills continue the boundary by themselves; others are matched and blended."""

    def models(self) -> Sequence[InstalledModel]:
        """Return the installed models that it runs; empty for engines without models."""

    def adapters(self, parameters: BaseParameters) -> Sequence[InstalledModel]:
        """Return the installed adapters that fit the model of ``parameters``; raises ``ModelError``."""

    def memory(self, request: RestorationRequest) -> int:
        """Return the expected memory in bytes of the device for weights and one window; 0 if negligible."""

    def check_model(self, parameters: BaseParameters) -> None:
        """Raise ``ModelError`` unless the model of ``parameters`` and its adapters exist and can be run."""

    def window_sides(self, request: RestorationRequest) -> WindowSides:
        """Return the sides of its working windows; raises ``ModelError``."""

    def capabilities(self, parameters: BaseParameters) -> frozenset[Capability]:
        """Return what the model of ``parameters`` can be conditioned on; raises ``ModelError``."""

    def shared_parameters(self, request: RestorationRequest) -> frozenset[str]:
        """Those of seed, variation, batch and device that decide the fills of ``request``."""

    def uses_style(self, request: RestorationRequest) -> bool:
        """Whether a style reference changes the fills of ``request``."""

    def uses_paint(self, request: RestorationRequest) -> bool:
        """Whether windows that refine a coarser fill take texture from nearby paint."""

    def style_side(self, request: RestorationRequest) -> int:
        """Side in px of the style pictures it reads; 0 for none."""

    def preload(self, request: RestorationRequest, progress: Progress) -> None:
        """Import what ``request`` runs on, seconds the first time; raises ``Cancelled`` between modules."""

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> Session:
        """Load what is needed; raises ``ModelError`` where weights are missing, ``Cancelled``."""
