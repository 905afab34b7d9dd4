"""A spline that runs as the paint does: the pre-fill of the network, as an engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engines.plain import PlainEngine, PlainSession
from imagest_core.restoration.inpainting.anisotropic_spline import (
    BENDING,
    GRAINY_BENDING,
    POWER,
    directed_spline,
)
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference


class SplineEngine(PlainEngine):
    """A membrane that resists bending, drawn along the direction of the paint near by."""

    name = "spline"
    title = "Spline"
    description = "A smooth surface that carries on into the damage what runs up to it, without any texture."
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
        return PlainSession(_solve, {"bending": BENDING, "bending_in_grain": GRAINY_BENDING, "power": POWER})


def _solve(image: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    import torch

    picture = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
    filled = directed_spline(picture, torch.from_numpy(mask)[None, None])
    return np.ascontiguousarray(filled[0].numpy().transpose(1, 2, 0))
