"""Crack detection in a single scan: thin dark or light ridges of the tone of this painting's cracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.damage.detection import crack_response, crack_texture
from imagest_core.damage.detection.cleanup import Cleanup, clean_up, keep_regions, reconstructed, scaled
from imagest_core.damage.detection.crack_response import luma_of, responses
from imagest_core.damage.detection.crack_texture import texture_level
from imagest_core.damage.detection.difference import otsu
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.errors import MaskError
from imagest_core.messages import Message

TONES, TONE_BLUR, SURE_SHARE, TONE_OFFSET = 64, 2.0, 0.5, 20
STEPS = 1024
LEARNING_ROUNDS = 2
MIN_RESPONSE = 0.05
"""Minimum response of a crack (a line of about 6 % contrast); anything weaker is canvas."""
BOLD_FACTOR = 5.0
"""The tone of cracks is learned from pixels that respond this many times as strongly as the texture."""
CLEAR_RATIO, MIXED_RATIO = 0.1, 0.3
"""Ratio of opposite to sought lines above the same cut. Below ``CLEAR_RATIO`` only cracks respond and tone
isn't needed; from ``MIXED_RATIO`` on it has full weight."""
PLAIN_START = 2.0
"""Without tone, a crack must reach this many times the cut somewhere."""


class Polarity(StrEnum):
    """Which cracks are detected."""

    DARK = "dark"
    LIGHT = "light"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class CrackParameters(Cleanup):
    """Parameters of crack detection and of the clean-up afterwards.

    Parameters
    ----------
    polarity
        Cracks darker or lighter than the paint, or both.
    widest
        Maximum width of a crack (px).
    tone
        Maximum weight of a pixel's tone, 0–1.
    strictness
        Factor on the response a crack must reach somewhere. Raise it if brushwork is detected as cracks.
    sensitivity
        A crack continues along pixels whose response exceeds this share (0–1) of Otsu's cut.
    texture
        Factor on the response of the paint texture that a crack must reach somewhere; half of it must be
        reached everywhere. 0 ignores texture.
    elongation
        Minimum ratio of the squared diagonal of a crack's box to its area (a disk has 2.5).
    shortest
        Minimum diagonal (px).
    bridge
        Components up to twice this distance (px) apart are judged as one crack.
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
            raise MaskError(
                Message("The widest crack must be 1 to 200 pixels, not {widest}.", widest=self.widest)
            )
        if not 0 <= self.tone <= 1:
            raise MaskError(Message("The weight of the tone must be 0 to 1, not {tone}.", tone=self.tone))
        if not 0 < self.strictness <= 100:
            raise MaskError(
                Message(
                    "The strictness must be above 0 and at most 100, not {strictness}.",
                    strictness=self.strictness,
                )
            )
        if not 0 < self.sensitivity <= 1:
            raise MaskError(
                Message(
                    "The sensitivity must be above 0 and at most 1, not {sensitivity}.",
                    sensitivity=self.sensitivity,
                )
            )
        if not 0 <= self.texture <= 100:
            raise MaskError(
                Message("The weight of the texture must be 0 to 100, not {texture}.", texture=self.texture)
            )

    @property
    def halo(self) -> int:
        """Support radius (px) of the detector, a multiple of the texture cells."""
        return crack_texture.support(crack_response.support(self.widest))

    def reduced(self, level: int) -> Self:
        """Return the parameters for an image reduced by 2**``level``, with thinner and shorter cracks."""
        return replace(
            super().reduced(level),
            widest=max(scaled(self.widest, level), 1),
            shortest=self.shortest / 2**level,
            bridge=scaled(self.bridge, level),
        )


@dataclass(frozen=True)
class CrackModel:
    """Appearance of the cracks of one polarity in a painting.

    Parameters
    ----------
    weights
        Weight (0–1) of each of 64 tones.
    cut
        Otsu's threshold on the weighted response.
    start
        Factor on the cut that a crack must reach somewhere.
    """

    weights: tuple[float, ...]
    cut: float
    start: float = 1.0

    def weighted(self, tone: Image, response: Image) -> Image:
        """Weight the response by how likely the tone is that of a crack."""
        return np.asarray(response * np.array(self.weights, np.float32)[_bin_tones(tone)])


CrackModels = dict[Polarity, CrackModel]
Responses = tuple[Image, Image]


def learn_cracks(samples: Sequence[Image], parameters: CrackParameters) -> CrackModels:
    """Learn a model for each polarity from (h, w, 3) float32 samples of a painting."""
    lumas = [luma_of(sample) for sample in samples]
    line_responses = [responses(luma, parameters.widest) for luma in lumas]
    return {
        polarity: _learn(lumas, line_responses, polarity, parameters)
        for polarity in _sought_polarities(parameters)
    }


def crack_masks(rgb: Image, parameters: CrackParameters, models: CrackModels) -> tuple[Mask, Mask]:
    """Return two (h, w) bool masks of ``rgb`` (h, w, 3): possible and certain cracks."""
    possible, sure = np.zeros((2, *rgb.shape[:2]), np.bool_)
    luma = luma_of(rgb)
    line_responses = responses(luma, parameters.widest)
    for polarity, model in models.items():
        sought, opposite = _by_polarity(line_responses, polarity)
        weighted = model.weighted(_tone(luma, polarity), sought)
        floor = np.maximum(parameters.texture * texture_level(sought, opposite), np.float32(MIN_RESPONSE))
        possible |= (weighted > parameters.sensitivity * model.cut) & (sought > floor / 2)
        sure |= (weighted > parameters.strictness * model.start * model.cut) & (
            sought > parameters.strictness * floor
        )
    return possible, sure


def cleaned_cracks(possible: DamageMap, sure: DamageMap, parameters: CrackParameters) -> DamageMap:
    """Apply hysteresis from ``sure`` along ``possible``, the shape filter and the clean-up."""
    return clean_up(elongated(reconstructed(possible, sure), parameters), parameters)


def preview_cracks(rgb: Image, parameters: CrackParameters, models: CrackModels | None = None) -> Mask:
    """Return (h, w) bool: the cracks in a part of an image, learned from that part without ``models``."""
    possible, sure = crack_masks(rgb, parameters, models or learn_cracks([rgb], parameters))
    cracks_found = cleaned_cracks(DamageMap.from_mask(possible), DamageMap.from_mask(sure), parameters)
    return np.asarray(cracks_found.read(cracks_found.box) > 0)


def elongated(damage: DamageMap, parameters: CrackParameters) -> DamageMap:
    """Remove components that are not lines; a dotted line counts as one."""
    regions = find_regions(damage, parameters.bridge, thickness=False)
    diagonals = [region.box.width**2 + region.box.height**2 for region in regions]
    keep = [
        diagonal >= parameters.elongation * region.area and diagonal >= parameters.shortest**2
        for diagonal, region in zip(diagonals, regions)
    ]
    return keep_regions(damage, regions, np.array([False, *keep]))


def _sought_polarities(parameters: CrackParameters) -> tuple[Polarity, ...]:
    return (Polarity.DARK, Polarity.LIGHT) if parameters.polarity is Polarity.BOTH else (parameters.polarity,)


def _by_polarity(line_responses: Responses, polarity: Polarity) -> Responses:
    """Return the responses (dark, light) as (sought, opposite)."""
    return line_responses[::-1] if polarity is Polarity.LIGHT else line_responses


def _tone(luma: Image, polarity: Polarity) -> Image:
    return 1 - luma if polarity is Polarity.LIGHT else luma


def _learn(
    lumas: Sequence[Image],
    line_responses: Sequence[Responses],
    polarity: Polarity,
    parameters: CrackParameters,
) -> CrackModel:
    tones = [_tone(luma, polarity) for luma in lumas]
    pairs = [_by_polarity(both, polarity) for both in line_responses]
    sought = [pair[0] for pair in pairs]
    bold = [pair[0] > BOLD_FACTOR * texture_level(*pair) for pair in pairs]
    model = untoned = CrackModel((1.0,) * TONES, _otsu_cut(sought))
    for _ in range(LEARNING_ROUNDS):
        cracks_found = [
            (model.weighted(*pair) > model.cut) & sure for *pair, sure in zip(tones, sought, bold)
        ]
        model = _model_for(_tone_weights(tones, cracks_found), tones, sought)
    weight = parameters.tone * _tone_weight(pairs, untoned.cut)
    if weight < 1:
        model = _model_for(tuple(share**weight for share in model.weights), tones, sought)
    start = PLAIN_START + (1 - PLAIN_START) * weight
    return CrackModel(model.weights, model.cut, start)


def _model_for(weights: tuple[float, ...], tones: Sequence[Image], sought: Sequence[Image]) -> CrackModel:
    model = CrackModel(weights, 0.0)
    return CrackModel(weights, _otsu_cut([model.weighted(*pair) for pair in zip(tones, sought)]))


def _tone_weight(pairs: Sequence[Responses], cut: float) -> float:
    """Return how much tone is needed (0–1): less if few lines of opposite polarity are as strong."""
    sought_count, opposite_count = (
        sum(np.count_nonzero(pair[side] > cut) for pair in pairs) for side in (0, 1)
    )
    return float(
        np.clip((opposite_count / max(sought_count, 1) - CLEAR_RATIO) / (MIXED_RATIO - CLEAR_RATIO), 0, 1)
    )


def _tone_weights(tones: Sequence[Image], cracks_found: Sequence[Mask]) -> tuple[float, ...]:
    """Return for each tone the smoothed share of its pixels in ``cracks_found``; a half is certain."""
    totals, cracks = np.zeros(TONES), np.zeros(TONES)
    for tone, mask in zip(tones, cracks_found):
        bins = _bin_tones(tone)
        totals += np.bincount(bins.ravel(), minlength=TONES)
        cracks += np.bincount(bins[mask], minlength=TONES)
    support = np.arange(-8, 9)
    blur = np.exp(-0.5 * (support / TONE_BLUR) ** 2)
    totals, cracks = (np.convolve(counts, blur, "same") for counts in (totals, cracks))
    share = np.minimum(cracks / (totals + TONE_OFFSET) / SURE_SHARE, 1)
    return tuple(float(value) for value in share)


def _otsu_cut(line_responses: Sequence[Image]) -> float:
    """Return Otsu's threshold over all responses, or 1 if there are none."""
    top = max((float(values.max()) for values in line_responses), default=0.0)
    if top <= 0:
        return 1.0
    histogram = sum(np.histogram(values, bins=STEPS, range=(0, top))[0] for values in line_responses)
    return otsu(np.asarray(histogram), (np.arange(STEPS) + 0.5) * top / STEPS)


def _bin_tones(tone: Image) -> NDArray[np.uint8]:
    return np.clip(tone * (TONES - 1), 0, TONES - 1).astype(np.uint8)
