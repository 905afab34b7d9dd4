"""Texture of intact paint for a smooth fill.

A fill from its surroundings has the right colours and too little of everything finer.

* Thin damage takes the finest band: in cracks from single patches (:mod:`.detail_transfer`), in broader
  damage from synthesised texture. Coarser bands are determined by the boundary.
* Thick damage takes everything finer than 4.5 px from synthesised texture (:mod:`.patch_synthesis`), deep
  damage everything finer than 8 px.
* Finally the energy of each band is matched to that of nearby intact paint (:mod:`.band_energy`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.progress import Progress
from imagest_core.restoration.modes import Quality
from imagest_core.restoration.texture.band_energy import (
    BOUNDARY,
    FINEST,
    MAX_GAIN,
    bandpass,
    blur,
    fill_energy,
    grey,
    match_band_energy,
    paint_energy,
)
from imagest_core.restoration.texture.depth_masks import boundary_ramp, broad_mask, deep_mask
from imagest_core.restoration.texture.detail_transfer import DetailParameters, transfer_detail
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.restoration.texture.patch_synthesis import SynthesisParameters, synthesize

THICK_SIGMA = 4.5
"""In thick damage bands coarser than this σ in px stay the smooth fill's…"""
DEEP_SIGMA = 8.0
"""…in deep damage those coarser than this."""
DETAIL = DetailParameters()
COLOR = 0.4
"""Share of its colour that the detail of cracks keeps besides its lightness: overlaid patches would show a
rainbow."""
MAX_DETAIL_GAIN = 3.0
"""Largest amplification of detail: beyond it a flat place would only show its noise."""
MAX_OUTLIER = 1.7
"""Bound on samples of detail, as a multiple of the target RMS: more shows as a dot."""
REFINING_GAIN = 0.2
"""Largest band gain of finer windows over a coarser fill: the gains of all scales add up."""

SYNTHESIS: Mapping[Quality, SynthesisParameters] = {
    Quality.DRAFT: SynthesisParameters(rounds=(3, 2, 1), candidates=(1200, 2500, 3000), contrast=1.8),
    Quality.STANDARD: SynthesisParameters(rounds=(3, 2, 1), candidates=(1500, 2500, 3000)),
    Quality.FINE: SynthesisParameters(strides=(1, 2, 2), rounds=(6, 4, 3), candidates=(3000, 9000, 16_000)),
}


@dataclass(frozen=True)
class TextureTransfer:
    """Adds the texture of ``sources`` to fills.

    ``strength`` in 0–1 scales all of it. ``refining``: the fill has texture already, except what is finer
    than the scale it was made at. ``chosen``: the sources are a reference the user chose, not nearby paint.
    Synthesis runs in NumPy without a ``device``, else in torch on it.
    """

    sources: Sequence[Source]
    strength: float = 1.0
    quality: Quality = Quality.STANDARD
    refining: bool = False
    chosen: bool = False
    device: Any = None

    def apply(
        self, fill: Image, mask: Mask, thick: Image, seed: int = 0, progress: Progress | None = None
    ) -> Image:
        """Return ``fill`` (h, w, 3), a whole picture with its hole ``mask`` filled, with texture in the hole.

        ``thick`` (h, w) in 0–1 says where the texture is synthesised; ``seed`` chooses among patches that
        fit as well. Without intact paint the fill is returned unchanged. Raises ``Cancelled``.
        """
        step, broad = progress or Progress(), broad_mask(mask)
        narrow = mask & (cv2.erode(np.maximum(thick, broad), np.ones((9, 9), np.uint8)) < 1)
        detail = transfer_detail(fill, narrow, self.sources, DETAIL, seed) if narrow.any() else None
        step.check()
        change = self._synthesized(fill, mask, np.maximum(thick, broad), seed, step) - fill
        deep = np.zeros_like(thick) if self.refining else deep_mask(mask)
        ramp = boundary_ramp(mask, BOUNDARY)
        fine = change - coarse_part(change, deep)
        result = fill + self.strength * (ramp * thick)[..., None] * fine
        energy = paint_energy(fill, mask, self.sources, self.chosen)
        if FINEST in energy:
            band = _finest_band(change, detail, broad)
            where = ramp * (1 - thick)
            target = self.strength * FINEST.share(broad, np.zeros_like(broad)) * energy[FINEST]
            result = result + _matched(where[..., None] * band, fill, where, target)
        gain = REFINING_GAIN if self.refining else MAX_GAIN
        return match_band_energy(result, mask, thick, energy, self.strength, gain)

    def _synthesized(self, fill: Image, mask: Mask, where: Image, seed: int, step: Progress) -> Image:
        """``fill`` with synthesised paint ``where`` it is asked for (h, w)."""
        hole = mask & (where > 0)
        if not hole.any():
            return fill
        parameters = SYNTHESIS[self.quality]
        if self.refining:
            parameters = parameters.finest_level()
        elif deep_mask(mask).any():
            parameters = parameters.deeper()
        return synthesize(fill, hole, self.sources, parameters, seed, step, self.device)


def coarse_part(change: Image, deep: Image) -> Image:
    """Return the bands of a change (h, w, 3) that are too coarse for synthesised paint to decide."""
    coarse = blur(change, THICK_SIGMA)
    return coarse + deep[..., None] * (blur(change, DEEP_SIGMA) - coarse) if deep.any() else coarse


def _finest_band(change: Image, detail: Image | None, broad: Image) -> Image:
    """Return the finest band of synthesised paint in broad damage, of transferred detail in cracks."""
    synthesized = broad[..., None] * bandpass(change, FINEST.band)
    if detail is None:
        return synthesized
    band = bandpass(detail, FINEST.band)
    pale = grey(band)[..., None]
    return synthesized + (1 - broad)[..., None] * (pale + COLOR * (band - pale))


def _matched(detail: Image, fill: Image, where: Image, target: Image) -> Image:
    """``detail`` (h, w, 3) amplified so that, with the fill's own band, its RMS is ``target`` (h, w)."""
    present, added = (fill_energy(grey(x), where) for x in (bandpass(fill, FINEST.band), detail))
    gain = np.sqrt(np.maximum(np.square(target) - present, 0) / np.maximum(added, 1e-9))
    bound = MAX_OUTLIER * target[..., None]
    return np.asarray(
        np.clip(np.minimum(gain, MAX_DETAIL_GAIN)[..., None] * detail, -bound, bound), np.float32
    )
