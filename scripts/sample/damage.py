"""Simulated ageing: craquelure, paint losses down to ground and canvas, abrasion."""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Mask
from scripts.sample.noise import Field, fractal, mix, smooth_noise
from scripts.sample.painting import canvas_weave
from scripts.sample.scene import SHAPE

LACUNAE = ((520, 150, 46), (985, 215, 34), (420, 340, 26), (610, 640, 38), (905, 700, 44), (180, 610, 30))
SMALL = 26


def damage(picture: Field, bare: Field, relief: Field, seed: int) -> tuple[Field, Mask]:
    """Return the damaged image (h, w, 3) and the mask (h, w) of exactly the changed pixels."""
    rng = np.random.default_rng(seed)
    cracks, depth = craquelure(rng)
    lost, canvas = losses(rng)
    worn = abrasion(rng, relief) & ~lost
    damaged = mix(picture, bare, 0.75 * worn.astype(np.float32))
    damaged = mix(damaged, (0.085, 0.065, 0.045), depth * cracks * ~lost)
    damaged = _show_ground(rng, damaged, bare, lost, canvas)
    return damaged.astype(np.float32), cracks | lost | worn


def craquelure(rng: np.random.Generator) -> tuple[Mask, Field]:
    """Return age cracks, borders of warped cells where tension is high, and their darkness."""
    width = 0.62 + 0.30 * np.clip(smooth_noise(rng, SHAPE, 90), -1, 1.6)
    gap = _cell_gap(rng, 66, 7.0)
    fine = _cell_gap(rng, 30, 4.0)
    tension = fractal(rng, SHAPE, 330, 3)
    cover = np.clip((width - gap) / 1.0 + 0.4, 0, 1) * (tension > 0.35)
    cover = np.maximum(cover, np.clip((0.62 * width - fine) + 0.4, 0, 1) * (tension > 1.15))
    return _without_specks(cover > 0.25, 24), (0.45 + 0.40 * cover).astype(np.float32)


def _cell_gap(rng: np.random.Generator, cell: int, warp: float) -> Field:
    """Return the distance (px) to the border between jittered cells, warped by noise of ``warp`` px."""
    height, width = SHAPE
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x = x + warp * fractal(rng, SHAPE, 60, 4)
    y = y + warp * fractal(rng, SHAPE, 60, 4)
    seeds = rng.uniform(-0.42, 0.42, (height // cell + 5, width // cell + 5, 2)).astype(np.float32)
    row, column = (y / cell).astype(np.int64), (x / cell).astype(np.int64)
    distances = []
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            r, c = np.clip(row + dy, -2, seeds.shape[0] - 3), np.clip(column + dx, -2, seeds.shape[1] - 3)
            jitter = seeds[r + 2, c + 2]
            distances.append(
                np.hypot((c + 0.5 + jitter[..., 0]) * cell - x, (r + 0.5 + jitter[..., 1]) * cell - y)
            )
    nearest = np.partition(np.stack(distances), 1, axis=0)
    return (nearest[1] - nearest[0]) / 2


def _without_specks(mask: Mask, least: int) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= least
    large[0] = False
    return large[labels] if count > 1 else mask


def losses(rng: np.random.Generator) -> tuple[Mask, Mask]:
    """Return flaked paint (a few lacunae and many small losses), and where the ground is lost too."""
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]].astype(np.float32)
    small = [(rng.uniform(40, 1160), rng.uniform(40, 860), rng.uniform(5, 15)) for _ in range(SMALL)]
    edge = [(rng.uniform(0, 1200), 899, rng.uniform(14, 30)) for _ in range(4)]
    ragged = 0.34 * fractal(rng, SHAPE, 34, 5)
    facets = 0.10 * np.sign(smooth_noise(rng, SHAPE, 16))
    inside = np.full(SHAPE, -9, np.float32)
    for cx, cy, radius in (*LACUNAE, *small, *edge):
        stretch = rng.uniform(0.7, 1.4)
        away = np.hypot((x - cx) * stretch, (y - cy) / stretch) / radius
        inside = np.maximum(inside, 1 - away + ragged + facets)
    deep = _without_specks(inside > 0.75 + 0.15 * ragged, 150)
    return _without_specks(inside > 0, 9), deep


def abrasion(rng: np.random.Generator, relief: Field) -> Mask:
    """Return cleaning damage: paint worn off the highest threads and ridges in some places."""
    place = fractal(rng, SHAPE, 210, 3)
    height = relief - cv2.GaussianBlur(relief, (0, 0), 5)
    worn = (height > 0.16) & (place > 1.95)
    return _without_specks(cv2.dilate(worn.astype(np.uint8), np.ones((2, 2), np.uint8)).astype(bool), 6)


def _show_ground(rng: np.random.Generator, picture: Field, bare: Field, lost: Mask, canvas: Mask) -> Field:
    chalk = (
        np.float32([0.80, 0.735, 0.60])
        * (1 + 0.035 * fractal(rng, SHAPE, 12, 3) + 0.03 * canvas_weave(rng))[..., None]
    )
    ground = mix(chalk.astype(np.float32), bare, 0.9 * canvas.astype(np.float32))
    step = cv2.GaussianBlur(lost.astype(np.float32), (0, 0), 1.3)
    shade = np.clip(np.roll(np.roll(1 - step, 2, axis=0), 2, axis=1), 0, 1) * lost
    ground = ground * (1 - 0.45 * shade)[..., None]
    return np.where(lost[..., None], np.clip(ground, 0, 1), picture)
