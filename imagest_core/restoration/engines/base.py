"""What every engine is: ``open`` gives a session, a session fills windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from imagest_core.progress import Progress
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_pictures import StylePictures


@dataclass(frozen=True)
class WindowFill:
    """An engine's answer for one window.

    ``image``: (h, w, 3) float32 unbounded sRGB, meaningful under the view's mask only;
    ``source``: (h, w, 2) int32 native (x, y) each pixel was taken from, where the engine copies;
    ``notes``: what the record should say about this window (a choice made, a fallback taken).
    """

    image: NDArray[np.float32]
    source: NDArray[np.int32] | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


class Session(Protocol):
    """An opened engine: its model is loaded and its style is read."""

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """What the record keeps: weights hash, dtype, device, batch, steps…"""

    def fill(self, views: Sequence[WindowView], progress: Progress) -> Sequence[WindowFill]:
        """Fill the windows, each independent of the others; raises ``Cancelled``."""

    def close(self) -> None:
        """Free what the session holds."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Engine(Protocol):
    """A way of filling: a name, what it is, what it needs, and sessions."""

    name: str
    title: str
    description: str
    window: int
    """The side of the working window it is made for, in pixels."""
    largest: int
    """The side up to which a window may widen round a hole that doesn't fit; ``window`` if it may not."""
    matches_boundary: bool
    """Whether its fills continue the rim by themselves; others get a ring match and a blend."""
    uses_style: bool

    def heeds(self, request: RestorationRequest) -> frozenset[str]:
        """Names of the request's fields that decide how ``request`` fills, besides where windows lie."""

    def preload(self, request: RestorationRequest, progress: Progress) -> None:
        """Import what ``request`` runs on, seconds the first time; raises ``Cancelled`` between modules."""

    def style_side(self, request: RestorationRequest) -> int:
        """Side in px of the style pictures it reads for ``request``; 0 for none."""

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> Session:
        """Load what is needed; raises ``ModelError`` where weights are missing, ``Cancelled``."""
