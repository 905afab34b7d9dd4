"""Windows: the squares around damage that an engine fills, and the arrays it reads of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.painting.geometry import Box


@dataclass(frozen=True)
class Window:
    """A square around some damage, read at ``scale`` native pixels per working pixel.

    ``region`` is the first region it fills. ``box`` is in native pixels as displayed; its upper left corner
    lies inside the picture, and what reaches beyond the right or lower edge is mirrored. All randomness is
    keyed by (seed, variation, box origin, scale), so the result does not depend on the order of windows.
    """

    region: int
    box: Box
    scale: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns in working pixels."""
        return self.box.height // self.scale, self.box.width // self.scale

    def corner(self, part: Window) -> tuple[int, int]:
        """Return the row and column, in working pixels of this window, at which ``part`` begins."""
        return (
            round((part.box.y - self.box.y) / self.scale),
            round((part.box.x - self.box.x) / self.scale),
        )

    def cropped(self, image: Image, part: Window) -> Image:
        """Return what ``image`` (h, w, …) of this window shows of ``part``."""
        (row, column), (rows, columns) = self.corner(part), part.shape
        return image[row : row + rows, column : column + columns]


@dataclass(frozen=True)
class WindowPart:
    """One of the overlapping windows that are filled together, with squares of paint near it."""

    window: Window
    paint: tuple[tuple[Image, Mask], ...] = ()


@dataclass(frozen=True)
class WindowView:
    """What an engine reads of a window.

    Parameters
    ----------
    window
        The window.
    image
        (h, w, 3) float32, unbounded sRGB, 0 under the dilated mask.
    mask
        (h, w) bool, true where the engine must fill.
    coarse_fill
        (h, w, 3), the fill of the coarser windows; only of a window that refines them. Or an earlier fill to
        start from, if ``restarts``.
    fixed_mask
        (h, w), the part of ``mask`` in which ``coarse_fill`` is treated like paint.
    paint
        Squares of nearby paint (h, w, 3), each with a mask of where it is intact.
    protected
        (h, w), the known pixels that are no source of paint; None if there is none.
    restarts
        Whether ``coarse_fill`` is an earlier fill of this scale, at full strength of the request.
    parts
        The overlapping windows that are filled together if this view is their canvas; else empty.
    """

    window: Window
    image: Image
    mask: Mask
    coarse_fill: Image | None = None
    fixed_mask: Mask | None = None
    paint: tuple[tuple[Image, Mask], ...] = ()
    protected: Mask | None = None

    @property
    def source_mask(self) -> Mask:
        """The pixels that fills may take paint from."""
        return ~self.mask if self.protected is None else ~self.mask & ~self.protected

    restarts: bool = False
    parts: tuple[WindowPart, ...] = ()

    @property
    def refines(self) -> bool:
        """Whether the window refines coarser windows."""
        return self.coarse_fill is not None and not self.restarts

    @property
    def start(self) -> Image:
        """The image, with the coarser fill inside ``fixed_mask``."""
        if self.coarse_fill is None or self.fixed_mask is None:
            return self.image
        return np.where(self.fixed_mask[..., None], self.coarse_fill, self.image)

    @property
    def hole(self) -> Mask:
        """The part of ``mask`` outside ``fixed_mask``."""
        return self.mask if self.fixed_mask is None else self.mask & ~self.fixed_mask


@dataclass(frozen=True, eq=False)
class Preview:
    """An unfinished fill: ``image`` (h, w, 3) float32 sRGB of ``window``, valid only under its mask."""

    window: Window
    image: Image
