"""Deriving the mask from a clean and a damaged picture of the work, as the paper does.

Registration → difference → Otsu → opening → closing → small components removed → dilation. The
pictures are read tile by tile; what is kept of the difference is one byte a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.detection.alignment import align, overlaid
from imagest_core.damage.detection.cleanup import Cleanup, clean_up
from imagest_core.damage.detection.difference import (
    TOP,
    Codes,
    Floats,
    colour_difference,
    decode,
    encode,
    threshold,
)
from imagest_core.damage.detection.registration import Alignment
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

PART = 1024
HALO = 6
"""More than the chroma blur reaches."""
TONE_ROUNDS, TONE_KEPT = 4, 0.6
LEAST_COVERED = 0.5


@dataclass(frozen=True, kw_only=True)
class DifferenceParameters(Cleanup):
    """The clean-up chain and, before it: ``cut``, the difference (0–1) above which a pixel is damaged,
    ``None`` for Otsu's; ``noise_factor``, see :func:`~imagest_core.damage.detection.difference.threshold`;
    ``vouch``: a small component stays when its peak reaches this many times the cut; ``align`` and
    ``match_tones``: whether to lay the clean picture over the damaged one, and fit its exposure.
    """

    cut: float | None = None
    noise_factor: float = 12.0
    vouch: float = 1.5
    align: bool = True
    match_tones: bool = True


@dataclass(frozen=True)
class Derivation:
    """The derived ``damage``, the ``cut`` it was made with, how the pictures lie, and what is doubtful.

    ``covered``: the share of the damaged picture that the clean one shows (0–1); elsewhere nothing
    was found because nothing was compared.
    """

    damage: DamageMap
    cut: float
    alignment: Alignment
    covered: float


def derive_damage(
    clean: Painting,
    damaged: Painting,
    how: DifferenceParameters | None = None,
    progress: Progress | None = None,
) -> Derivation:
    """Where ``damaged`` differs from ``clean``; raises ``MaskError`` where they can't be compared."""
    how, progress = how or DifferenceParameters(), progress or Progress()
    alignment = (
        align(clean, damaged, progress.part(0.0, 0.2, "aligning")) if how.align else _as_is(clean, damaged)
    )
    gains = fitted_tones(clean, damaged, alignment) if how.match_tones else None
    codes = np.zeros((damaged.height, damaged.width), np.uint8)
    covered = 0
    for box in progress.part(0.2, 0.9, "comparing").steps(list(damaged.box.tiles(PART))):
        codes[box.slices], seen = _compared(clean, damaged, alignment, gains, box)
        covered += seen
    share = covered / damaged.box.area
    if share < LEAST_COVERED:
        raise MaskError(
            f"The clean picture shows only {share:.0%} of the damaged one: choose one that shows it all."
        )
    damage, cut = damage_in(codes, how)
    progress.set(1.0)
    return Derivation(damage, cut, alignment, share)


def damage_in(codes: Codes, how: DifferenceParameters) -> tuple[DamageMap, float]:
    """The cleaned mask of encoded differences (h, w), and the cut."""
    histogram = np.bincount(codes.ravel(), minlength=TOP + 1)
    cut = threshold(histogram, how.noise_factor) if how.cut is None else how.cut
    levels = decode(np.arange(TOP + 1))
    return clean_up(
        _above(codes, np.greater(levels, cut)), how, _above(codes, np.greater(levels, how.vouch * cut))
    ), cut


def derive_from(clean: Floats, damaged: Floats, how: DifferenceParameters | None = None) -> DamageMap:
    """The same for two aligned (h, w, 3) float32 pictures in memory."""
    return damage_in(encode(colour_difference(clean, damaged)), how or DifferenceParameters())[0]


def fitted_tones(clean: Painting, damaged: Painting, alignment: Alignment) -> Floats:
    """(3, 2) gain and offset that bring each channel of ``clean`` to the exposure of ``damaged``.

    Least squares over the 60 % of pixels that fit best, so that damage doesn't count.
    """
    level = max(damaged.levels - 2, 0)
    shown = damaged.read_working(level=level)
    laid = overlaid(clean, alignment, damaged.box, level)
    inside = np.isfinite(laid).all(axis=2)
    return np.stack([_fitted(laid[inside, channel], shown[inside, channel]) for channel in range(3)])


def _fitted(one: Floats, other: Floats) -> Floats:
    gain, offset = 1.0, 0.0
    for _ in range(TONE_ROUNDS):
        error = np.abs(one * gain + offset - other)
        fits = error <= np.quantile(error, TONE_KEPT) if len(error) else np.zeros(0, np.bool_)
        spread = np.var(one[fits]) if fits.any() else 0.0
        if spread < 1e-6:
            break
        mean, target = one[fits].mean(), other[fits].mean()
        gain = float(((one[fits] - mean) * (other[fits] - target)).mean() / spread)
        offset = float(target - gain * mean)
    return np.array([gain, offset], np.float32)


def _as_is(clean: Painting, damaged: Painting) -> Alignment:
    if clean.box != damaged.box:
        raise MaskError(
            f"The clean picture is {clean.width} × {clean.height} pixels but the damaged one is"
            f" {damaged.width} × {damaged.height}: let them be aligned."
        )
    return Alignment(np.eye(3), 1.0)


def _compared(
    clean: Painting, damaged: Painting, alignment: Alignment, gains: Floats | None, box: Box
) -> tuple[Codes, int]:
    """Encoded differences of ``box``, and how many of its pixels the clean picture shows."""
    around = box.expanded(HALO).within(damaged.box)
    laid = overlaid(clean, alignment, around)
    shown = damaged.read_working(around)
    unseen = np.asarray(np.isnan(laid).any(axis=2))
    if gains is not None:
        laid = laid * gains[:, 0] + gains[:, 1]
    laid[unseen] = shown[unseen]
    codes = encode(colour_difference(laid, shown))
    inside = box.moved(-around.x, -around.y).slices
    return codes[inside], int(np.count_nonzero(~unseen[inside]))


def _above(codes: Codes, damaged: NDArray[np.bool_]) -> DamageMap:
    """The map of the pixels whose code is ``damaged`` ((256,) bool)."""
    made = DamageMap(codes.shape[1], codes.shape[0])
    for box in made.box.tiles(TILE):
        made.write(box, damaged[codes[box.slices]])
    return made
