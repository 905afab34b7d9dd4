"""Texture: a smooth fill made as lively as the intact paint it borrows from.

A fill by what the surroundings tell has the right colours and too little of everything finer. In thin
damage it gets what it lacks of the finest octave of intact paint: what is coarser its rims tell better than
any patch could. In cracks that is detail of single patches (:mod:`.detail_transfer`); where
damage is broader, and a mixture of patches would show as dots, it is that of paint grown over it.
Where damage is thick all that is finer than 4.5 px comes of paint grown over it
(:mod:`.patch_synthesis`); deep in large losses, where what the surroundings tell is no
more than a haze, all that is finer than 8 px, grown from larger patches. At last each octave is brought
nearer to how lively the paint beside each sample is (:mod:`.band_energy`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import torch

from imagest_core.progress import Progress
from imagest_core.restoration.request import Quality
from imagest_core.restoration.texture.band_energy import Aim, band, blurred, grey, near_paint, present
from imagest_core.restoration.texture.depth_masks import broadness, deepness
from imagest_core.restoration.texture.detail_transfer import (
    DetailParameters,
    Image,
    Mask,
    Source,
    found_detail,
)
from imagest_core.restoration.texture.patch_synthesis import CPU, synthesised
from imagest_core.restoration.texture.synthesis_parameters import EFFORTS

GROWN_SIGMA = 4.5
"""In thick damage what is coarser (σ in px) stays the smooth fill's."""
DEEP_SIGMA = 8.0
"""The same deep in large losses."""
FINE = DetailParameters(sigma=1.6, patch=7, stride=4)
COLOUR = 0.4
"""How much of its colour detail in thin damage keeps beside its lightness."""
FADE = 2.0
"""Px from the rim to full detail."""
MOST_GAIN = 3.0
"""By how much detail may be strengthened at most: beyond, a flat place would only show its noise."""
MOST_OUT = 1.7
"""By how many times the RMS aimed at a sample of it may stand out: more shows as a dot."""
FINEST = Aim((0.0, 1.0), near=5.0, thin=0.87, broad=0.66, thick=0.8)
"""The octave thin damage takes of intact paint."""
AIMS = (
    FINEST,
    Aim((1.0, 2.0), near=8.0, thin=1.3, broad=0.9, thick=1.4),
    Aim((2.0, 4.0), near=12.0, thin=0.75, broad=0.6, thick=0.8),
)
"""What every octave is drawn to; the shares were found by measuring fills beside the truth."""
MOST_LIFT = 0.6
"""But strengthened by this share of itself at most: more shows as a mottle…"""
MOST_CALMED = 0.7
"""…and weakened by this share, in thick damage alone: in thin it is what the rims tell."""
ALL_CALMED = 0.9
"""From this strength on as much of it as may be; below it less, none without strength."""
LIFT_REFINING = 0.2
"""Finer windows over a coarser fill strengthen it less: what each scale adds comes together."""


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
    lent: bool = False,
    device: torch.device = CPU,
) -> Image:
    """``fill`` (h, w, 3), the whole picture with its hole filled, with texture under ``mask``.

    ``thick`` (h, w) in 0–1 says where paint is grown over the damage; ``strength`` in 0–1: how much of it all
    is wanted; ``seed`` chooses among patches that fit as well. ``refining``: the fill is lively already, but
    for what is finer than the scale it was made at. ``lent``: the sources are a reference of the user's, not
    the paint near by. Without any intact paint the fill comes back as it was.
    """
    step, broad = progress or Progress(), broadness(mask)
    thin = mask & (cv2.erode(np.maximum(thick, broad), np.ones((9, 9), np.uint8)) < 1)
    fine = found_detail(fill, thin, sources, FINE, seed) if thin.any() else None
    step.check()
    hole, deep = mask & (np.maximum(thick, broad) > 0), np.zeros_like(thick) if refining else deepness(mask)
    effort = EFFORTS[quality].finest_alone() if refining else EFFORTS[quality]
    effort = effort.begun_coarser() if deep.any() else effort
    grown = synthesised(fill, hole, sources, effort, seed, step, device) if hole.any() else fill
    rim, change = _faded(mask), grown - fill
    answer = fill + strength * (rim * thick)[..., None] * (change - _kept(change, deep))
    usual = usual_near(fill, mask, sources, lent)
    if FINEST in usual:
        shown = rim * (1 - thick)
        detail = shown[..., None] * _finest(change, fine, broad)
        aimed = strength * FINEST.share(broad, np.zeros_like(broad)) * usual[FINEST]
        answer = answer + _strengthened(detail, fill, shown, aimed)
    most = LIFT_REFINING if refining else MOST_LIFT
    return levelled(answer, mask, thick, usual, strength, most)


