"""The bilaplacian's smooth continuation of values and slopes (Damelin and Hoang, 2018)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engines.plain import PlainEngine, PlainSession
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference


def biharmonic(image: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Fill ``image`` (h, w, 3) under ``mask`` in float64, clipped to the range of what is known."""
    from skimage.restoration import inpaint_biharmonic

    known = image[~mask]
    hidden = np.where(mask[..., None], known.mean(0), image).astype(np.float64)
    return np.asarray(inpaint_biharmonic(hidden, mask, channel_axis=-1), np.float32)


class BiharmonicEngine(PlainEngine):
    """scikit-image's biharmonic equations."""

    name = "biharmonic"
    title = "Biharmonic"
    description = (
        "Continues slopes as well as values: the best of the plain fills for cracks, wild in losses."
    )
    window = 256
    largest = 256
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
        return PlainSession(biharmonic, {})
