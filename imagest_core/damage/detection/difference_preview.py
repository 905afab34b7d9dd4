"""Fast preview of the difference mask in a part of the image, with the threshold of the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.damage.detection.alignment import align, aligned_clean
from imagest_core.damage.detection.derive import DifferenceParameters, fit_exposure, mask_from_codes
from imagest_core.damage.detection.difference import (
    MAX_CODE,
    Codes,
    colour_difference,
    encode,
    threshold,
)
from imagest_core.damage.detection.registration import Alignment
from imagest_core.damage.detection.registration_report import residual
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

MAX_PIXELS = 4_000_000
"""The threshold is computed on an image reduced to at most this many pixels."""


@dataclass(frozen=True, eq=False)
class DifferencePreview:
    """Comparison of a clean and a damaged image, prepared once for many previews.

    Parameters
    ----------
    clean, damaged
        The images.
    alignment
        Alignment of the clean image.
    residual
        Median remaining misalignment (px), None if it could not be measured.
    gains
        (3, 2) exposure correction, see :func:`~imagest_core.damage.detection.derive.fit_exposure`.
    histogram
        (256,) histogram of the encoded differences.
    """

    clean: Painting
    damaged: Painting
    alignment: Alignment
    residual: float | None
    gains: Image
    histogram: np.ndarray

    @classmethod
    def of(
        cls,
        clean: Painting,
        damaged: Painting,
        progress: Progress | None = None,
        alignment: Alignment | None = None,
    ) -> Self:
        """Align the images, unless their ``alignment`` is known, and compare them.

        Raises ``MaskError`` if they can't be aligned.
        """
        progress = progress or Progress()
        alignment = alignment or align(clean, damaged, progress.part(0.0, 0.6))
        shift = residual(clean, damaged, alignment, progress.part(0.6, 0.8))
        gains = fit_exposure(clean, damaged, alignment)
        level = max(0, (damaged.box.area // MAX_PIXELS).bit_length() + 1) // 2
        preview = cls(clean, damaged, alignment, shift, gains, np.zeros(MAX_CODE + 1, np.int64))
        preview.histogram[:] = np.bincount(preview.codes(damaged.box, level).ravel(), minlength=MAX_CODE + 1)
        return preview

    def codes(self, box: Box, level: int = 0) -> Codes:
        """Return (h, w) encoded differences in ``box``, both images reduced by 2**``level``."""
        clean_pixels, damaged_pixels = self.clean_pixels(box, level), self.damaged.read_working(box, level)
        uncovered = np.isnan(clean_pixels).any(axis=2)
        clean_pixels[uncovered] = damaged_pixels[uncovered]
        return encode(colour_difference(clean_pixels, damaged_pixels))

    def clean_pixels(self, box: Box, level: int = 0) -> Image:
        """Return (h, w, 3) of the clean image warped onto ``box`` with matched exposure, NaN outside."""
        clean_pixels = aligned_clean(self.clean, self.alignment, box, level)
        return np.asarray(clean_pixels * self.gains[:, 0] + self.gains[:, 1], np.float32)

    def preview_mask(self, codes: Codes, parameters: DifferenceParameters, level: int = 0) -> Mask:
        """Return (h, w) bool: the mask of :meth:`codes` at ``level``, with ``parameters`` in px of the scan.

        Components that extend beyond the codes may differ in the full result.
        """
        cut = threshold(self.histogram, parameters.noise_factor) if parameters.cut is None else parameters.cut
        damage, _ = mask_from_codes(codes, replace(parameters.reduced(level), cut=cut))
        return np.asarray(damage.read(damage.box) > 0)
