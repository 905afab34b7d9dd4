"""Loss detection in a single scan: pixels of the colour of the bare ground, which is given or found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.damage.detection.cleanup import Cleanup, clean_up
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.messages import Message

Colour = tuple[float, float, float]

SMOOTHING = 0.7
LIGHTNESS_WEIGHT = 0.5
"""Weight of lightness: relief shades bare ground but keeps its hue."""
GROUND_LIGHTNESS, GROUND_CHROMA, GROUND_BLUE = 40.0, 40.0, -4.0
"""Range of grounds that are found automatically (chalk, gesso, pale primings); dark ones must be given."""
PLANE_SIDE, MAX_CANDIDATES, MIN_SHARE = 128, 8, 2e-4
MIN_PIXELS = 100
EDGE_WINDOW = 9
STEEP_EDGE, MIN_CONFIDENCE = 10.0, 0.85
"""A colour step (CIELAB) that a loss has nearly everywhere along its edge, and the share of such edges from
which a found ground is trusted. Skin and other pale paint have soft edges towards their shadows."""
WIDEST_LINE, MIN_WIDE = 5, 0.7
"""Width (px) up to which a shape is a line, and the share of wider shapes below which the confidence falls.
Drawn lines have steep edges, too, but losses are wider."""


@dataclass(frozen=True, kw_only=True)
class LossParameters(Cleanup):
    """Parameters of loss detection and of the clean-up afterwards.

    Parameters
    ----------
    ground
        Colour of the ground as sRGB in 0–1, None to find it.
    tolerance
        Maximum colour distance of a ground pixel in CIELAB units, with lightness at half weight.
    """

    ground: Colour | None = None
    tolerance: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.tolerance <= 100:
            raise MaskError(
                Message(
                    "The tolerance must be above 0 and at most 100, not {tolerance}.",
                    tolerance=self.tolerance,
                )
            )

    @property
    def halo(self) -> int:
        """Support radius (px) of the detector."""
        return 4


def ground_distance(rgb: Image, ground: Colour) -> Image:
    """Return (h, w) ≥ 0: distance of ``rgb`` (h, w, 3) to the ``ground`` (sRGB 0–1), in CIELAB units."""
    target = _lab(np.array([[ground]], np.float32))[0, 0]
    difference = cv2.GaussianBlur(_lab(rgb), (0, 0), SMOOTHING) - target
    difference[..., 0] *= LIGHTNESS_WEIGHT
    return np.asarray(np.sqrt((difference * difference).sum(axis=2)))


def loss_mask(rgb: Image, ground: Colour, tolerance: float) -> Mask:
    """Return (h, w) bool: where ``rgb`` (h, w, 3) has the colour of the ground."""
    return np.asarray(ground_distance(rgb, ground) < tolerance)


def preview_losses(rgb: Image, parameters: LossParameters) -> Mask:
    """Return (h, w) bool: the losses in a part of an image; without a given ground it is found there."""
    ground = parameters.ground or find_ground([rgb], parameters.tolerance)
    if ground is None:
        return np.zeros(rgb.shape[:2], np.bool_)
    damage = clean_up(DamageMap.from_mask(loss_mask(rgb, ground, parameters.tolerance)), parameters)
    return np.asarray(damage.read(damage.box) > 0)


class GroundEstimate(NamedTuple):
    """The colour (sRGB 0–1) most like bare ground, and the confidence (0–1) that it is bare ground.

    The confidence is the share of the edges with a steep colour step, less where most of it is thin lines.
    """

    colour: Colour
    confidence: float

    @property
    def trusted(self) -> bool:
        """Whether the colour can be taken for bare ground without asking."""
        return self.confidence >= MIN_CONFIDENCE


def find_ground(samples: Sequence[Image], tolerance: float = 4.0) -> Colour | None:
    """Find the colour (sRGB 0–1) of bare ground in (h, w, 3) samples, or None if no colour is trusted."""
    estimate = estimate_ground(samples, tolerance)
    return estimate.colour if estimate is not None and estimate.trusted else None


def estimate_ground(samples: Sequence[Image], tolerance: float = 4.0) -> GroundEstimate | None:
    """Return the colour most like bare ground in (h, w, 3) samples of a painting, or None without candidates.

    Bare ground has a single hue, so it is a peak in the a–b plane; it has sharp edges towards the paint; and
    it covers some area. Candidates are ranked by the product of the three.
    """
    colours = [_lab(sample) for sample in samples]
    best, estimate = 0.0, None
    for candidate, peak in _candidates(np.concatenate([lab.reshape(-1, 3) for lab in colours])):
        rgb = _rgb(candidate)
        masks = [loss_mask(sample, rgb, tolerance) for sample in samples]
        share = float(np.mean(np.concatenate([mask.ravel() for mask in masks])))
        steps = np.concatenate([_edge_steps(lab, mask) for lab, mask in zip(colours, masks)])
        score = peak * share**0.25 * (float(np.median(steps)) if len(steps) else 0.0)
        if score > best:
            wide = min(_share_of_wide_shapes(masks) / MIN_WIDE, 1.0)
            best, estimate = score, GroundEstimate(rgb, wide * float(np.mean(steps > STEEP_EDGE)))
    return estimate


def _share_of_wide_shapes(masks: Sequence[Mask]) -> float:
    """Return the share of the pixels that don't belong to lines."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (WIDEST_LINE, WIDEST_LINE))
    wide = sum(int(cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, disc).sum()) for mask in masks)
    return wide / max(sum(int(mask.sum()) for mask in masks), 1)


