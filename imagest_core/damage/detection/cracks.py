"""Cracks in one scan alone: thin ridges, darker or lighter than the paint, of the cracks' own tone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.damage.detection import crack_response as cracks_response
from imagest_core.damage.detection import crack_texture as cracks_texture
from imagest_core.damage.detection.cleanup import Cleanup, clean_up, kept_regions, scaled, touched
from imagest_core.damage.detection.crack_response import luma_of, responses
from imagest_core.damage.detection.crack_texture import texture_level
from imagest_core.damage.detection.difference import otsu
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.errors import MaskError

TONES, TONE_BLUR, SURE_SHARE, RARE = 64, 2.0, 0.5, 20
STEPS = 1024
LEARNING_ROUNDS = 2
FAINTEST = 0.05
"""No crack responds less than this (a line of about 6 % contrast) everywhere: fainter is the canvas."""
BOLD = 5.0
"""The tone of cracks is learnt from what responds this many times as much as the paint's texture."""
CLEAR, MIXED = 0.1, 0.3
"""Lines of the opposite polarity per line of the sought one, above the same cut: below ``CLEAR`` nothing
but cracks answers, so that tone needn't tell them apart; from ``MIXED`` on it counts in full."""
UNVOUCHED = 2.0
"""Where tone doesn't vouch for a crack, it must start at this many times the cut."""


class Polarity(StrEnum):
    """Which cracks are looked for."""

    DARK = "dark"
    LIGHT = "light"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class CrackParameters(Cleanup):
    """How cracks are found, and the clean-up after.

    ``polarity``: darker or lighter than the paint, or both; ``widest``: no crack is wider (px);
    ``tone``: how much a pixel's tone counts at most, from 1 down to 0, not at all; ``strictness``: raises
    (above 1) or lowers what a crack must reach somewhere (raise it where brushwork is taken for cracks);
    ``sensitivity``: from there a crack goes on along pixels whose response is above this share (0–1)
    of Otsu's cut; ``texture``: how many times the response of the paint's own texture a crack must reach
    somewhere, and half as many all along (0: as faint as they like); ``elongation``: least squared
    diagonal of a crack's box over its area (a disk has 2.5); ``shortest``: least diagonal (px);
    ``bridge``: pieces no further apart than twice this (px) are one crack when its shape is judged.
    """

    polarity: Polarity = Polarity.DARK
    widest: int = 9
    tone: float = 1.0
    strictness: float = 1.0
    sensitivity: float = 0.25
    texture: float = 3.0
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
        if not 0 <= self.texture <= 100:
            raise MaskError(f"The weight of the texture must be 0 to 100, not {self.texture}.")

    @property
    def halo(self) -> int:
        """How far (px) from a pixel the picture decides whether it is a crack: whole cells of texture."""
        return cracks_texture.reach(cracks_response.reach(self.widest))

    def reduced(self, level: int) -> Self:
        """The same for a picture reduced by 2**``level``, in which cracks are thinner and shorter."""
        return replace(
            super().reduced(level),
            widest=max(scaled(self.widest, level), 1),
            shortest=self.shortest / 2**level,
            bridge=scaled(self.bridge, level),
        )


@dataclass(frozen=True)
class CrackModel:
    """What cracks look like in one painting, of one polarity.

    ``shares``: for each of 64 tones, how much a pixel of it counts (0–1); ``cut``: Otsu's threshold on
    the response times that; ``start``: how many times the cut a crack must reach somewhere.
    """

    shares: tuple[float, ...]
    cut: float
    start: float = 1.0

    def judged(self, tone: Image, response: Image) -> Image:
        """The response where the tone is that of cracks."""
        return np.asarray(response * np.array(self.shares, np.float32)[_binned(tone)])


Models = dict[Polarity, CrackModel]
Answers = tuple[Image, Image]


def learn_cracks(samples: Sequence[Image], how: CrackParameters) -> Models:
    """What cracks look like in these (h, w, 3) float32 pieces of a painting, for each polarity asked for."""
    lumas = [luma_of(sample) for sample in samples]
    answers = [responses(luma, how.widest) for luma in lumas]
    return {polarity: _learned(lumas, answers, polarity, how) for polarity in _polarities(how)}


