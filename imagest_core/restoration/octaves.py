"""Texture: a smooth fill made as lively as the intact paint it borrows from.

A fill by what the surroundings tell has the right colours and too little of everything finer. In thin
damage it gets what it lacks of the finest octave of intact paint (:mod:`imagest_core.restoration.detail`),
to a set share of that paint's energy: what is coarser a crack's rims tell better than any patch could.
Where damage is thick all that is finer than 4.5 px comes of paint grown over it
(:mod:`imagest_core.restoration.synthesis`); deep in large losses, where what the surroundings tell is no
more than a haze, all that is finer than 8 px, grown from larger patches. At last octaves that are fainter
than the intact paint's are strengthened a little.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from imagest_core.progress import Progress
from imagest_core.restoration.detail import DetailParameters, Image, Mask, Source, found_detail
from imagest_core.restoration.request import Quality
from imagest_core.restoration.synthesis import CPU, synthesised
from imagest_core.restoration.synthesis_effort import EFFORTS
from imagest_core.restoration.texture import deepness

OCTAVE = (0.0, 1.0)
"""The finest: a difference of Gaussians, σ in px."""
SHARE = 0.7
"""Its energy in thin damage beside the intact paint's, as RMS, at full strength."""
GROWN_SIGMA = 4.5
"""In thick damage what is coarser (σ in px) stays the smooth fill's."""
DEEP_SIGMA = 8.0
"""The same deep in large losses."""
FINE = DetailParameters(sigma=1.6, patch=7, stride=4)
COLOUR = 0.4
"""How much of its colour detail in thin damage keeps beside its lightness."""
FADE = 2.0
"""Px from the rim to full detail."""
MOST_GAIN = 4.5
"""By how much detail may be strengthened at most: beyond, a flat place would only show its noise."""
LIFTED = {(0.0, 1.0): 0.75, (1.0, 2.0): 1.0, (2.0, 4.0): 0.75}
"""Octaves that shall come to this share of the intact paint's RMS in the whole damage, thin and thick…"""
MOST_LIFT = 0.4
"""…but are strengthened by this share of themselves at most: more shows as a mottle."""
USUAL = 0.995
"""The share of intact samples whose energy counts: glints and outlines aren't texture."""


def enliven(
    fill: Image,
    mask: Mask,
    thick: Image,
    sources: Sequence[Source],
    strength: float,
    seed: int = 0,
    progress: Progress | None = None,
    quality: Quality = Quality.STANDARD,
    refining: bool = False,
    device: torch.device = CPU,
) -> Image:
    """``fill`` (h, w, 3), the whole picture with its hole filled, with texture under ``mask``.

    ``thick`` (h, w) in 0–1 says where paint is grown over the damage; ``strength`` in 0–1: how much of it all
    is wanted; ``seed`` chooses among patches that fit as well. ``refining``: the fill is lively already, but
    for what is finer than the scale it was made at. The fill comes back as it was where no source holds a
    whole intact patch.
    """
    step = progress or Progress()
    thin = mask & (cv2.erode(thick, np.ones((9, 9), np.uint8)) < 1)
    fine = found_detail(fill, thin, sources, FINE, seed) if thin.any() else None
    step.check()
    hole, deep = mask & (thick > 0), np.zeros_like(thick) if refining else deepness(mask)
    effort = EFFORTS[quality].finest_alone() if refining else EFFORTS[quality]
    effort = effort.begun_coarser() if deep.any() else effort
    grown = synthesised(fill, hole, sources, effort, seed, step, device) if hole.any() else fill
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    rim = np.clip(depth / FADE, 0, 1).astype(np.float32)
    change = grown - fill
    answer = fill + strength * (rim * thick)[..., None] * (change - _kept(change, deep))
    if fine is not None:
        where = rim * (1 - thick)
        band = where[..., None] * _paler(_band(fine, OCTAVE))
        wanted = strength * SHARE * intact_energy(sources, OCTAVE)
        answer = answer + min(_gain(band, _band(fill, OCTAVE), where, wanted), MOST_GAIN) * band
    return answer if refining else _lifted(answer, mask, rim, sources, strength)


def _lifted(fill: Image, mask: Mask, rim: Image, sources: Sequence[Source], strength: float) -> Image:
    """``fill`` with those octaves strengthened under ``mask`` that are fainter than intact paint's."""
    more = np.zeros_like(fill)
    for octave, share in LIFTED.items():
        band = _band(fill, octave)
        have = float(np.sqrt(np.square(_grey(band))[mask].mean())) if mask.any() else 0.0
        wanted = strength * share * intact_energy(sources, octave)
        more += np.clip(wanted / max(have, 1e-9) - 1, 0, MOST_LIFT) * band
    return np.asarray(fill + rim[..., None] * more, np.float32)


def intact_energy(sources: Sequence[Source], octave: tuple[float, float]) -> float:
    """RMS of the grey octave over the intact samples of all sources, the liveliest left out."""
    energies = []
    for source in sources:
        known = np.where(source.intact[..., None], source.image, _mean(source))
        inner = cv2.erode(source.intact.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        chosen = inner if inner.any() else source.intact
        energies.append(np.square(_grey(_band(known, octave)))[chosen])
    every = np.concatenate(energies)
    return float(np.sqrt(np.minimum(every, np.quantile(every, USUAL)).mean())) if every.size else 0.0


def _kept(change: Image, deep: Image) -> Image:
    """What is too coarse to be changed by paint grown over a fill."""
    coarse = _blurred(change, GROWN_SIGMA)
    return coarse + deep[..., None] * (_blurred(change, DEEP_SIGMA) - coarse) if deep.any() else coarse


def _mean(source: Source) -> NDArray[np.float32]:
    known = source.image[source.intact]
    return np.asarray(known.mean(0) if len(known) else np.zeros(3), np.float32)


def _gain(added: Image, present: Image, where: Image, wanted: float) -> np.float32:
    """By how much to multiply ``added`` to come, with what is ``present``, to the ``wanted`` energy."""
    weight = where / max(float(where.sum()), 1e-6)
    have, more = (float((weight * np.square(_grey(band))).sum()) for band in (present, added))
    missing = max(wanted**2 - have, 0.0)
    return np.float32(np.sqrt(missing / max(more, 1e-12)))


def _band(image: Image, octave: tuple[float, float]) -> Image:
    return _blurred(image, octave[0]) - _blurred(image, octave[1])


def _paler(detail: Image) -> Image:
    """Detail with part of its colour taken out: patches laid over each other would show a rainbow."""
    grey = _grey(detail)[..., None]
    return grey + COLOUR * (detail - grey)


def _blurred(image: Image, sigma: float) -> Image:
    return image if sigma == 0 else np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


def _grey(image: Image) -> Image:
    return np.asarray(image @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
