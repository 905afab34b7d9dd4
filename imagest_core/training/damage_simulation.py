"""Simulate damage: strokes, real craquelure, lacunae and large losses, 1–50 % of the picture.

Free-form strokes follow LaMa (Suvorov et al., WACV 2022, section 3.3). Lacunae and large losses are level
sets of smoothed noise, whose edges are irregular like those of flaked paint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask8

Generator = np.random.Generator

REFERENCE = 256.0
"""Side of a crop with two to five strokes; other sides have proportionally many, of the same size."""


@dataclass(frozen=True)
class DamageMix:
    """Relative frequency of each kind of damage."""

    cracks: float = 0.25
    lacunae: float = 0.25
    strokes: float = 0.25
    large: float = 0.25


def strokes(side: int, rng: Generator) -> Mask8:
    """Draw free-form strokes, 6–50 px wide."""
    mask = np.zeros((side, side), np.uint8)
    for _ in range(max(1, round(rng.integers(2, 6) * (side / REFERENCE)))):
        x, y = rng.uniform(0, side, 2)
        width = int(rng.integers(6, 26 if rng.random() < 0.8 else 50))
        angle = rng.uniform(0, 2 * np.pi)
        for _ in range(int(rng.integers(2, 6))):
            angle += rng.normal(0.0, 0.9)
            length = rng.uniform(20, 70)
            end = (x + length * np.cos(angle), y + length * np.sin(angle))
            cv2.line(mask, (int(x), int(y)), (int(end[0]), int(end[1])), 255, width)
            x, y = end
    return mask


def cracks(side: int, rng: Generator, maps: Sequence[Mask8]) -> Mask8:
    """Cut from a real craquelure map, rotated, despeckled, widened by 0–3 px; or draw random walks."""
    if not maps:
        return _walks(side, rng)
    source = maps[int(rng.integers(len(maps)))]
    zoom = rng.uniform(0.8, 2.0)
    centre = (source.shape[1] / 2, source.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(centre, float(rng.uniform(0, 360)), float(zoom))
    matrix[:, 2] += np.array([side / 2, side / 2]) - np.array(centre)
    mask = cv2.warpAffine(source, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    mask = _without_specks(np.where(mask > 127, 255, 0).astype(np.uint8))
    if rng.random() < 0.5:  # cracks are clustered
        mask &= _level_set(side, rng, float(rng.uniform(20, 60)), float(rng.uniform(0.4, 0.9)))
    return _widened(mask, int(rng.integers(0, 4)))


def _without_specks(mask: Mask8, area: int = 20) -> Mask8:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    keep = stats[:, cv2.CC_STAT_AREA] >= area
    keep[0] = False
    return np.where(keep[labels], 255, 0).astype(np.uint8)


def _walks(side: int, rng: Generator) -> Mask8:
    mask = np.zeros((side, side), np.uint8)
    for _ in range(int(rng.integers(3, 9))):
        steps = np.cumsum(rng.normal(0, 3, (80, 2)) + rng.normal(0, 2.5, 2), axis=0)
        points = (rng.uniform(0, side, 2) + steps).astype(np.int32)
        cv2.polylines(mask, [points.reshape(-1, 1, 2)], False, 255, int(rng.integers(1, 5)))
    return mask


def lacunae(side: int, rng: Generator) -> Mask8:
    """Draw flaked losses of about 5–55 px."""
    share = float(rng.uniform(0.04, 0.2))
    return _level_set(side, rng, float(rng.uniform(16, 50)), share, rough=float(rng.uniform(0.05, 0.45)))


def large(side: int, rng: Generator) -> Mask8:
    """Draw one or two large losses, up to half of the picture."""
    share = float(rng.uniform(0.15, 0.45))
    return _level_set(side, rng, float(rng.uniform(90, 220)), share, rough=float(rng.uniform(0.0, 0.08)))


def _level_set(side: int, rng: Generator, smooth: float, share: float, rough: float = 0.1) -> Mask8:
    coarse = max(3, round(side / smooth * 2))
    field = cv2.resize(rng.normal(size=(coarse, coarse)), (side, side), interpolation=cv2.INTER_CUBIC)
    detail = max(8, int(side / 5))
    field += rough * cv2.resize(
        rng.normal(size=(detail, detail)), (side, side), interpolation=cv2.INTER_CUBIC
    )
    return np.where(field > np.quantile(field, 1.0 - share), 255, 0).astype(np.uint8)


def _widened(mask: Mask8, pixels: int) -> Mask8:
    if pixels == 0:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pixels + 1, pixels + 1))
    return np.asarray(cv2.dilate(mask, kernel), np.uint8)


def simulate_mask(
    side: int, rng: Generator, maps: Sequence[Mask8] = (), mix: DamageMix | None = None
) -> NDArray[np.bool_]:
    """Return a random damage mask (side, side), 1–60 % of the pixels.

    It is dilated by one pixel, as a restoration dilates the user's mask.
    """
    mix = mix or DamageMix()
    kinds: list[tuple[float, Callable[[], Mask8]]] = [
        (mix.cracks, lambda: cracks(side, rng, maps)),
        (mix.lacunae, lambda: lacunae(side, rng)),
        (mix.strokes, lambda: strokes(side, rng)),
        (mix.large, lambda: large(side, rng)),
    ]
    weights = np.array([weight for weight, _ in kinds])
    for _ in range(20):
        mask = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))][1]()
        dilated = cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0
        if 0.01 <= dilated.mean() <= 0.6:
            return dilated
    dilated = np.zeros((side, side), np.bool_)
    dilated[side // 4 : side // 2, side // 4 : side // 2] = True
    return dilated