def crack_masks(rgb: Image, how: CrackParameters, models: Models) -> tuple[Mask, Mask]:
    """Where ``rgb`` (h, w, 3) may be cracked, and where it surely is: two (h, w) bool."""
    possible, sure = np.zeros((2, *rgb.shape[:2]), np.bool_)
    luma = luma_of(rgb)
    answers = responses(luma, how.widest)
    for polarity, model in models.items():
        sought, opposite = _sorted(answers, polarity)
        judged = model.judged(_tone(luma, polarity), sought)
        floor = np.maximum(how.texture * texture_level(sought, opposite), np.float32(FAINTEST))
        possible |= (judged > how.sensitivity * model.cut) & (sought > floor / 2)
        sure |= (judged > how.strictness * model.start * model.cut) & (sought > how.strictness * floor)
    return possible, sure


def cleaned_cracks(possible: DamageMap, sure: DamageMap, how: CrackParameters) -> DamageMap:
    """Hysteresis from ``sure`` along ``possible``, then shape, then the clean-up chain."""
    return clean_up(elongated(touched(possible, sure), how), how)


def preview_cracks(rgb: Image, how: CrackParameters, models: Models | None = None) -> Mask:
    """(h, w) bool: the cracks in a part of the picture, learnt from the part itself where not given."""
    possible, sure = crack_masks(rgb, how, models or learn_cracks([rgb], how))
    found = cleaned_cracks(DamageMap.from_mask(possible), DamageMap.from_mask(sure), how)
    return np.asarray(found.read(found.box) > 0)


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


def _sorted(answers: Answers, polarity: Polarity) -> Answers:
    """The responses (dark, light) as (sought, opposite)."""
    return answers[::-1] if polarity is Polarity.LIGHT else answers


def _tone(luma: Image, polarity: Polarity) -> Image:
    return 1 - luma if polarity is Polarity.LIGHT else luma


def _learned(
    lumas: Sequence[Image], answers: Sequence[Answers], polarity: Polarity, how: CrackParameters
) -> CrackModel:
    tones = [_tone(luma, polarity) for luma in lumas]
    pairs = [_sorted(both, polarity) for both in answers]
    sought = [pair[0] for pair in pairs]
    bold = [pair[0] > BOLD * texture_level(*pair) for pair in pairs]
    model = plain = CrackModel((1.0,) * TONES, _cut(sought))
    for _ in range(LEARNING_ROUNDS):
        found = [(model.judged(*pair) > model.cut) & sure for *pair, sure in zip(tones, sought, bold)]
        model = _with_cut(_shares(tones, found), tones, sought)
    weight = how.tone * _needed(pairs, plain.cut)
    if weight < 1:
        model = _with_cut(tuple(share**weight for share in model.shares), tones, sought)
    start = UNVOUCHED + (1 - UNVOUCHED) * weight
    return CrackModel(model.shares, model.cut, start)


def _with_cut(shares: tuple[float, ...], tones: Sequence[Image], sought: Sequence[Image]) -> CrackModel:
    model = CrackModel(shares, 0.0)
    return CrackModel(shares, _cut([model.judged(*pair) for pair in zip(tones, sought)]))


def _needed(pairs: Sequence[Answers], cut: float) -> float:
    """How much tone is needed (0–1): not where hardly a line of the opposite polarity is as strong."""
    alike, contrary = (sum(np.count_nonzero(pair[side] > cut) for pair in pairs) for side in (0, 1))
    return float(np.clip((contrary / max(alike, 1) - CLEAR) / (MIXED - CLEAR), 0, 1))


def _shares(tones: Sequence[Image], found: Sequence[Mask]) -> tuple[float, ...]:
    """Per tone the share of its pixels in ``found``, a half being certain."""
    everything, cracks = np.zeros(TONES), np.zeros(TONES)
    for tone, mask in zip(tones, found):
        bins = _binned(tone)
        everything += np.bincount(bins.ravel(), minlength=TONES)
        cracks += np.bincount(bins[mask], minlength=TONES)
    reach = np.arange(-8, 9)
    blur = np.exp(-0.5 * (reach / TONE_BLUR) ** 2)
    everything, cracks = (np.convolve(counts, blur, "same") for counts in (everything, cracks))
    share = np.minimum(cracks / (everything + RARE) / SURE_SHARE, 1)
    return tuple(float(value) for value in share)


def _cut(answers: Sequence[Image]) -> float:
    """Otsu's threshold over all; above everything where there is no answer at all."""
    top = max((float(values.max()) for values in answers), default=0.0)
    if top <= 0:
        return 1.0
    histogram = sum(np.histogram(values, bins=STEPS, range=(0, top))[0] for values in answers)
    return otsu(np.asarray(histogram), (np.arange(STEPS) + 0.5) * top / STEPS)


def _binned(tone: Image) -> NDArray[np.uint8]:
    return np.clip(tone * (TONES - 1), 0, TONES - 1).astype(np.uint8)
