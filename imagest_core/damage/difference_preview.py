"""A quick look at what a comparison would mark in one part, with the cut of the whole picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from imagest_core.damage.align import align, overlaid
from imagest_core.damage.derive import HALO, DifferenceParameters, damage_in, fitted_tones
from imagest_core.damage.difference import TOP, Codes, Floats, colour_difference, encode, threshold
from imagest_core.damage.map import Mask
from imagest_core.damage.register import Alignment
from imagest_core.painting.geometry import Box
from imagest_core.painting.painting import Painting
from imagest_core.progress import Progress

LOOKED_AT = 4_000_000
"""Pixels at most on which the cut is found; larger pictures are reduced for it."""


@dataclass(frozen=True, eq=False)
class DifferencePreview:
    """How the clean picture lies over the damaged one, its exposure, and the (256,) histogram of codes."""

    clean: Painting
    damaged: Painting
    alignment: Alignment
    gains: Floats
    histogram: np.ndarray

    @classmethod
    def of(cls, clean: Painting, damaged: Painting, progress: Progress | None = None) -> Self:
        """Align and compare once; raises ``MaskError`` where the pictures can't be aligned."""
        alignment = align(clean, damaged, progress)
        gains = fitted_tones(clean, damaged, alignment)
        level = max(0, (damaged.box.area // LOOKED_AT).bit_length() + 1) // 2
        made = cls(clean, damaged, alignment, gains, np.zeros(TOP + 1, np.int64))
        made.histogram[:] = np.bincount(made._codes(damaged.box, level).ravel(), minlength=TOP + 1)
        return made

    def look(self, box: Box, how: DifferenceParameters) -> Mask:
        """(h, w) bool: what ``how`` would mark in ``box``; what hangs on things beyond it may differ."""
        cut = threshold(self.histogram, how.noise_factor) if how.cut is None else how.cut
        around = box.grown(HALO).within(self.damaged.box)
        found, _ = damage_in(self._codes(around, 0), replace(how, cut=cut))
        return np.asarray(found.read(box.moved(-around.x, -around.y)) > 0)

    def _codes(self, box: Box, level: int) -> Codes:
        laid = overlaid(self.clean, self.alignment, box, level)
        shown = self.damaged.read_working(box, level)
        unseen = np.isnan(laid).any(axis=2)
        laid = laid * self.gains[:, 0] + self.gains[:, 1]
        laid[unseen] = shown[unseen]
        return encode(colour_difference(laid.astype(np.float32), shown))
