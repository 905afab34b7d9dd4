"""Describe an image's style in numbers, and measure distances between styles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from skimage.color import rgb2lab
from torch import Tensor
from torch.nn import functional

from imagest_core.arrays import Image8, Mask
from imagest_core.evaluation.metrics import octaves
from imagest_core.models.imagest.style_swin import StyleSwinEncoder
from imagest_core.painting.geometry import Box

MEASURES = {
    "mean": "mean colour (CIELAB)",
    "spread": "spread of colour (CIELAB)",
    "gram": "Gram distance in the Imagest style encoder",
    "octave1": "log energy, octave σ 0–1",
    "octave2": "log energy, octave σ 1–2",
    "octave3": "log energy, octave σ 2–4",
}
SMALLEST = 32
"""Smallest side in px of the square around the largest damaged component."""
FAINTEST = 0.1
"""RMS of an octave, in 8-bit levels, below which it contains only rounding."""
Values = Mapping[str, float]


@dataclass(frozen=True)
class Portrait:
    """A measured style: CIELAB mean and spread, RMS of the octaves, a Gram matrix of each stage."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    energies: tuple[float, ...]
    grams: tuple[Tensor, ...]


def bounding_square(mask: Mask) -> Box:
    """Return the square around the largest component of the damage, shifted into the image."""
    height, width = mask.shape
    _, _, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    x, y, across, down, _ = (int(value) for value in statistics[1 + np.argmax(statistics[1:, -1])])
    side = min(max(across, down, SMALLEST), width, height)
    left = min(max(x + (across - side) // 2, 0), width - side)
    top = min(max(y + (down - side) // 2, 0), height - side)
    return Box(left, top, side, side)


def squares_over(picture: Image8, side: int) -> list[Box]:
    """Return evenly spaced squares of ``side`` px, or the image's shorter side, that cover the image."""
    height, width = picture.shape[:2]
    side = min(side, height, width)
    rows, columns = (
        np.linspace(0, length - side, -(-length // side)).round().astype(int) for length in (height, width)
    )
    return [Box(int(x), int(y), side, side) for y in rows for x in columns]


@torch.inference_mode()
def grams(
    encoder: StyleSwinEncoder, picture: Image8, samples: Mask, squares: Sequence[Box]
) -> tuple[Tensor, ...]:
    """Return the Gram matrix (c, c) of each stage's normalised features over the squares.

    A feature is weighted by the share of its cell that belongs to ``samples`` (h, w).
    """
    side = encoder.config.side
    crops = [
        cv2.resize(picture[box.slices], (side, side), interpolation=_interpolation(box.width, side))
        for box in squares
    ]
    weights_per_crop = [
        cv2.resize(
            samples[box.slices].astype(np.float32),
            (side, side),
            interpolation=_interpolation(box.width, side),
        )
        for box in squares
    ]
    images = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1
    shares = torch.from_numpy(np.stack(weights_per_crop))[:, None].clamp(0, 1)
    stages = encoder.swin.stages(images)
    found = []
    for stage in stages:
        cells = stage.flatten(0, 2)
        normal = functional.layer_norm(cells, cells.shape[-1:])
        weights = functional.adaptive_avg_pool2d(shares, stage.shape[1:3]).reshape(-1, 1)
        found.append(normal.mT @ (normal * weights) / weights.sum())
    return tuple(found)


def _interpolation(source: int, target: int) -> int:
    return cv2.INTER_AREA if source > target else cv2.INTER_CUBIC


def portrait(encoder: StyleSwinEncoder, picture: Image8, samples: Mask, squares: Sequence[Box]) -> Portrait:
    """Measure colours and octaves of the ``samples`` (h, w), and the encoder's features of ``squares``."""
    colours = rgb2lab(picture[samples][None] / 255)[0]
    energies = tuple(float(np.sqrt(np.mean(band[samples] ** 2))) for band in octaves(picture))
    return Portrait(colours.mean(0), colours.std(0), energies, grams(encoder, picture, samples, squares))


def whole_portrait(encoder: StyleSwinEncoder, picture: Image8, side: int) -> Portrait:
    """Measure an undamaged image, with the encoder's features of squares of ``side`` px."""
    return portrait(encoder, picture, np.ones(picture.shape[:2], np.bool_), squares_over(picture, side))


def distances(fill: Portrait, donor: Portrait) -> Values:
    """Return the distances (≥ 0) between ``fill`` and ``donor``, by :data:`MEASURES`."""
    apart = [float((ours - theirs).norm() / theirs.norm()) for ours, theirs in zip(fill.grams, donor.grams)]
    values = {
        "mean": float(np.linalg.norm(fill.mean - donor.mean)),
        "spread": float(np.linalg.norm(fill.spread - donor.spread)),
        "gram": float(np.mean(apart)),
    }
    for number, (ours, theirs) in enumerate(zip(fill.energies, donor.energies), start=1):
        values[f"octave{number}"] = abs(math.log(max(ours, FAINTEST) / max(theirs, FAINTEST)))
    return values


def step(own: Portrait, donated: Portrait, work: Portrait, donor: Portrait) -> Values:
    """Return how far ``donated`` is from ``own`` in the direction from ``work`` to ``donor``.

    By :data:`MEASURES`; energies as natural logarithms, Gram matrices relative to the donor's norm.
    """
    values = {
        "mean": _along(donated.mean - own.mean, donor.mean - work.mean),
        "spread": _along(donated.spread - own.spread, donor.spread - work.spread),
    }
    stages = zip(own.grams, donated.grams, work.grams, donor.grams)
    steps = [
        _along((second - first).numpy(), (goal - start).numpy()) / float(goal.norm())
        for first, second, start, goal in stages
    ]
    values["gram"] = float(np.mean(steps))
    logs = [np.log(np.maximum(each.energies, FAINTEST)) for each in (own, donated, work, donor)]
    for number, (first, second, start, goal) in enumerate(zip(*logs), start=1):
        values[f"octave{number}"] = float((second - first) * np.sign(goal - start))
    return values


def _along(moved: NDArray[Any], direction: NDArray[Any]) -> float:
    """Return the component of ``moved`` along ``direction``; 0 if the direction is zero."""
    return float((moved * direction).sum() / max(float(np.linalg.norm(direction)), 1e-12))
