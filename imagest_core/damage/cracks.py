"""Cracks in one scan alone: thin ridges, darker or lighter than the paint, of the cracks' own tone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.cleanup import Cleanup, clean_up, kept_regions, touched
from imagest_core.damage.difference import LUMA, otsu
from imagest_core.damage.map import DamageMap, Mask
from imagest_core.damage.regions import find_regions
from imagest_core.errors import MaskError

Floats = NDArray[np.float32]

SIGMAS = (1.0, 1.5, 2.2)
"""Scales (px) of the ridge filter; the top-hat takes what is wider."""
TONES, TONE_BLUR, SURE_SHARE, RARE = 64, 2.0, 0.5, 20
STEPS = 1024
LEARNING_ROUNDS = 2


class Polarity(StrEnum):
    """Which cracks are looked for."""

    DARK = "dark"
    LIGHT = "light"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class CrackParameters(Cleanup):
    """How cracks are found, and the clean-up after.

    ``polarity``: darker or lighter than the paint, or both; ``widest``: no crack is wider (px);
    ``tone``: how much a pixel's tone counts, from 1 down to 0, not at all (where cracks differ much
    among each other, or the picture is nothing but cracks); ``strictness``: how many times Otsu's cut
    a crack must reach somewhere (raise it where brushwork is taken for cracks); ``sensitivity``: from
    there a crack goes on along pixels whose response is above this share (0–1) of that;
    ``elongation``: least squared diagonal of a crack's box over its area (a disk has 2.5);
    ``shortest``: least diagonal (px); ``bridge``: pieces no further apart than twice this (px) are one
    crack when its shape is judged.
    """

    polarity: Polarity = Polarity.DARK
    widest: int = 9
    tone: float = 1.0
    strictness: float = 1.0
    sensitivity: float = 0.6
    elongation: float = 3.0
    shortest: float = 8.0
    bridge: int = 2
    opening: int | None = 0
    closing: int = 0
    min_area: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.widest <= 200:
            raise MaskError(f"The widest crack must be 1 to 200 pixels, not {self.widest}.")
        if not 0 <= self.tone <= 1:
            raise MaskError(f"The weight of the tone must be 0 to 1, not {self.tone}.")
        if not 0 < self.strictness <= 100:
            raise MaskError(f"The strictness must be above 0 and at most 100, not {self.strictness}.")
        if not 0 < self.sensitivity <= 1:
            raise MaskError(f"The sensitivity must be above 0 and at most 1, not {self.sensitivity}.")

    @property
    def halo(self) -> int:
        """How far (px) from a pixel the picture decides whether it is a crack."""
        return 2 * self.widest + int(4 * max(SIGMAS)) + 2


@dataclass(frozen=True)
class CrackModel:
    """What cracks look like in one painting, of one polarity.

    ``shares``: for each of 64 tones, how likely a pixel of it is a crack (0–1); ``cut``: Otsu's
    threshold on the response times that.
    """

    shares: tuple[float, ...]
    cut: float

    def judged(self, tone: Floats, response: Floats) -> Floats:
        """The response where the tone is that of cracks."""
        return np.asarray(response * np.array(self.shares, np.float32)[_binned(tone)])


Models = dict[Polarity, CrackModel]


def learn_cracks(samples: Sequence[Floats], how: CrackParameters) -> Models:
    """What cracks look like in these (h, w, 3) float32 pieces of a painting, for each polarity asked for."""
    return {polarity: _learned(samples, polarity, how) for polarity in _polarities(how)}


def crack_masks(rgb: Floats, how: CrackParameters, models: Models) -> tuple[Mask, Mask]:
    """Where ``rgb`` (h, w, 3) may be cracked, and where it surely is: two (h, w) bool."""
    possible, sure = np.zeros((2, *rgb.shape[:2]), np.bool_)
    for polarity, model in models.items():
        tone = _tone(rgb, polarity)
        judged = model.judged(tone, response(tone, how.widest))
        cut = how.strictness * model.cut
        possible |= judged > how.sensitivity * cut
        sure |= judged > cut
    return possible, sure


def cleaned_cracks(possible: DamageMap, sure: DamageMap, how: CrackParameters) -> DamageMap:
    """Hysteresis from ``sure`` along ``possible``, then shape, then the clean-up chain."""
    return clean_up(elongated(touched(possible, sure), how), how)


def preview_cracks(rgb: Floats, how: CrackParameters, models: Models | None = None) -> Mask:
    """(h, w) bool: the cracks in a part of the picture, learnt from the part itself where not given."""
    possible, sure = crack_masks(rgb, how, models or learn_cracks([rgb], how))
    found = cleaned_cracks(DamageMap.from_mask(possible), DamageMap.from_mask(sure), how)
    return np.asarray(found.read(found.box) > 0)


def response(tone: Floats, widest: int) -> Floats:
    """(h, w) ≥ 0: geometric mean of black top-hat (contrast) and ridge measure (shape).

    Either alone answers to more than cracks: the top-hat to every small dark form, the ridge also to
    the rims of broad ones.
    """
    return np.asarray(np.sqrt(top_hat(tone, widest) * ridges(tone)))


def top_hat(tone: Floats, widest: int) -> Floats:
    """Black top-hat by a disk ``widest`` px across: how much darker than its surroundings."""
    side = widest | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(tone, cv2.MORPH_BLACKHAT, kernel))


def ridges(tone: Floats) -> Floats:
    """(h, w) ≥ 0: the strongest dark line over all scales, from the Hessian's eigenvalues.

    Scale-normalised (σ²) larger eigenvalue less the size of the smaller one, so that spots answer
    less than lines. After Sato et al., Medical Image Analysis 2 (1998), and Frangi et al. (1998).
    """
    best = np.zeros_like(tone)
    for sigma in SIGMAS:
        smooth = cv2.GaussianBlur(tone, (0, 0), sigma)
        across, down, mixed = (
            cv2.Sobel(smooth, -1, *order, ksize=3) / 4 for order in ((2, 0), (0, 2), (1, 1))
        )
        middle, spread = (across + down) / 2, np.sqrt(((across - down) / 2) ** 2 + mixed**2)
        line = middle + spread - np.abs(middle - spread)
        np.maximum(best, sigma**2 * line, out=best)
    return best


def elongated(damage: DamageMap, how: CrackParameters) -> DamageMap:
    """Without what is no line; a dotted line counts as one."""
    regions = find_regions(damage, how.bridge, thickness=False)
    long = [region.box.width**2 + region.box.height**2 for region in regions]
    kept = [
        diagonal >= how.elongation * region.area and diagonal >= how.shortest**2
        for diagonal, region in zip(long, regions)
    ]
    return kept_regions(damage, regions, np.array([False, *kept]))


def _polarities(how: CrackParameters) -> tuple[Polarity, ...]:
    return (Polarity.DARK, Polarity.LIGHT) if how.polarity is Polarity.BOTH else (how.polarity,)


def _tone(rgb: Floats, polarity: Polarity) -> Floats:
    luma = np.asarray(rgb @ LUMA, np.float32)
    return 1 - luma if polarity is Polarity.LIGHT else luma


def _learned(samples: Sequence[Floats], polarity: Polarity, how: CrackParameters) -> CrackModel:
    tones = [_tone(sample, polarity) for sample in samples]
    answers = [response(tone, how.widest) for tone in tones]
    model = CrackModel((1.0,) * TONES, _cut(answers))
    for _ in range(LEARNING_ROUNDS):
        judged = [model.judged(tone, answer) for tone, answer in zip(tones, answers)]
        shares = _shares(tones, [values > model.cut for values in judged], how.tone)
        model = CrackModel(shares, 0.0)
        model = CrackModel(shares, _cut([model.judged(*pair) for pair in zip(tones, answers)]))
    return model


def _shares(tones: Sequence[Floats], found: Sequence[Mask], weight: float) -> tuple[float, ...]:
    """Per tone the share of its pixels in ``found``, a half being certain, to the power of ``weight``."""
    everything, cracks = np.zeros(TONES), np.zeros(TONES)
    for tone, mask in zip(tones, found):
        bins = _binned(tone)
        everything += np.bincount(bins.ravel(), minlength=TONES)
        cracks += np.bincount(bins[mask], minlength=TONES)
    reach = np.arange(-8, 9)
    blur = np.exp(-0.5 * (reach / TONE_BLUR) ** 2)
    everything, cracks = (np.convolve(counts, blur, "same") for counts in (everything, cracks))
    share = np.minimum(cracks / (everything + RARE) / SURE_SHARE, 1) ** weight
    return tuple(float(value) for value in share)


def _cut(answers: Sequence[Floats]) -> float:
    """Otsu's threshold over all; above everything where there is no answer at all."""
    top = max((float(values.max()) for values in answers), default=0.0)
    if top <= 0:
        return 1.0
    histogram = sum(np.histogram(values, bins=STEPS, range=(0, top))[0] for values in answers)
    return otsu(np.asarray(histogram), (np.arange(STEPS) + 0.5) * top / STEPS)


def _binned(tone: Floats) -> NDArray[np.uint8]:
    return np.clip(tone * (TONES - 1), 0, TONES - 1).astype(np.uint8)
