"""The smoothest fill that meets the rim: the pre-fill of every other engine, as an engine."""

from __future__ import annotations

from functools import partial

from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engines.plain import PlainEngine, PlainSession
from imagest_core.restoration.inpainting.harmonic import harmonic
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference

SWEEPS = 16
"""Twice as many as in the pre-fill: here the fill is the result."""


class HarmonicEngine(PlainEngine):
    """Laplace's equation in the hole."""

    name = "harmonic"
    title = "Harmonic"
    description = "The smoothest surface that meets the rim: faithful in colour, without any texture."
    window = 256
    largest = 2048
    meets_rim = True
    uses_style = False

    def open(
        self,
        request: RestorationRequest,
        painting: Painting,
        style: StyleReference | None,
        progress: Progress | None = None,
    ) -> PlainSession:
        """A session; nothing has to be loaded."""
        return PlainSession(partial(harmonic, sweeps=SWEEPS), {"sweeps": SWEEPS})