def _candidates(lab: Image) -> list[tuple[Image, float]]:
    """Return candidate grounds (L, a, b), the most frequent first, with the prominence of their peak."""
    pale = (
        (lab[:, 0] > GROUND_LIGHTNESS) & (lab[:, 2] > GROUND_BLUE) & (np.hypot(*lab[:, 1:].T) < GROUND_CHROMA)
    )
    colours = lab[pale]
    if len(colours) < MIN_PIXELS:
        return []
    bins = np.clip(colours[:, 1:] + PLANE_SIDE / 2, 0, PLANE_SIDE - 1).astype(np.int64)
    counts = np.bincount(bins[:, 0] * PLANE_SIDE + bins[:, 1], minlength=PLANE_SIDE * PLANE_SIDE)
    plane = cv2.GaussianBlur(counts.reshape(PLANE_SIDE, PLANE_SIDE).astype(np.float32), (0, 0), 1.0)
    background = cv2.GaussianBlur(plane, (0, 0), 4.0)
    is_peak = (plane >= cv2.dilate(plane, np.ones((5, 5)))) & (plane > MIN_SHARE * len(lab))
    peaks = np.argwhere(is_peak)
    peaks = peaks[np.argsort(-plane[is_peak], kind="stable")[:MAX_CANDIDATES]]
    return [
        (_typical_colour(colours, peak), float(plane[tuple(peak)] / (background[tuple(peak)] + 20)))
        for peak in peaks
    ]


def _typical_colour(colours: Image, peak: NDArray[np.int64]) -> Image:
    """Return the most frequent colour (L, a, b) of a bin of the a–b plane."""
    centre = peak - (PLANE_SIDE - 1) / 2
    near = colours[np.hypot(*(colours[:, 1:] - centre).T) < 1.5]
    counts, edges = np.histogram(near[:, 0], bins=30, range=(GROUND_LIGHTNESS, 100))
    lightness = edges[np.convolve(counts, [0.25, 0.5, 0.25], "same").argmax()] + 1
    similar = near[np.abs(near[:, 0] - lightness) < 8]
    return np.asarray(np.median(similar if len(similar) else near, axis=0), np.float32)


def _edge_steps(lab: Image, mask: Mask) -> Image:
    """Return the colour steps (n,) in CIELAB across the edge of the mask."""
    damaged = mask.view(np.uint8)
    inner = cv2.erode(damaged, np.ones((3, 3)))
    outer = cv2.dilate(damaged, np.ones((7, 7))) - cv2.dilate(damaged, np.ones((3, 3)))
    step = _mean_over(lab, inner) - _mean_over(lab, outer)
    return np.asarray(np.sqrt((step * step).sum(axis=2))[mask & (inner == 0)])


def _mean_over(lab: Image, mask: NDArray[np.uint8]) -> Image:
    weight = mask.astype(np.float32)
    total = cv2.boxFilter(lab * weight[..., np.newaxis], -1, (EDGE_WINDOW, EDGE_WINDOW), normalize=False)
    count = cv2.boxFilter(weight, -1, (EDGE_WINDOW, EDGE_WINDOW), normalize=False)
    return np.asarray(total / np.maximum(count, 1e-3)[..., np.newaxis])


def _lab(rgb: Image) -> Image:
    return np.asarray(cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB))


def _rgb(lab: Image) -> Colour:
    red, green, blue = cv2.cvtColor(lab.reshape(1, 1, 3), cv2.COLOR_LAB2RGB)[0, 0]
    return float(red), float(green), float(blue)