def usual_near(fill: Image, mask: Mask, sources: Sequence[Source], lent: bool) -> dict[Aim, Image]:
    """How lively intact paint near each sample is, RMS (h, w), for every aim; none without intact paint."""
    if not any(source.intact.any() for source in sources):
        return {}
    return {aim: near_paint(fill, mask, sources, aim, lent) for aim in AIMS}


def levelled(
    fill: Image,
    mask: Mask,
    thick: Image,
    usual: Mapping[Aim, Image],
    strength: float,
    most: float = MOST_LIFT,
) -> Image:
    """``fill`` with its octaves under ``mask`` strengthened where they are fainter than what is ``usual``
    near by, by ``most`` of themselves, and weakened in ``thick`` damage where they are livelier."""
    more, where, broad = np.zeros_like(fill), mask.astype(np.float32), broadness(mask)
    calmed = min(strength / ALL_CALMED, 1.0) * thick
    for aim, beside in usual.items():
        octave = band(fill, aim.octave)
        there = np.sqrt(present(octave, where))
        ratio = aim.share(broad, thick) * beside / np.maximum(there, 1e-6)
        gain = np.clip(strength * ratio - 1, 0, most) + calmed * np.clip(ratio - 1, -MOST_CALMED, 0)
        more += gain[..., None] * octave
    return np.asarray(fill + _faded(mask)[..., None] * more, np.float32)


def _faded(mask: Mask) -> Image:
    """0 at the hole's rim, 1 inside it (h, w)."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.clip(depth / FADE, 0, 1), np.float32)


def _finest(change: Image, fine: Image | None, broad: Image) -> Image:
    """The finest octave of paint grown over the fill where damage is broad, of detail in cracks."""
    grown = broad[..., None] * band(change, FINEST.octave)
    return grown if fine is None else grown + (1 - broad)[..., None] * _paler(band(fine, FINEST.octave))


def _strengthened(detail: Image, fill: Image, where: Image, aimed: Image) -> Image:
    """``detail`` (h, w, 3) multiplied so that it comes, with the fill's own, to the RMS ``aimed`` at where it
    is shown; single samples that stand out of it are held back."""
    have, more = (present(each, where) for each in (band(fill, FINEST.octave), detail))
    gain = np.sqrt(np.maximum(np.square(aimed) - have, 0) / np.maximum(more, 1e-9))
    most = MOST_OUT * aimed[..., None]
    return np.asarray(np.clip(np.minimum(gain, MOST_GAIN)[..., None] * detail, -most, most), np.float32)


def _kept(change: Image, deep: Image) -> Image:
    """What is too coarse to be changed by paint grown over a fill."""
    coarse = blurred(change, GROWN_SIGMA)
    return coarse + deep[..., None] * (blurred(change, DEEP_SIGMA) - coarse) if deep.any() else coarse


def _paler(detail: Image) -> Image:
    """Detail with part of its colour taken out: patches laid over each other would show a rainbow."""
    pale = grey(detail)[..., None]
    return pale + COLOUR * (detail - pale)
