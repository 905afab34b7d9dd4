"""The filled pixels within one tile."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from imagest_core.arrays import Image, Mask, RegionIds
from imagest_core.cached import cached_property
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.pieces import Patch


class Fill:
    """The filled pixels within one 256 px tile; every pixel of the dilated mask is in exactly one fill.

    Labels are stored as one bit per pixel of the box and the ids of the filled pixels.

    Parameters
    ----------
    box
        The bounding box of the filled pixels.
    labels
        (h, w) int32, the region of each pixel, 0 where nothing is filled.
    values
        (n, 3) float32, unbounded sRGB, the n filled pixels in row order.
    """

    def __init__(self, box: Box, labels: RegionIds, values: Image) -> None:
        self.box, self.values = box, values
        mask = labels > 0
        self._bits = np.packbits(mask)
        ids = labels[mask]
        self._ids = ids[:1].copy() if ids.size and (ids == ids[0]).all() else ids

    @property
    def labels(self) -> RegionIds:
        """(h, w) int32: the region of each pixel, 0 where nothing is filled."""
        labels = np.zeros((self.box.height, self.box.width), np.int32)
        labels[self.mask] = self._ids
        return labels

    @property
    def mask(self) -> Mask:
        """(h, w) bool: the filled pixels."""
        shape = self.box.height, self.box.width
        return np.unpackbits(self._bits, count=shape[0] * shape[1]).view(np.bool_).reshape(shape)

    @property
    def colour(self) -> Image:
        """(h, w, 3) float32 unbounded sRGB, 0 where nothing is filled."""
        image = np.zeros((self.box.height, self.box.width, 3), np.float32)
        image[self.mask] = self.values
        return image

    @cached_property
    def regions(self) -> tuple[int, ...]:
        """Ids of the regions with pixels in this fill."""
        return tuple(int(region) for region in np.unique(self._ids))

    def only(self, regions: Collection[int]) -> Fill | None:
        """Return the part that belongs to ``regions``, or None if there is none."""
        if set(self.regions) <= set(regions):
            return self
        labels, mask = self.labels, self.mask
        kept = np.isin(labels, np.fromiter(regions, np.int32, len(regions))) & mask
        if not kept.any():
            return None
        return Fill(self.box, np.where(kept, labels, 0), self.values[kept[mask]])

    def patch(self, painting: Painting) -> Patch:
        """Convert the fill to samples of the painting; alpha is kept."""
        samples = painting.to_source(self.colour, painting.read(self.box))
        return Patch(self.box, samples, self.mask)
