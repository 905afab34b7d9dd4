"""A quick look at what a comparison would mark in one part, with the cut of the whole picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.damage.detection.alignment import align, overlaid
from imagest_core.damage.detection.derive import DifferenceParameters, damage_in, fitted_tones
from imagest_core.damage.detection.difference import TOP, Codes, colour_difference, encode, threshold
from imagest_core.damage.detection.registration import Alignment
from imagest_core.damage.detection.registration_report import residual
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

LOOKED_AT = 4_000_000
"""Pixels at most on which the cut is found; larger pictures are reduced for it."""


@dataclass(frozen=True, eq=False)
class DifferencePreview:
    """How the clean picture lies over the damaged one, its exposure, and the (256,) histogram of codes.

    ``residual``: how far (px, median) details still lie apart; None where none could be compared.
    """

    clean: Painting
    damaged: Painting
    alignment: Alignment
    residual: float | None
    gains: Image
    histogram: np.ndarray

    @classmethod
    def of(cls, clean: Painting, damaged: Painting, progress: Progress | None = None) -> Self:
        """Align and compare once; raises ``MaskError`` where the pictures can't be aligned."""
        progress = progress or Progress()
        alignment = align(clean, damaged, progress.part(0.0, 0.6))
        off = residual(clean, damaged, alignment, progress.part(0.6, 0.8))
        gains = fitted_tones(clean, damaged, alignment)
        level = max(0, (damaged.box.area // LOOKED_AT).bit_length() + 1) // 2
        made = cls(clean, damaged, alignment, off, gains, np.zeros(TOP + 1, np.int64))
        made.histogram[:] = np.bincount(made.codes(damaged.box, level).ravel(), minlength=TOP + 1)
        return made

    def codes(self, box: Box, level: int = 0) -> Codes:
        """(h, w) differences in ``box``, both pictures reduced by 2**``level``."""
        laid, shown = self.laid(box, level), self.damaged.read_working(box, level)
        unseen = np.isnan(laid).any(axis=2)
        laid[unseen] = shown[unseen]
        return encode(colour_difference(laid, shown))

    def laid(self, box: Box, level: int = 0) -> Image:
        """(h, w, 3) the clean picture as it lies over ``box``, in the exposure of the scan; NaN beyond it."""
        laid = overlaid(self.clean, self.alignment, box, level)
        return np.asarray(laid * self.gains[:, 0] + self.gains[:, 1], np.float32)

    def marked(self, codes: Codes, how: DifferenceParameters, level: int = 0) -> Mask:
        """(h, w) bool: what ``how``, in px of the scan, would mark of :meth:`codes` at ``level``.

        What hangs on things beyond them may differ.
        """
        cut = threshold(self.histogram, how.noise_factor) if how.cut is None else how.cut
        found, _ = damage_in(codes, replace(how.reduced(level), cut=cut))
        return np.asarray(found.read(found.box) > 0)
