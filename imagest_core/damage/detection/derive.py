"""Derive the mask from a clean and a damaged image of the work, as in the paper.

Registration → difference → Otsu → opening → closing → removal of small components → dilation. Images are read
tile by tile; the differences are kept as one byte per pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.damage.detection.alignment import align, aligned_clean
from imagest_core.damage.detection.cleanup import Cleanup, clean_up
from imagest_core.damage.detection.difference import (
    MAX_CODE,
    Codes,
    colour_difference,
    decode,
    encode,
    threshold,
)
from imagest_core.damage.detection.registration import Alignment
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

TILE_SIDE = 1024
HALO = 6
"""Exceeds the support of the chroma blur (px)."""
TONE_ROUNDS, TONE_SHARE = 4, 0.6
MIN_COVERED = 0.5


@dataclass(frozen=True, kw_only=True)
class DifferenceParameters(Cleanup):
    """Parameters of the comparison and of the clean-up afterwards.

    Parameters
    ----------
    cut
        Difference (0–1) above which a pixel is damaged, None for Otsu's threshold.
    noise_factor
        See :func:`~imagest_core.damage.detection.difference.threshold`.
    peak_factor
        A small component is kept if its peak reaches this many times the cut.
    align
        Whether to align the clean image with the damaged one.
    match_tones
        Whether to match the exposure of the clean image.
    """

    cut: float | None = None
    noise_factor: float = 12.0
    peak_factor: float = 1.5
    align: bool = True
    match_tones: bool = True


@dataclass(frozen=True)
class Derivation:
    """Result of a comparison.

    Parameters
    ----------
    damage
        The derived damage.
    cut
        The threshold that was used.
    alignment
        The alignment of the two images.
    covered
        Share of the damaged image that the clean one covers (0–1). The rest was not compared.
    """

    damage: DamageMap
    cut: float
    alignment: Alignment
    covered: float


def derive_damage(
    clean: Painting,
    damaged: Painting,
    parameters: DifferenceParameters | None = None,
    progress: Progress | None = None,
    alignment: Alignment | None = None,
) -> Derivation:
    """Find where ``damaged`` differs from ``clean``, whose ``alignment`` may be known already.

    Raises ``MaskError`` if they can't be compared.
    """
    parameters, progress = parameters or DifferenceParameters(), progress or Progress()
    if alignment is None and parameters.align:
        alignment = align(clean, damaged, progress.part(0.0, 0.2, "aligning"))
    alignment = alignment or _unaligned(clean, damaged)
    gains = fit_exposure(clean, damaged, alignment) if parameters.match_tones else None
    codes = np.zeros((damaged.height, damaged.width), np.uint8)
    covered = 0
    for box in progress.part(0.2, 0.9, "comparing").steps(list(damaged.box.tiles(TILE_SIDE))):
        codes[box.slices], visible = _compare(clean, damaged, alignment, gains, box)
        covered += visible
    share = covered / damaged.box.area
    if share < MIN_COVERED:
        raise MaskError(
            Message(
                "The clean picture shows only {share} of the damaged one: choose one that shows it all.",
                share=f"{share:.0%}",
            )
        )
    damage, cut = mask_from_codes(codes, parameters)
    progress.set(1.0)
    return Derivation(damage, cut, alignment, share)


def mask_from_codes(codes: Codes, parameters: DifferenceParameters) -> tuple[DamageMap, float]:
    """Return the cleaned mask of encoded differences (h, w), and the cut."""
    histogram = np.bincount(codes.ravel(), minlength=MAX_CODE + 1)
    cut = threshold(histogram, parameters.noise_factor) if parameters.cut is None else parameters.cut
    levels = decode(np.arange(MAX_CODE + 1))
    return clean_up(
        _map_from_codes(codes, np.greater(levels, cut)),
        parameters,
        _map_from_codes(codes, np.greater(levels, parameters.peak_factor * cut)),
    ), cut


def derive_from_arrays(
    clean: Image, damaged: Image, parameters: DifferenceParameters | None = None
) -> DamageMap:
    """Derive the damage from two aligned (h, w, 3) float32 images in memory."""
    return mask_from_codes(encode(colour_difference(clean, damaged)), parameters or DifferenceParameters())[0]


def fit_exposure(clean: Painting, damaged: Painting, alignment: Alignment) -> Image:
    """Fit a gain and an offset per channel that match the exposure of ``clean`` to ``damaged``.

    Least squares over the 60 % of pixels that fit best, so that damage is ignored.

    Returns
    -------
    ndarray
        (3, 2) float32: gain and offset of each channel.
    """
    level = max(damaged.levels - 2, 0)
    damaged_pixels = damaged.read_working(level=level)
    clean_pixels = aligned_clean(clean, alignment, damaged.box, level)
    inside = np.isfinite(clean_pixels).all(axis=2)
    return np.stack(
        [_fit_gain(clean_pixels[inside, channel], damaged_pixels[inside, channel]) for channel in range(3)]
    )


def _fit_gain(source: Image, target: Image) -> Image:
    gain, offset = 1.0, 0.0
    for _ in range(TONE_ROUNDS):
        error = np.abs(source * gain + offset - target)
        inliers = error <= np.quantile(error, TONE_SHARE) if len(error) else np.zeros(0, np.bool_)
        spread = np.var(source[inliers]) if inliers.any() else 0.0
        if spread < 1e-6:
            break
        mean, target_mean = source[inliers].mean(), target[inliers].mean()
        gain = float(((source[inliers] - mean) * (target[inliers] - target_mean)).mean() / spread)
        offset = float(target_mean - gain * mean)
    return np.array([gain, offset], np.float32)


def _unaligned(clean: Painting, damaged: Painting) -> Alignment:
    if clean.box != damaged.box:
        raise MaskError(
            Message(
                "The clean picture is {width} × {height} pixels but the damaged one is {damaged_width} × "
                "{damaged_height}: enable the alignment.",
                width=clean.width,
                height=clean.height,
                damaged_width=damaged.width,
                damaged_height=damaged.height,
            )
        )
    return Alignment(np.eye(3), 1.0)


def _compare(
    clean: Painting, damaged: Painting, alignment: Alignment, gains: Image | None, box: Box
) -> tuple[Codes, int]:
    """Return the encoded differences of ``box``, and how many of its pixels the clean image covers."""
    padded = box.expanded(HALO).within(damaged.box)
    clean_pixels = aligned_clean(clean, alignment, padded)
    damaged_pixels = damaged.read_working(padded)
    uncovered = np.asarray(np.isnan(clean_pixels).any(axis=2))
    if gains is not None:
        clean_pixels = clean_pixels * gains[:, 0] + gains[:, 1]
    clean_pixels[uncovered] = damaged_pixels[uncovered]
    codes = encode(colour_difference(clean_pixels, damaged_pixels))
    inside = box.moved(-padded.x, -padded.y).slices
    return codes[inside], int(np.count_nonzero(~uncovered[inside]))


def _map_from_codes(codes: Codes, damaged: NDArray[np.bool_]) -> DamageMap:
    """Return a map of the pixels whose code is ``damaged`` ((256,) bool)."""
    damage = DamageMap(codes.shape[1], codes.shape[0])
    for box in damage.box.tiles(TILE):
        damage.write(box, damaged[codes[box.slices]])
    return damage
