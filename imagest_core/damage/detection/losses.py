"""Losses in one scan alone: where the bare ground shows, whose colour is given or found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.damage.detection.cleanup import Cleanup, clean_up
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError

Colour = tuple[float, float, float]

SMOOTHING = 0.7
LIGHTNESS_WEIGHT = 0.5
"""Relief shades bare ground but leaves its hue: lightness counts half."""
GROUND_LIGHTNESS, GROUND_CHROMA, GROUND_BLUE = 40.0, 40.0, -4.0
"""Ground found by itself is chalk, gesso or a pale priming; a dark one must be given."""
PLANE, CANDIDATES, LEAST_SHARE = 128, 8, 2e-4
FEWEST_PIXELS = 100
RIM = 9


@dataclass(frozen=True, kw_only=True)
class LossParameters(Cleanup):
    """How losses are found, and the clean-up after.

    ``ground``: its colour as sRGB in 0–1, ``None`` to find it; ``tolerance``: colour distance in
    CIELAB units, lightness counting half, up to which a pixel is ground.
    """

    ground: Colour | None = None
    tolerance: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.tolerance <= 100:
            raise MaskError(f"The tolerance must be above 0 and at most 100, not {self.tolerance}.")

    @property
    def halo(self) -> int:
        """How far (px) from a pixel the picture decides whether it is ground."""
        return 4


def ground_distance(rgb: Image, ground: Colour) -> Image:
    """(h, w) ≥ 0: distance of ``rgb`` (h, w, 3) to the ``ground`` (sRGB 0–1), in CIELAB units."""
    target = _lab(np.array([[ground]], np.float32))[0, 0]
    off = cv2.GaussianBlur(_lab(rgb), (0, 0), SMOOTHING) - target
    off[..., 0] *= LIGHTNESS_WEIGHT
    return np.asarray(np.sqrt((off * off).sum(axis=2)))


def loss_mask(rgb: Image, ground: Colour, tolerance: float) -> Mask:
    """(h, w) bool: where ``rgb`` (h, w, 3) has the colour of the ground."""
    return np.asarray(ground_distance(rgb, ground) < tolerance)


def preview_losses(rgb: Image, how: LossParameters) -> Mask:
    """(h, w) bool: the losses in a part of the picture; the ground is found in it where not given."""
    ground = how.ground or find_ground([rgb], how.tolerance)
    if ground is None:
        return np.zeros(rgb.shape[:2], np.bool_)
    found = clean_up(DamageMap.from_mask(loss_mask(rgb, ground, how.tolerance)), how)
    return np.asarray(found.read(found.box) > 0)


def find_ground(samples: Sequence[Image], tolerance: float = 4.0) -> Colour | None:
    """The colour (sRGB 0–1) most like bare ground in pieces (h, w, 3) of a painting; None for none.

    Bare ground has one hue where paint has many, so it stands out as a peak in the plane of a and b;
    it breaks off sharply against the paint; and there is some of it. The product decides.
    """
    colours = [_lab(sample) for sample in samples]
    best, ground = 0.0, None
    for candidate, peak in _candidates(np.concatenate([lab.reshape(-1, 3) for lab in colours])):
        rgb = _rgb(candidate)
        masks = [loss_mask(sample, rgb, tolerance) for sample in samples]
        share = float(np.mean(np.concatenate([mask.ravel() for mask in masks])))
        score = peak * share**0.25 * _edge_step(colours, masks)
        if score > best:
            best, ground = score, rgb
    return ground


def _candidates(lab: Image) -> list[tuple[Image, float]]:
    """Likely grounds (L, a, b), the commonest first, and how far each stands out in the a, b plane."""
    pale = (
        (lab[:, 0] > GROUND_LIGHTNESS) & (lab[:, 2] > GROUND_BLUE) & (np.hypot(*lab[:, 1:].T) < GROUND_CHROMA)
    )
    colours = lab[pale]
    if len(colours) < FEWEST_PIXELS:
        return []
    bins = np.clip(colours[:, 1:] + PLANE / 2, 0, PLANE - 1).astype(np.int64)
    counts = np.bincount(bins[:, 0] * PLANE + bins[:, 1], minlength=PLANE * PLANE)
    plane = cv2.GaussianBlur(counts.reshape(PLANE, PLANE).astype(np.float32), (0, 0), 1.0)
    around = cv2.GaussianBlur(plane, (0, 0), 4.0)
    tops = (plane >= cv2.dilate(plane, np.ones((5, 5)))) & (plane > LEAST_SHARE * len(lab))
    at = np.argwhere(tops)
    at = at[np.argsort(-plane[tops], kind="stable")[:CANDIDATES]]
    return [(_typical(colours, spot), float(plane[tuple(spot)] / (around[tuple(spot)] + 20))) for spot in at]


def _typical(colours: Image, spot: NDArray[np.int64]) -> Image:
    """The commonest colour (L, a, b) of this bin of the a, b plane."""
    centre = spot - (PLANE - 1) / 2
    near = colours[np.hypot(*(colours[:, 1:] - centre).T) < 1.5]
    counts, edges = np.histogram(near[:, 0], bins=30, range=(GROUND_LIGHTNESS, 100))
    lightness = edges[np.convolve(counts, [0.25, 0.5, 0.25], "same").argmax()] + 1
    like = near[np.abs(near[:, 0] - lightness) < 8]
    return np.asarray(np.median(like if len(like) else near, axis=0), np.float32)


def _edge_step(colours: Sequence[Image], masks: Sequence[Mask]) -> float:
    """Median colour step (CIELAB) across the edges of the masks."""
    steps = [_steps(lab, mask) for lab, mask in zip(colours, masks)]
    together = np.concatenate(steps) if steps else np.zeros(0)
    return float(np.median(together)) if len(together) else 0.0


def _steps(lab: Image, mask: Mask) -> Image:
    damaged = mask.view(np.uint8)
    inner = cv2.erode(damaged, np.ones((3, 3)))
    outer = cv2.dilate(damaged, np.ones((7, 7))) - cv2.dilate(damaged, np.ones((3, 3)))
    step = _mean_over(lab, inner) - _mean_over(lab, outer)
    return np.asarray(np.sqrt((step * step).sum(axis=2))[mask & (inner == 0)])


def _mean_over(lab: Image, mask: NDArray[np.uint8]) -> Image:
    weight = mask.astype(np.float32)
    total = cv2.boxFilter(lab * weight[..., np.newaxis], -1, (RIM, RIM), normalize=False)
    count = cv2.boxFilter(weight, -1, (RIM, RIM), normalize=False)
    return np.asarray(total / np.maximum(count, 1e-3)[..., np.newaxis])


def _lab(rgb: Image) -> Image:
    return np.asarray(cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB))


def _rgb(lab: Image) -> Colour:
    red, green, blue = cv2.cvtColor(lab.reshape(1, 1, 3), cv2.COLOR_LAB2RGB)[0, 0]
    return float(red), float(green), float(blue)
