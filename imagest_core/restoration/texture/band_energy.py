"""Local band energy of intact paint, which the bands of a fill are matched to.

Energy is measured as the RMS of a band of lightness near each sample: a fill in a sky stays smooth, one in a
tree textured. Magnitudes are averaged and not squares, which a single outline would dominate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.restoration.texture.depth_masks import boundary_ramp, broad_mask
from imagest_core.restoration.texture.patch_search import Source

Band = tuple[float, float]
"""A difference of Gaussians: two σ in px, the finer one first."""

FARTHER = ((1.0, 1.0), (3.0, 0.05), (9.0, 0.0025))
"""(factor on the distance, weight): farther paint counts where none is nearer."""
RMS_PER_MAGNITUDE = math.sqrt(math.pi / 2)
"""RMS of Gaussian noise over its mean magnitude."""
FILL_SIGMA = 6.0
"""σ in px over which the energy of the fill itself is measured."""
MAX_REFERENCE_RATIO = 2.0
"""Bound on how much livelier or calmer than the window's paint a chosen reference may count."""
COARSE = 6.0
"""A blur of this σ in px loses nothing visible when computed at half the size."""
LEAST = 1e-6
BOUNDARY = 2.0
"""Px from the boundary over which changes fade in."""
MAX_GAIN = 0.6
"""Largest amplification of a band; more shows as mottle…"""
MAX_LOSS = 0.7
"""…and largest attenuation, in thick damage only: elsewhere the boundary determines the band."""
FULL_ATTENUATION = 0.9
"""Strength from which on bands are attenuated fully."""


@dataclass(frozen=True)
class BandTarget:
    """Target energy of a band as shares of the RMS of nearby intact paint.

    Nearby means within ``near`` px (σ). The shares are those in ``thin``, ``broad`` and ``thick`` damage
    (:mod:`.depth_masks`).
    """

    band: Band
    near: float
    thin: float
    broad: float
    thick: float

    def share(self, broad: Image, thick: Image) -> Image:
        """(h, w), from the masks ``broad`` and ``thick`` (h, w) in 0–1."""
        narrow = self.thin + (self.broad - self.thin) * broad
        return np.asarray(narrow + (self.thick - narrow) * thick, np.float32)


FINEST = BandTarget((0.0, 1.0), near=5.0, thin=0.87, broad=0.66, thick=0.8)
TARGETS = (
    FINEST,
    BandTarget((1.0, 2.0), near=8.0, thin=1.3, broad=0.9, thick=1.4),
    BandTarget((2.0, 4.0), near=12.0, thin=0.75, broad=0.6, thick=0.8),
)
"""The shares were fitted on simulated damage whose truth is known (docs/filling.md)."""


def paint_energy(
    fill: Image, mask: Mask, sources: Sequence[Source], chosen: bool = False
) -> dict[BandTarget, Image]:
    """RMS (h, w) of each target's band in intact paint near each sample; empty without intact paint.

    ``fill`` (h, w, 3) is a whole picture with its hole ``mask`` filled smoothly, so that its boundary is no
    edge. ``chosen``: the sources are the user's reference, which scales the energy as a whole.
    """
    if not any(source.intact.any() for source in sources):
        return {}
    lightness, greys = grey(fill), [(grey(source.image), source.intact) for source in sources]
    return {target: _paint_energy(lightness, mask, greys, target, chosen) for target in TARGETS}


def _paint_energy(
    lightness: Image, mask: Mask, sources: Sequence[tuple[Image, Mask]], target: BandTarget, chosen: bool
) -> Image:
    overall = overall_energy(sources, target.band)
    local = local_energy(lightness, mask, target.band, target.near, overall)
    own = overall_energy([(lightness, ~mask)], target.band) if chosen else 0.0
    if not own:
        return local
    ratio = np.clip(overall / own, 1 / MAX_REFERENCE_RATIO, MAX_REFERENCE_RATIO)
    return np.asarray(local * ratio, np.float32)


def overall_energy(sources: Sequence[tuple[Image, Mask]], band: Band) -> float:
    """RMS of a band over the intact samples of all (lightness, intact) pairs; 0 without any."""
    magnitudes = []
    for lightness, intact in sources:
        known = np.where(intact, lightness, lightness[intact].mean() if intact.any() else np.float32(0))
        inner = cv2.erode(intact.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        magnitudes.append(np.abs(bandpass(known, band))[inner if inner.any() else intact])
    every = np.concatenate(magnitudes)
    return RMS_PER_MAGNITUDE * float(every.mean()) if every.size else 0.0


def local_energy(lightness: Image, mask: Mask, band: Band, distance: float, far: float) -> Image:
    """RMS (h, w) of a band in intact paint within ``distance`` px (σ); ``far`` where there is none."""
    intact = (~mask).astype(np.float32)
    magnitude = intact * np.abs(bandpass(lightness, band))
    total, weight = np.full_like(intact, LEAST * far / RMS_PER_MAGNITUDE), np.full_like(intact, LEAST)
    for factor, share in FARTHER:
        total += share * _wide_blur(magnitude, factor * distance)
        weight += share * _wide_blur(intact, factor * distance)
    return np.asarray(RMS_PER_MAGNITUDE * total / weight, np.float32)


def fill_energy(lightness_band: Image, where: Image) -> Image:
    """Mean square (h, w) of a band of lightness (h, w) around each sample, weighted by ``where``."""
    weight = blur(where, FILL_SIGMA)
    return np.asarray(blur(where * np.square(lightness_band), FILL_SIGMA) / np.maximum(weight, LEAST))


def match_band_energy(
    fill: Image,
    mask: Mask,
    thick: Image,
    energy: Mapping[BandTarget, Image],
    strength: float,
    max_gain: float = MAX_GAIN,
) -> Image:
    """Amplify bands of ``fill`` that are fainter than nearby paint, attenuate livelier ones in thick damage.

    ``energy`` as :func:`paint_energy` returns it; ``strength`` in 0–1.
    """
    change, where, broad = np.zeros_like(fill), mask.astype(np.float32), broad_mask(mask)
    attenuation = min(strength / FULL_ATTENUATION, 1.0) * thick
    for target, paint in energy.items():
        band = bandpass(fill, target.band)
        present = np.sqrt(fill_energy(grey(band), where))
        ratio = target.share(broad, thick) * paint / np.maximum(present, 1e-6)
        gain = np.clip(strength * ratio - 1, 0, max_gain) + attenuation * np.clip(ratio - 1, -MAX_LOSS, 0)
        change += gain[..., None] * band
    return np.asarray(fill + boundary_ramp(mask, BOUNDARY)[..., None] * change, np.float32)


def bandpass(image: Image, band: Band) -> Image:
    """Return a band of a picture (h, w, 3) or field (h, w)."""
    return blur(image, band[0]) - blur(image, band[1])


def blur(image: Image, sigma: float) -> Image:
    """Gaussian of ``sigma`` px; 0 leaves the picture as it is."""
    return image if sigma == 0 else np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


def _wide_blur(field: Image, sigma: float) -> Image:
    """Gaussian of a field (h, w), computed at a size at which ``sigma`` is under 2 × :data:`COARSE` px."""
    times = 2 ** max(0, math.floor(math.log2(sigma / COARSE)))
    height, width = field.shape
    size = (max(1, width // times), max(1, height // times))
    small = blur(np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA)), sigma / times)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def grey(image: Image) -> NDArray[np.float32]:
    """Lightness (h, w) of a picture (h, w, 3)."""
    return np.asarray(image @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
