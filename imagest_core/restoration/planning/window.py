"""Windows: the squares round damage that an engine fills, and what it is shown of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.geometry import Box


@dataclass(frozen=True)
class Window:
    """A square round some damage, read at ``scale`` native pixels to one working pixel.

    ``region`` is the first region it fills. ``box`` is in native pixels as displayed; its upper left
    corner lies in the picture, and what reaches over the right or lower edge is mirrored. All
    randomness is keyed by (seed, variation, box origin, scale), so that the order of windows changes nothing.
    """

    region: int
    box: Box
    scale: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns in working pixels."""
        return self.box.height // self.scale, self.box.width // self.scale


@dataclass(frozen=True)
class WindowView:
    """What an engine is shown of a window.

    ``image``: (h, w, 3) float32, unbounded sRGB, 0 under the dilated mask; ``mask``: (h, w) bool,
    true where it must be filled. Of a window that refines a coarser fill also ``init`` (h, w, 3), that fill,
    ``laid`` (h, w), the part of the mask in which it stands in for paint, and ``paint``, squares of paint
    near by with where they are intact.
    """

    window: Window
    image: NDArray[np.float32]
    mask: NDArray[np.bool_]
    init: NDArray[np.float32] | None = None
    laid: NDArray[np.bool_] | None = None
    paint: tuple[tuple[NDArray[np.float32], NDArray[np.bool_]], ...] = ()

    @property
    def begun(self) -> NDArray[np.float32]:
        """The image, and the coarser fill where that stands in for paint."""
        if self.init is None or self.laid is None:
            return self.image
        return np.where(self.laid[..., None], self.init, self.image)

    @property
    def hole(self) -> NDArray[np.bool_]:
        """What of the mask no coarser fill stands in for."""
        return self.mask if self.laid is None else self.mask & ~self.laid


@dataclass(frozen=True, eq=False)
class Preview:
    """A fill on its way: ``image`` (h, w, 3) float32 sRGB of ``window``, meaningful under its mask only."""

    window: Window
    image: NDArray[np.float32]
